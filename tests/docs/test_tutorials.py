"""The tutorials run as they stand, block after block, in one namespace each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.model
@pytest.mark.usefixtures("bundle")
@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda page: page.stem)
def test_tutorial_runs(
    tutorial: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    pytest.importorskip("skimage", reason="the tutorial's photo comes with the extra demo")
    monkeypatch.chdir(tmp_path)
    blocks = PYTHON.findall(tutorial.read_text(encoding="utf-8"))
    assert blocks
    namespace: dict[str, object] = {}
    for number, block in enumerate(blocks, 1):
        exec(compile(block, f"{tutorial.name}, block {number}", "exec"), namespace)  # noqa: S102
    assert capsys.readouterr().out.strip()
    assert (tmp_path / "report.html").stat().st_size > 10_000


def other_pages() -> list[Path]:
    pages = [*sorted(DOCS.rglob("*.md")), DOCS.parent / "README.md"]
    return [page for page in pages if page not in TUTORIALS]


@pytest.mark.parametrize("page", other_pages(), ids=lambda page: page.stem)
def test_python_in_other_pages_compiles(page: Path):
    for number, block in enumerate(PYTHON.findall(page.read_text(encoding="utf-8")), 1):
        compile(block, f"{page.name}, block {number}", "exec")
