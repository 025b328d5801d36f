"""What was proven, and what was not, in plain words."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from cutis.store.verification import LogPlace, Proof

_WIDTH = 88
RIGHT = (
    "That the assessment is right. A signature tells who stands by a file, not that its scores are "
    "true. It is a decision aid and no diagnosis."
)
PHOTO = "That the photo is genuine, recent, or of the person whom it is said to show."
OWNER = (
    "Who holds the key. The name was checked against the keys that you trust: compare the "
    "fingerprint with what the signer tells you by another way, such as a call or a letterhead."
)
NO_LOG = (
    "That there is no other version. The signature stands in no log, so its signer alone vouches "
    "for it, and could have signed another report, too."
)


LOG = (
    "That there is no other report on the same photo. The log holds every signature that was "
    "entered in it, but not what each of them is about."
)
CLOCKS_APART = timedelta(minutes=10)
"""By so much the clocks of signer and witnesses may differ."""


def to_text(proof: Proof, name: str) -> str:
    """Return the answer to ``cutis verify`` as text."""
    blocks = [_headline(proof, name), _list("What was proven", _proven(proof))]
    if proof.shown is not None:
        blocks.append(_list("What is shown", _shown(proof.shown)))
    blocks.append(_list("What was not proven", _open(proof)))
    return "\n\n".join(blocks) + "\n"


def to_tree(proof: Proof) -> dict[str, Any]:
    """Return the answer as plain JSON."""
    place = proof.place
    return {
        "verified": True,
        "signer": proof.signer.name,
        "fingerprint": proof.signer.fingerprint,
        "signed_at_claimed": proof.signed_at.isoformat(),
        "media_type": proof.media_type,
        "log": place
        and {
            "origin": place.origin,
            "entry": place.index + 1,
            "size": place.size,
            "seen_at": place.seen_at.isoformat(),
            "witnesses": {name: at.isoformat() for name, at in place.witnesses},
        },
        "sections": proof.sections,
        "shown": None if proof.shown is None else dict(proof.shown),
        "not_proven": list(_open(proof)),
    }


def _headline(proof: Proof, name: str) -> str:
    what = "This report is" if proof.shown is None else "What this file shows of a report is"
    since = f"unchanged since {proof.signer.name} signed it"
    return f"{_safe(name)}: the signature holds.\n{what} {since}."


def _proven(proof: Proof) -> Iterator[str]:
    if proof.shown is None:
        yield "Unchanged: the file is, byte for byte, the one that was signed."
    else:
        yield (
            f"Unchanged: each of the {len(proof.shown)} sections shown belongs to the report that "
            f"was signed, which has {proof.sections}."
        )
    yield (
        f"Signed by {proof.signer.name}: both signatures hold, Ed25519 and ML-DSA-65 (which is "
        f"made to stand against quantum computers). Fingerprint {proof.signer.fingerprint}."
    )
    if proof.place is not None:
        yield from _in_log(proof.place)


def _in_log(place: LogPlace) -> Iterator[str]:
    where = f"In the log {place.origin}: entry {place.index + 1:,} of {place.size:,}."
    if not place.witnesses:
        yield f"{where} No witness that you trust has seen it: its owner can show another log."
    else:
        yield f"{where} It cannot be taken out or changed there without the witnesses noticing."
        names = ", ".join(name for name, _ in place.witnesses)
        count = len(place.witnesses)
        yield (
            f"Seen by {count} {'witness' if count == 1 else 'witnesses'} ({names}), who keep the "
            f"log from showing different histories; {place.required} were required. It existed by "
            f"{_time(place.seen_at)}."
        )


def _open(proof: Proof) -> Iterator[str]:
    yield RIGHT
    yield PHOTO
    yield OWNER
    yield f"When it was signed. The signer says {_time(proof.signed_at)}{_checked(proof)}."
    yield NO_LOG if proof.place is None else LOG
    if proof.shown is not None and proof.sections is not None:
        hidden = proof.sections - len(proof.shown)
        yield (
            f"What the other {hidden} sections say. Whoever shows a part chooses it; ask for the "
            "whole report if you need to know."
        )


def _checked(proof: Proof) -> str:
    if proof.place is None:
        return "; nobody else saw it"
    if proof.signed_at > proof.place.seen_at + CLOCKS_APART:
        return ", which is wrong: the witnesses saw it before"
    if not proof.place.witnesses:
        return "; no witness saw it"
    return "; the witnesses tell the latest it can have been, not the earliest"


def _shown(shown: Mapping[str, Any]) -> Iterator[str]:
    for path, value in shown.items():
        yield f"{_safe(path.removeprefix('scores.'))}: {_value(value)}"


def _value(value: Any) -> str:
    """Tell a score as a person reads it, anything else as JSON."""
    if isinstance(value, dict) and {"value", "reason"} <= set(value) and value["value"] is None:
        return f"not measured. {_safe(str(value['reason']))}"
    if isinstance(value, dict) and {"value", "interval"} <= set(value):
        interval = value["interval"]
        if isinstance(interval, dict) and {"low", "high"} <= set(interval):
            span = f"{_safe(str(interval['low']))} to {_safe(str(interval['high']))}"
            return f"{_safe(str(value['value']))} of 100, likely {span} (0 is none seen)"
    if isinstance(value, str):
        return _safe(value)
    if value in ([], {}, None):
        return "none"
    return _safe(json.dumps(value, ensure_ascii=False))


def _list(title: str, items: Iterator[str]) -> str:
    wrap = textwrap.TextWrapper(
        _WIDTH, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False
    )
    return "\n".join([title, *(wrap.fill(item) for item in items)])


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _safe(text: str) -> str:
    """Return a text without letters that a terminal would act upon."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
