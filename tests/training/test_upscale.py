"""The recipe of super-resolution: windows, pairs, a short training of both stages that resumes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from cutis.core.errors import InputError, ModelError, StoreError  # noqa: E402
from cutis.datasets.upscale_patches import (  # noqa: E402
    PatchSet,
    cut_patches,
    load_patches,
    save_patches,
)
from cutis.imaging.resample import resize_rgb  # noqa: E402
from cutis.networks.discriminator import DiscriminatorSpec  # noqa: E402
from cutis.networks.perceptual import Perceptual, perceptual_distance  # noqa: E402
from cutis.networks.srresnet import GeneratorSpec  # noqa: E402
from cutis.synth.degradation import Degradation, degrade, draw_degrading  # noqa: E402
from cutis.training.upscale import (  # noqa: E402
    Stage,
    UpscaleRecipe,
    load_generator,
    train_upscale,
    upscale_recipe,
)
from cutis.training.upscale_batches import PatchOrder, patch_batch  # noqa: E402


def drawn_photo(number: int, side: int = 300) -> np.ndarray:
    """Discs of many colours, sharp at their borders."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[:side, :side]
    rgb = np.full((side, side, 3), rng.integers(0, 255, 3), np.float32)
    for _ in range(160):
        inside = (x - rng.integers(side)) ** 2 + (y - rng.integers(side)) ** 2
        rgb[inside < rng.integers(4, 20) ** 2] = rng.integers(0, 255, 3)
    return rgb.astype(np.uint8)


@pytest.fixture(scope="module")
def patches() -> PatchSet:
    photos = [Path(f"drawn/{number:02}.png") for number in range(40)]
    return cut_patches(photos, lambda path: drawn_photo(int(path.stem)), count=120)


def test_windows_are_cut_at_true_resolution(patches: PatchSet):
    assert patches.side_px == 128
    assert len(patches) == 120
    where = {str(p): str(s) for p, s in zip(patches.person, patches.split, strict=True)}
    assert set(where.values()) == {"train", "val"}
    assert all(where[str(p)] == s for p, s in zip(patches.person, patches.split, strict=True)), (
        "a person is in one split only"
    )
    photo = drawn_photo(int(str(patches.source[0]).rpartition("/")[2]))
    corners = [(top, left) for top in (22, 150) for left in (22, 150)]
    windows = [photo[top : top + 128, left : left + 128] for top, left in corners]
    assert any((window == patches.images[0]).all() for window in windows), "no pixel is made anew"


def test_soft_photos_hold_no_window():
    soft = resize_rgb(drawn_photo(0, 60), (600, 600))
    with pytest.raises(InputError, match="sharp window"):
        cut_patches([Path("a/b.png")], lambda _path: soft, count=4)


def test_windows_come_back_from_disk(patches: PatchSet, tmp_path: Path):
    save_patches(patches, tmp_path / "p.npz")
    again = load_patches(tmp_path / "p.npz")
    assert (again.images == patches.images).all()
    assert (again.split == patches.split).all()
    (tmp_path / "other.npz").write_bytes(b"PK")
    with pytest.raises(StoreError, match="upscale-patches"):
        load_patches(tmp_path / "other.npz")


def test_bicubic_is_the_benchmarks_degradation():
    photo = drawn_photo(1, 64)
    assert (degrade(photo, 4) == resize_rgb(photo, (16, 16))).all()


def test_a_drawn_degradation_replays():
    photo = drawn_photo(2, 64)
    drawn = [draw_degrading(np.random.default_rng(seed)) for seed in (5, 5, 6)]
    once, again, other = (degrade(photo, 4, one) for one in drawn)
    assert once.shape == (16, 16, 3)
    assert (once == again).all()
    assert (once != other).any()
    assert np.abs(once.astype(int) - resize_rgb(photo, (16, 16))).mean() < 40, "the same picture"


@pytest.mark.parametrize("degradation", list(Degradation))
def test_batches_follow_from_their_number(patches: PatchSet, degradation: Degradation):
    order = PatchOrder(2, degradation, size=3, side_px=32)
    first, again, other = (patch_batch(patches, order, step) for step in (1, 1, 2))
    assert first.inputs.shape == (3, 3, 16, 16)
    assert first.labels.shape == (3, 3, 32, 32)
    assert torch.equal(first.inputs, again.inputs)
    assert not torch.equal(first.labels, other.labels)
    with pytest.raises(InputError, match="multiple of the scale"):
        PatchOrder(4, side_px=30)


def test_perceptual_distance_sees_blur():
    distance = perceptual_distance(Perceptual.EFFICIENTNET_LITE0)
    sharp = torch.from_numpy(drawn_photo(3, 64)).permute(2, 0, 1)[None].float() / 255
    soft = torch.nn.functional.avg_pool2d(sharp, 5, 1, 2)
    assert float(distance(sharp, sharp)) == 0
    assert float(distance(soft, sharp)) > 0.2
    assert not any(p.requires_grad for p in distance.parameters())


def short(stage: Stage, steps: int) -> UpscaleRecipe:
    recipe = upscale_recipe(stage, minutes=1)
    loop = replace(recipe.loop, max_minutes=None, max_steps=steps, validations=1, warmup_steps=4)
    return replace(
        recipe,
        loop=loop,
        network=GeneratorSpec(channels=8, blocks=1),
        order=replace(recipe.order, size=4, side_px=32),
        critic=DiscriminatorSpec(32, 4, spectral_norm=True, batch_norm=False),
        validated=4,
    )


def test_both_stages_train_and_resume(patches: PatchSet, tmp_path: Path):
    fidelity, texture = tmp_path / "fidelity", tmp_path / "texture"
    outcome = train_upscale(short(Stage.FIDELITY, 6), patches, fidelity)
    assert outcome.complete
    assert outcome.steps == 6
    outcome = train_upscale(short(Stage.TEXTURE, 3), patches, texture, start_from=fidelity)
    assert outcome.complete
    train_upscale(short(Stage.TEXTURE, 5), patches, texture, resume=True)
    before, after = (load_generator(folder)[0].state_dict() for folder in (fidelity, texture))
    assert before.keys() == after.keys()
    assert not torch.equal(before["tail.weight"], after["tail.weight"])
    assert "psnr_db" in (fidelity / "log.csv").read_text()


def test_fidelity_learns(patches: PatchSet, tmp_path: Path):
    """A small network gains on bicubic within a few steps on drawn discs."""
    recipe = short(Stage.FIDELITY, 60)
    recipe = replace(recipe, loop=replace(recipe.loop, learning_rate=5e-3, ema_decay=0.8))
    outcome = train_upscale(recipe, patches, tmp_path)
    rows = (tmp_path / "log.csv").read_text().splitlines()
    gain = float(rows[-1].split(",")[rows[0].split(",").index("gain_db")])
    assert outcome.complete
    assert gain > 0.05


def test_texture_starts_from_fidelity(patches: PatchSet, tmp_path: Path):
    with pytest.raises(InputError, match="--from"):
        train_upscale(short(Stage.TEXTURE, 1), patches, tmp_path)
    train_upscale(short(Stage.FIDELITY, 1), patches, tmp_path / "a")
    other = replace(short(Stage.TEXTURE, 1), network=GeneratorSpec(channels=4, blocks=1))
    with pytest.raises(ModelError, match="another network"):
        train_upscale(other, patches, tmp_path / "b", start_from=tmp_path / "a")
