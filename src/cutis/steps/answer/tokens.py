"""Text into tokens, in any of the languages, and phrases found among them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

Tokens = tuple[str, ...]

_MARKS = {*range(0x0300, 0x0370), *range(0x064B, 0x0653), 0x0640}  # accents, harakat, tatweel
_ALIKE = {ord(a): b for a, b in zip("أإآىة", "ااايه", strict=True)}  # Arabic spellings of one word
_NO_SPACES = ((0x3400, 0x9FFF), (0xF900, 0xFAFF))  # Han characters


def fold(text: str) -> str:
    """Return ``text`` without case, accents, Arabic vowel marks and native digits."""
    plain = unicodedata.normalize("NFKD", text).casefold()  # compatibility letters have a case too
    folded = unicodedata.normalize("NFKD", plain).translate(dict.fromkeys(_MARKS))
    folded = unicodedata.normalize("NFC", folded).translate(_ALIKE)
    if folded.isascii():
        return folded
    return "".join(_plain_digit(character) for character in folded)


@lru_cache(maxsize=1 << 14)
def tokens(text: str) -> Tokens:
    """Return the words of ``text`` folded; each Han character is a token of its own.

    A word is letters, marks and digits; a number keeps its decimal sign: ``3.1``, ``3,1``.
    """
    found: list[str] = []
    word = ""
    folded = f"{fold(text)} "
    for position, character in enumerate(folded):
        if _is_han(character):
            found += [word, character]
            word = ""
        elif _in_word(character) or _is_decimal_sign(folded, position):
            word += character
        else:
            found.append(word)
            word = ""
    return tuple(word for word in found if word)


def is_number(token: str) -> bool:
    """Tell whether a token is a number."""
    return token.replace(".", "").replace(",", "").isdigit()


def positions(question: Sequence[str], phrases: Iterable[Tokens]) -> frozenset[int]:
    """Return the positions of ``question`` that any of ``phrases`` covers."""
    words = tuple(question)
    covered: set[int] = set()
    for phrase in phrases:
        if not phrase or phrase[0] not in words:
            continue
        for start in range(len(words) - len(phrase) + 1):
            if words[start : start + len(phrase)] == phrase:
                covered.update(range(start, start + len(phrase)))
    return frozenset(covered)


def _plain_digit(character: str) -> str:
    if character.isascii() or not character.isdecimal():
        return character
    return str(unicodedata.decimal(character))


def _is_han(character: str) -> bool:
    return any(low <= ord(character) <= high for low, high in _NO_SPACES)


def _in_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"


def _is_decimal_sign(text: str, position: int) -> bool:
    around = text[position - 1 : position] + text[position + 1 : position + 2]
    return text[position] in ".,٫" and len(around) == 2 and around.isdigit()
