"""The painter of `cutis synth make`: the renderer, and the rules fitted to the bank's faces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from cutis.core.errors import InputError
from cutis.datasets.bank import bank_files
from cutis.datasets.faces import PreparedFace, load_face
from cutis.imaging.colour import linear_to_rgb
from cutis.synth.draw import SEVERITIES, draw
from cutis.synth.item import Painter
from cutis.synth.parameters import Style, View
from cutis.synth.quality import check_item
from cutis.synth.realism import Realism, fit_realism, skin_statistics
from cutis.synth.render import render
from cutis.synth.view import look

_FACES = 120
_SCALES_MM_PER_PX = ((0.2, 0.36), (0.5, 0.78))
_MOST_ENLARGED = 2.2


def standard_painter(
    bank: Path, *, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> tuple[Painter, dict[str, Any]]:
    """Return the painter and what the manifest should say of it.

    Realism is fitted on views of the bank's own faces, unpainted and without the drawn camera.
    A bank too small to learn from is painted on without that rule, and the manifest says so.
    """
    try:
        realism: Realism | None = fit_realism(_real_statistics(bank, progress))
    except InputError:
        realism = None
    notes = {"realism": realism.to_dict() if realism else "not checked: too few faces"}
    return Painter(draw, render, partial(check_item, realism=realism)), notes


def severities_of(style: Style) -> tuple[str, ...]:
    """Return the severities that come equally often; a patch has none of its own."""
    return SEVERITIES if style is Style.FIELD else ()


def _real_statistics(
    bank: Path, progress: Callable[[int, int], None]
) -> Iterator[Float64[np.ndarray, "statistics"]]:
    files = bank_files(bank)
    files = files[:: max(1, len(files) // _FACES)]
    for done, file in enumerate(files, start=1):
        face = load_face(file)
        if not face.skin[::4, ::4].any():
            continue
        for view in _views(face, np.random.default_rng(done)):
            canvas = look(face, view)
            found = skin_statistics(linear_to_rgb(canvas.linear), canvas.skin, view.mm_per_px)
            if found is not None:
                yield found
        progress(done, len(files))


def _views(face: PreparedFace, rng: np.random.Generator) -> Iterator[View]:
    """Yield windows around any point of the skin, one near and one far, never enlarged much."""
    rows, columns = np.nonzero(face.skin[::4, ::4])
    for low, high in _SCALES_MM_PER_PX:
        spot = int(rng.integers(len(rows)))
        mm_per_px = max(float(rng.uniform(low, high)), face.mm_per_px / _MOST_ENLARGED)
        yield View((4.0 * float(columns[spot]), 4.0 * float(rows[spot])), mm_per_px)
