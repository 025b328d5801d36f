"""Array types at the seams: shape and dtype written down in one place.

Axes are ``[row, col, channel]``; ``h`` rows, ``w`` columns. Colour is RGB, never BGR.
Points are ``(x, y)`` in pixels, the centre of the top-left pixel at ``(0.5, 0.5)``.
Boxes are ``(x0, y0, x1, y1)``, half open. The types are checked in tests only.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8, UInt16

RGB = UInt8[np.ndarray, "h w 3"]
"""sRGB-encoded picture, 0–255."""

RGB16 = UInt16[np.ndarray, "h w 3"]
"""sRGB-encoded picture, 0–65535."""

LinearRGB = Float32[np.ndarray, "h w 3"]
"""Linear-light picture with sRGB primaries, 0–1."""

Lab = Float32[np.ndarray, "h w 3"]
"""CIE L*a*b* under D65, 2° observer; L* 0–100."""

Gray = Float32[np.ndarray, "h w"]
"""One real value per pixel; the unit is told where it is used."""

Density = Float32[np.ndarray, "h w 3"]
"""Optical density per channel, ``-log10(linear)``; 0 is white."""

Mask = Bool[np.ndarray, "h w"]
"""True where something holds."""

LabelMap = UInt8[np.ndarray, "h w"]
"""One small label per pixel; 0 is nothing."""

InstanceMap = Int32[np.ndarray, "h w"]
"""One instance number per pixel; 0 is nothing."""

Probabilities = Float32[np.ndarray, "h w"]
"""One probability per pixel, 0–1."""

Points = Float32[np.ndarray, "n 2"]
"""``(x, y)`` positions in pixels."""

Points3 = Float32[np.ndarray, "n 3"]
"""``(x, y, z)`` positions; z grows away from the camera, in the unit of x and y."""

Box = tuple[int, int, int, int]
"""``(x0, y0, x1, y1)`` in pixels, half open."""

Vectors = Float32[np.ndarray, "n d"]
"""One vector per row, such as the meaning of a sentence."""
