"""What a batch is made of, and every decision in it: plain data and pure functions.

A photo is known by its address; its key is a digest of that, so the same address is one item
however often it is named, and any machine gives it the same key, file names and shard.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any

from cutis.core.errors import InputError

_KEY_DIGITS = 32
_SHARD = re.compile(r"([1-9]\d{0,5})/([1-9]\d{0,5})")


@dataclass(frozen=True, slots=True)
class Item:
    """One photo: its address, and the key that its results are filed under."""

    key: str
    address: str


class Outcome(StrEnum):
    """What became of an item. What was not reached is left for the next run."""

    ASSESSED = "assessed"
    REFUSED = "refused"
    QUARANTINED = "quarantined"
    UNREACHED = "unreached"


@dataclass(frozen=True, slots=True)
class Result:
    """What is known of one item after it was worked on.

    ``photo`` and ``findings`` are rows of tables, by column; ``files`` are bytes by their path
    below the folder of results. ``code`` and ``reason`` say why there are none.
    """

    item: Item
    outcome: Outcome
    photo: Mapping[str, Any] = field(default_factory=dict)
    findings: Sequence[Mapping[str, Any]] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Shard:
    """One share of a batch that several drivers divide: number ``index`` (from 0) of ``count``."""

    index: int = 0
    count: int = 1

    def holds(self, key: str) -> bool:
        """Tell whether an item belongs to this share; each belongs to exactly one."""
        return int(key[:8], 16) % self.count == self.index


def item_of(address: str) -> Item:
    """Return the item of an address."""
    return Item(hashlib.sha256(address.encode()).hexdigest()[:_KEY_DIGITS], address)


def parse_shard(text: str) -> Shard:
    """Read ``2/5``: the second of five shares.

    Raises:
        InputError: it reads otherwise, or the share is beyond the number of shares.
    """
    match = _SHARD.fullmatch(text)
    if match is None or int(match[1]) > int(match[2]):
        raise InputError(f"A share is written K/N with K from 1 to N, such as 2/5; not {text!r}.")
    return Shard(int(match[1]) - 1, int(match[2]))


def items_of(addresses: Iterable[str], shard: Shard) -> Iterator[Item]:
    """Yield the items of a share, in order; an address named twice comes twice, with one key."""
    return (item for item in map(item_of, addresses) if shard.holds(item.key))


def waves(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield items in lists of ``size``, the last one shorter; no more than one list is held."""
    rest = iter(items)
    while wave := list(islice(rest, size)):
        yield wave


def after_falls(falls: Sequence[str], most: int) -> str | None:
    """Return the code under which an item is put in quarantine, or None to try it once more.

    Args:
        falls: why each worker fell that had the item: ``time``, ``killed`` or ``crashed``.
        most: how many workers it may cost.

    >>> after_falls(["killed"], 3), after_falls(["killed", "killed", "crashed"], 3)
    (None, 'worker.crashed')
    """
    return f"worker.{falls[-1]}" if len(falls) >= most else None


def json_file(key: str) -> str:
    """Return where the JSON of an item lies; folders by the first two digits stay small."""
    return f"json/{key[:2]}/{key}.json"


def map_file(key: str, name: str) -> str:
    """Return where a map of an item lies."""
    return f"maps/{key[:2]}/{key}/{name}.png"


def part_file(table: str, shard: Shard, number: int) -> str:
    """Return where a part of a table lies; shares of one batch may be put into one folder."""
    share = f"{shard.index + 1:05d}-of-{shard.count:05d}"
    return f"{table}/part-{share}-{number:06d}.parquet"
