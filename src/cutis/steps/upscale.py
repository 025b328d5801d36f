"""Enhancement: whether, by how much, and never beyond what the photo says.

A network draws each tile of a photo larger. What it drew is corrected once, so that reduced again
it equals the photo (back-projection: Irani & Peleg 1991, doi:10.1016/1049-9652(91)90045-L), and is
then held against the photo, block by block: where it still differs by more than noise, the plain
bicubic enlargement takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from cutis.core.arrays import RGB, Box, Mask
from cutis.core.enhancement import Enhanced, EnhancementPlan, Enlarged
from cutis.core.errors import InputError
from cutis.core.face import FaceCrop, Landmarks
from cutis.core.masks import SkinMask
from cutis.core.ports import Upscaler
from cutis.imaging.colour import delta_e_2000, rgb_to_lab
from cutis.imaging.resample import resize_bicubic, to_bytes


@dataclass(frozen=True, slots=True)
class UpscaleLimits:
    """When a face is enhanced, and how true to the photo the result must be.

    * ``enough_px``: with so many pixels between the eyes a face is left as it is (ISO/IEC 19794-5
      asks for 90).
    * ``tiny_px``: below it a face is enlarged by 4, else by 2.
    * ``blur_px``: σ of the face's edges above which it is too blurred; enlarging would only invent.
    * ``tile_px``, ``margin_px``: the photo is read in tiles of this side, with a margin around.
    * ``block_px``: side of the blocks, in pixels of the photo, that are held against it.
    * ``least_psnr_db``, ``most_delta_e``: how near a block must be, as PSNR and as mean ΔE2000.
    * ``most_pixels``: of the enlarged picture.
    * ``around``: what is enlarged around a face, as a share of its longer side; a face is traced in
      a square half as large again as its box.
    * ``same_face``: mean distance of landmarks, as a share of that between the eyes, up to which
      the face that is seen enlarged is the one that was seen in the photo.
    """

    enough_px: float = 90.0
    tiny_px: float = 45.0
    blur_px: float = 3.0
    tile_px: int = 128
    margin_px: int = 16
    block_px: int = 16
    least_psnr_db: float = 36.0
    most_delta_e: float = 1.5
    most_pixels: int = 400_000_000
    around: float = 0.25
    same_face: float = 0.25


def plan_enhancement(
    inter_eye_px: float, blur_px: float | None, limits: UpscaleLimits | None = None
) -> EnhancementPlan:
    """Decide whether a face is enhanced and by how much.

    Args:
        inter_eye_px: distance of the pupils, in pixels of the photo.
        blur_px: σ of the face's sharpest edges, None where it cannot be told.
        limits: the limits.
    """
    limits = limits or UpscaleLimits()
    if inter_eye_px >= limits.enough_px:
        return EnhancementPlan(1, "The face has enough pixels; it is left as it is.")
    if blur_px is not None and blur_px > limits.blur_px:
        return EnhancementPlan(
            1, "The face is too blurred: enlarging it would invent what the photo does not hold."
        )
    scale = 4 if inter_eye_px < limits.tiny_px else 2
    return EnhancementPlan(scale, f"The face is small; it is enlarged by {scale}.")


def enhance(
    rgb: RGB, upscaler: Upscaler, scale: int, limits: UpscaleLimits | None = None
) -> Enhanced:
    """Enlarge a picture, tile by tile.

    Args:
        rgb: the picture.
        upscaler: draws it larger.
        scale: 2 or 4, at most that of the upscaler; by less, what it draws is reduced.
        limits: the limits.

    Raises:
        InputError: the scale is another, or the picture would have too many pixels.
    """
    limits = limits or UpscaleLimits()
    rows, cols = rgb.shape[:2]
    if scale not in {2, 4} or scale > upscaler.scale:
        raise InputError(f"A picture is enlarged by 2 or 4; {scale} was asked for.")
    if rows * cols * scale**2 > limits.most_pixels:
        raise InputError(
            f"Enlarged by {scale} the picture would have {rows * cols * scale**2 / 1e6:.0f} "
            f"megapixels; at most {limits.most_pixels / 1e6:.0f} are made. Crop the face first."
        )
    result = np.empty((rows * scale, cols * scale, 3), np.uint8)
    drawn = np.empty((rows * scale, cols * scale), bool)
    squares = 0.0
    for inner, outer in _tiles((rows, cols), limits):
        tile = _Tile(rgb[outer], upscaler, scale)
        offset = [(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True)]
        part = tuple(slice(a * scale, b * scale) for a, b in offset)
        pixels, kept, error = tile.guarded(limits)
        target = tuple(slice(i.start * scale, i.stop * scale) for i in inner)
        result[target], drawn[target] = pixels[part], kept[part]
        squares += float(error[tuple(slice(a, b) for a, b in offset)].sum())
    mean_square = squares / (rows * cols * 3)
    share = float(drawn.mean())
    consistency_db = 10 * float(np.log10(255**2 / max(mean_square, 1e-3)))
    return Enhanced(result, scale, drawn, share, consistency_db, _sentence(scale, share))


def cut_around(face: Landmarks, shape: tuple[int, int], limits: UpscaleLimits) -> Box:
    """Return what of a photo of ``shape`` rows, columns is enlarged to see a face."""
    x0, y0, x1, y1 = face.box
    around = limits.around * max(x1 - x0, y1 - y0)
    left, top = (max(0, int(low - around)) for low in (x0, y0))
    right = min(shape[1], int(np.ceil(x1 + around)))
    bottom = min(shape[0], int(np.ceil(y1 + around)))
    return left, top, right, bottom


def landmarks_in_photo(face: Landmarks, box: Box, scale: int) -> Landmarks:
    """Return the landmarks of an enlarged cut in pixels of the photo.

    Args:
        face: in pixels of the cut, enlarged.
        box: the cut in photo pixels.
        scale: how many times larger it is.
    """
    shift = np.array(box[:2])
    points = (face.points / scale + shift).astype(np.float32)
    depth = face.points3[:, 2:] / np.float32(scale)
    x0, y0, x1, y1 = (float(v) for v in np.array(face.box) / scale + np.tile(shift, 2))
    return replace(
        face,
        points=points,
        points3=np.hstack([points, depth]),
        box=(x0, y0, x1, y1),
        scale=replace(face.scale, mm_per_px=face.scale.mm_per_px * scale),
        inter_eye_px=face.inter_eye_px / scale,
    )


def face_again(
    found: Sequence[Landmarks],
    known: Landmarks,
    box: Box,
    scale: int,
    *,
    limits: UpscaleLimits | None = None,
) -> Landmarks | None:
    """Return which of the faces found on an enlarged cut is the one known from the photo.

    None where none is near enough: the network that traces faces sees another one, or a ghost,
    and enlarging then helps nobody.

    Args:
        found: in pixels of the cut, enlarged.
        known: in pixels of the photo.
        box: the cut in photo pixels.
        scale: how many times larger it is.
        limits: the limits.
    """
    limits = limits or UpscaleLimits()

    def apart(face: Landmarks) -> float:
        away = landmarks_in_photo(face, box, scale).points - known.points
        return float(np.linalg.norm(away, axis=1).mean()) / known.inter_eye_px

    nearest = min(found, key=apart, default=None)
    return nearest if nearest is not None and apart(nearest) <= limits.same_face else None


def skin_in_photo(skin: SkinMask, found: FaceCrop, shown: FaceCrop) -> SkinMask:
    """Return skin that was found on an enlarged crop on the photo's own crop of the same face.

    Both crops hold the same landmarks, which tell how one lies over the other. A pixel is skin
    where more than half of it is.
    """
    source, target = (crop.landmarks.points.astype(np.float64) for crop in (found, shown))
    by = np.ptp(source, axis=0) / np.ptp(target, axis=0)
    # Points count from the corner of a pixel, `warpAffine` from its centre.
    shift = source.mean(axis=0) - by * target.mean(axis=0) + by / 2 - 0.5
    back = np.column_stack([np.diag(by), shift])
    width = max(1, round(float(by[0]))), max(1, round(float(by[1])))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    candidates = shown.oval & ~shown.excluded

    def moved(mask: Mask) -> Mask:
        wide = cv2.blur(mask.astype(np.float32), width)
        share = cv2.warpAffine(wide, back, shown.shape[::-1], flags=flags)
        return np.asarray((share > 0.5) & candidates)

    return replace(
        skin,
        skin=moved(skin.skin),
        deep_shadow=moved(skin.deep_shadow),
        glare=moved(skin.glare),
    )


class _Tile:
    """A part of the picture with its margin, and what is drawn of it."""

    def __init__(self, small: RGB, upscaler: Upscaler, scale: int) -> None:
        self.small, self.scale = small.astype(np.float32), scale
        self.shape = small.shape[0] * scale, small.shape[1] * scale
        drawn = resize_bicubic(upscaler.enlarge(small), self.shape)
        lacking = self.small - resize_bicubic(drawn, small.shape[:2])
        self.drawn: Enlarged = drawn + resize_bicubic(lacking, self.shape)

    def guarded(
        self, limits: UpscaleLimits
    ) -> tuple[UInt8[np.ndarray, "rows cols 3"], Mask, Float32[np.ndarray, "h w 3"]]:
        """Return the pixels, which of them are drawn, and the squared error reduced again."""
        plain = resize_bicubic(self.small, self.shape)
        again = self._reduced(to_bytes(self.drawn))
        true = self._true_blocks(again, limits)
        weight = cv2.resize(
            true.astype(np.float32), self.shape[::-1], interpolation=cv2.INTER_LINEAR
        )
        mixed = to_bytes(plain + (self.drawn - plain) * weight[..., None])
        return mixed, weight > 0, (self._reduced(mixed) - self.small) ** 2

    def _reduced(self, pixels: UInt8[np.ndarray, "rows cols 3"]) -> Float32[np.ndarray, "h w 3"]:
        small = self.small.shape[0], self.small.shape[1]
        return resize_bicubic(pixels.astype(np.float32), small)

    def _true_blocks(
        self, again: Float32[np.ndarray, "h w 3"], limits: UpscaleLimits
    ) -> Bool[np.ndarray, "h w"]:
        """Tell which pixels of the photo lie in a block that stayed what it was."""
        square = ((again - self.small) ** 2).mean(axis=2)
        most_square = 255**2 / 10 ** (limits.least_psnr_db / 10)
        pair = [rgb_to_lab(to_bytes(picture)) for picture in (again, self.small)]
        colour = delta_e_2000(pair[0], pair[1]).astype(np.float32)
        return (_block_mean(square, limits.block_px) <= most_square) & (
            _block_mean(colour, limits.block_px) <= limits.most_delta_e
        )


def _block_mean(values: Float32[np.ndarray, "h w"], side: int) -> Float32[np.ndarray, "h w"]:
    """Return for each pixel the mean of its block; the last blocks may be smaller."""
    blocks = -(-values.shape[1] // side), -(-values.shape[0] // side)
    padded = cv2.copyMakeBorder(
        values,
        0,
        blocks[1] * side - values.shape[0],
        0,
        blocks[0] * side - values.shape[1],
        cv2.BORDER_REFLECT,
    )
    means = cv2.resize(padded, blocks, interpolation=cv2.INTER_AREA)
    whole = np.repeat(np.repeat(means.reshape(blocks[1], blocks[0]), side, axis=0), side, axis=1)
    return whole[: values.shape[0], : values.shape[1]]


_Part = tuple[slice, slice]


def _tiles(shape: tuple[int, int], limits: UpscaleLimits) -> Iterator[tuple[_Part, _Part]]:
    """Yield tiles that cover a picture, each without and with the margin that it is read with."""
    rows, cols = (list(_spans(side, limits)) for side in shape)
    for (top, tall), (left, wide) in product(rows, cols):
        yield (top, left), (tall, wide)


def _spans(side: int, limits: UpscaleLimits) -> Iterator[tuple[slice, slice]]:
    """Yield the fewest even parts of a side that are no longer than a tile, and with margins."""
    parts = -(-side // limits.tile_px)
    edges = [side * i // parts for i in range(parts + 1)]
    for start, stop in pairwise(edges):
        outer = slice(max(0, start - limits.margin_px), min(stop + limits.margin_px, side))
        yield slice(start, stop), outer


def _sentence(scale: int, share: float) -> str:
    if share > 0.999:
        return f"Enlarged by {scale}; all of it is true to the photo when reduced again."
    return (
        f"Enlarged by {scale}; {1 - share:.1%} of it was not true to the photo when reduced again "
        "and is a plain bicubic enlargement."
    )
