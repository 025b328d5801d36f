"""The autoencoder of skin: it learns, and is surprised by what it has not seen, in its place."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from conftest_synth import drawn_skin  # noqa: E402

from cutis.core.errors import InputError  # noqa: E402
from cutis.imaging.colour import rgb_to_linear  # noqa: E402
from cutis.networks.autoencoder import STRIDE, Autoencoder, surprise  # noqa: E402
from cutis.training import anomaly  # noqa: E402


def picture(spot: float = 0.0) -> anomaly.SkinPicture:
    """Return drawn skin of some 75 mm, with a dark spot of 5 mm or without."""
    face = drawn_skin(170, slope=0.2)
    linear = rgb_to_linear(face.rgb).copy()
    rows, cols = np.mgrid[: linear.shape[0], : linear.shape[1]]
    inside = np.hypot(rows - 150, cols - 150) * face.mm_per_px < 2.5
    linear[inside] *= 10**-spot
    return anomaly.skin_picture(linear, face.skin, face.mm_per_px)


def test_sides_fit_the_network():
    found = picture()
    assert all(side % STRIDE == 0 for side in found.density.shape[1:])
    assert found.inside.shape == found.density.shape[1:]
    assert Autoencoder()(torch.tensor(found.density)[None]).shape[1:] == found.density.shape


def test_tone_and_brightness_cancel():
    face = drawn_skin(170)
    linear = rgb_to_linear(face.rgb)
    one, two = (anomaly.skin_picture(v, face.skin, 0.25).density for v in (linear, 0.5 * linear))
    assert np.abs(one - two).max() < 1e-3


def test_surprise_is_the_squared_distance():
    x = torch.zeros(1, 3, 2, 2)
    assert torch.equal(surprise(x, x + 2), torch.full((1, 2, 2), 12.0))


def test_it_learns_and_a_dark_spot_surprises():
    losses = []
    network = anomaly.train_autoencoder(
        [picture()], minutes=0.2, most_steps=40, watch=lambda _step, loss: losses.append(loss)
    )
    assert losses[-1] < losses[0]
    clean, spotted = picture(), picture(0.6)
    values = anomaly.surprise_map(network, spotted)
    assert anomaly.most_surprising(values, spotted) > 3 * anomaly.most_surprising(
        anomaly.surprise_map(network, clean), clean
    )
    rows, cols = np.unravel_index(int(values.argmax()), values.shape)
    assert np.hypot(rows - 150 * 0.25 / 0.8, cols - 150 * 0.25 / 0.8) < 6


def test_hardly_any_skin_has_no_answer():
    empty = anomaly.SkinPicture(np.zeros((3, 64, 64), np.float32), np.zeros((64, 64), bool))
    assert np.isnan(anomaly.most_surprising(np.zeros((64, 64), np.float32), empty))


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(InputError, match="Clean faces"):
        anomaly.train_autoencoder([], minutes=1)
