"""The sentences of a plan that are ours: calm and plain, without blame or fear."""

from __future__ import annotations

from cutis.core.advice import CareLevel, Plan, ReferralLevel

LEADS: dict[CareLevel, str] = {
    CareLevel.NOTHING: "Right now what matters is that someone looks after you. This plan holds no products.",
    CareLevel.SHELTER: "This plan holds gentle washing and sun protection, which every skin bears.",
    CareLevel.GENTLE: "This plan holds gentle everyday care.",
    CareLevel.FULL: "This plan holds everyday care and what may help with what was measured.",
}
NOT_MEASURED = "This photo could not be measured, so nothing here rests on it."
CAUTIOUS = "Two parts of a fuller plan did not go together, so this is the cautious one."

REFERRALS: dict[ReferralLevel, str] = {
    ReferralLevel.NONE: "Nothing that you state, and nothing that was measured, asks for a clinician now.",
    ReferralLevel.ROUTINE: "Please show your skin to a clinician in the coming weeks.",
    ReferralLevel.SOON: "Please see a clinician soon: within days, and within two weeks at most.",
    ReferralLevel.URGENT: "Please get help today, from a doctor or an emergency service.",
}
SIGNS_UNKNOWN = (
    "Whether a clinician should look cannot be told, since signs that worry you were not stated."
)

NOT_STATED: dict[str, str] = {
    "age": "your age",
    "pregnancy": "whether you are pregnant, trying or breastfeeding",
    "sensitive": "whether your skin is sensitive",
    "allergies": "what your skin reacts to",
    "medicines": "which medicines you use",
    "diagnoses": "what a clinician has diagnosed",
    "signs": "whether something worries you",
    "sun_reaction": "how your skin reacts to sun",
    "preferences": "what you prefer",
    "unwanted": "what you do not want to use",
}
"""The fields of a profile within a sentence."""

DISCLAIMER = (
    "This is guidance, not a diagnosis and not a prescription. It rests on one photo and on what "
    "you stated, and a clinician or pharmacist who knows you comes before it."
)


def referral_sentence(level: ReferralLevel, *, signs_known: bool) -> str:
    """Return what a referral asks for; without stated signs, none is no all-clear."""
    if level is ReferralLevel.NONE and not signs_known:
        return SIGNS_UNKNOWN
    return REFERRALS[level]


def lead(care: CareLevel, *, cautious: bool, usable: bool) -> str:
    """Return the sentences that a plan begins with."""
    parts = (LEADS[care], CAUTIOUS * cautious, NOT_MEASURED * (not usable))
    return " ".join(part for part in parts if part)


def missing(plan: Plan) -> str:
    """Return what was not stated as one sentence, or nothing."""
    needed = [NOT_STATED[name] for name in plan.not_stated if name not in _OPTIONAL]
    return f"Not stated: {'; '.join(needed)}." if needed else ""


_OPTIONAL = frozenset({"preferences", "unwanted"})
