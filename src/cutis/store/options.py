"""What an operator may choose about the records."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cutis.store.retention import RetentionRules


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """Where records and keys lie, how much room is kept back, and how long things are kept."""

    dir: Path | None = None
    """The data folder; `records` in the user's data folder where none is named."""

    database: str = ""
    """`postgresql://USER@HOST/NAME`, or empty for SQLite in the data folder."""

    blobs: str = ""
    """`s3://BUCKET/PREFIX` for sealed photos and maps, or empty for the data folder. Endpoint and
    credentials come from the usual `AWS_…` variables."""

    keys_dir: Path | None = None
    """The folder of wrapped keys; `keys` in the data folder where none is named. Name one on
    another disk, so that no copy of the data folder holds them."""

    keys_mirror_dir: Path | None = None
    """A second folder that follows every change of the keys; none where none is named."""

    root_key_file: Path | None = None
    """The file of the root key; `root.key` in the user's configuration folder where none is named.
    Never in the data folder."""

    reserve_mib: int = 8
    """Room kept back for reading and erasing on a full disk, in MiB."""

    min_free_mib: int = 64
    """Below so much free room, in MiB, nothing new is kept."""

    retention: RetentionRules = field(default_factory=RetentionRules)
    """How long things are kept; see the section below."""
