"""Rotation of the root key and the tenants' keys; what people's keys sealed stays as it is.

Steps, safe to begin again after a crash: a new root key joins the old one in the file; every tenant
gets a new key, wrapped by the new root, and its people's keys are wrapped by it; then the old root
key leaves the file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cutis.store.opening import open_parts, places_of
from cutis.store.options import StoreOptions
from cutis.store.repository import Repository
from cutis.store.root_keys import current_only, read_root_keys, with_new_key, write_root_keys


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many keys were wrapped anew."""

    tenants: int
    people: int


def rotate(options: StoreOptions, *, actor_id: str) -> Rotated:
    """Make new root and tenant keys; one entry in the log for each tenant.

    Raises:
        StoreError: a key is missing or does not open; what opened before still does.
    """
    path = places_of(options).root_key
    roots = with_new_key(read_root_keys(path))
    write_root_keys(roots, path)
    parts = open_parts(options)
    store = Repository(replace(parts, keys=replace(parts.keys, roots=roots)))
    tenants = store.tenants()
    people = sum(store.rotate_tenant_key(tenant.id, actor_id=actor_id) for tenant in tenants)
    store.parts.keys.rewrap_tenants()
    write_root_keys(current_only(roots), path)
    store.close()
    return Rotated(len(tenants), people)
