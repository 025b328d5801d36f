"""Import contracts hold, and a deliberate breach of each is caught."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BREACHES = {
    "core looks up": ("core/scores.py", "import cutis.settings"),
    "imaging knows a step": ("imaging/colour.py", "import cutis.steps.landmarks"),
    "a step knows another": ("steps/skin.py", "import cutis.steps.landmarks"),
    "a step knows a model": ("steps/skin.py", "import cutis.models.runtime"),
    "a report knows the settings": ("reports/json.py", "import cutis.settings"),
    "the pipeline knows torch": ("pipeline.py", "import torch"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package that lies in ``folder``."""
    run = "from importlinter.cli import lint_imports_command as command; command()"
    options = ["--no-cache", "--config", str(folder / "pyproject.toml")]
    return subprocess.run(  # noqa: S603 - fixed words
        [sys.executable, "-c", run, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(
        ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_contracts_hold(copy: Path):
    answer = lint(copy)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_caught(copy: Path, breach: str):
    name, line = BREACHES[breach]
    module = copy / "src" / "cutis" / name
    before = module.read_text(encoding="utf-8")
    try:
        module.write_text(f"{before}\n{line}\n", encoding="utf-8")
        answer = lint(copy)
        assert answer.returncode == 1
        assert "BROKEN" in answer.stdout
    finally:
        module.write_text(before, encoding="utf-8")


def test_a_module_without_a_place_is_caught(copy: Path):
    stranger = copy / "src" / "cutis" / "stranger.py"
    try:
        stranger.write_text('"""Nobody knows where I belong."""\n', encoding="utf-8")
        assert lint(copy).returncode == 1
    finally:
        stranger.unlink()


def test_the_words_need_numpy_and_jaxtyping_only():
    outside = set()
    for module in (ROOT / "src" / "cutis" / "core").glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                outside |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                outside.add((node.module or "").split(".")[0])
    assert outside - sys.stdlib_module_names - {"cutis", "__future__"} <= {"numpy", "jaxtyping"}
