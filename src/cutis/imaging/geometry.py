"""Rotations, similarity fits and mirrored point orders."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32, Int

from cutis.core.arrays import Points, Points3

Matrix3 = Float[np.ndarray, "3 3"]


def fit_rotation(source: Points3, target: Points3) -> tuple[Matrix3, float]:
    """Return the rotation and scale that carry ``source`` closest to ``target``.

    Least squares after centring (Umeyama 1991, doi:10.1109/34.88573).
    Both are ``(n, 3)`` in right-handed axes; needs three points that are not on one line.
    """
    a = np.asarray(source, dtype=np.float64) - np.mean(source, axis=0, dtype=np.float64)
    b = np.asarray(target, dtype=np.float64) - np.mean(target, axis=0, dtype=np.float64)
    u, s, vt = np.linalg.svd(b.T @ a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    scale = float((s * sign).sum() / (a * a).sum())
    return rotation, scale


def rotation_to_angles(rotation: Matrix3) -> tuple[float, float, float]:
    """Return ``(yaw, pitch, roll)`` in degrees of a head rotation.

    Axes of the head: x to the subject's left, y up, z out of the face; the order is
    roll about z, then pitch about x, then yaw about y (``R = Rz Rx Ry``).
    Yaw is positive towards the subject's left, pitch positive upwards, roll positive
    when the crown moves towards the subject's left.
    """
    pitch = float(np.arcsin(np.clip(rotation[2, 1], -1.0, 1.0)))
    yaw = float(np.arctan2(-rotation[2, 0], rotation[2, 2]))
    roll = float(np.arctan2(-rotation[0, 1], rotation[1, 1]))
    return float(np.degrees(yaw)), float(np.degrees(-pitch)), float(np.degrees(-roll))


def mirror_order(canonical: Points3) -> Int[np.ndarray, "n"]:
    """Return for each canonical point the index of its mirror image across ``x = 0``.

    Raises ValueError where the points are not mirror symmetric.
    """
    mirrored = canonical * np.array([-1.0, 1.0, 1.0], dtype=canonical.dtype)
    distance = np.linalg.norm(canonical[:, None] - mirrored[None], axis=2)
    order = distance.argmin(axis=0)
    if not np.array_equal(order[order], np.arange(len(canonical))):
        msg = "The points are not mirror symmetric."
        raise ValueError(msg)
    return order


def smooth_polygon(points: Points, rounds: int = 2) -> Float32[np.ndarray, "m 2"]:
    """Return a closed polygon with its corners cut ``rounds`` times (Chaikin 1974)."""
    for _ in range(rounds):
        following = np.roll(points, -1, axis=0)
        cut = np.stack([0.75 * points + 0.25 * following, 0.25 * points + 0.75 * following], axis=1)
        points = cut.reshape(-1, 2)
    return points.astype(np.float32)
