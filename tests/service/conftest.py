"""One served clinic for the tests of a module, and helpers around it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

for _name in ("fastapi", "sqlalchemy", "webauthn", "argon2", "structlog", "prometheus_client"):
    pytest.importorskip(_name, reason="the extra serve is not installed")

from served import Clinic, served  # noqa: E402  (after the check above)

_IN_MEMORY = Path("/dev/shm")  # noqa: S108  (a folder of its own is made in it)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: what is tested here is not the disk."""
    place = str(_IN_MEMORY) if os.access(_IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="cutis-", dir=place) as made:
        yield Path(made)


@pytest.fixture(scope="module")
def clinic(folder: Path) -> Iterator[Clinic]:
    """A clinic whose workers draw their answers."""
    with served(folder) as house:
        yield house
