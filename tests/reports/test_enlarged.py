"""A face that was enlarged: what the report, the JSON, the words and the pictures say of it."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_enlarged import AUDIT, BOX, enlarged_examination

from cutis.core.assessment import Examination
from cutis.core.language import Language
from cutis.reports.document import compose
from cutis.reports.figures import before_after, before_after_png
from cutis.reports.html import to_html
from cutis.reports.json import from_json, to_json
from cutis.reports.maps import drawn_map
from cutis.steps.narrate import narrate, read_catalogue
from cutis.testing import sample_examination


@pytest.fixture(scope="module")
def examination() -> Examination:
    return enlarged_examination()


def test_the_page_shows_the_face_before_and_after_and_the_audit(examination: Examination):
    page = to_html(examination)
    assert "A small face, enlarged" in page
    assert "It was enlarged by 2 to find it and its skin" in page
    assert "drew 50\u202f% of" in page or "drew 50 % of" in page or "drew 50% of" in page
    assert "not measured on enhanced pixels: it moved" in page
    assert "A small face, enlarged" not in to_html(sample_examination())


def test_the_table_holds_each_score_on_both(examination: Examination):
    table = compose(examination).table("enhancement")
    assert table is not None
    shown = [[cell.text for cell in row] for row in table.rows]
    assert shown[0] == ["Redness", "20.0", "21.0", "6.0", "the same within the allowed"]
    assert [row[0] for row in shown] == ["Redness", "Wrinkles", "Pores"]
    assert shown[2][1:4] == ["–", "12.0", "–"]
    assert compose(sample_examination()).table("enhancement") is None


def test_the_json_keeps_it(examination: Examination):
    text = to_json(examination.assessment)
    assert json.loads(text)["enhancement"]["audit"][1]["ruling"] == "moved"
    back = from_json(text)
    assert back.enhancement is not None
    assert back.enhancement.audit == AUDIT


def test_an_assessment_of_before_is_read_still():
    tree = json.loads(to_json(sample_examination().assessment))
    del tree["enhancement"]
    assert from_json(json.dumps({**tree, "schema_version": "1.2"})).enhancement is None


@pytest.mark.parametrize("language", list(Language))
def test_every_language_says_so(examination: Examination, language: Language):
    words = read_catalogue(language)
    said = [
        s for section in narrate(examination.assessment, words).sections for s in section.sentences
    ]
    plain = narrate(sample_examination().assessment, words).sections
    assert words.say("sentences", "small_face", scale=words.numbers.number(2)) in said
    assert len(said) == 1 + sum(len(section.sentences) for section in plain)


def test_the_picture_has_both_faces_side_by_side(examination: Examination):
    pair = before_after(examination)
    assert pair is not None
    rows, cols = 2 * (BOX[3] - BOX[1]), 2 * (BOX[2] - BOX[0])
    assert pair.size == (2 * cols + 8, rows)
    assert examination.enlarged is not None
    assert (pair.rgb[:, -cols:] == examination.enlarged.picture.rgb).all()
    content = before_after_png(examination)
    assert content is not None
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert (decoded[..., ::-1] == pair.rgb).all()
    assert before_after_png(sample_examination()) is None


def test_the_mask_tells_which_pixels_were_drawn(examination: Examination):
    drawn = drawn_map(examination)
    assert drawn is not None
    assert drawn.shape == examination.photo.rgb.shape[:2]
    x0, y0, x1, y1 = BOX
    assert (drawn[y0:y1, (x0 + x1) // 2 : x1] == 255).all()
    assert drawn.sum() == 255 * (y1 - y0) * (x1 - (x0 + x1) // 2)
    assert drawn_map(replace(examination, enlarged=None)) is None
