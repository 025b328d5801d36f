"""The repository: every part of it, as one object behind the port `RecordStore`."""

from __future__ import annotations

from cutis.core.errors import StoreError
from cutis.store.exporting import Exporting
from cutis.store.foundation import Parts
from cutis.store.log_reading import LogReading
from cutis.store.people import PeopleRecords
from cutis.store.personal import PersonalRecords
from cutis.store.pruning import Pruning
from cutis.store.queue import Queue
from cutis.store.verifying import Verifying


class Repository(PeopleRecords, PersonalRecords, Queue, Exporting, Pruning, LogReading, Verifying):
    """Records over SQLite or PostgreSQL, sealed and logged."""

    def __init__(self, parts: Parts) -> None:
        """Take the parts, and finish erasures that a crash interrupted."""
        super().__init__(parts)
        parts.reserve.fill()
        self.finish_erasures()

    def ready(self) -> bool:
        """Tell whether the store can take a write now."""
        try:
            with self.parts.database.writing():
                return True
        except StoreError:
            return False

    def close(self) -> None:
        """Let go of connections and locks."""
        self.parts.database.close()
