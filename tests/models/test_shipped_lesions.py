"""The shipped lesion classifier keeps the promises of its card, on spots that are painted here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from conftest_synth import drawn_skin

from cutis.core.vocabulary import Condition, LesionType
from cutis.models.builtin import builtin_models
from cutis.models.cache import is_here, read_files
from cutis.models.learned import lesion_classifier
from cutis.models.lesion_network import LesionNetwork, network_inputs, patch_around, side_mm
from cutis.models.runtime import NetworkFiles, Runtime
from cutis.synth.parameters import Camera, Mark, MarkKind, SceneParameters, Style, Surface, View
from cutis.synth.render import render

MODEL = builtin_models().get("lesions")
RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "lesion_types.json"
MM, MIDDLE = 0.2, 128.0
PAPULE = Mark(
    MarkKind.PAPULE, MIDDLE, MIDDLE, radius_mm=1.5, haemoglobin=0.25, height_mm=0.5, halo=0.3
)
NODULE = Mark(
    MarkKind.NODULE, MIDDLE, MIDDLE, radius_mm=4.0, haemoglobin=0.25, height_mm=0.9, halo=0.4
)

Answer = Mapping[LesionType, float]


@pytest.fixture(scope="module")
def classifier() -> LesionNetwork:
    found = lesion_classifier([MODEL], Runtime())
    assert found is not None
    return found


def said(classifier: LesionNetwork, level: int, *marks: Mark, as_wide_as: float = 1.0) -> Answer:
    """What is said of the middle of painted skin, told ``as_wide_as`` times its true width."""
    view = View(centre=(150.0, 150.0), mm_per_px=MM)
    camera = Camera(jpeg=(95,))
    surface = Surface(grain=0.01)
    scene = SceneParameters(
        0, Style.FIELD, "drawn", view, marks=marks, surface=surface, camera=camera
    )
    picture = render(drawn_skin(level), scene).image
    reach = (marks[0].radius_mm if marks else 1.0) / MM
    low, high = round(MIDDLE - reach), round(MIDDLE + reach)
    box = (low, low, high, high)
    patch = patch_around(picture, box, MM, classifier.crops)[None]
    side = side_mm(box, MM, classifier.crops) * as_wide_as
    network = Runtime().compile_ir(NetworkFiles(*read_files(MODEL)), MODEL.name)
    (logits,) = network(network_inputs(patch, np.array([side], np.float32), classifier.crops))[0]
    powers = np.exp(logits / classifier.crops.temperature)
    return dict(zip(classifier.types, (powers / powers.sum()).tolist(), strict=True))


def acne(answer: Answer) -> float:
    return sum(p for kind, p in answer.items() if kind.condition is Condition.ACNE)


def test_it_comes_with_the_package_and_only_names_acne():
    assert MODEL.shipped
    assert is_here(MODEL)
    assert sum(file.size_bytes for file in MODEL.files) < 8_000_000
    assert MODEL.lesions is not None
    assert MODEL.lesions.names_only == (Condition.ACNE.value,)
    assert MODEL.lesions.sized


@pytest.mark.parametrize("level", [225, 160, 110])
def test_inflamed_spots_are_acne_on_every_tone(classifier: LesionNetwork, level: int):
    for mark in (PAPULE, NODULE):
        assert acne(said(classifier, level, mark)) > 0.5


@pytest.mark.parametrize("level", [225, 160, 110])
def test_plain_skin_is_no_lesion(classifier: LesionNetwork, level: int):
    answer = said(classifier, level)
    assert max(answer, key=answer.__getitem__) is LesionType.OTHER


def test_told_to_be_smaller_a_nodule_is_far_less_sure(classifier: LesionNetwork):
    large = said(classifier, 190, NODULE)
    assert max(large, key=large.__getitem__) is LesionType.NODULE
    small = said(classifier, 190, NODULE, as_wide_as=0.4)
    assert odds(small[LesionType.NODULE]) < 0.2 * odds(large[LesionType.NODULE])


def odds(probability: float) -> float:
    return probability / (1 - probability)


@pytest.mark.parametrize("metric", MODEL.metrics, ids=lambda m: f"{m.name} {m.group}")
def test_the_card_tells_the_figures(metric):  # noqa: ANN001 - a Metric
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    validation = found["training"]["validation"]
    report = found["marked photos"]["report"]
    third = metric.group.removeprefix("tone ")
    value = {
        "balanced accuracy": (validation["by_tone"] | {"all": validation}).get(third, {}),
        "calibration error": {"balanced_accuracy": found["training"]["calibration"]["ece_after"]},
        "AUC, spots on a mark against others": {
            "balanced_accuracy": report["AUC, findings on a mark against others"]
        },
        "share of faces with a sure nodule": {
            "balanced_accuracy": found["clean faces"]["named only"]["faces with a sure nodule"]
        },
    }[metric.name]["balanced_accuracy"]
    assert metric.value == pytest.approx(value, abs=5e-5)
