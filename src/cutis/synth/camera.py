"""What stands between skin and file: light, lens, sensor, software, compression."""

from __future__ import annotations

import cv2
import numpy as np

from cutis.core.arrays import RGB, LinearRGB
from cutis.imaging.colour import linear_to_rgb
from cutis.synth.parameters import Camera


def photograph(linear: LinearRGB, camera: Camera) -> RGB:
    """Return the file's pixels of a scene in linear light."""
    seen = linear * np.asarray(camera.white_balance, np.float32) * np.float32(camera.exposure)
    if camera.blur_px > 0.2:
        seen = cv2.GaussianBlur(seen, (0, 0), camera.blur_px)
    seen = _resample(seen, camera.resize)
    seen = _with_noise(seen, camera)
    rgb = _developed(seen, camera)
    for quality in camera.jpeg:
        rgb = compressed(rgb, quality)
    size = linear.shape[1], linear.shape[0]
    if rgb.shape[:2] != linear.shape[:2]:
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC)
    return rgb


def _resample(linear: LinearRGB, by: float) -> LinearRGB:
    """Reduce to the sensor's own scale; it is enlarged again at the end."""
    if by >= 0.97:
        return linear
    size = round(linear.shape[1] * by), round(linear.shape[0] * by)
    return np.asarray(cv2.resize(linear, size, interpolation=cv2.INTER_AREA))


def _with_noise(linear: LinearRGB, camera: Camera) -> LinearRGB:
    """Add shot noise, which grows with the root of the light, and some of the sensor's own."""
    if camera.noise <= 0:
        return linear
    rng = np.random.default_rng(camera.seed)
    grain = rng.standard_normal(linear.shape, dtype=np.float32)
    deviation = np.float32(camera.noise) * np.sqrt(np.maximum(linear, 0) + np.float32(0.01))
    return linear + grain * deviation


def _developed(linear: LinearRGB, camera: Camera) -> RGB:
    grey = linear.mean(axis=2, keepdims=True)
    full = grey + np.float32(camera.saturation) * (linear - grey)
    rgb = linear_to_rgb(np.clip(full, 0, 1).astype(np.float32))
    curve = _tone_curve(camera.contrast)
    rgb = cv2.LUT(rgb, curve)
    if camera.sharpen > 0:
        soft = cv2.GaussianBlur(rgb, (0, 0), 1.0)
        rgb = cv2.addWeighted(rgb, 1 + camera.sharpen, soft, -camera.sharpen, 0)
    return np.asarray(rgb, np.uint8)


def _tone_curve(contrast: float) -> np.ndarray:
    """Return a table of 256 that steepens (above 1) or flattens the middle of the curve."""
    x = np.linspace(0, 1, 256)
    s_shape = x * x * (3 - 2 * x)
    mixed = x + (contrast - 1) * (s_shape - x) * 2
    return np.round(np.clip(mixed, 0, 1) * 255).astype(np.uint8)


def compressed(rgb: RGB, quality: int) -> RGB:
    """Return what a JPEG file of this quality, 0-100, gives back."""
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    _, file = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.cvtColor(cv2.imdecode(file, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))
