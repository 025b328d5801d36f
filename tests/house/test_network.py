"""Tests cannot reach the network, and the package asks for it in few modules only."""

from __future__ import annotations

import ast
import socket
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "cutis"
OUTWARD = {"connect", "connect_ex", "create_connection", "create_server", "bind", "sendto"}
NETWORK = "ssl http urllib ftplib smtplib requests httpx aiohttp websockets".split()


def test_a_connection_is_refused():
    with pytest.raises(OSError, match="network"), socket.socket() as outside:
        outside.connect(("192.0.2.1", 80))


def test_a_look_up_is_refused():
    with pytest.raises(OSError, match="network"):
        socket.create_connection(("example.org", 80), timeout=1)


def test_this_machine_may_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


def test_few_modules_open_addresses():
    """Weights are fetched; a server that is named paints, and another may word an answer.

    The service tells webhooks that its clinic named, and reads the parts of their addresses.
    All only when told to; an assessment never opens an address.
    """
    users = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if set(NETWORK) & {name.split(".")[0] for name in names}:
                users.add(str(path.relative_to(SOURCE)))
    assert users == {
        "assistant/endpoint.py",
        "models/fetch.py",
        "service/webhooks/sending.py",
        "synth/comfyui/connection.py",
    }


def test_no_hub_is_asked():
    """A tokenizer or a network is read from a file, never from the hub that its library knows."""
    for path in SOURCE.rglob("*.py"):
        calls = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute)
        }
        assert not calls & {"from_pretrained", "hf_hub_download", "snapshot_download"}, path.name


def test_sockets_stay_inside():
    """A pair of sockets joins a process to its child; nobody connects or listens, but a webhook."""
    for path in set(SOURCE.rglob("*.py")) - {SOURCE / "service" / "webhooks" / "sending.py"}:
        text = path.read_text(encoding="utf-8")
        calls = {n.attr for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Attribute)}
        assert "import socket" not in text or not OUTWARD & calls, path.name
