"""The pictures of a report: they carry what they should, where they should, and no more."""

from __future__ import annotations

import base64
import dataclasses
import io
import re

import numpy as np
import pytest
from PIL import Image

from cutis.core.assessment import Examination
from cutis.core.face import FaceCrop, RegionMap
from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Condition, Region
from cutis.reports import figures
from cutis.reports.figures import Picture, jpeg_uri, overlay_uri, shown_picture
from cutis.reports.marks import finding_markers, region_outlines
from cutis.reports.tables import listed_findings, region_numbers
from cutis.testing import sample_examination, sample_photo

CASING, EDGE = (0, 32, 70), (190, 245, 255)


def opened(uri: str) -> Image.Image:
    head, data = uri.split(",", 1)
    assert head in {"data:image/png;base64", "data:image/jpeg;base64"}
    return Image.open(io.BytesIO(base64.b64decode(data)))


def whole_crop() -> FaceCrop:
    crop = sample_examination().crop
    assert crop is not None
    everything = np.ones((600, 800), bool)
    return dataclasses.replace(
        crop,
        rgb=np.zeros((600, 800, 3), np.uint8),
        linear=np.zeros((600, 800, 3), np.float32),
        regions=RegionMap(np.zeros((600, 800), np.uint8)),
        oval=everything,
        excluded=~everything,
        creases=~everything,
    )


def overlay_of(probability: np.ndarray, looked_at: np.ndarray) -> np.ndarray:
    """Return the overlay of a map on an 800 × 600 crop as RGBA."""
    crop = whole_crop()
    found = ConditionMap(Condition.ACNE, probability.astype(np.float32), looked_at, "drawn")
    return np.asarray(opened(overlay_uri(Picture(crop.rgb, 1.0), crop, found)).convert("RGBA"))


def contrast(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return the contrast ratio of two sRGB colours (WCAG 2.2)."""
    light = sorted((_luminance(a), _luminance(b)))
    return (light[1] + 0.05) / (light[0] + 0.05)


def _luminance(colour: tuple[float, ...]) -> float:
    shares = [value / 255 for value in colour]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_an_empty_map_is_wholly_clear():
    looked_at = np.ones((600, 800), bool)
    assert not overlay_of(np.zeros((600, 800)), looked_at)[..., 3].any()


def test_a_likely_disc_has_a_bright_edge_inside_and_a_dark_one_outside():
    rows, columns = np.indices((600, 800))
    disc = np.hypot(rows - 300, columns - 400) < 60
    overlay = overlay_of(disc * 0.9, np.ones_like(disc))
    radius = np.hypot(rows - 300, columns - 400)
    bright = (overlay[..., :3] == EDGE).all(axis=2)
    dark = (overlay[..., :3] == CASING).all(axis=2) & (overlay[..., 3] > 0)
    assert 56 < radius[bright].min() < radius[bright].max() < 61
    assert 59 < radius[dark].min() < radius[dark].max() < 64
    assert 0 < overlay[300, 400, 3] < 200
    assert overlay[10, 10, 3] == 0


def test_what_is_more_likely_is_denser():
    steps = np.repeat([[0.2, 0.3, 0.4, 0.45]], 600, axis=0).repeat(200, axis=1)
    alpha = overlay_of(steps, np.ones((600, 800), bool))[300, 100::200, 3].astype(int)
    assert (np.diff(alpha) > 0).all()


def test_skin_that_was_not_looked_at_is_hatched_and_keeps_its_mean_colour():
    looked_at = np.zeros((600, 800), bool)
    looked_at[:, :400] = True
    overlay = overlay_of(np.zeros((600, 800)), looked_at)
    assert not overlay[:, :399, 3].any()
    hatched = overlay[:, 401:, 3] > 0
    assert 0.2 < hatched.mean() < 0.5
    assert set(np.unique(overlay[:, 401:, 0])) == {0, 255}


def test_probability_outside_what_was_looked_at_is_not_shown():
    overlay = overlay_of(np.ones((600, 800)), np.zeros((600, 800), bool))
    assert not (overlay[..., :3] == EDGE).all(axis=2).any()


@pytest.mark.parametrize("tone", ["light", "medium", "dark"])
def test_an_edge_stands_out_on_every_skin_tone(tone: str):
    skin = tuple(float(v) for v in sample_photo(tone)[640:680, 430:450].mean(axis=(0, 1)))  # type: ignore[arg-type]
    assert max(contrast(EDGE, skin), contrast(CASING, skin)) >= 3
    assert contrast(EDGE, CASING) >= 7


@pytest.mark.parametrize(("width", "shown"), [(200, 640), (640, 640), (700, 700), (2400, 900)])
def test_a_picture_is_neither_too_wide_nor_too_narrow(width: int, shown: int):
    sample = sample_examination(refused=True)
    rgb = np.zeros((width * 5 // 4, width, 3), np.uint8)
    photo = dataclasses.replace(sample.photo, rgb=rgb)
    picture = shown_picture(dataclasses.replace(sample, photo=photo))
    assert picture.size == (shown, pytest.approx(shown * 1.25, abs=1))
    assert picture.scale == pytest.approx(shown / width)


def test_the_jpeg_shows_the_face_and_carries_nothing_else():
    picture = shown_picture(sample_examination())
    image = opened(jpeg_uri(picture))
    assert image.format == "JPEG"
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    difference = np.abs(np.asarray(image, int) - picture.rgb.astype(int))
    assert difference.mean() < 4


def test_overlays_are_of_the_size_of_the_picture():
    sample = sample_examination()
    assert sample.crop is not None
    picture = shown_picture(sample)
    for found in sample.maps.values():
        assert opened(overlay_uri(picture, sample.crop, found)).size == picture.size


def test_every_region_has_an_outline_and_a_number_inside_it():
    sample = sample_examination()
    assert sample.crop is not None
    picture = shown_picture(sample)
    outlines = {outline.number: outline for outline in region_outlines(sample, picture)}
    for region, number in region_numbers(sample.assessment).items():
        outline = outlines[number]
        column, row = int(outline.x / picture.scale), int(outline.y / picture.scale)
        assert sample.crop.regions.labels[row, column] == region.label, region
        assert re.fullmatch(r"(M[\d L]+Z ?)+", outline.path)


def test_left_regions_are_on_the_right_of_the_picture():
    sample = sample_examination()
    outlines = {o.number: o for o in region_outlines(sample, shown_picture(sample))}
    numbers = region_numbers(sample.assessment)
    left, right = numbers[Region.SUBJECT_LEFT_CHEEK], numbers[Region.SUBJECT_RIGHT_CHEEK]
    assert outlines[left].x > outlines[right].x


def test_a_marker_frames_its_finding():
    sample = sample_examination()
    assert sample.crop is not None
    picture = shown_picture(sample)
    for marker in finding_markers(sample, picture):
        x0, y0, x1, y1 = listed_findings(sample.assessment)[marker.number - 1].bbox_xyxy
        left, top = sample.crop.box[:2]
        assert marker.x < (x0 - left) * picture.scale
        assert marker.x + marker.width > (x1 - left) * picture.scale
        assert marker.y < (y0 - top) * picture.scale < (y1 - top) * picture.scale
        assert marker.y + marker.height > (y1 - top) * picture.scale


def test_numbers_of_neighbours_do_not_cover_each_other():
    sample = sample_examination()
    finding = sample.assessment.findings[0]
    close = tuple(
        dataclasses.replace(
            finding, bbox_xyxy=(300 + 12 * i, 500, 310 + 12 * i, 510), area_mm2=9 - i
        )
        for i in range(4)
    )
    crowded = dataclasses.replace(
        sample, assessment=dataclasses.replace(sample.assessment, findings=close)
    )
    markers = finding_markers(crowded, shown_picture(crowded))
    places = {(marker.text_x, marker.text_y) for marker in markers}
    assert len(places) == 4
    for a in markers:
        for b in markers:
            apart = abs(a.text_x - b.text_x) >= 12 or abs(a.text_y - b.text_y) >= 19
            assert a is b or apart


def test_without_a_crop_nothing_is_drawn_over_the_photo():
    sample: Examination = sample_examination(refused=True)
    picture = shown_picture(sample)
    assert region_outlines(sample, picture) == finding_markers(sample, picture) == ()


def test_the_palette_keeps_its_place_for_the_edges():
    assert figures._palette()[254, :3].tolist() == list(CASING)
    assert figures._palette()[255, :3].tolist() == list(EDGE)
