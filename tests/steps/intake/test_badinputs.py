"""Hostile and odd files: none crashes, hangs, costs much, or ends in an untyped exception."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from cutis.core.errors import PhotoError
from cutis.steps.intake import open_photo

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = 600


@pytest.fixture(scope="module")
def benchmark() -> Iterator[ModuleType]:
    """The benchmark of which this test runs a part."""
    path = ROOT / "benchmarks" / "badinputs.py"
    spec = importlib.util.spec_from_file_location("badinputs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["badinputs"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["badinputs"]


@pytest.fixture(scope="module")
def corpus(
    shared_dir: Path, benchmark: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    archive = shared_dir / "data" / "badinputs.tar.xz"
    if not archive.is_file():
        pytest.skip("the bad-input corpus is not among the shared files")
    folder = tmp_path_factory.mktemp("badinputs")
    benchmark.unpack(archive, folder)
    return folder


def sample(benchmark: ModuleType, folder: Path) -> list[object]:
    """All files that the corpus's makers made, and always the same 600 of the others."""
    made, others = [], []
    for case in benchmark.corpus_cases(folder):
        (made if case.name.startswith("generated/") else others).append(case)
    others.sort(key=lambda case: hashlib.sha256(case.name.encode()).digest())
    return made + others[:SAMPLE]


@pytest.mark.shared
@pytest.mark.slow
def test_the_targets_are_met(benchmark: ModuleType, corpus: Path):
    cases = sample(benchmark, corpus)
    assert len(cases) > SAMPLE + 150
    outcomes, before = benchmark.run(cases, len(cases))
    figures = benchmark.report(outcomes, before, corpus)
    missed = [name for name, met in figures["targets"].items() if not met]
    assert not missed, figures
    assert figures["decoder_breakdowns"] == 0
    assert figures["outcomes"]["accepted"] > 100


@pytest.mark.shared
@pytest.mark.slow
def test_heic_pixels_equal_those_of_pi_heif(corpus: Path):
    """No library that may be used here writes HEIC, so the samples of the corpus are read."""
    pi_heif = pytest.importorskip("pi_heif")
    compared = 0
    for path in sorted((corpus / "heif_avif" / "pillow_heif").glob("*.hei[cf]")):
        with contextlib.suppress(PhotoError):
            photo = open_photo(path)
            file = pi_heif.open_heif(path)
            if photo.info.colour_profile != "sRGB (assumed)" or file.mode != "RGB":
                continue
            assert np.array_equal(photo.rgb, np.array(file)), path.name
            compared += 1
    assert compared >= 8


def test_archive_members_cannot_leave_the_folder(benchmark: ModuleType, tmp_path: Path):
    """Links, devices and names that climb out are not unpacked."""
    import io  # noqa: PLC0415
    import tarfile  # noqa: PLC0415

    archive = tmp_path / "hostile.tar"
    with tarfile.open(archive, "w") as members:
        for name, kind in (("link", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            members.addfile(member)
        members.addfile(tarfile.TarInfo("fine"), io.BytesIO())
    folder = tmp_path / "out"
    benchmark.unpack(archive, folder)
    assert [path.name for path in folder.iterdir()] == ["fine"]
    for outside in ("../outside", str(tmp_path / "outside"), "in/../../outside"):
        with tarfile.open(archive, "w") as members:
            members.addfile(tarfile.TarInfo(outside), io.BytesIO())
        with pytest.raises(SystemExit, match="outside of its folder"):
            benchmark.unpack(archive, folder)
    assert not (tmp_path / "outside").exists()


def test_a_missed_target_is_reported(benchmark: ModuleType, tmp_path: Path):
    (tmp_path / "GENERATED.csv").write_text("file,bytes,what,expected\na.svg,1,x,415\n")
    slow = benchmark.Outcome("generated/a.svg", "accepted", "", 9.0, 300.0)
    untyped = benchmark.Outcome("b", benchmark.UNTYPED, "ValueError: x", 0.1, 20.0)
    figures = benchmark.report([slow, untyped], 10.0, tmp_path)
    assert not any(figures["targets"].values())
    assert figures["expected"]["missed"][0]["file"] == "a.svg"
