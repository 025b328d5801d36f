"""Every command, option, setting, error and public name is documented, and the pages are fresh."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import cutis
from cutis.cli.app import app
from cutis.settings import setting_names, variable_name

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = runpy.run_path(str(DOCS / "generate.py"))["PAGES"]


@pytest.mark.parametrize("page", PAGES)
def test_reference_pages_are_fresh(page: str):
    assert (DOCS / "reference" / page).read_text(encoding="utf-8") == PAGES[page](), (
        "make reference"
    )


def commands(command: Any, name: str = "cutis") -> Iterator[tuple[str, Any]]:
    yield name, command
    for word, child in getattr(command, "commands", {}).items():
        yield from commands(child, f"{name} {word}")


@pytest.mark.parametrize(("name", "command"), list(commands(typer.main.get_command(app))))
def test_every_command_and_option_is_documented(name: str, command: Any):
    assert command.help
    page = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    section = page.split(f"## `{name}`\n", 1)[1].split("\n## ", 1)[0]
    for parameter in command.params:
        assert parameter.help, parameter.name
        for word in [parameter.metavar] if parameter.metavar else parameter.opts:
            assert f"{word}" in section


@pytest.mark.parametrize("dotted", [dotted for dotted, _, _ in setting_names()])
def test_every_setting_is_documented(dotted: str):
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    rows = {
        line.split("|")[4].strip(" `…"): line
        for line in page.splitlines()
        if "CUTIS_" in line and "|" in line
    }
    whole, of_table = variable_name(dotted), variable_name(dotted.rpartition(".")[0]) + "_"
    row = rows.get(whole) or rows[of_table]
    assert row.split("|")[-2].strip(), f"say what {dotted} is for, in its dataclass"


def test_every_public_function_is_used_in_the_docs():
    text = "".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))
    functions = [name for name in cutis.__all__ if name.islower()]
    assert not [name for name in functions if f"{name}(" not in text]


def test_the_nav_lists_every_page():
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")]
    assert not [page for page in pages if page not in nav]


@pytest.mark.parametrize(
    "page",
    [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    + sorted(DOCS.rglob("*.md")),
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_links_lead_somewhere(page: Path):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]
    assert not [link for link in local if not (page.parent / link).exists()]
