"""The shipped condition network keeps the promises of its card, on skin that is painted here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from conftest_synth import drawn_skin

from cutis.core.vocabulary import Condition
from cutis.imaging.colour import rgb_to_linear
from cutis.imaging.skin_channels import TARGETS, skin_channels
from cutis.models.builtin import builtin_models
from cutis.models.cache import is_here, read_files
from cutis.models.learned import condition_segmenters
from cutis.models.runtime import NetworkFiles, Runtime
from cutis.steps.conditions.limits import ConditionLimits
from cutis.synth.parameters import (
    Area,
    AreaKind,
    Camera,
    Mark,
    MarkKind,
    SceneParameters,
    Style,
    Surface,
    View,
)
from cutis.synth.render import Rendering, render

Network = Callable[[np.ndarray], Sequence[np.ndarray]]
MODEL = builtin_models().get("conditions")


@pytest.fixture(scope="module")
def network():
    return Runtime().compile_ir(NetworkFiles(*read_files(MODEL)), MODEL.name)


def test_the_network_sees_as_coarse_a_photo_as_the_measure_that_it_replaces():
    coarsest = ConditionLimits()
    for served in MODEL.conditions:
        classical = getattr(coarsest, f"{served.condition}_mm_per_px")
        assert served.coarsest_mm_per_px >= classical, served.condition


def painted(
    level: int, mm_per_px: float, *, marks: Sequence[Mark] = (), areas: Sequence[Area] = ()
) -> Rendering:
    view = View(centre=(150.0, 150.0), mm_per_px=mm_per_px)
    parameters = SceneParameters(
        0,
        Style.FIELD,
        "drawn",
        view,
        marks=tuple(marks),
        areas=tuple(areas),
        surface=Surface(grain=0.01),
        camera=Camera(jpeg=(95,)),
    )
    return render(drawn_skin(level), parameters)


def logits(network: Network, done: Rendering, mm_per_px: float, condition: Condition) -> np.ndarray:
    channels = skin_channels(rgb_to_linear(done.image), done.baseline, mm_per_px)
    answer = network(np.ascontiguousarray(channels.transpose(2, 0, 1))[None])[0][0]
    return answer[TARGETS.index(condition)]


def test_it_comes_with_the_package_and_serves_what_its_card_says():
    assert MODEL.shipped
    assert is_here(MODEL)
    (segmenter,) = condition_segmenters([MODEL], Runtime())
    assert segmenter.conditions == {Condition.ACNE, Condition.REDNESS}


def test_it_is_small():
    assert sum(file.size_bytes for file in MODEL.files) < 5_000_000


@pytest.mark.parametrize("level", [225, 160, 110])
def test_inflamed_spots_stand_out_on_every_tone(network: Network, level: int):
    spots = [
        Mark(MarkKind.PAPULE, x, y, radius_mm=1.5, haemoglobin=0.2, height_mm=0.4, halo=0.3)
        for x, y in ((70, 80), (128, 128), (180, 90), (100, 190))
    ]
    done = painted(level, 0.25, marks=spots)
    found = logits(network, done, 0.25, Condition.ACNE)
    inside = (done.labels & 1) > 0
    assert inside.sum() > 300
    assert np.median(found[inside]) > np.quantile(found[~inside & (done.ignore == 0)], 0.97)


@pytest.mark.parametrize("level", [225, 160, 110])
def test_a_flush_stands_out_on_every_tone(network: Network, level: int):
    flush = Area(AreaKind.FLUSH, 128, 128, radius_mm=25, strength=0.25, mottling=0.3)
    done = painted(level, 0.5, areas=[flush])
    found = logits(network, done, 0.5, Condition.REDNESS)
    inside = (done.labels & 2) > 0
    assert np.median(found[inside]) > np.median(found[~inside]) + 1


def test_any_size_in_steps_of_32_fits(network: Network):
    for shape in ((64, 96), (320, 256)):
        channels = np.zeros((1, MODEL.networks[0].inputs[0].shape[1], *shape), np.float32)
        assert network(channels)[0].shape == (1, len(TARGETS), *shape)
