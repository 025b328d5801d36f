"""The places that "Dive into the source" names exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "explanation" / "dive-into-the-source.md").read_text(encoding="utf-8")
PLACES = sorted(set(re.findall(r"`([\w/]+\.py)(?::\s(\w+))?`", PAGE)))


def test_the_page_names_places():
    assert len(PLACES) > 20


@pytest.mark.parametrize(("file", "function"), PLACES)
def test_the_place_exists(file: str, function: str):
    tree = ast.parse((ROOT / "src" / "cutis" / file).read_text(encoding="utf-8"))
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert not function or function in names


def test_the_steps_are_numbered_in_order():
    numbers = [int(number) for number in re.findall(r"^## (\d+)\.", PAGE, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
