"""What cannot be seen is not labelled, and not taken for healthy skin either."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.core.vocabulary import Condition
from cutis.imaging.colour import linear_to_rgb, rgb_to_linear
from cutis.imaging.skin_channels import TARGETS
from cutis.synth.visible import drop_invisible

ACNE = 1 << TARGETS.index(Condition.ACNE)
REDNESS = 1 << TARGETS.index(Condition.REDNESS)
SIDE, MM_PER_PX = 60, 0.3
SPOT = (slice(27, 33), slice(27, 33))
BOX = (27, 27, 33, 33)


def pictures(change: tuple[int, int, int], at: tuple[slice, slice]) -> tuple[np.ndarray, ...]:
    clean = np.full((SIDE, SIDE, 3), (190, 150, 130), np.uint8)
    painted = clean.copy()
    painted[at] = np.clip(painted[at].astype(int) + change, 0, 255).astype(np.uint8)
    return painted, clean


def labelled(bit: int, at: tuple[slice, slice]) -> tuple[np.ndarray, np.ndarray]:
    labels = np.zeros((SIDE, SIDE), np.uint8)
    labels[at] = bit
    return labels, np.zeros_like(labels)


def drop(painted: np.ndarray, clean: np.ndarray, labels: np.ndarray, ignore: np.ndarray):
    lesions = [("papule", BOX)] if (labels & ACNE).any() else []
    return drop_invisible(
        painted, clean, lesions, labels=labels, ignore=ignore, mm_per_px=MM_PER_PX
    )


def test_a_plain_spot_keeps_its_label():
    labels, ignore = labelled(ACNE, SPOT)
    seen = drop(*pictures((0, -25, -25), SPOT), labels, ignore)
    assert seen == (("papule", BOX),)
    assert (labels[SPOT] == ACNE).all()
    assert not ignore.any()


def test_a_faint_spot_leaves_the_count():
    labels, ignore = labelled(ACNE, SPOT)
    assert drop(*pictures((0, -1, -1), SPOT), labels, ignore) == ()
    assert not labels.any()
    assert (ignore[SPOT] == ACNE).all()
    assert ignore.sum() == ACNE * 36


def test_a_spot_in_a_shadow_must_differ_from_the_shadow():
    everywhere = (slice(None), slice(None))
    labels, ignore = labelled(ACNE, SPOT)
    assert drop(*pictures((-60, -50, -45), everywhere), labels, ignore) == ()


def test_redness_is_seen_by_its_colour_and_shade_is_none():
    half = (slice(None), slice(0, 30))
    for red, share, kept in ((12, 1.0, True), (0, 0.7, False), (0, 1.0, False)):
        labels, ignore = labelled(REDNESS, half)
        painted, clean = pictures((red, -red, -red), half)
        shaded = linear_to_rgb(rgb_to_linear(painted) * np.float32(share))
        drop(shaded, clean, labels, ignore)
        inner = labels[:, :20]
        assert (inner == (REDNESS if kept else 0)).all()
        assert ((labels | ignore)[half] == REDNESS).all()


def test_other_conditions_keep_their_labels():
    labels, ignore = labelled(REDNESS | 1 << TARGETS.index(Condition.WRINKLES), SPOT)
    drop(*pictures((0, 0, 0), SPOT), labels, ignore)
    assert (labels[SPOT] == 1 << TARGETS.index(Condition.WRINKLES)).all()
    assert (ignore[SPOT] == REDNESS).all()


@pytest.mark.parametrize("strength", range(0, 30, 3))
def test_a_stronger_spot_is_never_dropped_where_a_weaker_one_stays(strength: int):
    def seen(by: int) -> bool:
        labels, ignore = labelled(ACNE, SPOT)
        return bool(drop(*pictures((0, -by, -by), SPOT), labels, ignore))

    assert seen(strength) <= seen(strength + 3)
