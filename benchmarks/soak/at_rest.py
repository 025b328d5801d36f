"""S11 and S12: nothing is readable at rest; every flipped bit, swap and rollback is refused.

    python benchmarks/soak/at_rest.py [--people 40] [--out FILE]

People are kept with words and pixels that are known. Every byte of data and key files is searched
for them, and for the keys in the clear. Then each bit of each sealed record is flipped, each record
is put in the place of its neighbour, and an older version of each person's row is put back;
whatever opens is a failure. Over SQLite; what is sealed is the same on PostgreSQL.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import RowMapping, select, update
from telling import tell_all
from workload import Workload, open_at, options_in

from cutis.core.errors import TamperedError
from cutis.core.record_words import Kind
from cutis.core.records import PersonDraft
from cutis.store import tables
from cutis.store.repository import Repository
from cutis.store.sealing import Identity, open_sealed
from cutis.store.tenancy import all_tenants

WORD = "known words of a note"
PHOTOS_EACH = 3


def main() -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cutis-rest-") as folder:
        options = options_in(Path(folder))
        store = open_at(options)
        work = Workload(store, store.create_tenant("Soak", actor_id="soak").id, seed=11)
        known = fill(work, given.people)
        figures = {"S11": search(Path(folder), work, known), "S12": tamper(work)}
        store.close()
    tell_all(figures, given.out)


def fill(work: Workload, people: int) -> list[bytes]:
    """Keep people and photos; return what must not be found."""
    known = [WORD.encode()]
    for number in range(people):
        draft = PersonDraft(f"reference-{number}", 1990, WORD)
        work.people = [work.store.add_person(work.call, draft).id]
        known.append(draft.reference.encode())
        for _ in range(PHOTOS_EACH):
            photo = work.add_photo()[0]
            known.append(work.store.read_file(work.call, photo.id, "photo").content[:64])
    return known


def search(folder: Path, work: Workload, known: list[bytes]) -> dict[str, Any]:
    """Look for what is known, and for keys, in every byte at rest."""
    keys = work.store.parts.keys
    tenant = work.call.tenant_id
    secret = [keys.tenant_key(tenant)[1]]
    secret += [keys.person_key(tenant, row["key_id"]) for row in rows(work.store, "people")]
    kept = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    sealed = b"\n".join(kept)
    found = sum(one in sealed for one in (*known, *secret))
    there = work.people[-1].encode() in sealed
    return {
        "bytes_searched": len(sealed),
        "words_and_keys": len(known) + len(secret),
        "found": found,
        "search_finds_what_is_there": there,
        "passed": not found and there,
    }


def tamper(work: Workload) -> dict[str, Any]:
    """Flip, swap and put back; count what opened all the same."""
    store, tenant = work.store, work.call.tenant_id
    of_people = {row["id"]: row["key_id"] for row in rows(store, "people")}
    sealed = [
        (_identity(row, of_people[row["person_id"]]), row["sealed"])
        for row in rows(store, "records")
    ]
    keys = {key_id: store.parts.keys.person_key(tenant, key_id) for key_id in of_people.values()}
    flips = opened = 0
    for identity, content in sealed:
        flips += len(content) * 8
        opened += sum(opens(keys[identity.key_id], one, identity) for one in flipped(content))
    neighbours = list(zip(sealed, sealed[1:] + sealed[:1], strict=True))
    swapped = sum(opens(keys[a.key_id], other, a) for (a, _), (_, other) in neighbours)
    whole = sum(opens(keys[a.key_id], content, a) for a, content in sealed)
    back = sum(put_back(work, row) for row in rows(store, "people"))
    return {
        "records": len(sealed),
        "opened_as_written": whole,
        "bits_flipped": flips,
        "flips_opened": opened,
        "swaps": len(neighbours),
        "swaps_opened": swapped,
        "put_back": len(of_people),
        "put_back_and_read": back,
        "passed": whole == len(sealed) > 0 and not opened and not swapped and not back,
    }


def rows(store: Repository, name: str) -> list[RowMapping]:
    """Return all rows of a table."""
    with store.parts.database.reading() as connection:
        statement = all_tenants(select(tables.metadata.tables[name]))
        return list(connection.execute(statement).mappings())


def _identity(row: RowMapping, key_id: str) -> Identity:
    kind, version = Kind(row["kind"]), row["version"]
    return Identity(row["tenant_id"], row["person_id"], row["id"], kind, version, key_id)


def flipped(content: bytes) -> Any:
    """Yield the bytes with one bit flipped, for each bit."""
    for bit in range(len(content) * 8):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def opens(key: bytes, sealed: bytes, identity: Identity) -> bool:
    """Tell whether sealed bytes open as what they are said to be."""
    try:
        open_sealed(key, sealed, identity)
    except TamperedError:
        return False
    return True


def put_back(work: Workload, old: RowMapping) -> bool:
    """Change a person, put the older row back, and tell whether it is read all the same."""
    store, people = work.store, tables.people
    store.change_person(work.call, old["id"], PersonDraft("newer"), expected_version=old["version"])
    with store.parts.database.writing() as connection:
        values = {"version": old["version"], "sealed": old["sealed"]}
        connection.execute(
            all_tenants(update(people).where(people.c.id == old["id"]).values(**values))
        )
    try:
        store.person(work.call, old["id"])
    except TamperedError:
        return False
    return True


if __name__ == "__main__":
    main()
