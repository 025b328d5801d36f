"""From the operator's choice to a working repository, and the making of a new one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cutis.core.errors import StoreError
from cutis.store.blobs import BlobStore, DiskBlobs
from cutis.store.database import Database
from cutis.store.disk import SystemFiles, disk_errors
from cutis.store.engines import sqlite_address
from cutis.store.foundation import Parts
from cutis.store.key_folder import KeyFolder
from cutis.store.options import StoreOptions
from cutis.store.repository import Repository
from cutis.store.reserve import Reserve
from cutis.store.root_keys import new_root_keys, read_root_keys, write_root_keys
from cutis.store.s3_blobs import open_s3

_MIB = 1 << 20
DATABASE_FILE = "records.sqlite"


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything lies, with no choice left open."""

    data: Path
    keys: Path
    root_key: Path
    mirror: Path | None


def places_of(options: StoreOptions) -> Places:
    """Return the folders and files that the options mean."""
    data = (options.dir or _user_data()).expanduser()
    root = (options.root_key_file or _user_config() / "root.key").expanduser()
    keys = (options.keys_dir or data / "keys").expanduser()
    if root.resolve().is_relative_to(data.resolve()):
        raise StoreError(
            "The root key would lie in the data folder, where every copy of the data holds it too. "
            "Name another place in store.root_key_file."
        )
    mirror = options.keys_mirror_dir
    return Places(data, keys, root, mirror.expanduser() if mirror else None)


def init_store(options: StoreOptions) -> bool:
    """Make folders and root key where they are missing; tell whether a root key was made.

    Raises:
        StoreError: there are keys, but no root key that could open them.
    """
    places, files = places_of(options), SystemFiles()
    with disk_errors():
        files.make_folder(places.data)
        files.make_folder(places.keys)
        if places.root_key.exists():
            return False
        if any(places.keys.glob("*/current")):
            raise StoreError(
                "There are keys here already, but not the root key that wrapped them. Restore it "
                "to the place that store.root_key_file names."
            )
    write_root_keys(new_root_keys(), places.root_key)
    return True


def open_store(options: StoreOptions) -> Repository:
    """Open the records; the schema is brought up to date, interrupted erasures are finished.

    Raises:
        StoreError: the root key is missing or wrong, or the database cannot be opened.
    """
    return Repository(open_parts(options))


def open_parts(options: StoreOptions) -> Parts:
    """Put together what a repository is made of."""
    places = places_of(options)
    if not places.root_key.exists():
        raise StoreError("There is no root key yet. Run: cutis admin init")
    with disk_errors():
        SystemFiles().make_folder(places.data)
    keys = KeyFolder(places.keys, read_root_keys(places.root_key), places.mirror)
    address = options.database or sqlite_address(places.data / DATABASE_FILE)
    reserve = Reserve(places.data, options.reserve_mib * _MIB, options.min_free_mib * _MIB)
    return Parts(Database(address), keys, _blobs(options, places), reserve)


def _blobs(options: StoreOptions, places: Places) -> BlobStore:
    return open_s3(options.blobs) if options.blobs else DiskBlobs(places.data / "blobs")


def _user_data() -> Path:
    from platformdirs import user_data_dir  # noqa: PLC0415 - only where no folder is named

    return Path(user_data_dir("cutis", appauthor=False)) / "records"


def _user_config() -> Path:
    from platformdirs import user_config_dir  # noqa: PLC0415 - only where no file is named

    return Path(user_config_dir("cutis", appauthor=False))
