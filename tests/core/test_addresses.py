"""Which addresses are this machine's own."""

from __future__ import annotations

import pytest

from cutis.core.addresses import is_loopback


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.8.7", "::1"])
def test_this_machine(host: str):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "localhost.example", "10.0.0.1", "192.168.0.2", "0.0.0.1", "::", "127.0.0.1.evil"]
)
def test_any_other(host: str):
    assert not is_loopback(host)
