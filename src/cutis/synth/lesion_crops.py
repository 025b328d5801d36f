"""Crops for the lesion classifier, cut out of rendered close-ups: every type alike, and background.

A view shows what `cutis.synth.draw` drew, and as many more spots of each type as are still wanted,
so that rare types come as often as common ones. Boxes are shifted and scaled at random, since a
detector's boxes are not exact. All depends on the bank and the seed alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from cutis.core.errors import InputError
from cutis.core.vocabulary import ItaGroup, LesionType
from cutis.datasets.bank import FaceFacts, survey
from cutis.datasets.faces import PreparedFace, load_face
from cutis.datasets.lesion_crops import GEOMETRY, CropSet, cut
from cutis.datasets.splits import split_of
from cutis.imaging.colour import ita_to_group
from cutis.models.lesion_network import side_mm
from cutis.synth.background_crops import (
    PLAIN_SKIN,
    background_places,
    box_around,
    within,
)
from cutis.synth.balance import choose_faces
from cutis.synth.draw import Plan, draw
from cutis.synth.draw_marks import acne, draw_marks, scars
from cutis.synth.item import item_seed
from cutis.synth.parameters import VERSION, Mark, MarkKind, SceneParameters, Style
from cutis.synth.places import on
from cutis.synth.render import WHOLE_FACE_MM_PER_PX, Box, Rendering, render
from cutis.synth.view import Canvas, look

OTHER = LesionType.OTHER.value
CLASSES = (*(t.value for t in LesionType if t.value in set(MarkKind)), OTHER)
"""What is told apart: all the types that are rendered, and last what is no lesion."""

SHIFT = 0.3
"""How far a box may be off its lesion, in radii."""
SCALE = (0.7, 1.4)
"""How much smaller or larger than its lesion a box may be."""
_OTHER_PORTIONS = 3
_SKIN_PORTIONS = 4
"""Background is more varied than any type, and plain skin than any other sort of background."""
LEAST_CONTRAST = 0.03
"""Least mean change of the sRGB values of a spot, relative to the skin around it."""
LEAST_SIGNAL = 0.7
"""Least mean change of a spot, in standard deviations of the unpainted skin around it."""
LEAST_SKIN = 0.8
"""Least share of skin in what a crop of a lesion shows."""
_DARKEST = 24.0
_APART_MM = 1.0
_LEAST_RADIUS_PX = 0.8
_DRAWINGS = 12
_MORE_COLOUR = 0.9
"""Greatest logarithm of the factor by which added spots have more colour."""
_FRUITLESS_VIEWS = 60
_PATIENCE = 2.0
"""Views, of those that are enough at the wanted pace, after which a type that lags stays rare."""
_CROP_STREAM = 0xC40


@dataclass(frozen=True, slots=True)
class CropOrder:
    """How many crops at most, from which seed, and how many of a class a view gives on average.

    A type that can seldom be seen on the faces stays rarer than the others.
    """

    count: int
    seed: int = 0
    per_view: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """One crop: its class, what is seen there, how wide it is on the skin, its pixels."""

    name: str
    what: str
    side_mm: float
    image: UInt8[np.ndarray, "side side 3"]


def make_crops(
    bank: Path, order: CropOrder, *, progress: Callable[[int, int], None] = lambda _d, _a: None
) -> CropSet:
    """Render close-ups of a bank's faces and cut lesions and background out of them.

    Args:
        bank: prepared faces.
        order: how many, and from which seed.
        progress: told how many crops are there, and of how many.

    Raises:
        InputError: fewer crops than classes were asked for, or the faces are too few, too coarse
            or show too little skin for some type.
    """
    facts = survey(bank)
    choice = choose_faces(facts, seed=order.seed)
    tally = _Tally(order)
    rows: list[tuple[FaceFacts, Crop]] = []
    for view in count():
        if not tally.open:
            return _as_set(rows, order)
        fact = facts[choice.at(view)]
        face, seed = load_face(bank / fact.file), item_seed(order.seed, view, _CROP_STREAM)
        crops = view_crops(face, seed, wanted=tally.wanted(view), seen=tally.seen)
        rows += [(fact, crop) for crop in crops]
        tally.add(crops)
        progress(len(rows), order.count)
    raise AssertionError  # a count never ends


class _Tally:
    """What is there and what is still wanted."""

    def __init__(self, order: CropOrder) -> None:
        if order.count < len(CLASSES) or order.per_view < 1:
            raise InputError(
                f"At least {len(CLASSES)} crops, one a view, were expected; {order.count} and "
                f"{order.per_view} came."
            )
        self.order = order
        shares = len(CLASSES) - 1 + _OTHER_PORTIONS
        self.full = dict.fromkeys(CLASSES, order.count // shares)
        self.full[OTHER] = order.count - sum(self.full.values()) + self.full[OTHER]
        self.have: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self.fruitless = 0
        least = max(self.full[name] for name in CLASSES[:-1]) / order.per_view
        self.views_left = max(_FRUITLESS_VIEWS * 2, round(_PATIENCE * least))

    @property
    def open(self) -> bool:
        """Tell whether more views are wanted: some type is not full, or has not come at all."""
        lacking = [name for name, full in self.full.items() if self.have[name] < full]
        absent = any(not self.have[name] for name in lacking)
        return bool(lacking) and (self.views_left > 0 or absent)

    def wanted(self, view: int) -> dict[str, int]:
        """Return how many crops of each class a view should give; a class that lags, more."""
        numbers = {}
        for name, full in self.full.items():
            each = self.order.per_view * (_OTHER_PORTIONS if name == OTHER else 1)
            due = each * (view + 1) - self.have[name]
            numbers[name] = max(0, min(2 * each, due, full - self.have[name]))
        return numbers

    def add(self, crops: list[Crop]) -> None:
        self.views_left -= 1
        self.have.update(crop.name for crop in crops)
        self.seen.update(crop.what for crop in crops)
        self.fruitless = 0 if crops else self.fruitless + 1
        if self.fruitless >= _FRUITLESS_VIEWS:
            missing = ", ".join(n for n, full in self.full.items() if self.have[n] < full)
            raise InputError(
                f"The faces show none of: {missing}. They are too few, too coarse or show too "
                "little skin; prepare more and sharper ones with `cutis synth faces`."
            )


def view_crops(
    face: PreparedFace, seed: int, *, wanted: Mapping[str, int], seen: Mapping[str, int]
) -> list[Crop]:
    """Render one close-up and cut it up.

    Args:
        face: the face painted on.
        seed: of the view and all in it.
        wanted: how many crops of each class, at most.
        seen: how often each sort of background was cut already; rare ones are preferred.

    Returns:
        The crops; none of a face too coarse for a close-up.
    """
    parameters = draw(face, seed, Style.FIELD, Plan(fine_share=1.0))
    if parameters.view.mm_per_px >= WHOLE_FACE_MM_PER_PX:
        return []
    rng = np.random.default_rng((seed, 1))
    canvas = look(face, parameters.view)
    more = _more_marks(canvas, rng, parameters.marks, wanted)
    parameters = replace(parameters, marks=(*parameters.marks, *more))
    rendering = render(face, parameters)
    found = _lesions(canvas, parameters, rendering, rng)
    crops = []
    for name in CLASSES[:-1]:
        boxes = [box for kind, box in found if kind == name]
        crops += [(name, name, _jittered(box, rng)) for box in boxes[: wanted[name]]]
    places = background_places(canvas, parameters, rendering, rng)
    places.sort(key=lambda p: seen[p.what] / (_SKIN_PORTIONS if p.what == PLAIN_SKIN else 1))
    crops += [(OTHER, place.what, place.box) for place in places[: wanted[OTHER]]]
    return [
        Crop(
            name,
            what,
            side_mm(box, canvas.mm_per_px, GEOMETRY),
            cut(rendering.image, box, canvas.mm_per_px),
        )
        for name, what, box in crops
    ]


def _more_marks(
    canvas: Canvas,
    rng: np.random.Generator,
    there: tuple[Mark, ...],
    wanted: Mapping[str, int],
) -> list[Mark]:
    """Draw marks of the wanted kinds, apart from each other and from those that are there."""
    missing = Counter({name: n for name, n in wanted.items() if n and name != OTHER})
    added: list[Mark] = []
    for mark in _drawings(canvas, rng):
        if missing[mark.kind.value] > 0 and _apart(mark, (*there, *added), canvas.mm_per_px):
            added.append(_as_found(mark, rng))
            missing[mark.kind.value] -= 1
        if not +missing:
            break
    return added


def _as_found(mark: Mark, rng: np.random.Generator) -> Mark:
    """Return a spot with more colour: what a map finds on real skin is seldom as faint as most."""
    more = float(np.exp(rng.uniform(0, _MORE_COLOUR)))
    return replace(mark, haemoglobin=more * mark.haemoglobin, melanin=more * mark.melanin)


def _drawings(canvas: Canvas, rng: np.random.Generator) -> Iterator[Mark]:
    yield from acne(canvas, rng, 2)
    yield from scars(canvas, rng, 3)
    for _ in range(_DRAWINGS):
        yield from draw_marks(canvas, rng, 1)


def _apart(mark: Mark, others: tuple[Mark, ...], mm_per_px: float) -> bool:
    return all(
        np.hypot(mark.x - o.x, mark.y - o.y) * mm_per_px > mark.radius_mm + o.radius_mm + _APART_MM
        for o in others
        if o.kind is not MarkKind.GLINT
    )


def _lesions(
    canvas: Canvas, parameters: SceneParameters, rendering: Rendering, rng: np.random.Generator
) -> list[tuple[str, Box]]:
    """Return kind and box of what can be told apart, in random order: one spot in each box."""
    found = [*rendering.lesions, *_moles(canvas, parameters)]
    middles = np.array([_middle(box) for _, box in found]).reshape(-1, 2)
    radii = np.array([_radius(box) for _, box in found])
    kinds = np.array([kind for kind, _ in found])
    kept = []
    for number in rng.permutation(len(found)):
        kind, box = found[number]
        far = np.hypot(*(middles - middles[number]).T)
        crowded = (far < np.maximum(radii, radii[number])) & (kinds != kind)
        clear = within(box, canvas.shape) and not crowded.any() and _is_on_skin(canvas, box)
        if clear and _is_seen(rendering, box):
            kept.append((kind, box))
    return kept


def _is_seen(rendering: Rendering, box: Box) -> bool:
    """Tell whether what was painted in a box stands out from what was painted around it.

    It must do so against the level of the skin and against its texture: nobody could name a
    comedone in a beard.
    """
    reach = round(_radius(box))
    x0, y0 = max(0, box[0] - reach), max(0, box[1] - reach)
    around = np.s_[y0 : box[3] + reach, x0 : box[2] + reach]
    clean = rendering.clean[around].astype(np.float32)
    painted = rendering.image[around].astype(np.float32) - clean
    ring = np.ones(painted.shape[:2], bool)
    inner = np.s_[box[1] - y0 : box[3] - y0, box[0] - x0 : box[2] - x0]
    ring[inner] = False
    change = np.abs(painted[inner] - np.median(painted[ring], axis=0)).max(axis=2).mean()
    level = max(_DARKEST, float(clean[ring].mean()))
    texture = float(clean[ring].std(axis=0).max())
    return bool(change >= max(LEAST_CONTRAST * level, LEAST_SIGNAL * texture))


def _is_on_skin(canvas: Canvas, box: Box) -> bool:
    """Tell whether a crop around a box would show hardly anything but skin."""
    (x, y), radius = _middle(box), _radius(box)
    half = max(GEOMETRY.smallest_mm / canvas.mm_per_px, GEOMETRY.times_lesion * 2 * radius) / 2
    rows = slice(max(0, round(y - half)), max(0, round(y + half)))
    columns = slice(max(0, round(x - half)), max(0, round(x + half)))
    return bool(canvas.skin[rows, columns].mean() >= LEAST_SKIN)


def _moles(canvas: Canvas, parameters: SceneParameters) -> Iterator[tuple[str, Box]]:
    for mark in parameters.marks:
        radius_px = mark.radius_mm / canvas.mm_per_px
        seen = radius_px >= _LEAST_RADIUS_PX and on(canvas.skin, np.array([mark.x, mark.y]))
        if mark.kind is MarkKind.MOLE and seen:
            yield mark.kind.value, box_around(mark.x, mark.y, radius_px)


def _jittered(box: Box, rng: np.random.Generator) -> Box:
    """Shift and scale a box as a detector might."""
    (x, y), radius = _middle(box), _radius(box)
    dx, dy = rng.uniform(-SHIFT, SHIFT, 2) * radius
    factor = float(np.exp(rng.uniform(*np.log(SCALE))))
    return box_around(x + dx, y + dy, radius * factor)


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _radius(box: Box) -> float:
    return max(box[2] - box[0], box[3] - box[1]) / 2


def _as_set(rows: list[tuple[FaceFacts, Crop]], order: CropOrder) -> CropSet:
    tones = {fact.file: list(ItaGroup).index(ita_to_group(fact.ita_deg)) for fact, _ in rows}
    return CropSet(
        images=np.stack([crop.image for _, crop in rows]),
        side_mm=np.array([crop.side_mm for _, crop in rows], np.float32),
        label=np.array([CLASSES.index(crop.name) for _, crop in rows], np.int64),
        classes=CLASSES,
        what=np.array([crop.what for _, crop in rows]),
        person=np.array([fact.person for fact, _ in rows]),
        tone=np.array([tones[fact.file] for fact, _ in rows], np.int8),
        split=np.array([split_of(fact.person) for fact, _ in rows]),
        geometry=GEOMETRY,
        seed=order.seed,
        renderer_version=VERSION,
    )
