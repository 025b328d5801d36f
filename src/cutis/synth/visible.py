"""What of the painted can be seen: a label below visible contrast would teach noise.

Contrast is measured in the finished picture against the same picture unpainted, both through the
same camera, so that tone, light, blur and compression count as they do to the eye. What cannot be
seen is not taken for healthy skin either; it leaves the count.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import UInt8

from cutis.core.arrays import RGB, Gray, Lab
from cutis.core.vocabulary import Condition
from cutis.imaging.colour import rgb_to_lab
from cutis.imaging.skin_channels import TARGETS
from cutis.synth.parameters import MARK_TARGET, MarkKind

Bits = UInt8[np.ndarray, "h w"]
Lesion = tuple[str, tuple[int, int, int, int]]

SPOT_DELTA_E = 1.5
"""Mean colour difference (CIE 1976) from its surroundings that a spot must reach to be labelled."""
AREA_DELTA_E = 1.5
"""The same of an area, pixel by pixel, smoothed over 1 mm, in colour at equal light: shade is no
redness."""
_AROUND_MM = 3.0
_SMOOTH_MM = 1.0
_AREAS = (Condition.REDNESS,)


def drop_invisible(
    image: RGB,
    clean: RGB,
    lesions: Sequence[Lesion],
    *,
    labels: Bits,
    ignore: Bits,
    mm_per_px: float,
) -> tuple[Lesion, ...]:
    """Move labels that cannot be seen from ``labels`` to ``ignore``, in place.

    Args:
        image: the painted picture.
        clean: the same picture unpainted, through the same camera.
        lesions: kind and box of each spot, in pixels.
        labels: one bit per target; changed.
        ignore: one bit per target; changed.
        mm_per_px: the picture's scale.

    Returns:
        The lesions that can be seen.
    """
    if not labels.any():
        return ()
    painted, bare = rgb_to_lab(image), rgb_to_lab(clean)
    tint = _tint(painted, bare, _SMOOTH_MM / mm_per_px)
    for condition in _AREAS:
        seen = tint >= AREA_DELTA_E
        _leave_out(labels, ignore, np.where(seen, np.uint8(0), _bit(condition)))
    local = _local(painted - bare, _AROUND_MM / mm_per_px)
    return tuple(each for each in lesions if _is_seen(each, local, labels, ignore))


def _is_seen(lesion: Lesion, local: Gray, labels: Bits, ignore: Bits) -> bool:
    """Tell whether a spot differs from its surroundings; if not, leave its label out."""
    kind, (x0, y0, x1, y1) = lesion
    at = slice(max(y0, 0), max(y1, 0)), slice(max(x0, 0), max(x1, 0))
    bit = _bit(MARK_TARGET[MarkKind(kind)])
    inside = labels[at] & bit
    if not inside.any():
        return False
    if float(local[at][inside > 0].mean()) >= SPOT_DELTA_E:
        return True
    _leave_out(labels[at], ignore[at], inside)
    return False


def _leave_out(labels: Bits, ignore: Bits, bits: Bits) -> None:
    gone = labels & bits
    ignore |= gone
    labels &= ~gone


def _tint(painted: Lab, bare: Lab, sigma_px: float) -> Gray:
    """Return how far a* and b* differ once the painted picture is as light as the bare one.

    Under more or less of the same light a* and b* change in proportion to L* + 16 (CIE 1976: all
    three are differences of cube roots).
    """
    light = (bare[..., :1] + 16) / (painted[..., :1] + 16)
    change = painted[..., 1:] * light - bare[..., 1:]
    smooth = cv2.GaussianBlur(change, (0, 0), max(sigma_px, 0.6))
    return np.asarray(np.hypot(smooth[..., 0], smooth[..., 1]))


def _local(change: Lab, sigma_px: float) -> Gray:
    """Return how far each pixel's change is from that of its surroundings."""
    around = cv2.GaussianBlur(change, (0, 0), max(sigma_px, 1.0))
    return np.asarray(np.linalg.norm(change - around, axis=2))


def _bit(condition: Condition) -> np.uint8:
    return np.uint8(1 << TARGETS.index(condition))
