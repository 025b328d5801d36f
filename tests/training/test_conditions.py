"""A condition network learns a tiny pack, resumes, is read back, exported, mined with, compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.packs import tiny_pack  # noqa: E402

from cutis.core.errors import InputError, ModelError  # noqa: E402
from cutis.core.vocabulary import Condition  # noqa: E402
from cutis.datasets.faces import PreparedFace  # noqa: E402
from cutis.datasets.pack import PackedSet  # noqa: E402
from cutis.imaging.skin_channels import TARGETS  # noqa: E402
from cutis.networks.unet import Encoder  # noqa: E402
from cutis.training.batches import NO_JITTER  # noqa: E402
from cutis.training.compare import Variant, compare, variants  # noqa: E402
from cutis.training.conditions import (  # noqa: E402
    Recipe,
    cutis_v2,
    glowai_v1,
    load_trained,
    recipe_named,
    refined,
    train_conditions,
)
from cutis.training.export import export_openvino  # noqa: E402
from cutis.training.loop import LoopOptions, Moment  # noqa: E402
from cutis.training.mining import WINDOW_PX, mine  # noqa: E402
from cutis.training.validation import validate  # noqa: E402


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory):
    return tiny_pack(tmp_path_factory.mktemp("pack"))


def light(recipe: Recipe, steps: int, **changes: Any) -> Recipe:
    """The recipe with the smallest network, for so many steps."""
    recipe = recipe.with_encoder(Encoder.CNN_RNN)
    network = replace(recipe.network, decoder_channels=(32, 32, 16, 16, 8), output_stride=1)
    recipe = replace(recipe, network=network, batch_size=4)
    return recipe.with_loop(max_minutes=None, max_steps=steps, validations=2, **changes)


@pytest.fixture(scope="module")
def learned(pack: PackedSet, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("learned")
    quick = {"learning_rate": 5e-3, "warmup_steps": 5, "ema_decay": 0.9}
    recipe = replace(light(cutis_v2(), 60, **quick), jitter=NO_JITTER)
    train_conditions(recipe, pack, folder)
    return folder


def test_it_learns_a_tiny_pack(pack: PackedSet, learned: Path):
    trained = load_trained(learned)
    overlap = validate(trained.network, pack, trained.objective, trained.inputs)
    present = [TARGETS.index(kind) for kind in (Condition.ACNE, Condition.PIGMENTATION)]
    assert (overlap.iou[present] > 0.3).all(), overlap.iou  # untrained: below 0.1
    assert overlap.items == 8
    assert (learned / "log.csv").read_text().startswith("step,elapsed_s,loss,rate,mean_iou")
    assert (learned / "log.png").stat().st_size > 1000


def test_a_resumed_training_ends_where_an_uninterrupted_one_does(pack: PackedSet, tmp_path: Path):
    recipe = light(glowai_v1(), 4)
    train_conditions(recipe, pack, tmp_path / "whole")
    moments: list[Moment] = []
    train_conditions(light(glowai_v1(), 2), pack, tmp_path / "parts")
    outcome = train_conditions(recipe, pack, tmp_path / "parts", resume=True, watch=moments.append)
    assert [moment.step for moment in moments] == [3, 4]
    assert outcome.complete
    whole = load_trained(tmp_path / "whole", weights="last.safetensors").network.state_dict()
    parts = load_trained(tmp_path / "parts", weights="last.safetensors").network.state_dict()
    for name, value in whole.items():
        torch.testing.assert_close(parts[name], value)


def test_an_interrupt_ends_after_the_step_with_all_saved(pack: PackedSet, tmp_path: Path):
    import signal  # noqa: PLC0415

    def interrupt(moment: Moment) -> None:
        if moment.step == 2:
            signal.raise_signal(signal.SIGINT)

    outcome = train_conditions(light(cutis_v2(), 50), pack, tmp_path, watch=interrupt)
    assert (outcome.steps, outcome.complete) == (2, False)
    assert json.loads((tmp_path / "progress.json").read_text())["step"] == 2


def test_what_cannot_be_resumed_or_read_is_told(pack: PackedSet, tmp_path: Path):
    with pytest.raises(ModelError, match="cutis train"):
        train_conditions(light(cutis_v2(), 2), pack, tmp_path / "none", resume=True)
    with pytest.raises(ModelError, match="cutis train"):
        load_trained(tmp_path / "nowhere")
    with pytest.raises(InputError, match="glowai-v1 and cutis-v2"):
        recipe_named("v3")
    with pytest.raises(InputError, match="4 or 6"):
        glowai_v1(kinds=5)
    with pytest.raises(InputError, match="end"):
        LoopOptions(max_minutes=None)


def test_the_source_recipe_is_as_written():
    recipe = glowai_v1(kinds=6)
    assert recipe.objective.channels == (
        *("background", "acne", "redness", "pigmentation", "texture", "dryness", "scarring"),
    )
    assert (recipe.loop.learning_rate, recipe.batch_size) == (1e-4, 8)
    assert recipe.loop.rate(0, 0.0) == recipe.loop.rate(999, 0.9) == 1e-4
    assert recipe.network.encoder is Encoder.RESNET34


def test_the_rate_rises_and_falls():
    options = LoopOptions(max_minutes=1, learning_rate=1.0, warmup_steps=10)
    assert options.rate(0, 0.0) == pytest.approx(0.1)
    assert options.rate(50, 0.5) == pytest.approx(0.5)
    assert options.rate(99, 1.0) < 0.01
    assert options.share(0, 30.0) == 0.5


def test_the_export_computes_the_same_and_is_reproducible(learned: Path, tmp_path: Path):
    pytest.importorskip("openvino")
    made = []
    for name in ("a", "b"):
        trained = load_trained(learned)
        made.append(
            export_openvino(
                trained.network,
                tmp_path / name,
                name="net",
                in_channels=trained.spec.in_channels,
                channels=trained.objective.channels,
            )
        )
    assert made[0].max_difference_fp32 < 1e-3 * max(1, made[0].logit_span)
    assert made[0].max_difference < 0.01 * max(1, made[0].logit_span)
    assert made[0].sha256_bin == made[1].sha256_bin
    assert made[0].sha256_xml == made[1].sha256_xml
    described = json.loads((tmp_path / "a" / "net.json").read_text())
    assert described["channels"] == [kind.value for kind in TARGETS]
    assert described["input_name"] == "skin_channels"


def face(spots: int) -> PreparedFace:
    rgb = np.full((300, 280, 3), (200, 150, 120), np.uint8)
    for number in range(spots):
        y, x = 40 + 50 * (number % 4), 40 + 60 * (number // 4)
        rgb[y : y + 18, x : x + 18] = (200, 60, 60)
    shape = rgb.shape[:2]
    return PreparedFace(
        rgb=rgb,
        skin=np.ones(shape, bool),
        regions=np.zeros(shape, np.uint8),
        excluded=np.zeros(shape, bool),
        creases=np.zeros(shape, bool),
        points=np.zeros((478, 2), np.float32),
        mm_per_px=0.25,
        ita_deg=30.0,
        yaw_deg=0.0,
        person="a",
        source="a/a",
    )


def test_mining_brings_the_spotty_face_first_and_acne_only(learned: Path):
    trained = load_trained(learned)
    found = mine(trained, [face(0), face(8), face(1)], keep=2)
    assert len(found) == 2
    item, weight = found[0]
    assert 0 < weight < 1
    assert item.image.shape == (WINDOW_PX, WINDOW_PX, 3)
    reds = [int((i.image[..., 1] == 60).sum()) for i, _ in found]
    assert reds[0] > reds[1]
    assert not item.labels.any()
    assert (item.ignore == 0xFE).all()


def test_a_refined_training_starts_from_the_best_weights(
    pack: PackedSet, learned: Path, tmp_path: Path
):
    trained = load_trained(learned)
    recipe = refined(trained, minutes=1.0).with_loop(
        max_steps=1, learning_rate=0.0, ema_decay=0.0, validations=1
    )
    mined = [(pack.item(0), 0.25)]
    train_conditions(recipe, pack, tmp_path, start_from=learned, mined=mined)
    after = load_trained(tmp_path).network
    for old, new in zip(trained.network.parameters(), after.parameters(), strict=True):
        torch.testing.assert_close(new, old)


def test_a_comparison_is_one_table_row_for_each_variant(pack: PackedSet, tmp_path: Path):
    names = [variant.name for variant in variants(kinds=4, minutes=1)]
    assert len(names) == len(set(names)) == 8
    chosen = [Variant(name, light(glowai_v1(), 1)) for name in names[:2]]
    rows = compare(pack, chosen, tmp_path / "table.csv")
    assert [row["variant"] for row in rows] == names[:2]
    lines = (tmp_path / "table.csv").read_text().splitlines()
    assert len(lines) == 3
    assert "iou_acne_dark" in lines[0]
    compare(pack, chosen[:1], tmp_path / "table.json")
    told = json.loads((tmp_path / "table.json").read_text())
    assert [row["variant"] for row in told["variants"]] == names[:1]
    assert told["pictures"] == {
        "side_px": pack.item(0).image.shape[0],
        "train": len(pack.indices("train")),
        "val": len(pack.indices("val")),
    }
    with pytest.raises(InputError, match=r"\.csv or \.json"):
        compare(pack, chosen, tmp_path / "table.txt")
