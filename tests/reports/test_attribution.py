"""An attribution drawn and as numbers."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.core.attribution import Attribution, AttributionMethod, AttributionTarget
from cutis.core.vocabulary import Condition
from cutis.reports.attribution import attribution_tree, draw_attribution
from cutis.testing import sample_crop


def test_what_adds_is_red_what_lowers_blue_and_the_rest_stays():
    crop = sample_crop()
    where, values = np.zeros(crop.shape, bool), np.zeros(crop.shape, np.float32)
    where[300:340, 100:140] = True
    values[310:330, 110:130], values[500:510, 300:310] = 0.8, -0.8
    target = AttributionTarget(Condition.ACNE, where, "the spot")
    found = Attribution(target, AttributionMethod.OCCLUSION, values, 160.0, "skin", 1.25)
    drawn = draw_attribution(crop, found).astype(int) - crop.rgb
    assert drawn[320, 120, 0] > 0 > drawn[320, 120, 1]
    assert drawn[505, 305, 2] > 0 > drawn[505, 305, 0]
    assert not drawn[600:, :].any()
    tree = attribution_tree(crop, found)
    assert tree["amount_mm2"] == 10
    assert tree["share_within_target"] == 1
    assert tree["peak_xy"] == pytest.approx([136 + 110.5, 176 + 310.5])
