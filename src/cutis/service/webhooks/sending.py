"""One message to one address: resolved once, checked, and sent to exactly what was checked.

A name that leads to this machine or a private network is refused, unless the settings allow it:
otherwise a webhook would be a way to reach what only the service can reach. The connection goes to
the address that was checked, so that a name cannot change its mind in between. Redirects are not
followed.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from cutis.core.errors import InputError

_TIMEOUT_S = 10.0
_MAX_ANSWER_BYTES = 1024


def check_url(url: str, *, private: bool) -> SplitResult:
    """Return the parts of a webhook's address.

    Args:
        url: ``https`` always; ``http`` only where private addresses are allowed.
        private: whether addresses of this machine and of private networks are allowed.

    Raises:
        InputError: the address is not one that may be called.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InputError("A webhook's address is a URL; this is none. Correct it.") from error
    if parts.scheme not in ({"https", "http"} if private else {"https"}):
        raise InputError("A webhook's address begins with https://. Correct it.")
    if not parts.hostname or parts.username or parts.fragment or port == 0:
        raise InputError("A webhook's address has a host, no user and no fragment. Correct it.")
    return parts


def public_addresses(host: str, port: int, *, private: bool) -> list[str]:
    """Return the addresses of a host, all of them public unless ``private``.

    Raises:
        InputError: one of them is not public, or there is none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise InputError("The webhook's host is not found. Correct its address.") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not private and not all(is_public(address) for address in addresses):
        raise InputError(
            "The webhook's host lies on this machine or in a private network. Name a public one, "
            "or set service.private_webhooks."
        )
    return addresses


def is_public(address: str) -> bool:
    """Tell whether an address may be called from here: global, and no other form of a local one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return False
        if ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64 (RFC 6052) hides any IPv4 address
            return False
    return ip.is_global and not ip.is_multicast


def send(url: str, headers: Mapping[str, str], body: bytes, *, private: bool) -> int:
    """Send a message and return the status of the answer.

    Raises:
        InputError: the address may not be called.
        OSError: nobody answered.
    """
    parts = check_url(url, private=private)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    address = public_addresses(host, port, private=private)[0]
    connection = _Pinned(host, port, address, encrypted=parts.scheme == "https")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        answer.read(_MAX_ANSWER_BYTES)
    except http.client.HTTPException as error:
        raise OSError("the answer is no HTTP") from error
    else:
        return answer.status
    finally:
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, under the name of its host."""

    def __init__(self, host: str, port: int, address: str, *, encrypted: bool) -> None:
        super().__init__(host, port, timeout=_TIMEOUT_S)
        self._address, self._encrypted = address, encrypted

    def connect(self) -> None:
        """Connect to the address that was checked."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._encrypted:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
