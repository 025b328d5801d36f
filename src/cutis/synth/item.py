"""One item of a set: draw parameters, render them, check the result, and draw again if rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cutis.core.vocabulary import ItaGroup
from cutis.datasets.bank import LIGHTS, FaceFacts
from cutis.datasets.faces import PreparedFace
from cutis.datasets.on_disk import StoredItem
from cutis.datasets.pack import encode_labels, encode_picture
from cutis.datasets.splits import split_of
from cutis.imaging.colour import ita_to_group
from cutis.synth.balance import FaceChoice, wanted_severity
from cutis.synth.draw import Plan
from cutis.synth.parameters import SceneParameters, Style
from cutis.synth.quality import perceptual_hash
from cutis.synth.render import Rendering

ATTEMPTS = 6
"""How many faces are tried for an item before it is left out."""


@dataclass(frozen=True, slots=True)
class Painter:
    """How parameters are drawn, rendered and judged; plain functions, so that tests bring theirs.

    ``check`` returns the reasons for which a rendering is rejected, none where it is good.
    """

    draw: Callable[[PreparedFace, int, Style, Plan], SceneParameters]
    render: Callable[[PreparedFace, SceneParameters], Rendering]
    check: Callable[[PreparedFace, SceneParameters, Rendering], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ItemOrder:
    """What all the items of a set have in common.

    ``severities`` are those to come equally often, none where they come as they are drawn; a
    patch has no severity of its own, so `Style.PATCHES` does without.
    ``jpeg_quality`` None stores pictures as PNG.
    """

    seed: int
    style: Style
    severities: tuple[str, ...] = ()
    size_px: int = 256
    jpeg_quality: int | None = None


def item_seed(seed: int, index: int, attempt: int) -> int:
    """Return the seed of a drawing; it depends on nothing but its arguments."""
    state = np.random.SeedSequence((seed, index, attempt)).generate_state(2, np.uint32)
    return int(state[0]) << 20 ^ int(state[1])


def make_item(
    index: int,
    order: ItemOrder,
    painter: Painter,
    *,
    facts: tuple[FaceFacts, ...],
    choice: FaceChoice,
    face_of: Callable[[FaceFacts], PreparedFace],
) -> StoredItem:
    """Return item ``index`` of a set, encoded; without pictures where every attempt was rejected.

    The result depends on the seed of ``order``, on ``index`` and on the bank only.
    """
    rejects: Counter[str] = Counter()
    for attempt in range(ATTEMPTS):
        fact = facts[choice.at(index, attempt)]
        face = face_of(fact)
        seed = item_seed(order.seed, index, attempt)
        parameters = painter.draw(face, seed, order.style, _plan(order, index))
        rendering = painter.render(face, parameters)
        reasons = painter.check(face, parameters, rendering)
        if not reasons:
            record = _record(fact, parameters, rendering)
            kept = {"item": index, "attempt": attempt, "rejects": dict(rejects)}
            return StoredItem(kept | record, _pictures(rendering, order))
        rejects.update(reasons)
    return StoredItem({"item": index, "left_out": True, "rejects": dict(rejects)}, {})


def _plan(order: ItemOrder, index: int) -> Plan:
    if not order.severities:
        return Plan(size_px=order.size_px)
    severity = wanted_severity(order.severities, seed=order.seed, index=index)
    return Plan(severity=severity, size_px=order.size_px)


def _record(fact: FaceFacts, parameters: SceneParameters, rendering: Rendering) -> dict[str, Any]:
    tone = ita_to_group(fact.ita_deg)
    return {
        "face": fact.file,
        "source": fact.source,
        "person": fact.person,
        "split": split_of(fact.person),
        "tone": tone.value,
        "tone_index": list(ItaGroup).index(tone),
        "ita_deg": round(fact.ita_deg, 3),
        "light": _light_seen(fact.light, mirrored=parameters.view.mirror),
        "age": fact.age,
        "severity": parameters.severity,
        "seed": parameters.seed,
        "mm_per_px": parameters.view.mm_per_px,
        "phash": f"{perceptual_hash(rendering.image):016x}",
        "baseline": [float(value) for value in rendering.baseline],
        "lesions": [{"kind": str(kind), "bbox": list(box)} for kind, box in rendering.lesions],
        "parameters": parameters.to_dict(),
    }


def _light_seen(light: str, *, mirrored: bool) -> str:
    return LIGHTS[len(LIGHTS) - 1 - LIGHTS.index(light)] if mirrored else light


def _pictures(rendering: Rendering, order: ItemOrder) -> dict[str, bytes]:
    """Encode what is kept; a pack has no clean pictures, a folder has them as PNG."""
    kept = {
        "image": encode_picture(rendering.image, jpeg_quality=order.jpeg_quality),
        "labels": encode_labels(rendering.labels),
        "ignore": encode_labels(rendering.ignore),
    }
    if order.jpeg_quality is None:
        kept["clean"] = encode_picture(rendering.clean)
    return kept
