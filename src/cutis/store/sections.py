"""A JSON report as a salted tree of sections, so that some can be shown and the rest kept.

The idea is that of selective disclosure in RFC 9901: what is signed is a digest per section, each
with a salt of its own, so that a digest tells nothing about what it stands for. Here the digests
are leaves of a Merkle tree (`cutis.store.merkle`), sorted by value, so that their order tells
nothing either. Salts come from one secret, which goes with the whole report and never with a part.
"""

from __future__ import annotations

import difflib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from cutis.core.errors import InputError, TamperedError
from cutis.store.documents import canonical, decoded, encoded, field, only
from cutis.store.merkle import inclusion_proof, leaf_hash, verify_inclusion
from cutis.store.statement import SectionsRoot
from cutis.store.trees import LeafList

SALT_BYTES = 32
ALWAYS = ("schema_version", "usable", "reasons", "disclaimer", "provenance.assessed_at")
"""Sections that are shown with any other, where the report has them."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section that is shown, with what proves it: its salt, its place and the hashes beside."""

    path: str
    value: Any
    salt: bytes
    index: int
    proof: tuple[bytes, ...]

    def tree(self) -> dict[str, Any]:
        """Return the section as plain JSON."""
        return {
            "path": self.path,
            "value": self.value,
            "salt": encoded(self.salt),
            "index": self.index,
            "proof": [encoded(each) for each in self.proof],
        }

    @classmethod
    def from_tree(cls, tree: Any) -> Section:
        """Read what `tree` gave.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(tree, dict):
            raise ValueError(type(tree).__name__)  # noqa: TRY004 - the caller answers both alike
        only(tree, "path", "value", "salt", "index", "proof")
        proof = tuple(decoded(each) for each in field(tree, "proof", list))
        salt, index = decoded(tree["salt"]), field(tree, "index", int)
        return cls(field(tree, "path", str), tree["value"], salt, index, proof)

    def verify(self, signed: SectionsRoot) -> None:
        """Check that the section is one of those that were signed.

        Raises:
            TamperedError: it is not.
        """
        leaf = _leaf(self.path, self.value, self.salt)
        try:
            verify_inclusion(leaf, self.index, signed.count, proof=self.proof, expected=signed.root)
        except TamperedError as error:
            raise TamperedError(
                f"The section {self.path!r} is not the one that was signed: it was changed after "
                "the signing. Do not rely on it; ask for the original."
            ) from error


def split(report: bytes) -> dict[str, Any]:
    """Return the sections of a JSON report by path: its members, and the members of its objects.

    Raises:
        InputError: it is no JSON object, or two sections share a path.
    """
    try:
        tree = json.loads(report, parse_constant=_no_constant, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "A report in JSON was expected, each key once and every number finite. "
            "Give an assessment.json that Cutis wrote."
        ) from error
    if not isinstance(tree, dict):
        raise InputError("A report in JSON is an object. Give an assessment.json.")
    pairs = [pair for name, value in tree.items() for pair in _parts(name, value)]
    if len(dict(pairs)) < len(pairs):
        raise InputError("Two sections of the report have the same path. Rename one.")
    return dict(pairs)


def sections_root(report: bytes, secret: bytes) -> SectionsRoot:
    """Return what is signed of the sections of a JSON report.

    Raises:
        InputError: it is no JSON object.
    """
    leaves = _leaves(split(report), secret)
    return SectionsRoot(len(leaves), LeafList(sorted(leaves.values())).frontier.root())


def disclose(report: bytes, secret: bytes, wanted: Iterable[str]) -> tuple[Section, ...]:
    """Return sections of a JSON report with what proves them, sorted by path.

    Args:
        report: the whole file.
        secret: the secret of its signature file.
        wanted: paths (``scores.acne``), or the last word of one under ``scores`` (``acne``).

    Raises:
        InputError: there is no such section.
    """
    parts = split(report)
    leaves = _leaves(parts, secret)
    tree = LeafList(sorted(leaves.values()))
    place = {leaf: index for index, leaf in enumerate(sorted(leaves.values()))}
    paths = {_path(word, parts) for word in wanted} | {path for path in ALWAYS if path in parts}
    return tuple(
        Section(
            path,
            parts[path],
            _salt(secret, path),
            place[leaves[path]],
            inclusion_proof(tree, place[leaves[path]]),
        )
        for path in sorted(paths)
    )


def _path(word: str, parts: Mapping[str, Any]) -> str:
    found = word if word in parts else f"scores.{word}"
    if found not in parts:
        scores = ", ".join(path[7:] for path in sorted(parts) if path.startswith("scores."))
        others = sorted(path for path in parts if not path.startswith("scores."))
        close = difflib.get_close_matches(word, list(parts), n=1) or others[-1:]
        raise InputError(
            f"The report has no section {word!r}. It has the scores {scores or 'of nothing'}, "
            f"and sections such as {', '.join(close)}."
        )
    return found


def _parts(name: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict) or not value or "value" in value:  # a score is one section
        return [(name, value)]
    return [(f"{name}.{inner}", part) for inner, part in value.items()]


def _leaves(parts: Mapping[str, Any], secret: bytes) -> dict[str, bytes]:
    return {path: _leaf(path, value, _salt(secret, path)) for path, value in parts.items()}


def _salt(secret: bytes, path: str) -> bytes:
    return hmac.digest(secret, b"cutis section salt v1\n" + path.encode(), "sha256")


def _leaf(path: str, value: Any, salt: bytes) -> bytes:
    return leaf_hash(b"cutis section v1\n\0" + canonical([encoded(salt), path, value]))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
