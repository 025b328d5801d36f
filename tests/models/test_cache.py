"""Locating a model: verified each time, and a message that says what to run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from cutis.core.errors import ModelError
from cutis.models.cache import locate, models_dir


def test_the_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CUTIS_MODELS_DIR", str(tmp_path))
    assert models_dir() == tmp_path


def test_the_folder_is_in_the_users_cache(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CUTIS_MODELS_DIR", raising=False)
    assert models_dir().parts[-2:] == ("cutis", "models")


def test_a_missing_model_tells_what_to_run(tmp_path: Path):
    with pytest.raises(
        ModelError, match=r"not on this machine\. Run: cutis models pull"
    ) as refusal:
        locate("face_landmarker", tmp_path)
    assert str(tmp_path) not in str(refusal.value)


def test_an_altered_model_is_refused(tmp_path: Path):
    (tmp_path / "face_landmarker.task").write_bytes(b"altered")
    with pytest.raises(ModelError, match=hashlib.sha256(b"altered").hexdigest()):
        locate("face_landmarker", tmp_path)


def test_an_unreadable_model_is_a_model_error(tmp_path: Path):
    (tmp_path / "face_landmarker.task").mkdir()
    with pytest.raises(ModelError, match="cannot be read"):
        locate("face_landmarker", tmp_path)


def test_an_unknown_model_is_guessed_at():
    with pytest.raises(ModelError, match=r"Did you mean face_landmarker\?"):
        locate("face_landmark")


@pytest.mark.model
def test_the_bundle_is_found(bundle: Path):
    assert bundle.name == "face_landmarker.task"
