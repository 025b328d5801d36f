"""Signed notes after c2sp.org/signed-note: a text and, below it, one line per signature.

A text is signed by its bytes; each signature names its key by a name and four bytes of a digest.
Lines are read strictly: what is not written the one way it can be written is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import unicodedata
from dataclasses import dataclass
from enum import IntEnum

from cutis.core.errors import InputError, TamperedError
from cutis.store.signature_keys import Algorithm, PublicKey

MAX_NOTE_BYTES = 1 << 18
MAX_SIGNATURES = 32
_DASH = "— "


class NoteKind(IntEnum):
    """The byte that says what a key of a note signs; assigned by C2SP."""

    ED25519 = 0x01
    """The text itself."""

    ED25519_COSIGNATURE = 0x04
    """A checkpoint that a witness has seen, and when."""

    ML_DSA_44_COSIGNATURE = 0x06
    """The same, by ML-DSA-44; logs sign their checkpoints with it, too."""


ALGORITHM_OF = {
    NoteKind.ED25519: Algorithm.ED25519,
    NoteKind.ED25519_COSIGNATURE: Algorithm.ED25519,
    NoteKind.ML_DSA_44_COSIGNATURE: Algorithm.ML_DSA_44,
}


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key of notes, under its name."""

    name: str
    kind: NoteKind
    public: PublicKey

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.public.algorithm is not ALGORITHM_OF[self.kind]:
            raise InputError(
                f"A note key of kind {self.kind:#04x} is of {ALGORITHM_OF[self.kind].value}, "
                f"not {self.public.algorithm.value}. Give the key that belongs to it."
            )

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256 over name, newline, kind and key."""
        encoded = bytes([self.kind]) + self.public.raw
        return hashlib.sha256(self.name.encode() + b"\n" + encoded).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key as one word: ``name+id+base64``."""
        encoded = base64.b64encode(bytes([self.kind]) + self.public.raw).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"

    @classmethod
    def parse(cls, vkey: str) -> NoteKey:
        """Read a key from its `vkey`.

        Raises:
            InputError: it is none, or of an unknown kind, or its id is not its own.
        """
        try:
            name, _, encoded = vkey.split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
            kind = NoteKind(raw[0])
        except (ValueError, IndexError) as error:
            raise InputError(
                "A verifier key such as 'example.com/log+1234abcd+AbC…' was expected, of kind "
                "0x01, 0x04 or 0x06. Copy the whole line from who publishes it."
            ) from error
        key = cls(name, kind, PublicKey(ALGORITHM_OF[kind], raw[1:]))
        if key.vkey != vkey:
            raise InputError(
                f"The verifier key of {name!r} carries an id that is not its own. "
                "Copy the whole line again from who publishes it."
            )
        return key


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One line below a note: which key, and what it made."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        """Return the line, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.blob).decode()}\n"

    def is_by(self, key: NoteKey) -> bool:
        """Tell whether the line claims to be made by ``key``."""
        return (self.name, self.key_id) == (key.name, key.id)


@dataclass(frozen=True, slots=True)
class Note:
    """A text with signatures; nothing is verified yet."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n" + "".join(each.line() for each in self.signatures)

    @classmethod
    def parse(cls, written: str) -> Note:
        """Read a note.

        Raises:
            TamperedError: it is none, or not written the one way it can be.
        """
        text, separator, lines = written.rpartition("\n\n")
        count = lines.count("\n")
        if len(written.encode()) > MAX_NOTE_BYTES or not separator or not lines.endswith("\n"):
            raise _broken("no text, empty line and signature lines were found")
        if not 0 < count <= MAX_SIGNATURES:
            raise _broken(f"{count} signatures were found, 1 to {MAX_SIGNATURES} are read")
        if any(ord(letter) < 0x20 and letter != "\n" for letter in written):
            raise _broken("it holds a control character")
        note = cls(f"{text}\n", tuple(_signature(line) for line in lines.splitlines()))
        if str(note) != written:
            raise _broken("it is written in an unusual way")
        return note


def check_name(name: str) -> None:
    """Check that a text can name a key: something, without spaces or a plus sign.

    Raises:
        InputError: it cannot.
    """
    odd = any(letter == "+" or letter.isspace() or _control(letter) for letter in name)
    if not name or odd or len(name.encode()) > 255:
        raise InputError(
            f"A name of a key has 1 to 255 bytes and no spaces or plus signs; {name[:40]!r} came. "
            "Write it like an address without 'https://': clinic.example/reports."
        )


def _control(letter: str) -> bool:
    """Tell whether a letter is invisible, or changes the direction of writing."""
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _signature(line: str) -> NoteSignature:
    words = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(words) != 2:
        raise _broken("a signature line is not '— name base64'")
    try:
        blob = base64.b64decode(words[1], validate=True)
        check_name(words[0])
    except (binascii.Error, InputError, ValueError) as error:
        raise _broken("a signature line holds no name and base64") from error
    if len(blob) < 5:
        raise _broken("a signature is too short")
    return NoteSignature(words[0], blob[:4], blob[4:])


def _broken(what: str) -> TamperedError:
    return TamperedError(
        f"A signed note was expected; {what}. Fetch it again from who runs the log."
    )
