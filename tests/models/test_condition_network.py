"""The learned segmenter: scale, calibration, places, mirror and tiles, on drawn networks."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_networks import card, convolution, of_channel

from cutis.core.errors import ModelError
from cutis.core.face import FaceCrop, RegionMap
from cutis.core.masks import SkinMask
from cutis.core.ports import ConditionSegmenter
from cutis.core.vocabulary import Condition
from cutis.imaging.skin_channels import TARGETS, skin_baseline, skin_channels
from cutis.models import condition_network
from cutis.models.condition_network import LearnedConditionSegmenter, scale_evenly
from cutis.models.descriptor import ServedCondition
from cutis.models.runtime import Runtime, RuntimeOptions
from cutis.steps.conditions import ConditionLimits, SkinMaps, sought_on
from cutis.testing import sample_crop, sample_skin

RED_OVER_BASELINE = 4
ACNE = ServedCondition("acne", 0.25, 0.5, slope=1.5, offset=-0.4)
REDNESS = ServedCondition("redness", 0.6, 1.2)


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime(RuntimeOptions(threads=1))


@pytest.fixture(scope="module")
def crop() -> FaceCrop:
    return sample_crop()


@pytest.fixture(scope="module")
def skin(crop: FaceCrop) -> SkinMask:
    return sample_skin(crop)


def segmenter(
    runtime: Runtime, *served: ServedCondition, kernel: np.ndarray | None = None, **options: float
) -> LearnedConditionSegmenter:
    if kernel is None:
        kernel = sum(of_channel(s.condition, RED_OVER_BASELINE, gain=5.0) for s in served)
    files = convolution(kernel)
    return LearnedConditionSegmenter(card(files, *served), files, runtime, **options)


def mirrored(crop: FaceCrop, skin: SkinMask) -> tuple[FaceCrop, SkinMask]:
    """The mirror image of the pictures; names of regions stay, which the masks do not mind."""

    def flip(values: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(values[:, ::-1])

    pictures = {k: flip(getattr(crop, k)) for k in ("rgb", "linear", "oval", "excluded", "creases")}
    other = replace(crop, regions=RegionMap(flip(crop.regions.labels)), **pictures)
    masks = {k: flip(getattr(skin, k)) for k in ("skin", "deep_shadow", "glare")}
    return other, replace(skin, **masks)


def test_it_is_a_condition_segmenter_and_says_what_it_is(runtime: Runtime):
    learned = segmenter(runtime, ACNE, REDNESS)
    assert isinstance(learned, ConditionSegmenter)
    assert learned.conditions == {Condition.ACNE, Condition.REDNESS}
    (use,) = learned.uses()
    assert (use.name, use.version, use.precision) == ("conditions", "1", "f32")
    assert use.runtime.startswith("openvino ")
    assert len(use.sha256) == 64


def test_only_the_conditions_on_the_card_are_mapped(
    runtime: Runtime, crop: FaceCrop, skin: SkinMask
):
    kernel = sum(of_channel(str(c), RED_OVER_BASELINE, gain=9.0) for c in TARGETS)
    maps = segmenter(runtime, REDNESS, kernel=kernel).segment(crop, skin)
    assert list(maps) == [Condition.REDNESS]
    assert maps[Condition.REDNESS].method == "learned:conditions 1"
    assert maps[Condition.REDNESS].is_learned


def test_a_map_is_the_calibrated_logit_of_its_channel(
    runtime: Runtime, crop: FaceCrop, skin: SkinMask
):
    """The drawn face lies at 0.25 mm per pixel, so acne is read as it is."""
    found = segmenter(runtime, ACNE).segment(crop, skin)[Condition.ACNE]
    face = scale_evenly(crop.linear, 1.0)
    assert face is crop.linear
    baseline = skin_baseline(crop.linear, skin.measurable)
    logit = 5 * skin_channels(face, baseline, crop.mm_per_px)[..., RED_OVER_BASELINE]
    expected = 1 / (1 + np.exp(-(1.5 * logit - 0.4)))
    assert found.probability.shape == crop.shape
    assert found.looked_at.any()
    assert found.probability[found.looked_at] == pytest.approx(expected[found.looked_at], abs=1e-4)
    assert not found.probability[~found.looked_at].any()


def test_redder_skin_is_more_probable(runtime: Runtime, crop: FaceCrop, skin: SkinMask):
    red = crop.linear.copy()
    red[300:360, 400:460, 1:] *= 0.6
    plain, changed = (
        segmenter(runtime, REDNESS).segment(c, skin)[Condition.REDNESS].probability
        for c in (crop, replace(crop, linear=red))
    )
    assert (changed - plain)[315:345, 415:445].mean() > 0.1
    assert abs((changed - plain)[600:, :200]).max() < 0.01


def test_what_is_too_coarse_is_left_out(runtime: Runtime, crop: FaceCrop, skin: SkinMask):
    learned = segmenter(runtime, ACNE, REDNESS)
    assert set(learned.segment(replace(crop, mm_per_px=0.51), skin)) == {Condition.REDNESS}
    assert learned.segment(replace(crop, mm_per_px=1.3), skin) == {}


@pytest.mark.parametrize(
    ("mm_per_px", "factor"), [(0.25, 1.0), (0.17, 0.68), (0.4, 1.6), (1.0, 2.0)]
)
def test_the_network_sees_the_condition_at_its_scale(
    runtime: Runtime,
    crop: FaceCrop,
    skin: SkinMask,
    monkeypatch: pytest.MonkeyPatch,
    mm_per_px: float,
    factor: float,
):
    """A finer face is reduced, a coarser one enlarged, at most twice; the scale is told."""
    told = []

    def spy(linear: np.ndarray, baseline: np.ndarray, scale: float) -> np.ndarray:
        told.append((linear.shape[:2], scale))
        return skin_channels(linear, baseline, scale)

    monkeypatch.setattr(condition_network, "skin_channels", spy)
    monkeypatch.setattr(condition_network, "LARGEST_PX", 10**7)
    served = replace(ACNE, coarsest_mm_per_px=2.0)
    part = replace(crop, mm_per_px=mm_per_px)
    found = segmenter(runtime, served).segment(part, skin)[Condition.ACNE]
    assert found.probability.shape == crop.shape
    ((shape, scale),) = told
    assert scale == pytest.approx(mm_per_px / factor, rel=0.01)
    for side, whole in zip(shape, crop.shape, strict=True):
        assert side % 32 == 0
        assert 0 <= side - round(whole * factor) <= 33


@pytest.mark.parametrize("width", [600, 607])
def test_a_mirrored_face_gives_the_mirrored_map(
    runtime: Runtime, crop: FaceCrop, skin: SkinMask, width: int
):
    """With kernels that are mirror symmetric themselves, at scales that need resizing."""
    part, own = cut(crop, skin, width)
    kernel = of_channel("acne", 7, gain=40.0, size=5) + of_channel("redness", 4, gain=9.0, size=5)
    served = (replace(ACNE, mm_per_px=0.31), REDNESS)
    learned = segmenter(runtime, *served, kernel=kernel)
    there, here = learned.segment(*mirrored(part, own)), learned.segment(part, own)
    for condition, found in here.items():
        turned = there[condition]
        both = found.looked_at & turned.looked_at[:, ::-1]
        assert both.sum() > 0.99 * found.looked_at.sum()
        apart = np.abs(found.probability - turned.probability[:, ::-1])[both]
        assert apart.max() < 0.02, condition
        assert apart.mean() < 1e-4, condition


def test_the_mean_with_the_mirror_image_knows_no_side(
    runtime: Runtime, crop: FaceCrop, skin: SkinMask
):
    kernel = of_channel("acne", 7, gain=60.0, size=3)
    kernel[0, 7, :, 0] *= 6.0
    plain, even = (
        segmenter(runtime, ACNE, kernel=kernel, mirrored_from_mm_per_px=scale)
        for scale in (math.inf, ACNE.mm_per_px)
    )
    other = mirrored(crop, skin)
    differences = [
        np.abs(
            s.segment(crop, skin)[Condition.ACNE].probability
            - s.segment(*other)[Condition.ACNE].probability[:, ::-1]
        ).max()
        for s in (plain, even)
    ]
    assert differences[0] > 0.1
    assert differences[1] < 1e-4


def test_redness_knows_no_side_as_it_is_served(runtime: Runtime, crop: FaceCrop, skin: SkinMask):
    kernel = of_channel("redness", 7, gain=60.0, size=3)
    kernel[1, 7, :, 0] *= 6.0
    served = segmenter(runtime, REDNESS, kernel=kernel)
    plain = segmenter(runtime, REDNESS, kernel=kernel, mirrored_from_mm_per_px=math.inf)
    apart = [
        np.abs(
            s.segment(crop, skin)[Condition.REDNESS].probability
            - s.segment(*mirrored(crop, skin))[Condition.REDNESS].probability[:, ::-1]
        ).max()
        for s in (plain, served)
    ]
    assert apart[0] > 0.1
    assert apart[1] < 1e-4


def test_tiles_give_what_the_whole_face_gives(
    runtime: Runtime, crop: FaceCrop, skin: SkinMask, monkeypatch: pytest.MonkeyPatch
):
    learned = segmenter(runtime, ACNE, kernel=of_channel("acne", 7, gain=30.0, size=3))
    whole = learned.segment(crop, skin)[Condition.ACNE].probability
    monkeypatch.setattr(condition_network, "LARGEST_PX", 200_000)
    monkeypatch.setattr(condition_network, "TILE_PX", 384)
    tiled = learned.segment(crop, skin)[Condition.ACNE].probability
    assert not np.array_equal(whole, tiled)
    assert np.abs(whole - tiled).max() < 0.02


def test_acne_is_sought_on_shiny_skin_too(runtime: Runtime, crop: FaceCrop, skin: SkinMask):
    learned = segmenter(runtime, ACNE, REDNESS)
    matte = learned.segment(crop, skin)[Condition.REDNESS].looked_at
    middle = np.argwhere(cv2.erode(matte.astype(np.uint8), np.ones((81, 81))))[0]
    around, inside = ([slice(m - by, m + by) for m in middle] for by in (40, 10))
    shiny = crop.linear.copy()
    shiny[tuple(around)] += 0.35
    maps = learned.segment(replace(crop, linear=np.clip(shiny, 0, 1)), skin)
    assert maps[Condition.ACNE].looked_at[tuple(inside)].all()
    assert not maps[Condition.REDNESS].looked_at[tuple(inside)].any()


def test_the_places_are_those_of_the_classical_way(
    runtime: Runtime, crop: FaceCrop, skin: SkinMask
):
    """At 0.25 mm per pixel, as the drawn face is, masks are made at 0.3 and brought back."""
    served = [ServedCondition(c, 0.25, 1.0) for c in ("wrinkles", "texture", "pigmentation")]
    masks = SkinMaps(crop, skin, ConditionLimits())
    for condition, found in segmenter(runtime, *served).segment(crop, skin).items():
        expected = sought_on(condition, masks)
        assert (found.looked_at & expected).sum() / (found.looked_at | expected).sum() > 0.97


def test_a_card_that_does_not_fit_is_refused(runtime: Runtime):
    with pytest.raises(ModelError, match="serves 'oiliness', which its network does not know"):
        segmenter(runtime, ServedCondition("oiliness", 0.6, 1.0), kernel=of_channel("acne", 4))
    files = convolution(of_channel("acne", 4)[:, :5])
    model = card(files, ACNE)
    (tensor,) = model.networks[0].inputs
    narrow = replace(tensor, shape=(-1, 5, -1, -1))
    wrong = replace(model, networks=(replace(model.networks[0], inputs=(narrow,)),))
    with pytest.raises(ModelError, match="takes 5 channels"):
        LearnedConditionSegmenter(wrong, files, runtime)


def test_a_broken_network_is_a_model_error(runtime: Runtime):
    files = convolution(of_channel("acne", 4))
    with pytest.raises(ModelError, match="cannot be compiled"):
        LearnedConditionSegmenter(
            card(files, ACNE), replace(files, graph=b"<net>nothing</net>"), runtime
        )


def cut(crop: FaceCrop, skin: SkinMask, width: int) -> tuple[FaceCrop, SkinMask]:
    """The left part of a crop, so that its width is odd or even."""
    pictures = {k: getattr(crop, k)[:, :width] for k in "rgb linear oval excluded creases".split()}
    regions = RegionMap(crop.regions.labels[:, :width])
    x0, y0, _, y1 = crop.box
    part = replace(crop, regions=regions, box=(x0, y0, x0 + width, y1), **pictures)
    masks = {k: getattr(skin, k)[:, :width] for k in ("skin", "deep_shadow", "glare")}
    return part, replace(skin, **masks)
