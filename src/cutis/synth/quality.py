"""What a rendering must be to go into a set; every rule has a name, and rejects are counted by it.

Who is shown cannot change by construction: defects are painted into the pixels of the skin, and
no pixel is moved, so the landmarks of the clean picture are those of the painted one. What is
left to check are the features that a person is known by: where the bank marks eyes, brows,
nostrils and lips, both pictures must be equal but for the camera's noise and compression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt64

from cutis.core.arrays import RGB, Mask
from cutis.core.vocabulary import Condition
from cutis.datasets.faces import PreparedFace
from cutis.imaging.colour import rgb_to_lab
from cutis.imaging.skin_channels import TARGETS
from cutis.synth.parameters import (
    AREA_TARGET,
    LINE_TARGET,
    MARK_TARGET,
    SceneParameters,
    Style,
    View,
)
from cutis.synth.realism import Realism, realism_distance, skin_statistics
from cutis.synth.render import Rendering
from cutis.synth.view import view_matrix

SPOTS = (Condition.ACNE, Condition.SCARRING)
RELIEF = (Condition.TEXTURE, Condition.DRYNESS, Condition.SCARRING)


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """When a rendering is rejected.

    ``off_skin_share`` of the labelled pixels may lie off the skin; ``spots_share`` of the skin may
    be labelled as spots. ``white_share`` and ``black_share`` of the skin may be clipped.
    ``visible_delta_e`` is the colour difference (CIE 1976) of painted and clean that the median
    pixel of a label must reach. Of a patch, whose whole area is to be found though its spots
    cover a part, the 75th percentile must reach ``patch_delta_e``, on ``least_patch_px`` or more;
    of relief, which shows by its pattern of light and shade, ``relief_delta_e``.
    ``changed_share`` of the pixels well within eyes, brows, nostrils and lips may differ by more
    than ``camera_levels``: a painted shadow or hair may cross them, but not hide them.
    ``least_px`` are the pixels below which a label is too small to be judged.
    """

    off_skin_share: float = 0.02
    spots_share: float = 0.4
    white_share: float = 0.08
    black_share: float = 0.3
    visible_delta_e: float = 1.0
    patch_delta_e: float = 6.0
    relief_delta_e: float = 3.0
    least_patch_px: int = 500
    changed_share: float = 0.25
    camera_levels: int = 24
    least_px: int = 12


def check_item(
    face: PreparedFace,
    parameters: SceneParameters,
    rendering: Rendering,
    *,
    limits: QualityLimits | None = None,
    realism: Realism | None = None,
) -> tuple[str, ...]:
    """Return the names of the rules that a rendering breaks, none where it is good.

    Args:
        face: the face that was painted on.
        parameters: what was to be painted.
        rendering: what came out.
        limits: where the rules end.
        realism: statistics of real skin; without them this rule is left out.
    """
    limits = limits or QualityLimits()
    skin = in_view(face.skin, face, parameters.view)
    broken = {
        "no_label": _lacks_label(parameters, rendering),
        "label_off_skin": _is_off_skin(rendering, skin, limits),
        "spots_too_large": _covers_too_much(parameters, rendering, skin, limits),
        "clipped": _is_clipped(rendering.image, skin, limits),
        "invisible": bool(invisible_targets(parameters, rendering, limits)),
        "identity": _changes_identity(face, parameters, rendering, limits),
        "unrealistic": _is_unrealistic(rendering, skin, parameters, realism),
    }
    return tuple(name for name, is_broken in broken.items() if is_broken)


def in_view(mask: Mask, face: PreparedFace, view: View) -> Mask:
    """Return a mask of the face's crop as the view shows it."""
    matrix = view_matrix(view, face.mm_per_px)
    size = view.size_px, view.size_px
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(mask.astype(np.uint8), matrix, size, flags=flags) > 0)


def painted_targets(parameters: SceneParameters) -> frozenset[Condition]:
    """Return the targets of all that the parameters paint."""
    found = {
        *(MARK_TARGET.get(mark.kind) for mark in parameters.marks),
        *(AREA_TARGET.get(area.kind) for area in parameters.areas),
        *(LINE_TARGET.get(line.kind) for line in parameters.lines),
    }
    return frozenset(target for target in found if target is not None)


def invisible_targets(
    parameters: SceneParameters, rendering: Rendering, limits: QualityLimits
) -> tuple[Condition, ...]:
    """Return the targets whose label marks what hardly differs from the clean picture."""
    labelled = rendering.labels > 0
    if not labelled.any():
        return ()
    patch = parameters.style is Style.PATCHES
    change = np.zeros(labelled.shape, np.float32)
    painted, clean = rendering.image[labelled][None], rendering.clean[labelled][None]
    change[labelled] = np.linalg.norm(rgb_to_lab(painted) - rgb_to_lab(clean), axis=-1)[0]
    faint = []
    for bit, target in enumerate(TARGETS):
        inside = change[rendering.labels & (1 << bit) > 0]
        faint_patch = patch and 0 < len(inside) < limits.least_patch_px
        enough = len(inside) >= limits.least_px
        part, least = _visible_from(target, limits, patch=patch)
        if faint_patch or (enough and np.percentile(inside, part) < least):
            faint.append(target)
    return tuple(faint)


def _visible_from(target: Condition, limits: QualityLimits, *, patch: bool) -> tuple[int, float]:
    """Return a percentile of a label's colour differences, and what it must reach."""
    if not patch:
        return 50, limits.visible_delta_e
    return 75, limits.relief_delta_e if target in RELIEF else limits.patch_delta_e


def perceptual_hash(rgb: RGB) -> int:
    """Return 64 bits of a picture's look: signs of its lowest cosine terms against their median.

    After the pHash of Zauner 2010 (Implementation and Benchmarking of Perceptual Image Hash
    Functions): 32 by 32 grey, DCT-II, the 8 by 8 lowest terms.
    """
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    terms = cv2.dct(small)[:8, :8].ravel()
    bits = terms > np.median(terms[1:])
    return int(np.packbits(bits).view(">u8")[0])


def near_duplicates(hashes: Sequence[int], *, most_bits: int = 2) -> list[int]:
    """Return the numbers of the pictures that differ from an earlier one by few bits.

    Args:
        hashes: `perceptual_hash` of each picture.
        most_bits: up to how many different bits two pictures count as the same.
    """
    codes: UInt64[np.ndarray, "n"] = np.array(hashes, np.uint64)
    kept = np.ones(len(codes), bool)
    for number in range(1, len(codes)):
        distances = np.bitwise_count(codes[:number] ^ codes[number])
        kept[number] = not (distances[kept[:number]] <= most_bits).any()
    return [int(number) for number in np.flatnonzero(~kept)]


def _lacks_label(parameters: SceneParameters, rendering: Rendering) -> bool:
    """Tell whether defects were to be painted and nothing of them is labelled."""
    expected = painted_targets(parameters) and parameters.severity != "none"
    return bool(expected) and not rendering.labels.any()


def _is_off_skin(rendering: Rendering, skin: Mask, limits: QualityLimits) -> bool:
    labelled = rendering.labels > 0
    total = int(labelled.sum())
    return total > 0 and int((labelled & ~skin).sum()) > limits.off_skin_share * total


def _covers_too_much(
    parameters: SceneParameters, rendering: Rendering, skin: Mask, limits: QualityLimits
) -> bool:
    """Tell whether single spots take up too much of the skin; a patch is as large as it is."""
    if parameters.style is Style.PATCHES:
        return False
    bits = sum(1 << TARGETS.index(target) for target in SPOTS)
    spots = int((rendering.labels & bits > 0).sum())
    return spots > limits.spots_share * max(int(skin.sum()), 1)


def _is_clipped(image: RGB, skin: Mask, limits: QualityLimits) -> bool:
    if not skin.any():
        return False
    pixels = image[skin]
    white = float((pixels.min(axis=1) >= 254).mean())
    black = float((pixels.max(axis=1) <= 3).mean())
    return white > limits.white_share or black > limits.black_share


def _changes_identity(
    face: PreparedFace, parameters: SceneParameters, rendering: Rendering, limits: QualityLimits
) -> bool:
    """Tell whether eyes, brows, nostrils or lips were painted over."""
    features = in_view(face.excluded, face, parameters.view)
    inner = cv2.erode(features.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if not inner.any():
        return False
    change = cv2.absdiff(rendering.image, rendering.clean).max(axis=2)[inner]
    return float((change > limits.camera_levels).mean()) > limits.changed_share


def _is_unrealistic(
    rendering: Rendering, skin: Mask, parameters: SceneParameters, realism: Realism | None
) -> bool:
    if realism is None:
        return False
    statistics = skin_statistics(rendering.image, skin, parameters.view.mm_per_px)
    return statistics is not None and realism_distance(statistics, realism) > realism.limit
