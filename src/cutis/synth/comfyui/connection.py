"""Connections to a ComfyUI server: HTTP requests and the WebSocket of messages.

Photographs of faces go over them. So an address outside this machine is refused unless it is
allowed in words, no proxy is used whatever the environment says, and no redirect is followed.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cutis.core.addresses import is_loopback
from cutis.core.errors import InputError, MissingExtraError, SettingsError
from cutis.synth.comfyui.events import Event, parse_event
from cutis.synth.comfyui.failures import ServerError, ServerLostError

DEFAULT_SERVER = "http://127.0.0.1:8188"
"""Where a ComfyUI server listens by default."""

MOST_BYTES = 256 << 20
"""A longer answer is refused."""

_MOST_UNREAD = 1024
"""Messages kept until they are read; a full queue would also keep the closing from being read."""

_BOUNDARY = "cutis-7d1f3a5e9b2c4860"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    scheme: str
    host: str
    port: int

    @property
    def shown(self) -> str:
        """The address as a person writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def parse_address(text: str, *, allow_remote: bool = False) -> Address:
    """Read the address of a server.

    Raises:
        SettingsError: it is no plain http or https address, or it is not on this machine and
            ``allow_remote`` is False.
    """
    try:
        parts = urllib.parse.urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise SettingsError(_shape_refusal()) from error
    extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    if parts.scheme not in _PORTS or not parts.hostname or extra:
        raise SettingsError(_shape_refusal())
    if not allow_remote and not is_loopback(parts.hostname):
        raise SettingsError(
            "The server is not on this machine, and painting would send photographs of faces "
            f"to it. Use one on this machine, such as {DEFAULT_SERVER}, or a tunnel to it; "
            "where the other machine may see these faces, add --allow-remote."
        )
    return Address(parts.scheme, parts.hostname, port or _PORTS[parts.scheme])


def _shape_refusal() -> str:
    return (
        f"The server is given as scheme, host and port, such as {DEFAULT_SERVER}, "
        "without a path or a password."
    )


class Connection:
    """Requests to one server under one client name; nothing is kept open between them."""

    def __init__(self, address: Address, client_id: str, *, timeout_s: float = 30.0) -> None:
        self.address = address
        self.client_id = client_id
        self._timeout_s = timeout_s

    def get(self, path: str, **query: str) -> bytes:
        """Return the body at ``path``.

        Raises:
            ServerLostError: no connection, or the server has an error of its own.
            ServerError: the server refuses.
        """
        status, body = self._request("GET", _with_query(path, query))
        return _accepted(status, body, path)

    def get_json(self, path: str, **query: str) -> Any:
        """Return the JSON at ``path``; raises as `get` does."""
        return _read_json(self.get(path, **query))

    def post(self, path: str, content: Any) -> tuple[int, Any]:
        """Send JSON; return the status and the JSON that comes back, None where there is none.

        Raises:
            ServerLostError: no connection, or the server has an error of its own.
        """
        body = json.dumps(content).encode()
        status, answer = self._request("POST", path, body, "application/json")
        return status, _read_json(answer) if answer.strip() else None

    def upload_picture(self, name: str, png: bytes, *, folder: str) -> str:
        """Put a picture among the server's inputs; return the name by which a node loads it.

        Raises:
            InputError: ``name`` or ``folder`` holds anything but letters, digits, ``.``, ``-``.
            ServerLostError: no connection.
            ServerError: the server refuses.
        """
        if not all(word.replace("-", "").replace(".", "").isalnum() for word in (name, folder)):
            raise InputError("The name of an upload holds letters, digits, dots and dashes only.")
        body = _form(name, png, {"overwrite": "true", "type": "input", "subfolder": folder})
        kind = f"multipart/form-data; boundary={_BOUNDARY}"
        status, answer = self._request("POST", "/upload/image", body, kind)
        stored = _read_json(_accepted(status, answer, "/upload/image"))
        return f"{stored['subfolder']}/{stored['name']}".lstrip("/")

    @contextlib.contextmanager
    def events(self) -> Iterator[EventStream]:
        """Open the WebSocket for this client; closed at the end of the block.

        Raises:
            ServerLostError: no connection.
            MissingExtraError: the WebSocket package is not installed.
        """
        try:
            from websockets.exceptions import WebSocketException  # noqa: PLC0415 - an extra
            from websockets.sync.client import connect  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError("Inpainting by a server", "train") from error
        scheme = "wss" if self.address.scheme == "https" else "ws"
        url = f"{scheme}{self.address.shown.removeprefix(self.address.scheme)}/ws"
        try:
            socket = connect(
                _with_query(url, {"clientId": self.client_id}),
                proxy=None,
                compression=None,
                open_timeout=self._timeout_s,
                ping_timeout=None,
                close_timeout=1.0,
                max_size=MOST_BYTES,
                max_queue=_MOST_UNREAD,
            )
        except (OSError, WebSocketException) as error:
            raise _lost(self.address, error) from error
        with socket:
            yield EventStream(socket, self.address)

    def _request(
        self, method: str, path: str, body: bytes | None = None, kind: str | None = None
    ) -> tuple[int, bytes]:
        secure = self.address.scheme == "https"
        opened = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        channel = opened(self.address.host, self.address.port, timeout=self._timeout_s)
        headers = {"User-Agent": "cutis"} | ({"Content-Type": kind} if kind else {})
        try:
            with contextlib.closing(channel):
                channel.request(method, path, body, headers)
                response = channel.getresponse()
                answer = response.read(MOST_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise _lost(self.address, error) from error
        if response.status >= 500:
            raise ServerLostError(f"The server answered {response.status}: see its own log.")
        if 300 <= response.status < 400 or len(answer) > MOST_BYTES:
            raise ServerError(
                "The server sends elsewhere or sends too much: is this a ComfyUI server?"
            )
        return response.status, answer


class EventStream:
    """The messages of one open WebSocket."""

    def __init__(self, socket: Any, address: Address) -> None:
        self._socket = socket
        self._address = address

    def receive(self, timeout_s: float) -> Event | None:
        """Return the next message that matters; None where none came in ``timeout_s``.

        Raises:
            ServerLostError: the connection broke.
        """
        from websockets.exceptions import WebSocketException  # noqa: PLC0415 - an extra

        try:
            return parse_event(self._socket.recv(timeout=max(timeout_s, 0.0)))
        except TimeoutError:
            return None
        except (OSError, WebSocketException) as error:
            raise _lost(self._address, error) from error


def _lost(address: Address, error: Exception) -> ServerLostError:
    return ServerLostError(
        f"No connection to a ComfyUI server at {address.shown} ({type(error).__name__}). "
        "Start it, or name its address with --server."
    )


def _accepted(status: int, body: bytes, path: str) -> bytes:
    if status != http.client.OK:
        raise ServerError(
            f"The server answered {status} to {path}: is this a ComfyUI server of 2024 or later?"
        )
    return body


def _read_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise ServerError("The server's answer is no JSON: is this a ComfyUI server?") from error


def _with_query(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urllib.parse.urlencode(query)}" if query else path


def _form(name: str, png: bytes, fields: dict[str, str]) -> bytes:
    """Return a form of RFC 7578: the fields, and the picture under ``image``."""
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    head = (
        f"--{_BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="image"; filename="{name}"\r\n'
        "Content-Type: image/png\r\n\r\n"
    )
    return b"".join(
        [*map(str.encode, parts), head.encode(), png, f"\r\n--{_BOUNDARY}--\r\n".encode()]
    )
