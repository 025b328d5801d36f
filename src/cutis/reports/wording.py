"""The words of a report: calm, plain, never shaming; one place for every sentence that is ours."""

from __future__ import annotations

from collections.abc import Iterable

from cutis.core.assessment import Assessment
from cutis.core.enhancement import Ruling
from cutis.core.scores import NotMeasuredCode, Quantity
from cutis.core.vocabulary import (
    Condition,
    ItaGroup,
    LesionType,
    MeasureName,
    Region,
    Strictness,
    Verdict,
)

CONDITIONS: dict[Condition, tuple[str, str]] = {
    Condition.ACNE: ("Acne", "Spots that look inflamed, raised or clogged."),
    Condition.REDNESS: ("Redness", "Skin that is redder than this face's own neutral skin."),
    Condition.PIGMENTATION: ("Pigmentation", "Spots and patches darker than the skin around them."),
    Condition.WRINKLES: ("Wrinkles", "Lines and folds where a face creases."),
    Condition.PORES: ("Pores", "Pores that can be seen as small dark dots."),
    Condition.TEXTURE: ("Texture", "Unevenness of the surface."),
    Condition.DRYNESS: ("Dryness", "Fine, light flakes on the surface."),
    Condition.SCARRING: ("Scarring", "Small dents and raised marks that stay."),
    Condition.OILINESS: ("Oiliness", "Shine on the surface, from oil, sweat or a cream."),
    Condition.DARK_CIRCLES: ("Dark circles", "Skin under the eyes darker than the own cheek."),
}
"""Name and meaning of each condition as a report tells them."""

REGIONS: dict[Region, str] = {
    Region.FOREHEAD: "Forehead",
    Region.GLABELLA: "Between the brows",
    Region.NOSE: "Nose",
    Region.SUBJECT_LEFT_CHEEK: "Left cheek",
    Region.SUBJECT_RIGHT_CHEEK: "Right cheek",
    Region.SUBJECT_LEFT_PERIORBITAL: "Around the left eye",
    Region.SUBJECT_RIGHT_PERIORBITAL: "Around the right eye",
    Region.PERIORAL: "Around the mouth",
    Region.CHIN: "Chin",
    Region.SUBJECT_LEFT_JAW: "Left jaw",
    Region.SUBJECT_RIGHT_JAW: "Right jaw",
}

_PLACES: dict[Region, str] = {
    Region.GLABELLA: "between the brows",
    Region.SUBJECT_LEFT_PERIORBITAL: "around the left eye",
    Region.SUBJECT_RIGHT_PERIORBITAL: "around the right eye",
    Region.PERIORAL: "around the mouth",
}

TYPES: dict[LesionType, tuple[str, str]] = {
    LesionType.COMEDONE: ("comedone", "comedones"),
    LesionType.PAPULE: ("papule", "papules"),
    LesionType.PUSTULE: ("pustule", "pustules"),
    LesionType.NODULE: ("nodule", "nodules"),
    LesionType.INFLAMED_SPOT: ("inflamed spot", "inflamed spots"),
    LesionType.DARK_SPOT: ("dark spot", "dark spots"),
    LesionType.WRINKLE: ("line", "lines"),
    LesionType.PATCH: ("patch", "patches"),
    LesionType.UNSPECIFIED: ("other mark", "other marks"),
    LesionType.OPEN_COMEDONE: ("blackhead (open comedone)", "blackheads (open comedones)"),
    LesionType.CLOSED_COMEDONE: ("whitehead (closed comedone)", "whiteheads (closed comedones)"),
    LesionType.POST_INFLAMMATORY_ERYTHEMA: (
        "red mark left by a spot",
        "red marks left by spots",
    ),
    LesionType.POST_INFLAMMATORY_PIGMENTATION: (
        "dark mark left by a spot",
        "dark marks left by spots",
    ),
    LesionType.FRECKLE: ("freckle", "freckles"),
    LesionType.LENTIGO: ("lentigo", "lentigines"),
    LesionType.MOLE: ("mole", "moles"),
    LesionType.ICE_PICK_SCAR: ("ice-pick scar", "ice-pick scars"),
    LesionType.BOXCAR_SCAR: ("boxcar scar", "boxcar scars"),
    LesionType.ROLLING_SCAR: ("rolling scar", "rolling scars"),
    LesionType.OTHER: ("clear place", "clear places"),
}

MEASURES: dict[MeasureName, str] = {
    name: name.value.replace("_", " ").capitalize() for name in MeasureName
} | {
    MeasureName.UNDER_EXPOSURE: "Not too dark",
    MeasureName.OVER_EXPOSURE: "Not too bright",
    MeasureName.ILLUMINATION_UNIFORMITY: "Even light",
    MeasureName.INTER_EYE_DISTANCE: "Closeness (eye distance)",
    MeasureName.POSE: "Looking straight",
    MeasureName.EXPRESSION_NEUTRALITY: "Relaxed face",
    MeasureName.FACE_OCCLUSION: "Nothing over the face",
    MeasureName.HEAD_COVERING: "Forehead free",
    MeasureName.RETOUCHING: "Not retouched",
    MeasureName.RECAPTURE: "Not a photo of a screen",
    MeasureName.FACE_MARGIN: "Whole face in the picture",
}

VERDICTS: dict[Verdict, str] = {
    Verdict.GOOD: "good",
    Verdict.USABLE: "usable",
    Verdict.RETAKE: "retake",
}

STRICTNESS: dict[Strictness, str] = {
    Strictness.STRICT: "strict",
    Strictness.NORMAL: "normal",
    Strictness.LENIENT: "lenient",
    Strictness.OFF: "not used to refuse a photo",
}

SCALES: dict[str, str] = {
    "hayashi": "Hayashi",
    "gags": "GAGS",
    "iga": "IGA",
    "cea": "CEA",
    "mmasi": "mMASI",
}

ITA_GROUPS: dict[ItaGroup, str] = {group: group.value.replace("_", " ") for group in ItaGroup}

NOT_MEASURED: dict[NotMeasuredCode, str] = {
    NotMeasuredCode.NO_FACE: "no face was found",
    NotMeasuredCode.PHOTO_REFUSED: "the photo is not fit to be measured",
    NotMeasuredCode.TOO_COARSE: "finer than this photo shows",
    NotMeasuredCode.TOO_LITTLE_SKIN: "too little of the skin is visible here",
    NotMeasuredCode.NOT_VISIBLE: "not visible in this photo",
    NotMeasuredCode.NO_REFERENCE: "no neutral skin to compare with",
    NotMeasuredCode.NO_COLOUR: "the colours of this photo cannot be trusted",
    NotMeasuredCode.UNEVEN_LIGHT: "the light is too uneven here",
    NotMeasuredCode.NOT_FROM_A_PHOTO: "cannot be read off a photo",
    NotMeasuredCode.NOT_APPLICABLE: "not looked for here",
    NotMeasuredCode.NO_METHOD: "no method in this version",
    NotMeasuredCode.OUT_OF_RANGE: "outside the range that was tested",
    NotMeasuredCode.ENHANCED_PIXELS: "not measured on enhanced pixels",
}

RULINGS: dict[Ruling, str] = {
    Ruling.STANDS: "the same within the allowed",
    Ruling.MOVED: "not measured on enhanced pixels: it moved",
    Ruling.INVENTED: "not measured on enhanced pixels: texture was drawn",
    Ruling.NO_COMPARISON: "not measured on enhanced pixels: the photo gives nothing to compare",
    Ruling.NOT_MEASURED: "not measured",
}
"""What the audit of enhancement says of a score."""

FIXES: dict[NotMeasuredCode, str] = {
    NotMeasuredCode.TOO_COARSE: "Move closer or use the rear camera.",
    NotMeasuredCode.TOO_LITTLE_SKIN: "Keep hair, hands and glasses away from the face.",
    NotMeasuredCode.NO_COLOUR: "Send a colour photo without a filter.",
    NotMeasuredCode.UNEVEN_LIGHT: "Face a window, so that both cheeks are equally bright.",
}

LEVELS: tuple[tuple[float, str], ...] = (
    (60.0, "pronounced"),
    (30.0, "noticeable"),
    (10.0, "slight"),
    (0.0, "barely visible"),
)
"""Lower bounds of the words for a score: reading help of ours, no clinical grade."""

ACNE_LEVELS: tuple[tuple[float, str], ...] = (
    (50.0, "pronounced"),
    (25.0, "noticeable"),
    (10.0, "slight"),
    (0.0, "barely visible"),
)
"""Those for acne, where the Hayashi scale's severe and moderate lie (`conditions.toml`)."""

SCALE_NOTE = (
    "Each score tells how much is seen: 0 is none, 100 is the strongest on the scale. "
    "It says nothing about how good a skin is; every face shows something. "
    "The thin line across a bar shows how far the score may be off: another photo of the "
    "same face in the same light is expected to score on it."
)
LEVEL_NOTE = (
    "Words used: barely visible 0–9, slight 10–29, noticeable 30–59, pronounced 60–100. "
    "For acne, noticeable begins at 25 and pronounced at 50, where the count of spots is moderate "
    "and severe on the Hayashi scale. "
    "They help to read the numbers and are no clinical grades."
)
SIDES_NOTE = (
    "Left and right are those of the person in the photo. The picture is not mirrored, "
    "so the person's left side is on the right of the picture."
)
RED_FLAG = (
    "With a spot that is new, grows, changes its shape or colour, bleeds, hurts or does not heal, "
    "whatever the numbers here say."
)
SEEK_HELP = "A pharmacist or a dermatologist can help. Bring this report along if you like."
COMPARE = (
    "Take the next photo at the same place, in the same light, without make-up. "
    "Two scores whose lines overlap show no sure change."
)
TELL_MORE = (
    "With these answers the guidance can say more. Write them into a text file and give it with "
    "'cutis analyze PHOTO --profile FILE' or 'cutis plan assessment.json --profile FILE'; they "
    "stay on this machine. Which answers there are stands in the documentation, under guidance."
)
MANY_VISITS = "Each visit is compared on its own; over many some noise passes for change."
FIRST = "To look at first"
EMPTY_LEAD = (
    "A face was found, but this photo does not let anything on it be measured. "
    "This says nothing about the skin; why, and what helps, stands below."
)
REFUSED_LEAD = (
    "Nothing was measured, and this says nothing about the skin. Another photo usually solves it."
)
REFUSED_TIPS = (
    "Face a window in daylight; avoid flash, lamps from one side and direct sun.",
    "Use the rear camera if you can, an arm's length away, with the face filling half the width.",
    "Look straight into the camera with a relaxed face, hair and glasses out of the way.",
    "Switch off beauty filters, and send the original photo, not a screenshot.",
)
LIMITS = (
    (
        "One photo shows the surface of the skin in one moment and one light. It cannot feel, "
        "press or look underneath, and it does not know how the skin was yesterday."
    ),
    (
        "Make-up, creams, sunburn, exercise, filters and the camera's own smoothing change what is "
        "seen, and with it the scores."
    ),
    (
        "Lengths and areas rest on the average width of the human iris; the scale may be off by "
        "several per cent, and parts that turn away from the camera appear smaller."
    ),
    (
        "Scores of different conditions are not comparable with each other: 40 for pores and 40 "
        "for redness are not equally much."
    ),
    "The photo never tells a disease. What looks like one condition can be another.",
)
PRIVACY_NOTE = (
    "This file contains a picture of a face and information on health. It was made on the machine "
    "that ran Cutis and loads nothing from the network. Pass it on with care."
)


_UNSPOKEN_UNITS = frozenset({"", "1", "count", "points"})


def enlarged(assessment: Assessment) -> str:
    """Tell that a small face was enlarged, and for what; empty where none was."""
    found = assessment.enhancement
    if found is None:
        return ""
    return (
        f"The face is small. It was enlarged by {found.scale} to find it and its skin; a network "
        f"drew {percent(found.drawn_share)} of the enlarged pixels. Every score is made of the "
        "photo's own pixels."
    )


def level(value: float, condition: Condition | None = None) -> str:
    """Return the word for a score of ``value`` (0–100).

    >>> level(9.4), level(9.6), level(29), level(29, Condition.ACNE), level(63)
    ('barely visible', 'slight', 'slight', 'noticeable', 'pronounced')
    """
    levels = ACNE_LEVELS if condition is Condition.ACNE else LEVELS
    return next((word for low, word in levels if round(value) >= low), levels[-1][1])


def place(region: Region) -> str:
    """Return where ``region`` is within a sentence: *on the nose*, *around the mouth*."""
    return _PLACES.get(region, f"on the {REGIONS[region].lower()}")


def places(regions: Iterable[Region]) -> str:
    """Return where several regions are within a sentence.

    >>> places([Region.NOSE, Region.CHIN]), places([Region.PERIORAL, Region.CHIN])
    ('on the nose and chin', 'around the mouth and on the chin')
    """
    spots = [place(region) for region in regions]
    prefix = "on the "
    if all(spot.startswith(prefix) for spot in spots):
        return prefix * bool(spots) + joined(spot.removeprefix(prefix) for spot in spots)
    return joined(spots)


def joined(words: Iterable[str]) -> str:
    """Join words as a sentence does.

    >>> joined(["a"]), joined(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    items = list(words)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def counted(kind: LesionType, count: int) -> str:
    """Return a count with its noun: *1 dark spot*, *4 dark spots*."""
    return f"{count} {TYPES[kind][0 if count == 1 else 1]}"


def number(value: float) -> str:
    """Return a raw value with three significant figures, without an exponent where it fits.

    >>> number(0.118), number(91.04), number(1820.0), number(0.0), number(3.5e-5)
    ('0.118', '91', '1820', '0', 'under 0.0001')
    """
    if 0 < abs(value) < 1e-4:
        return "under 0.0001"
    if abs(value) >= 1e7:
        return f"{value:.2e}"
    return f"{float(f'{value:.3g}'):.10f}".rstrip("0").rstrip(".")


def quantity(measured: Quantity) -> str:
    """Return a raw value with its unit, which a ratio, a count and a named rate need not tell."""
    value, unit = number(measured.value), measured.unit
    if unit in _UNSPOKEN_UNITS or (unit.startswith("1/") and " per " in measured.name):
        return value
    if "–" in unit:
        return f"{value} ({unit})"
    return value + ("" if unit == "°" else "\u202f") + unit


def percent(share: float) -> str:
    """Return a share as per cent: 0.045 is *4 %*, never broken over a line."""
    return f"{100 * share:.0f}\u202f%"


def spoken(name: str) -> str:
    """Return a technical name as words: underscores become blanks."""
    return name.replace("_", " ")


def sentence_case(text: str) -> str:
    """Return ``text`` with a capital first letter, the others as they are."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Return ``text`` with a capital first letter and a full stop."""
    text = sentence_case(text.strip())
    return text if not text or text[-1] in ".!?" else f"{text}."
