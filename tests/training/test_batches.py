"""Batches: reproducible, mirrored whole, and with a baseline that follows the jitter."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.packs import tiny_pack  # noqa: E402

from cutis.core.errors import InputError  # noqa: E402
from cutis.datasets.pack import PackedSet  # noqa: E402
from cutis.imaging.colour import rgb_to_linear  # noqa: E402
from cutis.imaging.skin_channels import CHANNELS, skin_channels  # noqa: E402
from cutis.training.batches import (  # noqa: E402
    NO_JITTER,
    BatchSource,
    Inputs,
    Jitter,
    example,
)


@pytest.fixture
def pack(tmp_path: Path):
    return tiny_pack(tmp_path)


def source(pack: PackedSet, **changes: Any) -> BatchSource:
    return BatchSource(pack, **{"inputs": Inputs.SKIN_CHANNELS, "size": 4, "seed": 3} | changes)


def test_equal_seeds_give_equal_batches_wherever_they_start(pack: PackedSet):
    first = source(pack)
    stream = first.stream(2, workers=2)
    for step in (2, 3):
        got, expected = next(stream), source(pack).batch(step)
        assert torch.equal(got.inputs, expected.inputs)
        assert torch.equal(got.labels, expected.labels)
    stream.close()
    assert got.inputs.shape == (4, CHANNELS, 64, 64)
    assert got.inputs.dtype == torch.float32
    assert not torch.equal(source(pack, seed=4).batch(2).inputs, source(pack).batch(2).inputs)


def test_batches_are_the_same_with_and_without_threads(pack: PackedSet):
    source = BatchSource(pack, Inputs.RGB, size=2, seed=5)
    with closing(source.stream(3, workers=0)) as plain, closing(source.stream(3)) as threaded:
        for _ in range(4):
            assert torch.equal(next(plain).inputs, next(threaded).inputs)


def test_an_epoch_shows_every_train_item_once(pack: PackedSet):
    chosen = [source(pack)._chosen(s, np.random.default_rng(0)) for s in range(3)]
    assert sorted(np.concatenate(chosen)) == sorted(pack.indices("train"))


def test_weights_decide_what_is_drawn(pack: PackedSet):
    weights = np.zeros(12)
    weights[5] = 1.0
    drawn = source(pack, weights=weights)._chosen(0, np.random.default_rng(0))
    assert set(drawn) == {pack.indices("train")[5]}


def test_without_jitter_the_network_is_shown_the_picture(pack: PackedSet):
    item = pack.item(0)
    rng = np.random.default_rng(0)
    shown = example(item, Inputs.RGB, NO_JITTER, rng)
    np.testing.assert_allclose(shown.inputs * 255, item.image, atol=0.01)
    shown = example(item, Inputs.SKIN_CHANNELS, NO_JITTER, rng)
    expected = skin_channels(rgb_to_linear(item.image), item.baseline, 0.25)
    np.testing.assert_allclose(shown.inputs, expected, atol=1e-6)


def test_a_mirror_turns_picture_labels_and_ignored_alike(pack: PackedSet):
    item = pack.item(1)
    always = Jitter(mirror=1, gain=0, colour=0, gamma=0, baseline=0, scale=0, noise=0)
    shown = example(item, Inputs.RGB, always, np.random.default_rng(0))
    np.testing.assert_allclose(shown.inputs * 255, item.image[:, ::-1], atol=0.01)
    assert np.array_equal(shown.labels, item.labels[:, ::-1])
    assert np.array_equal(shown.ignore, item.ignore[:, ::-1])


def test_density_over_the_baseline_does_not_see_brightness(pack: PackedSet):
    """A gain shifts densities and baseline alike, so what is above the baseline stays."""
    item = pack.item(0)
    gain = Jitter(mirror=0, gain=0.2, colour=0.1, gamma=0, baseline=0, scale=0, noise=0)
    plain = example(item, Inputs.SKIN_CHANNELS, NO_JITTER, np.random.default_rng(0)).inputs
    for seed in range(5):
        varied = example(item, Inputs.SKIN_CHANNELS, gain, np.random.default_rng(seed)).inputs
        assert np.abs(varied[..., :3] - plain[..., :3]).max() > 0.01
        unclipped = (varied[..., :3] < 0.499).all(axis=2)
        assert unclipped.mean() > 0.5
        np.testing.assert_allclose(varied[unclipped, 3:6], plain[unclipped, 3:6], atol=1e-4)


def test_mined_pictures_come_in_with_their_weight(pack: PackedSet):
    extra = [(pack.item(15), 0.25)]
    batch = source(pack, extra=extra, extra_share=1.0, size=2).batch(0)
    assert batch.weight.tolist() == [0.25, 0.25]


def test_a_pack_without_train_items_is_refused(tmp_path: Path):
    pack = tiny_pack(tmp_path)
    pack.split[:] = "val"
    with pytest.raises(InputError, match="train"):
        source(pack).batch(0)
