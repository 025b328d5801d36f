"""What every test may rely on: no network, the shared photos if they are there, the face model."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
_LOCAL = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if self.family in (socket.AF_INET, socket.AF_INET6) and host not in _LOCAL:
            raise OSError("tests may not use the network")
        connect(self, address)  # type: ignore[arg-type]

    def guarded_look_up(host: object, *args: object, **options: object) -> object:
        if host not in _LOCAL and host is not None:
            raise socket.gaierror(socket.EAI_FAIL, "tests may not use the network")
        return look_up(host, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


@pytest.fixture(autouse=True)
def _default_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> None:
    """Keep the settings of the person who runs the tests out of them."""
    for name in [name for name in os.environ if name.startswith("CUTIS_")]:
        if name not in {"CUTIS_MODELS_DIR", "CUTIS_SHARED"}:
            monkeypatch.delenv(name)
    config = tmp_path_factory.getbasetemp() / "empty.toml"
    config.touch()
    monkeypatch.setenv("CUTIS_CONFIG", str(config))


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of photos kept outside the project; the test skips where it is absent."""
    folder = Path(os.environ.get("CUTIS_SHARED") or ROOT.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip("the shared photos are not here; name their folder in CUTIS_SHARED")
    return folder


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The face model's file; the test skips where it has not been pulled."""
    from cutis.core.errors import ModelError  # noqa: PLC0415 - types are checked from here on
    from cutis.models.cache import locate  # noqa: PLC0415

    try:
        return locate("face_landmarker")
    except ModelError as error:
        pytest.skip(str(error))
