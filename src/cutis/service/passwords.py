"""Passwords: Argon2id, and what a new one must be.

Parameters are those that RFC 9106 recommends where memory is short (section 4, second choice:
64 MiB, 3 passes, 4 lanes). Length counts, composition does not (NIST SP 800-63B, 3.1.1).
"""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cutis.service.errors import RefusedRequestError

MIN_LENGTH, MAX_LENGTH = 12, 256

_hasher = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
_NOBODY = _hasher.hash("nobody has this password")


def hash_password(password: str, *, about: tuple[str, ...] = ()) -> str:
    """Return the Argon2id hash of a new password, in its PHC string form.

    Args:
        password: 12 to 256 characters.
        about: words that it may not be made of, such as the account's name.

    Raises:
        RefusedRequestError: it is too short, too long, or easily guessed.
    """
    text = _normal(password)
    if not MIN_LENGTH <= len(text) <= MAX_LENGTH:
        raise RefusedRequestError(
            "request.invalid",
            f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters; {len(text)} came. "
            "A few words in a row do well.",
        )
    if _is_guessed(text, about):
        raise RefusedRequestError(
            "request.invalid", "This password is one of the first to be guessed. Choose another."
        )
    return _hasher.hash(text)


def password_fits(password: str, hashed: str | None) -> bool:
    """Tell whether a password belongs to a hash; takes as long where there is no account."""
    try:
        fits = _hasher.verify(hashed or _NOBODY, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return fits and hashed is not None


def needs_new_hash(hashed: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(hashed)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


_FIRST_GUESSES = ("password", "passwort", "qwertyuiop", "letmein", "welcome", "iloveyou", "cutis")


def _is_guessed(password: str, about: tuple[str, ...]) -> bool:
    """Tell whether little is left of a password without runs, first guesses and known words."""
    rest = password.casefold()
    for word in (*_FIRST_GUESSES, *(w.casefold() for w in about if len(w) >= 3)):
        rest = rest.replace(word, "")
    letters = [c for a, c in zip(" " + rest, rest, strict=False) if abs(ord(c) - ord(a)) > 1]
    return len(set(letters)) < 5
