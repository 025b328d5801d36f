"""Bits become classes and maps as told; losses are taken of what they fit."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from cutis.core.errors import InputError  # noqa: E402
from cutis.core.vocabulary import Condition  # noqa: E402
from cutis.imaging.skin_channels import TARGETS  # noqa: E402
from cutis.training.batches import Batch  # noqa: E402
from cutis.training.conditions import (  # noqa: E402
    FOUR_KINDS,
    SIX_KINDS,
    Recipe,
    cutis_v2,
    glowai_v1,
)
from cutis.training.objectives import (  # noqa: E402
    Objective,
    PixelLoss,
    RegionLoss,
    bits_of,
    exclusive_targets,
    independent_targets,
)


def bits(*names: str) -> int:
    return bits_of([Condition(name) for name in names])


def maps(*values: int):
    return torch.tensor(values, dtype=torch.uint8).reshape(1, 1, -1)


def test_the_smaller_kind_wins_a_pixel():
    labels = maps(0, bits("redness"), bits("acne", "redness"), bits("texture", "pigmentation"))
    classes, valid = exclusive_targets(labels, torch.zeros_like(labels), FOUR_KINDS)
    assert classes.flatten().tolist() == [0, 2, 1, 3]
    assert valid.all()


def test_pixels_of_other_kinds_and_ignored_ones_do_not_count():
    labels = maps(bits("dryness"), bits("dryness", "acne"), bits("acne"), 0)
    ignore = maps(0, 0, bits("acne"), bits("wrinkles"))
    classes, valid = exclusive_targets(labels, ignore, FOUR_KINDS)
    assert valid.flatten().tolist() == [False, True, False, True]
    classes, valid = exclusive_targets(labels, ignore, SIX_KINDS)
    assert classes.flatten().tolist() == [5, 1, 1, 0]
    assert valid.flatten().tolist() == [True, True, False, True]


def test_independent_maps_are_the_bits():
    labels = maps(bits("acne", "scarring"), bits("wrinkles"))
    ignore = maps(bits("redness"), 0)
    targets, valid = independent_targets(labels, ignore, TARGETS)
    assert targets[0, :, 0, 0].tolist() == [1, 0, 0, 0, 0, 0, 0, 1]
    assert targets[0, :, 0, 1].tolist() == [0, 0, 0, 1, 0, 0, 0, 0]
    assert valid[0, :, 0, 0].tolist() == [True, False, *[True] * 6]


def test_losses_that_do_not_fit_the_output_are_refused():
    with pytest.raises(InputError, match="independent"):
        Objective(TARGETS, exclusive=False, pixel=PixelLoss.CROSS_ENTROPY)
    with pytest.raises(InputError, match="exclusive"):
        glowai_v1().with_loss(PixelLoss.FOCAL, RegionLoss.NONE)


def whole_batch() -> Batch:
    labels = torch.zeros(2, 8, 8, dtype=torch.uint8)
    labels[:, 2:5, 2:5] = bits("acne")
    labels[:, 6:, :] = bits("redness")
    return Batch(torch.zeros(2, 3, 8, 8), labels, torch.zeros_like(labels), torch.ones(2))


@pytest.mark.parametrize("region", list(RegionLoss))
@pytest.mark.parametrize("pixel", list(PixelLoss))
def test_every_loss_falls_from_wrong_to_right(pixel: PixelLoss, region: RegionLoss):
    if pixel is PixelLoss.NONE and region is RegionLoss.NONE:
        return
    exclusive = pixel in {PixelLoss.NONE, PixelLoss.CROSS_ENTROPY}
    recipe = (glowai_v1() if exclusive else cutis_v2()).with_loss(pixel, region)
    batch = whole_batch()
    kinds = recipe.objective.kinds
    targets = independent_targets(batch.labels, batch.ignore, kinds)[0]
    right = 12 * targets - 6
    if exclusive:
        nothing = 1 - targets.amax(dim=1, keepdim=True)
        right = torch.cat([12 * nothing - 6, right], dim=1)
    loss = recipe.objective.loss
    assert loss(right, batch) < 0.05
    assert loss(0 * right, batch) > loss(right, batch)
    assert loss(-right, batch) > loss(0 * right, batch)


@pytest.mark.parametrize("recipe", [glowai_v1(), cutis_v2()])
def test_coarser_logits_are_held_to_every_second_label(recipe: Recipe):
    rng = torch.Generator().manual_seed(0)
    channels = len(recipe.objective.channels)
    labels = torch.randint(0, 256, (2, 8, 12), generator=rng, dtype=torch.uint8)
    ignore = torch.randint(0, 2, (2, 8, 12), generator=rng, dtype=torch.uint8)
    logits = torch.randn(2, channels, 4, 6, generator=rng)
    fine = Batch(torch.zeros(2, 1, 8, 12), labels, ignore, torch.ones(2))
    coarse = Batch(torch.zeros(2, 1, 4, 6), labels[:, ::2, ::2], ignore[:, ::2, ::2], torch.ones(2))
    assert recipe.objective.loss(logits, fine) == recipe.objective.loss(logits, coarse)
    others = labels.clone()
    others[:, 1::2, 1::2] ^= 0xFF
    changed = Batch(fine.inputs, others, ignore, fine.weight)
    assert recipe.objective.loss(logits, changed) == recipe.objective.loss(logits, fine)
