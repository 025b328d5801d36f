"""Cards and the registry: complete, strict, and true of the file that they describe."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from cutis.core.errors import ModelError
from cutis.models.builtin import CARDS, builtin_models
from cutis.models.card import read_card
from cutis.models.registry import Registry

CARD_FOLDER = Path(__file__).resolve().parents[2] / "src" / "cutis" / "models" / "cards"
TEXT = (CARD_FOLDER / "face_landmarker.toml").read_text(encoding="utf-8")


def test_every_card_is_listed():
    assert sorted(path.stem for path in CARD_FOLDER.glob("*.toml")) == sorted(CARDS)


def test_the_face_card_is_pinned():
    model = builtin_models().get("face_landmarker")
    assert model.file.sha256 == "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
    assert model.licence == "Apache-2.0"
    assert [type(source).__name__ for source in model.file.sources] == [
        "UrlSource",
        "WheelSource",
        "WheelSource",
    ]


@pytest.mark.model
def test_the_card_is_true_of_the_bundle(bundle: Path):
    """Size, members and their digests, and the shapes that OpenVINO reads."""
    model = builtin_models().get("face_landmarker")
    assert bundle.stat().st_size == model.file.size_bytes
    with zipfile.ZipFile(bundle) as zipped:
        for network in model.networks:
            assert hashlib.sha256(zipped.read(network.member)).hexdigest() == network.sha256


@pytest.mark.model
def test_the_networks_take_and_give_what_the_card_says(bundle: Path, tmp_path: Path):
    openvino = pytest.importorskip("openvino")
    with zipfile.ZipFile(bundle) as zipped:
        zipped.extractall(tmp_path)
    for network in builtin_models().get("face_landmarker").networks:
        read = openvino.Core().read_model(tmp_path / network.member)
        for ports, tensors in ((read.inputs, network.inputs), (read.outputs, network.outputs)):
            shapes = {name: shape_of(port) for port in ports for name in port.get_names()}
            assert {tensor.name: tensor.shape for tensor in tensors} == shapes


def shape_of(port) -> tuple[int, ...]:  # noqa: ANN001 - OpenVINO gives no types
    return tuple(-1 if side.is_dynamic else side.get_length() for side in port.partial_shape)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('licence = "Apache-2.0"', "", "card lacks: licence"),
        ('licence = "Apache-2.0"', 'license = "Apache-2.0"', "unknown fields: license"),
        ("size_bytes = 3758596", 'size_bytes = "much"', r"card\.file\.size_bytes must be int"),
        ('classes = ["face"]', 'classes = "face"', r"card\.classes must be a list"),
        ('name = "face_landmarker"\n', "name = \n", "must be TOML"),
        ("low = -1.0", 'low = "dark"', r"inputs\[0\]\.low must be float"),
    ],
)
def test_a_card_that_says_too_much_or_too_little(before: str, after: str, message: str):
    assert before in TEXT
    with pytest.raises(ModelError, match=message):
        read_card(TEXT.replace(before, after, 1))


def test_adding_is_all_or_nothing():
    face = builtin_models().get("face_landmarker")
    registry = Registry()
    registry.add(face)
    with pytest.raises(ModelError, match="Two models are called face_landmarker"):
        registry.add(replace(face, name="other"), face)
    assert [model.name for model in registry] == ["face_landmarker"]
    assert len(registry) == 1
    assert "other" not in registry


SERVING = """
shipped = true

[[more_files]]
name = "conditions.bin"
sha256 = "00"
size_bytes = 7

[[conditions]]
condition = "acne"
mm_per_px = 0.25
coarsest_mm_per_px = 0.5
slope = 2

[[metrics]]
subject = "acne"
name = "pixel AP"
data = "real photos"
value = 0.4
classical = 0.2

[lesions]
side_px = 64
smallest_mm = 4.0
times_lesion = 2.5
temperature = 1.5
other_at_most = 0.5
"""


def test_a_card_tells_what_it_serves():
    shipped, tables = SERVING.split("\n\n", 1)
    model = read_card(f"{shipped}\n{TEXT}\n{tables}")
    assert model.shipped
    assert [file.name for file in model.files] == ["face_landmarker.task", "conditions.bin"]
    (served,) = model.conditions
    assert (served.condition, served.slope, served.offset) == ("acne", 2.0, 0.0)
    assert served.present_slope is None
    assert model.metrics[0].classical == 0.2
    assert model.lesions is not None
    assert model.lesions.temperature == 1.5


def test_a_card_with_a_wrong_table_is_refused():
    wrong = SERVING.split("\n\n", 1)[1].replace("temperature = 1.5", 'temperature = "warm"')
    with pytest.raises(ModelError, match=r"card\.lesions\.temperature must be float"):
        read_card(f"{TEXT}\n{wrong}")
