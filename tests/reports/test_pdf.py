"""The PDF: the same report on paper, tagged, complete, and made without any request."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from cutis.core.errors import MissingExtraError
from cutis.reports.pdf import html_to_pdf, to_pdf
from cutis.testing import sample_examination

pypdf = pytest.importorskip("pypdf")


@pytest.fixture(scope="module")
def pdf() -> "pypdf.PdfReader":
    try:
        return pypdf.PdfReader(io.BytesIO(to_pdf(sample_examination())))
    except MissingExtraError as error:
        pytest.skip(str(error))


def words(pdf: "pypdf.PdfReader") -> str:
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


def test_it_is_tagged_and_tells_its_language_and_title(pdf: "pypdf.PdfReader"):
    catalogue = pdf.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/StructTreeRoot"]
    assert catalogue["/Lang"] == "en"
    assert pdf.metadata.title == "Skin report, 2026-11-21 10:15"
    assert b"pdfuaid" in catalogue["/Metadata"].get_data()


def test_pictures_have_words_for_a_screen_reader(pdf: "pypdf.PdfReader"):
    texts = alternatives(pdf.trailer["/Root"]["/StructTreeRoot"])
    for condition in sample_examination().maps:
        name = condition.value.replace("_", " ")
        assert any(f"Map of {name} over the face" in text for text in texts), name


def alternatives(node: object) -> list[str]:
    """Return the alternative texts below a node of the structure tree."""
    found: list[str] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if hasattr(current, "get_object"):
            current = current.get_object()
        if isinstance(current, list):
            waiting += current
        elif isinstance(current, dict):
            found += [str(current["/Alt"])] if "/Alt" in current else []
            waiting += [current["/K"]] if "/K" in current else []
    return found


def test_everything_that_the_page_says_is_printed(pdf: "pypdf.PdfReader"):
    text = words(pdf)
    for part in (
        "To look at first: redness and acne",
        "What we are not sure of",
        "between 45 and 60",
        "Scores by region",
        "Quality of the photo",
        "How each score is made",
        "decision aid, not a diagnosis",
    ):
        assert part in text, part


def test_each_overlay_is_printed(pdf: "pypdf.PdfReader"):
    pictures = sum(len(page.images) for page in pdf.pages)
    assert pictures >= len(sample_examination().maps)
    text = words(pdf)
    for name in ("Acne.", "Redness.", "Pigmentation.", "Pores.", "Dark circles."):
        assert name in text


def test_it_fits_on_a_few_pages(pdf: "pypdf.PdfReader"):
    assert 4 <= len(pdf.pages) <= 12
    assert {tuple(round(v) for v in page.mediabox[2:]) for page in pdf.pages} == {(595, 842)}


def test_it_runs_nothing_and_opens_nothing(pdf: "pypdf.PdfReader"):
    assert "/OpenAction" not in pdf.trailer["/Root"]
    for page in pdf.pages:
        for note in page.get("/Annots", []):
            action = note.get_object().get("/A", {})
            assert action.get("/S") not in {"/URI", "/JavaScript", "/Launch"}


def test_a_refused_photo_prints_its_reasons():
    pdf = pypdf.PdfReader(io.BytesIO(to_pdf(sample_examination(refused=True))))
    assert "Hold the phone still" in words(pdf)


def test_a_file_named_by_a_page_is_not_opened(tmp_path: Path):
    secret = tmp_path / "secret.css"
    secret.write_text("body::before { content: 'LEAKED' }")
    page = (
        f'<html lang="en"><title>t</title><link rel="stylesheet" href="{secret.as_uri()}"><p>plain'
    )
    pdf = pypdf.PdfReader(io.BytesIO(html_to_pdf(page)))
    assert words(pdf) == "plain"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r'pip install "cutis\[pdf\]"'),
        ("raise OSError('cannot load library libpango-1.0-0')", "apt-get install libpango-1.0-0"),
    ],
    ids=["no package", "no Pango"],
)
def test_a_missing_part_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, message: str
):
    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    if content is None:
        monkeypatch.setitem(sys.modules, "weasyprint", None)
    else:
        (tmp_path / "weasyprint.py").write_text(content)
        monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtraError, match=message) as caught:
        html_to_pdf("<p>")
    assert caught.value.extra == "pdf"
