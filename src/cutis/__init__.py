"""Cutis assesses facial skin from an ordinary photograph: measured, explained, private.

The public names; nothing else. They are loaded when first used, so that ``import cutis`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cutis.core.assessment import Assessment, Examination, Finding, Quality
    from cutis.core.capture import Photo
    from cutis.core.errors import (
        CutisError,
        MissingExtraError,
        ModelError,
        PhotoError,
        SettingsError,
    )
    from cutis.core.scores import Grade, Interval, NotMeasured, Quantity, Score
    from cutis.core.vocabulary import Condition, LesionType, Region, Strictness, Verdict
    from cutis.settings import Settings, load_settings
    from cutis.steps.intake import open_photo
    from cutis.wiring import assess, examine

__version__ = "0.1.0"

__all__ = [
    "Assessment",
    "Condition",
    "CutisError",
    "Examination",
    "Finding",
    "Grade",
    "Interval",
    "LesionType",
    "MissingExtraError",
    "ModelError",
    "NotMeasured",
    "Photo",
    "PhotoError",
    "Quality",
    "Quantity",
    "Region",
    "Score",
    "Settings",
    "SettingsError",
    "Strictness",
    "Verdict",
    "assess",
    "examine",
    "load_settings",
    "open_photo",
]

_HOMES = {
    "cutis.core.assessment": ("Assessment", "Examination", "Finding", "Quality"),
    "cutis.core.capture": ("Photo",),
    "cutis.core.errors": (
        "CutisError",
        "MissingExtraError",
        "ModelError",
        "PhotoError",
        "SettingsError",
    ),
    "cutis.core.scores": ("Grade", "Interval", "NotMeasured", "Quantity", "Score"),
    "cutis.core.vocabulary": ("Condition", "LesionType", "Region", "Strictness", "Verdict"),
    "cutis.settings": ("Settings", "load_settings"),
    "cutis.steps.intake": ("open_photo",),
    "cutis.wiring": ("assess", "examine"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from its home when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'cutis' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted([*__all__, "__version__"])
