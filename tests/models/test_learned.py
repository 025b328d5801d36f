"""Shipped models: found where they are, refused where altered, missed without an error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_networks import by_mean_colour, card, convolution, lesion_card, of_channel, write

from cutis.core.errors import ModelError
from cutis.core.vocabulary import Condition, LesionType
from cutis.models import cache
from cutis.models.cache import is_here, read_files, verify_all
from cutis.models.descriptor import Descriptor, ServedCondition
from cutis.models.learned import condition_segmenters, lesion_classifier
from cutis.models.pull import pull, pull_from_file
from cutis.models.runtime import NetworkFiles, Runtime

FILES = convolution(of_channel("acne", 4))
MODEL = card(FILES, ServedCondition("acne", 0.25, 0.5))
TYPES = (LesionType.PAPULE, LesionType.OTHER)


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of the package's own."""
    monkeypatch.setattr(cache, "WEIGHTS_DIR", tmp_path)
    return tmp_path


def test_shipped_weights_are_served(weights: Path):
    write(MODEL, FILES, weights)
    assert is_here(MODEL)
    assert read_files(MODEL) == (FILES.graph, FILES.weights)
    (segmenter,) = condition_segmenters([MODEL], Runtime())
    assert segmenter.conditions == {Condition.ACNE}
    assert segmenter.uses()[0].sha256 == MODEL.sha256


def test_missing_weights_are_no_error(weights: Path):
    assert condition_segmenters([MODEL], Runtime()) == ()
    assert lesion_classifier([MODEL], Runtime()) is None
    write(MODEL, FILES, weights)
    (weights / "conditions.bin").unlink()
    assert condition_segmenters([MODEL], Runtime()) == ()


@pytest.mark.parametrize("name", ["conditions.xml", "conditions.bin"])
def test_a_changed_byte_is_refused(weights: Path, name: str):
    write(MODEL, FILES, weights)
    content = bytearray((weights / name).read_bytes())
    content[len(content) // 2] ^= 1
    (weights / name).write_bytes(content)
    with pytest.raises(ModelError, match=rf"{name} is not the one.*install Cutis anew"):
        condition_segmenters([MODEL], Runtime())
    with pytest.raises(ModelError, match="not the one that was checked"):
        verify_all(MODEL)
    with pytest.raises(ModelError, match="not the one that was checked"):
        pull(MODEL)


def test_a_shipped_model_needs_no_pull(weights: Path):
    write(MODEL, FILES, weights)
    assert pull(MODEL).origin == "comes with Cutis"
    with pytest.raises(ModelError, match="comes with Cutis"):
        pull_from_file(MODEL, weights / "conditions.bin")


def test_the_digest_of_several_files_depends_on_each():
    def altered(model: Descriptor, index: int) -> Descriptor:
        files = list(model.files)
        files[index] = replace(files[index], sha256="0" * 64)
        return replace(model, file=files[0], more_files=tuple(files[1:]))

    digests = {MODEL.sha256, altered(MODEL, 0).sha256, altered(MODEL, 1).sha256}
    assert len(digests) == 3
    assert replace(MODEL, more_files=()).sha256 == MODEL.file.sha256


def test_the_last_classifier_is_taken(weights: Path):
    files = by_mean_colour(np.zeros((2, 3)), np.zeros(2))
    model = lesion_card(files, TYPES)
    write(model, files, weights)
    assert lesion_classifier([MODEL], Runtime()) is None
    chosen = lesion_classifier([MODEL, model], Runtime())
    assert chosen is not None
    assert chosen.types == TYPES


def test_a_network_from_memory_is_kept_compiled(tmp_path: Path):
    kept = tmp_path / "compiled"
    runtime = Runtime(kept=kept)
    answers = [
        runtime.compile_ir(files, "drawn")(np.ones((1, 17, 32, 32), np.float32))[0]
        for files in (FILES, NetworkFiles(FILES.graph, FILES.weights))
    ]
    assert np.array_equal(*answers)
    assert len(list(kept.glob("*.blob"))) == 1
