"""Jobs: which crop of which face gets what, where and how much; each drawn from seed and index."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cutis.core.arrays import RGB, Box, Mask
from cutis.core.errors import InputError
from cutis.core.vocabulary import Condition
from cutis.datasets.faces import PreparedFace
from cutis.imaging.skin_channels import TARGETS
from cutis.synth.comfyui.areas import draw_area
from cutis.synth.comfyui.prompts import SEVERITIES, Prompts, Recipe

SIZE_PX = 256
"""Side of an item, as the renderer's."""

SERVER_SIZE_PX = 512
"""Side of what the server paints: that for which Stable Diffusion 1.5 was trained."""

_SIDE_MM = (60.0, 110.0)
_LEAST_SKIN = 0.25
_TRIES = 20


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A picture of a defect that guides the server; ``sha256`` is that of ``png``."""

    png: bytes
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One picture to be painted.

    ``clean`` and ``area`` are ``SIZE_PX`` on a side, ``server_clean`` is ``SERVER_SIZE_PX``;
    ``box`` is the crop in pixels of the prepared face.
    """

    index: int
    recipe: Recipe
    reference: Reference
    sampler_seed: int
    box: Box
    clean: RGB
    server_clean: RGB
    area: Mask
    face: PreparedFace

    @property
    def label_bit(self) -> int:
        """The value of the condition in a label byte."""
        return 1 << TARGETS.index(self.recipe.condition)

    @property
    def mm_per_px(self) -> float:
        """The scale of ``clean``."""
        return self.face.mm_per_px * (self.box[2] - self.box[0]) / SIZE_PX

    def to_dict(self) -> dict[str, Any]:
        """Return what is drawn, as plain data."""
        return {
            "condition": self.recipe.condition.value,
            "severity": self.recipe.severity,
            "sampler_seed": self.sampler_seed,
            "box": list(self.box),
            "positive": self.recipe.positive,
            "negative": self.recipe.negative,
            "denoise": self.recipe.denoise,
            "reference_weight": self.recipe.reference_weight,
            "reference_sha256": self.reference.sha256,
        }


def load_references(folder: Path) -> dict[Condition, tuple[Reference, ...]]:
    """Read pictures of defects: ``folder/acne/*.png``, ``folder/redness/*.jpg`` and so on.

    Raises:
        InputError: no condition has a picture, or a picture cannot be read.
    """
    found: dict[Condition, tuple[Reference, ...]] = {}
    for condition in TARGETS:
        paths = sorted(p for p in (folder / condition.value).glob("[!.]*") if p.is_file())
        if paths:
            found[condition] = tuple(_reference(path) for path in paths)
    if not found:
        raise InputError(
            "The folder of references holds no pictures. One folder per condition is expected, "
            f"such as acne/ or redness/, of: {', '.join(TARGETS)}."
        )
    return found


def draw_job(
    index: int,
    *,
    seed: int,
    face: PreparedFace,
    references: Mapping[Condition, Sequence[Reference]],
    prompts: Prompts,
) -> Job:
    """Draw job ``index`` of a run; the same arguments give the same job.

    Conditions with references take turns, then severities; place and sizes are drawn.

    Raises:
        InputError: no reference for a condition with prompts, or a face without skin.
    """
    conditions = [condition for condition in prompts.conditions if references.get(condition)]
    if not conditions:
        wanted = ", ".join(prompts.conditions)
        raise InputError(f"Inpainting needs a reference for at least one of: {wanted}.")
    rng = np.random.default_rng([seed, index])
    turn, place = divmod(index, len(conditions))
    recipe = prompts.recipes[conditions[place], SEVERITIES[turn % len(SEVERITIES)]]
    offered = references[recipe.condition]
    box = _draw_box(face, rng)
    allowed = _resized_mask(face.skin & ~face.excluded, box)
    return Job(
        index=index,
        recipe=recipe,
        reference=offered[int(rng.integers(len(offered)))],
        sampler_seed=int(rng.integers(1 << 48)),
        box=box,
        clean=_resized(face.rgb, box, SIZE_PX),
        server_clean=_resized(face.rgb, box, SERVER_SIZE_PX),
        area=draw_area(allowed, rng.uniform(*recipe.area_share), rng),
        face=face,
    )


def _reference(path: Path) -> Reference:
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise InputError("A reference cannot be read as a picture. PNG, JPEG or WebP is expected.")
    png = cv2.imencode(".png", pixels)[1].tobytes()  # without what else the file may tell
    return Reference(png, hashlib.sha256(png).hexdigest())


def _draw_box(face: PreparedFace, rng: np.random.Generator) -> Box:
    """Return a square within the face with enough skin in it, or the best of some tries."""
    rows, columns = np.nonzero(face.skin & ~face.excluded)
    if not len(rows):
        raise InputError("A prepared face shows no skin. Prepare the faces anew.")
    height, width = face.skin.shape
    best, best_share = (0, 0, 0, 0), -1.0
    for _ in range(_TRIES):
        side = min(round(rng.uniform(*_SIDE_MM) / face.mm_per_px), height, width)
        at = int(rng.integers(len(rows)))
        x0 = int(np.clip(columns[at] - side // 2, 0, width - side))
        y0 = int(np.clip(rows[at] - side // 2, 0, height - side))
        share = float(face.skin[y0 : y0 + side, x0 : x0 + side].mean())
        if share > best_share:
            best, best_share = (x0, y0, x0 + side, y0 + side), share
        if share >= _LEAST_SKIN:
            break
    return best


def _resized(rgb: RGB, box: Box, size_px: int) -> RGB:
    x0, y0, x1, y1 = box
    way = cv2.INTER_AREA if x1 - x0 >= size_px else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb[y0:y1, x0:x1], (size_px, size_px), interpolation=way))


def _resized_mask(mask: Mask, box: Box) -> Mask:
    x0, y0, x1, y1 = box
    cut = np.ascontiguousarray(mask[y0:y1, x0:x1]).astype(np.uint8)
    return cv2.resize(cut, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_NEAREST).astype(bool)
