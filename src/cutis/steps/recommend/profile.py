"""What a person states, from TOML; a field that is left out is unknown."""

from __future__ import annotations

import tomllib

from cutis.core.advice import Profile
from cutis.core.errors import InputError
from cutis.steps.recommend.knowledge import Knowledge
from cutis.steps.recommend.tables import build
from cutis.steps.recommend.words import did_you_mean

MAX_AGE_YEARS = 120


def read_profile(text: str) -> Profile:
    """Read a profile.

    Args:
        text: TOML with the fields of `Profile`; ``"no"`` and ``[]`` mean none, absence unknown.

    Raises:
        InputError: the text is no TOML, or a field or value is unknown; the message names the
            nearest known one.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"A profile must be TOML: {error}. Correct that line.") from error
    profile: Profile = build(Profile, table, "The profile", InputError)
    return _checked(profile)


def _checked(profile: Profile) -> Profile:
    years = profile.age_years
    if years is not None and not 0 <= years <= MAX_AGE_YEARS:
        raise InputError(f"An age is 0 to {MAX_AGE_YEARS} years; {years} came. Correct age_years.")
    if years is not None and profile.age_group not in {None, profile.age}:
        raise InputError(
            f"age_years says {profile.age} and age_group says {profile.age_group}. "
            "Give one of them, or correct the other."
        )
    return profile


def check_unwanted(profile: Profile, knowledge: Knowledge) -> None:
    """Refuse unwanted ingredient classes that nobody knows.

    Raises:
        InputError: an id is unknown; the message names the nearest known one.
    """
    for name in profile.unwanted or ():
        if name not in knowledge.ingredients:
            hint = did_you_mean(name, knowledge.ingredients)
            raise InputError(f"The profile's unwanted knows no ingredient class {name!r}. {hint}")
