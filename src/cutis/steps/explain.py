"""Plain words on how each score came about, with the numbers in them."""

from __future__ import annotations

from collections.abc import Mapping

from cutis.core.assessment import Contribution, Explanation
from cutis.core.masks import LEARNED
from cutis.core.scores import NotMeasured, Score
from cutis.core.vocabulary import Condition, Region

METHODS: dict[Condition, str] = {
    Condition.ACNE: "Round spots of 1 to 15 mm with more haemoglobin than the skin around them are counted.",
    Condition.REDNESS: "Haemoglobin is compared with your own neutral skin on forehead, cheeks, jaw and chin.",
    Condition.PIGMENTATION: "Spots of 1 to 10 mm with more melanin than the skin around them are measured.",
    Condition.WRINKLES: "Dark lines of at least 5 mm are followed on forehead, around eyes and mouth, and on cheeks.",
    Condition.PORES: "Dark dots of about 0.3 to 0.6 mm are counted on nose, cheeks and between the brows.",
    Condition.TEXTURE: "Unevenness of light and shade at 0.4 to 1.2 mm is measured on broad regions.",
    Condition.DRYNESS: "Small, matt patches that are lighter and paler than the skin around them are measured.",
    Condition.SCARRING: "Round hollows of 2 to 5 mm are looked for that show in shade but not in pigment.",
    Condition.OILINESS: "Mirrored light is separated from the skin's own colour.",
    Condition.DARK_CIRCLES: "Melanin and haemoglobin under each eye are compared with the same side's cheek.",
}

LIMITS: dict[Condition, str] = {
    Condition.ACNE: "Blackheads and faint spots are missed; moles, piercings and the corners of nose and mouth may be taken for spots.",
    Condition.REDNESS: "Make-up hides redness; blush, warm light from one side and recent sun or sport add to it.",
    Condition.PIGMENTATION: "Coloured shadows and stubble may be taken for spots; moles are counted too. On brown and dark skin light mirrored by the surface disturbs the measure.",
    Condition.WRINKLES: "Expression, hair strands and harsh light from the side add lines; soft light hides them. In a small photo only deep lines are seen.",
    Condition.PORES: "Only a sharp, close photo shows pores; stubble may be taken for them.",
    Condition.TEXTURE: "Light from the side shows more relief than light from the front; noise and stubble add to it.",
    Condition.DRYNESS: "A weak measure: only visible flakes count, and dry skin without flakes is not seen.",
    Condition.SCARRING: "A weak measure: only hollows that throw a shade are seen; front light hides them.",
    Condition.OILINESS: "Flash, sweat and moist creams shine like oil; powder hides it.",
    Condition.DARK_CIRCLES: "Concealer hides them; a shadow alone does not count, since only pigment is compared.",
}


LEARNED_METHODS: dict[Condition, str] = {
    Condition.ACNE: "A network that learned from drawn lesions marks acne lesions of 1 to 15 mm; each is counted.",
    Condition.REDNESS: "A network that learned from drawn redness marks skin redder than your own usual skin.",
    Condition.PIGMENTATION: "A network that learned from drawn spots marks spots and patches of more melanin.",
    Condition.WRINKLES: "A network that learned from drawn folds marks lines; those of at least 5 mm are followed.",
    Condition.PORES: "A network that learned from drawn pores marks pores; their peaks are counted.",
    Condition.TEXTURE: "A network that learned from drawn roughness marks uneven skin.",
    Condition.DRYNESS: "A network that learned from drawn flakes marks dry, flaking skin.",
    Condition.SCARRING: "A network that learned from drawn scars marks pitted and raised skin.",
}

FINDINGS: dict[Condition, str] = {
    Condition.ACNE: "spot",
    Condition.REDNESS: "red area",
    Condition.PIGMENTATION: "dark spot",
    Condition.WRINKLES: "line",
    Condition.DRYNESS: "flaking patch",
    Condition.SCARRING: "hollow",
    Condition.OILINESS: "shiny area",
}
TOLD = 2
"""So many contributions are told in words; the answer holds them as numbers too."""

LEARNED_LIMIT = "A network learned from synthetic defects may take for them what it never saw, such as make-up, tattoos or jewellery."


def explain_scores(
    scores: Mapping[Condition, Score | NotMeasured],
    contributions: Mapping[Condition, tuple[Contribution, ...]] | None = None,
) -> tuple[Explanation, ...]:
    """Return one explanation per condition, measured or not.

    ``contributions`` tells what gave most of each score; a sentence is made of the first few.
    """
    gave = contributions or {}
    return tuple(
        Explanation(
            condition,
            " ".join([summarise(score), *_told(condition, score, gave.get(condition, ()))]),
            *_how(condition, score),
            contributions=gave.get(condition, ()),
        )
        for condition, score in scores.items()
    )


def _told(
    condition: Condition, score: Score | NotMeasured, gave: tuple[Contribution, ...]
) -> list[str]:
    if isinstance(score, NotMeasured):
        return []
    felt = [part for part in gave if round(part.score_without) < round(score.value)]
    return [tell_contribution(condition, score.value, part) for part in felt[:TOLD]]


def tell_contribution(condition: Condition, value: float, part: Contribution) -> str:
    """Return one sentence: what gave how many points of how many, and the score without it."""
    points = round(value) - round(part.score_without)
    unit = "point" if round(value) == 1 else "points"
    return (
        f"{name_contribution(condition, part)} gave {points} of your {value:.0f} {unit}; "
        f"without it the score would be {part.score_without:.0f}."
    )


def name_contribution(condition: Condition, part: Contribution) -> str:
    """Return a finding and its place in words, or what is seen on a region."""
    place = _words_of(part.region)
    if part.finding is None:
        return f"What is seen on {place}"
    size = "" if part.area_mm2 is None else f" ({part.area_mm2:.2g} mm²)"
    return f"The {FINDINGS.get(condition, 'finding')} on {place}{size}"


def _words_of(region: Region | None) -> str:
    if region is None:
        return "skin between the regions"
    side, _, rest = region.value.partition("_")
    if side != "subject":
        return f"the {region.value.replace('_', ' ')}"
    return f"your {rest.replace('_', ' ')}"


def _how(condition: Condition, score: Score | NotMeasured) -> tuple[str, str]:
    """Return how a score is made and what misleads it, by the method that made its map."""
    if isinstance(score, Score) and score.method.startswith(LEARNED):
        return LEARNED_METHODS[condition], LEARNED_LIMIT
    return METHODS[condition], LIMITS[condition]


def summarise(score: Score | NotMeasured) -> str:
    """Return one sentence with the raw value, the score and its interval, or the reason."""
    if isinstance(score, NotMeasured):
        return f"Not measured: {score.reason}"
    raw, interval = score.raw, score.interval
    unit = "" if raw.unit == "1" else f" {raw.unit}"
    return (
        f"{raw.name.capitalize()}: {raw.value:.3g}{unit}, which is {score.value:.0f} of 100 "
        f"(between {interval.low:.0f} and {interval.high:.0f} with 95 % confidence)."
    )
