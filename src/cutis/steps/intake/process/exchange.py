"""What parent and worker say to each other about one photo, as plain words.

The parent believes the worker no more than it believes the file: every word is checked for
type and range, and a refusal is a key of our own table, never a text.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from cutis.steps.intake.cautions import Caution
from cutis.steps.intake.decoders.exif import CaptureFacts
from cutis.steps.intake.headers.header import Header
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.process.channel import ChannelError, Words
from cutis.steps.intake.refusals import Fact, Reason, Refused

_SHORT_TEXT = re.compile(r"[A-Za-z0-9 ()*+,./_-]{0,64}")
_MAX_FACTS = 8


@dataclass(frozen=True, slots=True)
class Reply:
    """What the worker found; the pixels come beside it."""

    width_px: int
    height_px: int
    deep: bool
    bit_depth: int
    scaled_by: float
    colour_profile: str
    facts: CaptureFacts
    cautions: tuple[Caution, ...]

    def block_bytes(self) -> int:
        """Return the size of the pixels: 3 bytes each, and 6 more where 16 bits came."""
        return self.width_px * self.height_px * (9 if self.deep else 3)


def request_words(header: Header, limits: IntakeLimits) -> Words:
    """Return the words that ask for a photo to be decoded."""
    return {"header": asdict(header), "limits": asdict(limits)}


def parse_request(words: Words) -> tuple[Header, IntakeLimits]:
    """Return header and limits from the parent's words."""
    header = dict(words["header"])
    header["kind"] = Kind(header["kind"])
    return Header(**header), IntakeLimits(**words["limits"])


def refusal_words(refused: Refused) -> Words:
    """Return the words that refuse a photo."""
    return {"refused": refused.reason.value, "facts": dict(refused.facts)}


def parse_reply(words: Words, limits: IntakeLimits) -> Reply:
    """Return the checked reply.

    Args:
        words: What the worker said.
        limits: The limits that the picture must keep.

    Raises:
        Refused: The worker refused the photo.
        ChannelError: The words are not what was agreed.
    """
    try:
        if "refused" in words:
            raise Refused(Reason(words["refused"]), **_facts(words["facts"]))
        reply = _reply(words)
    except (KeyError, TypeError, ValueError) as error:
        raise ChannelError("The reply of the decoding process is malformed.") from error
    if not 0 < reply.width_px * reply.height_px <= limits.max_pixels:
        raise ChannelError("The reply of the decoding process is over the limits.")
    return reply


def _reply(words: Words) -> Reply:
    facts = words["capture"]
    return Reply(
        width_px=_number(words["width_px"], int),
        height_px=_number(words["height_px"], int),
        deep=bool(words["deep"]),
        bit_depth=_number(words["bit_depth"], int),
        scaled_by=_number(words["scaled_by"], float),
        colour_profile=_text(words["colour_profile"]),
        facts=CaptureFacts(
            orientation=1,
            camera=None if facts["camera"] is None else _text(facts["camera"]),
            exposure_s=_optional(facts["exposure_s"], float),
            iso=_optional(facts["iso"], int),
            flash_fired=None if facts["flash_fired"] is None else bool(facts["flash_fired"]),
        ),
        cautions=tuple(Caution(c) for c in words["cautions"]),
    )


def _facts(raw: Any) -> dict[str, Fact]:
    """Return facts for a sentence: numbers as they are, texts only when short and plain."""
    if not isinstance(raw, dict) or len(raw) > _MAX_FACTS:
        raise ValueError("facts")
    return {
        _text(key): value if isinstance(value, int | float) else _text(value)
        for key, value in raw.items()
    }


def _number(value: Any, kind: type[Any]) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise ValueError("number")
    return kind(value)


def _optional(value: Any, kind: type[Any]) -> Any:
    return None if value is None else _number(value, kind)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not _SHORT_TEXT.fullmatch(value):
        raise ValueError("text")
    return value
