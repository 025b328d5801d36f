"""An examination whose face was enlarged, for tests of whatever tells of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cutis.core.assessment import Examination
from cutis.core.enhancement import AuditRow, Enhanced, Enhancement, EnlargedFace, Ruling
from cutis.core.vocabulary import Condition
from cutis.testing import sample_examination

BOX = (10, 20, 50, 70)
AUDIT = (
    AuditRow(Condition.REDNESS, 20.0, 21.0, 6.0, Ruling.STANDS),
    AuditRow(Condition.WRINKLES, 20.0, 40.0, 6.0, Ruling.MOVED),
    AuditRow(Condition.PORES, None, 12.0, None, Ruling.NO_COMPARISON),
)


def enlarged_examination() -> Examination:
    """The sample with a cut enlarged by 2, the right half of it drawn."""
    sample = sample_examination()
    x0, y0, x1, y1 = BOX
    rgb = np.repeat(np.repeat(sample.photo.rgb[y0:y1, x0:x1], 2, 0), 2, 1)
    drawn = np.zeros(rgb.shape[:2], bool)
    drawn[:, drawn.shape[1] // 2 :] = True
    picture = Enhanced(rgb, 2, drawn, 0.5, 44.0, "Enlarged by 2.")
    told = Enhancement(2, 0.0, 0.5, 44.0, "Enlarged by 2.", AUDIT)
    assessment = replace(sample.assessment, enhancement=told)
    return replace(sample, assessment=assessment, enlarged=EnlargedFace(BOX, picture))
