"""The recipe of the skin network: batches, a short training that resumes, and its export."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from cutis.core.errors import InputError, ModelError  # noqa: E402
from cutis.core.face_parts import FacePart  # noqa: E402
from cutis.datasets.skin_labels.skin_pack import SkinPack, load_skin_pack, write_skin_pack  # noqa: E402
from cutis.datasets.skin_labels.store import LabelledView, save_view  # noqa: E402
from cutis.imaging.instances import Geometry  # noqa: E402
from cutis.networks.mask_rcnn import Backbone, build_mask_rcnn  # noqa: E402
from cutis.networks.unet import Weights  # noqa: E402
from cutis.training.loop import LoopOptions  # noqa: E402
from cutis.training.skin import SkinRecipe, finish, load_skin_network, skin_recipe, train_skin  # noqa: E402
from cutis.training.skin_batches import STILL, detection_targets, instance_targets, skin_batch  # noqa: E402
from cutis.training.skin_export import export_skin  # noqa: E402
from cutis.training.skin_import import import_skin  # noqa: E402
from cutis.training.validation import spread  # noqa: E402

SIDE = 96


def drawn_view(number: int) -> LabelledView:
    """A disc of skin with two eyes and lips, somewhere in a picture."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[:140, :120]
    labels = np.zeros((140, 120), np.uint8)
    labels[((x - 60) / 40) ** 2 + ((y - 70) / 52) ** 2 < 1] = FacePart.FACE_SKIN.label
    for left in (36, 70):
        labels[54:62, left : left + 14] = FacePart.EYE.label
    labels[94:102, 46:74] = FacePart.LIPS.label
    colours = np.array([[60, 70, 90], [200, 160, 140]], np.float32)
    rgb = colours[(labels == FacePart.FACE_SKIN.label).astype(int)] + rng.normal(
        0, 6, (140, 120, 1)
    )
    points = np.full((478, 2), (60, 70), np.float32)
    points[33], points[263], points[10], points[152] = (36, 58), (84, 58), (60, 24), (60, 120)
    points[0], points[1] = (22, 70), (98, 70)
    return LabelledView(
        rgb=np.clip(rgb, 0, 255).astype(np.uint8),
        labels=labels,
        points=points,
        yaw_deg=0.0,
        agreement=0.95,
        skin_share=0.8,
        glasses=0.0,
        ita_deg=float(number),
        person=f"drawn/{number}",
        source=f"drawn/{number}",
    )


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> SkinPack:
    folder = tmp_path_factory.mktemp("faces")
    files = [folder / f"{number}.npz" for number in range(16)]
    for number, file in enumerate(files):
        save_view(drawn_view(number), file)
    write_skin_pack(files, folder / "pack" / "faces.npz")
    loaded = load_skin_pack(folder / "pack" / "faces.npz")
    split = np.array(["train"] * 13 + ["val"] * 3)
    return replace(loaded, split=split)


def recipe(steps: int) -> SkinRecipe:
    whole = skin_recipe(minutes=1, backbone=Backbone.LIGHT)
    network = replace(
        whole.network, channels=16, box_features=16, mask_layers=1, geometry=Geometry(mask_bins=14)
    )
    loop = LoopOptions(None, max_steps=steps, warmup_steps=2, validations=1)
    return replace(whole, loop=loop, network=network, batch_size=2, side_px=SIDE, validated=2)


def test_a_backbone_starts_where_it_can_and_elsewhere_when_told():
    def start(backbone: Backbone, weights: Weights | None = None) -> Weights:
        return skin_recipe(backbone=backbone, weights=weights).network.weights

    assert start(Backbone.LITE0) is Weights.IMAGENET
    assert start(Backbone.RESNET50) is Weights.RANDOM
    assert start(Backbone.RESNET50, Weights.IMAGENET) is Weights.IMAGENET
    assert start(Backbone.LITE0, Weights.RANDOM) is Weights.RANDOM
    slow, fast = (
        skin_recipe(backbone=Backbone.RESNET50, weights=weights).loop.learning_rate
        for weights in (Weights.RANDOM, Weights.IMAGENET)
    )
    assert slow < fast


def test_pairs_are_two_instances_and_skin_is_one():
    found = instance_targets(drawn_view(0).labels)
    assert [part for part, _ in found] == [
        FacePart.FACE_SKIN,
        FacePart.EYE,
        FacePart.EYE,
        FacePart.LIPS,
    ]
    target = detection_targets(torch.from_numpy(drawn_view(0).labels[None]))[0]
    assert target["labels"].tolist() == [1, 4, 4, 5]
    assert target["boxes"][3].tolist() == [46, 94, 74, 102]


def test_equal_seeds_give_equal_batches(pack: SkinPack):
    still = replace(STILL, occlusion=recipe(1).jitter.occlusion)
    one, same, other = (
        skin_batch(pack, still, size=2, side_px=SIDE, seed=seed, step=0) for seed in (1, 1, 2)
    )
    assert torch.equal(one.inputs, same.inputs)
    assert torch.equal(one.labels, same.labels)
    assert not torch.equal(one.inputs, other.inputs)


@pytest.mark.parametrize(
    ("most", "chosen"), [(3, [0, 4, 9]), (10, list(range(10))), (99, list(range(10)))]
)
def test_those_looked_at_are_spread_over_the_pack(most: int, chosen: list[int]):
    assert spread(np.arange(10), most).tolist() == chosen


def test_a_pack_without_people_to_check_on_is_refused(pack: SkinPack, tmp_path: Path):
    with pytest.raises(InputError, match="val"):
        train_skin(recipe(1), replace(pack, split=np.array(["train"] * 16)), tmp_path)


def test_a_training_resumes_and_is_exported(pack: SkinPack, tmp_path: Path):
    first = train_skin(recipe(2), pack, tmp_path)
    assert (first.steps, first.complete) == (2, True)
    second = train_skin(recipe(3), pack, tmp_path, resume=True)
    assert second.steps == 3
    metrics = finish(pack, tmp_path, tmp_path / "out")
    assert set(metrics["export"]) == {"trunk", "boxes", "masks"}
    assert all((tmp_path / "out" / f"skin-{name}.bin").exists() for name in metrics["export"])
    assert 0 <= metrics["validation"]["skin_iou"] <= 1 or np.isnan(
        metrics["validation"]["skin_iou"]
    )
    assert (tmp_path / "log.csv").exists()


def test_exported_files_train_on(pack: SkinPack, tmp_path: Path):
    train_skin(recipe(2), pack, tmp_path / "first")
    network, _ = load_skin_network(tmp_path / "first")
    export_skin(network, tmp_path, side_px=SIDE)
    again = build_mask_rcnn(network.spec, pretrained=False)
    pictures = np.random.default_rng(0).random((2, 3, SIDE, SIDE), dtype=np.float32)
    differences = import_skin(again, tmp_path, pictures, side_px=SIDE)
    assert max(differences.values()) < 1e-3
    on = train_skin(recipe(1), pack, tmp_path / "second", start=tmp_path)
    assert on.complete


def test_files_of_another_network_are_refused(pack: SkinPack, tmp_path: Path):
    spec = recipe(1).network
    export_skin(build_mask_rcnn(spec, pretrained=False), tmp_path, side_px=SIDE)
    other = build_mask_rcnn(replace(spec, channels=24), pretrained=False)
    with pytest.raises(ModelError, match="another network"):
        import_skin(other, tmp_path, np.zeros((2, 3, SIDE, SIDE), np.float32), side_px=SIDE)


def test_a_folder_of_something_else_is_refused(tmp_path: Path):
    with pytest.raises(ModelError):
        load_skin_network(tmp_path)
