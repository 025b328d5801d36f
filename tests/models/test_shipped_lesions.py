"""The shipped lesion classifier keeps the promises of its card, on spots that are painted here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from conftest_synth import drawn_skin

from cutis.core.vocabulary import Condition, LesionType
from cutis.models.builtin import builtin_models
from cutis.models.cache import is_here
from cutis.models.learned import lesion_classifier
from cutis.models.lesion_network import LesionNetwork
from cutis.models.runtime import Runtime
from cutis.synth.parameters import Camera, Mark, MarkKind, SceneParameters, Style, Surface, View
from cutis.synth.render import render
from cutis.testing import sample_crop

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
    crop = sample_crop()
    rgb = crop.rgb.copy()
    rgb[: picture.shape[0], : picture.shape[1]] = picture
    crop = replace(crop, rgb=rgb, mm_per_px=MM * as_wide_as)
    (answer,) = classifier.classify(crop, [(low, low, high, high)])
    return answer


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
    trained = found["training"]
    painted = trained["validation"]
    values = {
        ("balanced accuracy", "all"): painted["balanced_accuracy"],
        ("calibration error", "all"): trained["calibration"]["ece_after"],
        ("AUC, spots on a mark against others", "all"): found["marked photos"]["report"][
            "AUC, findings on a mark against others"
        ],
        ("share of faces with a sure nodule", "all"): found["clean faces"]["named only"][
            "faces with a sure nodule"
        ],
    } | {
        ("balanced accuracy", f"tone {third}"): row["balanced_accuracy"]
        for third, row in painted["by_tone"].items()
    }
    assert metric.value == pytest.approx(values[metric.name, metric.group], abs=5e-5)
