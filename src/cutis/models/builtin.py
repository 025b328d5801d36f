"""The one list of models that Cutis knows."""

from __future__ import annotations

from cutis.models.card import shipped_card
from cutis.models.registry import Registry

CARDS = (
    "face_landmarker",
    "conditions",
    "lesions",
    "graders",
    "skin",
    "upscale_fidelity",
    "upscale_texture",
)
"""Names of the cards in ``models/cards``, in the order in which they are listed."""


def builtin_models() -> Registry:
    """Return a new registry with every model of `CARDS`."""
    registry = Registry()
    registry.add(*(shipped_card(name) for name in CARDS))
    return registry
