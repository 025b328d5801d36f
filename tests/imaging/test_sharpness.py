"""Blur, noise, block edges and moiré: each measured on a picture made to have it."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from cutis.imaging.sharpness import (
    blockiness,
    edge_blur_px,
    noise_deviation,
    periodic_peak,
    to_gray,
)
from cutis.testing import sample_photo

EVERYWHERE = np.ones((200, 200), bool)


def edges(sigma_px: float) -> np.ndarray:
    """Discs with edges that a Gaussian of ``sigma_px`` has softened."""
    y, x = np.mgrid[:800, :800].astype(np.float32) / 4
    sharp = np.where(np.hypot(x % 50 - 25, y % 50 - 25) < 15, np.float32(180), np.float32(60))
    fine = ndimage.gaussian_filter(sharp, sigma_px * 4)
    return fine.reshape(200, 4, 200, 4).mean(axis=(1, 3)).astype(np.float32)


@pytest.mark.parametrize("sigma_px", [0.8, 1.5, 2.5])
def test_edge_blur_finds_the_gaussian(sigma_px: float):
    assert edge_blur_px(edges(sigma_px), EVERYWHERE) == pytest.approx(sigma_px, abs=0.3)


def test_edge_blur_does_not_depend_on_contrast():
    gray = edges(1.2)
    faint = (gray * np.float32(0.3) + 20).astype(np.float32)
    found = [edge_blur_px(picture, EVERYWHERE) for picture in (gray, faint)]
    assert found[0] == pytest.approx(found[1], rel=1e-3)


def test_edge_blur_needs_edges_and_room():
    assert edge_blur_px(np.full((200, 200), 90, np.float32), EVERYWHERE) is None
    few = np.zeros((200, 200), bool)
    few[:5, :5] = True
    assert edge_blur_px(edges(1.0), few) is None


@pytest.mark.parametrize("deviation", [1.0, 3.0, 8.0])
def test_noise_is_measured_in_levels(deviation: float):
    rng = np.random.default_rng(0)
    slope = np.linspace(60, 180, 200, dtype=np.float32)[None]
    gray = slope + rng.normal(0, deviation, (200, 200)).astype(np.float32)
    assert noise_deviation(gray, EVERYWHERE) == pytest.approx(deviation, rel=0.05)


def test_edges_and_shading_are_no_noise():
    assert noise_deviation(edges(1.0), EVERYWHERE) < 0.3
    assert noise_deviation(edges(1.0), ~EVERYWHERE) is None


def test_blocks_grow_with_compression():
    rgb = sample_photo("medium")[300:812, 200:712]
    found = [blockiness(to_gray(_jpeg(rgb, quality))) for quality in (95, 50, 25, 10)]
    assert found == sorted(found)
    assert found[-1] > 5 * max(found[0], 0.02)


def test_blocks_are_found_wherever_the_grid_lies():
    rgb = _jpeg(sample_photo("medium")[300:812, 200:712], 10)
    shifted = np.ascontiguousarray(rgb[3:, 5:])
    assert blockiness(to_gray(shifted)) == pytest.approx(blockiness(to_gray(rgb)), rel=0.2)
    assert blockiness(to_gray(rgb)[:50, :50]) is None


def test_a_grid_of_screen_pixels_is_a_peak():
    gray = to_gray(sample_photo("medium"))[300:700, 200:600]
    y, x = np.mgrid[:400, :400]
    grid = (6 * np.sin(2 * np.pi * (x * 0.31 + y * 0.23))).astype(np.float32)
    assert periodic_peak(gray + grid) > periodic_peak(gray) + 0.7
    assert periodic_peak(gray[:200]) is None


def test_luma_is_that_of_srgb():
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], np.uint8)
    assert to_gray(colours)[0] == pytest.approx([76, 150, 29, 9], abs=1)


def _jpeg(rgb: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality)
    return np.asarray(
        cv2.cvtColor(cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), 1), cv2.COLOR_BGR2RGB)
    )
