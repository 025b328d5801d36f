"""Intake: bytes or a path in, an upright sRGB photo out, or a typed refusal.

The names are loaded when first used, so that the decoding process, which lives in this package
too, starts without what only its parent needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cutis.steps.intake.limits import IntakeLimits
    from cutis.steps.intake.opening import (
        close_decoder,
        decoder_walls,
        open_photo,
        warm_decoder,
    )
    from cutis.steps.intake.process.supervisor import Decoder

__all__ = [
    "Decoder",
    "IntakeLimits",
    "close_decoder",
    "decoder_walls",
    "open_photo",
    "warm_decoder",
]


def __getattr__(name: str) -> Any:
    """Load the public names when the first of them is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cutis.steps.intake import limits, opening  # noqa: PLC0415  (see above)
    from cutis.steps.intake.process import supervisor  # noqa: PLC0415  (see above)

    for home in (limits, opening, supervisor):
        globals().update({key: value for key, value in vars(home).items() if key in __all__})
    return globals()[name]
