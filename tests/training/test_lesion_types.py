"""A lesion classifier learns drawn crops, is calibrated, measured and exported for assessment."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from drawn_networks import lesion_card  # noqa: E402

from cutis.core.errors import InputError, ModelError  # noqa: E402
from cutis.core.vocabulary import LesionType  # noqa: E402
from cutis.datasets.found_spots import FOUND  # noqa: E402
from cutis.datasets.lesion_crops import GEOMETRY, CropSet, joined  # noqa: E402
from cutis.models.lesion_network import (  # noqa: E402
    LesionNetwork,
    network_inputs,
    patch_around,
    side_mm,
)
from cutis.models.runtime import NetworkFiles, Runtime, RuntimeOptions  # noqa: E402
from cutis.networks.unet import fix_depthwise  # noqa: E402
from cutis.testing import sample_crop  # noqa: E402
from cutis.training.lesion_batches import CropJitter, as_inputs, crop_batch  # noqa: E402
from cutis.training.lesion_scores import calibration, full_scores, recalls  # noqa: E402
from cutis.training.lesion_types import (  # noqa: E402
    class_weights,
    finish,
    lesion_recipe,
    load_lesion_classifier,
    train_lesions,
    with_found_again,
)

COLOURS = {"papule": (200, 60, 60), "mole": (60, 35, 25), "other": (205, 155, 125)}
STILL = CropJitter(mirror=0, turn_deg=0, scale=0, shift_px=0, gain=0, colour=0, size=0)


def drawn_crops(count: int = 60) -> CropSet:
    """Discs on skin; a third of the people are held out."""
    rng = np.random.default_rng(0)
    label = np.arange(count) % 3
    images = np.empty((count, 64, 64, 3), np.uint8)
    for number, kind in enumerate(label):
        images[number] = np.clip(rng.normal((200, 150, 120), 4, (64, 64, 3)), 0, 255)
        colour = list(COLOURS.values())[kind]
        cv2.circle(images[number], (32, 32), int(rng.integers(9, 16)), colour, -1)
    return CropSet(
        images=images,
        side_mm=np.full(count, 4.0, np.float32),
        label=label,
        classes=tuple(COLOURS),
        what=np.array([list(COLOURS)[kind] for kind in label]),
        person=np.array([f"person {number // 3}" for number in range(count)]),
        tone=(np.arange(count) // 3 % 6).astype(np.int8),
        split=np.where(np.arange(count) // 3 % 3 == 0, "val", "train"),
        geometry=GEOMETRY,
        seed=0,
        renderer_version=0,
    )


CROPS = drawn_crops()


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lesions")
    recipe = lesion_recipe()
    quick = replace(
        recipe.loop, max_minutes=None, max_steps=24, warmup_steps=2, ema_decay=0.0, validations=2
    )
    recipe = replace(recipe, loop=quick, batch_size=16, dropout=0.0)
    outcome = train_lesions(recipe, CROPS, folder)
    assert outcome.complete
    return folder


@pytest.fixture(scope="module")
def metrics(learned: Path) -> dict[str, object]:
    pytest.importorskip("openvino")
    return finish(CROPS, learned)


def test_it_learns_discs_and_tells_how_well(learned: Path, metrics: dict[str, object]):
    written = json.loads((learned / "metrics.json").read_text())
    assert written["classes"] == list(COLOURS)
    found = written["validation"]
    assert found["balanced_accuracy"] > 0.9
    assert set(found["recall"]) == set(COLOURS)
    assert np.sum(found["confusion"]) == found["crops"] == 21
    crops_by_tone = {third: row["crops"] for third, row in found["by_tone"].items()}
    assert crops_by_tone == {"light": 12, "medium": 9, "dark": 0}
    assert found["by_tone"]["dark"]["accuracy"] is None
    assert written["lesions"]["temperature"] == written["calibration"]["temperature"] > 0
    assert written["lesions"]["side_px"] == 64


def test_the_exported_files_fit_the_adapter(learned: Path, metrics: dict[str, object]):
    export = json.loads((learned / "metrics.json").read_text())["export"]
    assert export["same_class"] == 1.0
    assert export["max_difference"] < 0.05 * export["logit_span"]
    graph, weights = (learned / f"lesion-types.{end}" for end in ("xml", "bin"))
    assert export["files"]["lesion-types.bin"]["size_bytes"] == weights.stat().st_size < 8e6
    files = NetworkFiles(graph.read_bytes(), weights.read_bytes())
    card = lesion_card(files, tuple(LesionType(name) for name in COLOURS))
    card = replace(card, lesions=replace(card.lesions, sized=True))
    adapter = LesionNetwork(card, files, Runtime(RuntimeOptions(threads=1)))
    crop = sample_crop()
    boxes = [(60, 200, 72, 214), (80, 90, 120, 130)]
    patches = np.stack([patch_around(crop.rgb, box, crop.mm_per_px, GEOMETRY) for box in boxes])
    sides = np.array([side_mm(box, crop.mm_per_px, GEOMETRY) for box in boxes], np.float32)
    with torch.inference_mode():
        shown = torch.from_numpy(network_inputs(patches, sides, GEOMETRY))
        logits = load_lesion_classifier(learned)(shown)
    expected = torch.softmax(logits / card.lesions.temperature, dim=1).numpy()
    answers = np.array([list(answer.values()) for answer in adapter.classify(crop, boxes)])
    assert answers == pytest.approx(expected, abs=0.02)


def test_the_written_network_is_read_back(learned: Path, tmp_path: Path):
    network = load_lesion_classifier(learned)
    inputs = as_inputs(CROPS, np.arange(6))
    with torch.inference_mode():
        logits = network(inputs)
    assert logits.argmax(1).tolist() == CROPS.label[:6].tolist()
    with pytest.raises(ModelError, match="cutis train"):
        load_lesion_classifier(tmp_path)


def test_depthwise_filters_stay_as_they_are(learned: Path):
    network = load_lesion_classifier(learned)
    fix_depthwise(network)
    fixed = [p for p in network.parameters() if not p.requires_grad]
    assert len(fixed) == 16
    assert all(p.shape[1] == 1 for p in fixed)


def test_batches_follow_from_seed_and_number():
    first, again = (crop_batch(CROPS, CropJitter(), size=8, seed=1, step=3) for _ in range(2))
    assert torch.equal(first.inputs, again.inputs)
    assert first.inputs.shape == (8, 4, 64, 64)
    assert 0 <= float(first.inputs[:, :3].min()) <= float(first.inputs[:, :3].max()) <= 1
    other = crop_batch(CROPS, CropJitter(), size=8, seed=1, step=4)
    assert not torch.equal(first.inputs, other.inputs)


def test_an_epoch_shows_every_crop_once_and_unchanged_without_jitter():
    train = CROPS.indices("train")
    batch = crop_batch(CROPS, STILL, size=len(train), seed=0, step=0)
    shown = {row.numpy().tobytes() for row in (batch.inputs * 255).round().to(torch.uint8)}
    wanted = (as_inputs(CROPS, train) * 255).round().to(torch.uint8)
    assert shown == {row.numpy().tobytes() for row in wanted}


def test_rare_classes_count_more():
    train = CROPS.indices("train")
    rare = train[CROPS.label[train] == 0][:3]
    kept = np.sort(np.concatenate([rare, train[CROPS.label[train] != 0]]))
    weights = class_weights(_only(kept))
    counts = np.bincount(CROPS.label[kept])
    assert weights[0] / weights[1] == pytest.approx(counts[1] / counts[0])
    assert float((weights.numpy() * counts).sum()) == pytest.approx(len(kept))
    with pytest.raises(InputError, match="papule"):
        class_weights(_only(train[CROPS.label[train] != 0]))


def test_what_was_found_on_clean_faces_comes_again_in_training_alone():
    found = replace(CROPS, what=np.where(CROPS.label == 2, FOUND, CROPS.what))
    more = with_found_again(found, 4)
    train, val = found.counts("train"), found.counts("val")
    assert more.counts("train") == {**train, "other": 4 * train["other"]}
    assert more.counts("val") == val
    assert with_found_again(CROPS, 4).counts() == CROPS.counts()


def test_without_held_out_people_there_is_no_training(tmp_path: Path):
    with pytest.raises(InputError, match="held-out"):
        train_lesions(lesion_recipe(), _only(CROPS.indices("train")), tmp_path)


def test_scores_are_as_counted_by_hand():
    true, predicted = np.array([0, 0, 1, 1, 1, 1]), np.array([0, 1, 1, 1, 1, 0])
    assert recalls(true, predicted, 3)[:2].tolist() == [0.5, 0.75]
    assert np.isnan(recalls(true, predicted, 3)[2])
    numbers = CROPS.indices("val")
    logits = torch.full((len(numbers), 3), -2.0)
    logits[:, 2] = 2.0  # all is called other
    scores = full_scores(logits, CROPS, numbers, 1.0)
    assert scores["recall"] == {"papule": 0.0, "mole": 0.0, "other": 1.0}
    assert scores["balanced_accuracy"] == pytest.approx(1 / 3)
    assert (scores["kept_lesions"], scores["kept_background"]) == (0.0, 0.0)
    assert scores["recall_of_background"] == {"other": 1.0}


def test_the_temperature_mends_what_is_too_sure():
    """Logits three times too large: the calibration error falls, on people not fitted on, too."""
    count = 1800
    big = drawn_crops(count)
    torch.manual_seed(0)
    honest = 1.5 * torch.randn(count, 3)
    label = torch.distributions.Categorical(logits=honest).sample().numpy()
    big = replace(big, label=label, split=np.full(count, "val"))
    fitted = calibration(3 * honest, big, np.arange(count))
    assert fitted.temperature == pytest.approx(3, rel=0.15)
    assert fitted.ece_after < 0.4 * fitted.ece_before


def _only(numbers: np.ndarray) -> CropSet:
    return CROPS.taken(numbers)


def test_files_of_crops_are_joined_if_they_fit():
    second = replace(drawn_crops(30), seed=1)
    both = joined([CROPS, second])
    assert len(both) == len(CROPS) + 30
    assert (both.images[len(CROPS) :] == second.images).all()
    assert list(both.person[len(CROPS) :]) == list(second.person)
    assert joined([CROPS]).seed == CROPS.seed
    with pytest.raises(InputError, match="share a seed"):
        joined([CROPS, CROPS])
    with pytest.raises(InputError, match="differ in classes"):
        joined([CROPS, replace(second, classes=("papule", "nodule", "other"))])
    with pytest.raises(InputError, match="at least one"):
        joined([])
