"""The survey of a bank: what it tells of a face, and that it looks only once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cutis.core.errors import InputError
from cutis.datasets import bank as bank_module
from cutis.datasets.bank import SURVEY, bank_sha256, light_of, survey
from cutis.datasets.faces import PreparedFace, save_face


def a_face(source: str, *, seed: int = 0, slope: float = 0.0, person: str = "") -> PreparedFace:
    rng = np.random.default_rng(seed)
    side = 40
    light = np.exp(slope * np.linspace(-1, 1, side))[None, :, None]
    rgb = np.array([180, 140, 120]) * light**0.45 + rng.integers(-9, 10, (side, side, 1))
    skin = np.ones((side, side), bool)
    return PreparedFace(
        rgb=np.clip(rgb, 0, 255).astype(np.uint8),
        skin=skin,
        regions=skin.astype(np.uint8),
        excluded=~skin,
        creases=~skin,
        points=np.zeros((478, 2), np.float32),
        mm_per_px=0.3,
        ita_deg=30.0,
        yaw_deg=0.0,
        person=person or source,
        source=source,
    )


def keep(folder: Path, *faces: PreparedFace) -> Path:
    folder.mkdir(exist_ok=True)
    for face in faces:
        save_face(face, folder / f"{face.source.replace('/', '__')}.npz")
    return folder


@pytest.mark.parametrize(
    ("slope", "light"), [(0.0, "frontal"), (0.7, "subject_left"), (-0.7, "subject_right")]
)
def test_light_is_told_by_side_of_the_subject(slope: float, light: str):
    """The right of the picture is the subject's left."""
    assert light_of(a_face("set/1", slope=slope)) == light


def test_a_survey_tells_person_age_and_twins(tmp_path: Path):
    folder = keep(
        tmp_path,
        a_face("sfhq/variability_age_r05c01", seed=1),
        a_face("sfhq/variability_hair_color_r00c00", seed=2),
        a_face("sfhq_t2i/hats_r00c01", seed=3),
        a_face("sfhq_t2i/makeup_r02c00", seed=3),
        a_face("own/one", seed=4, person="Ada"),
    )
    facts = {face.source: face for face in survey(folder)}
    assert facts["sfhq/variability_age_r05c01"].age == "old"
    persons = {source: face.person for source, face in facts.items()}
    assert persons["sfhq/variability_age_r05c01"] == "sfhq/variability"
    assert persons["sfhq/variability_hair_color_r00c00"] == "sfhq/variability"
    assert persons["sfhq_t2i/hats_r00c01"] == persons["sfhq_t2i/makeup_r02c00"]
    assert persons["own/one"] == "Ada"


def test_a_face_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = keep(tmp_path, a_face("set/1", seed=1), a_face("set/2", seed=2))
    first = survey(folder)
    looked: list[Path] = []
    look = bank_module._look
    monkeypatch.setattr(bank_module, "_look", lambda file: looked.append(file) or look(file))
    assert survey(folder) == first
    assert not looked
    keep(folder, a_face("set/3", seed=3))
    assert len(survey(folder)) == 3
    assert [file.name for file in looked] == ["set__3.npz"]


def test_a_broken_note_is_no_harm(tmp_path: Path):
    folder = keep(tmp_path, a_face("set/1", seed=1))
    first = survey(folder)
    (folder / SURVEY).write_text("{torn")
    assert survey(folder) == first


def test_the_digest_is_that_of_the_faces(tmp_path: Path):
    one = survey(keep(tmp_path / "a", a_face("set/1", seed=1)))
    same = survey(keep(tmp_path / "b", a_face("set/1", seed=1)))
    other = survey(keep(tmp_path / "c", a_face("set/1", seed=2)))
    assert bank_sha256(one) == bank_sha256(same) != bank_sha256(other)


def test_an_empty_bank_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="cutis synth faces"):
        survey(tmp_path)
