"""A cut through the edges of a picture."""

from __future__ import annotations

import cv2
import numpy as np

from cutis.core.arrays import RGB, Gray, Mask

_SURE_SKIN, _SURE_OTHER = 0.92, 0.06


def cut(rgb: RGB, probability: Gray, allowed: Mask) -> Mask:
    """Cut skin out by GrabCut (Rother, Kolmogorov & Blake 2004), one round from a probability.

    Outside ``allowed`` nothing is skin. The same picture gives the same cut.
    """
    trimap = np.where(probability > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    trimap[probability > _SURE_SKIN] = cv2.GC_FGD
    trimap[(probability < _SURE_OTHER) | ~allowed] = cv2.GC_BGD
    kinds = np.isin(trimap, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if not kinds.any() or kinds.all():
        return kinds & allowed
    cv2.setRNGSeed(0)
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(bgr, trimap, None, background, foreground, 1, cv2.GC_INIT_WITH_MASK)
    found: Mask = np.isin(trimap, (cv2.GC_FGD, cv2.GC_PR_FGD)) & allowed
    return found
