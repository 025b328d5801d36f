"""Settings: defaults, then the file, then the environment; what does not fit is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest

from cutis.core.errors import SettingsError
from cutis.core.vocabulary import Strictness
from cutis.settings import (
    Settings,
    config_path,
    load_settings,
    override,
    setting_names,
    variable_name,
)


class Light(StrEnum):
    DAY = "day"
    LAMP = "lamp"


@dataclass(frozen=True)
class Leaf:
    count: int = 1
    share: float = 0.5
    on: bool = False
    name: str | None = None
    light: Light = Light.DAY
    folder: Path | None = None
    pair: tuple[float, ...] = (1.0, 2.0)
    kind: Literal["small", "large"] = "small"

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("count must not be below 0")


@dataclass(frozen=True)
class Tree:
    leaf: Leaf = field(default_factory=Leaf)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "cutis.toml"


def test_defaults_need_no_file(tmp_path: Path):
    assert load_settings(environment=empty_config(tmp_path)) == Settings()


def empty_config(folder: Path) -> dict[str, str]:
    """Keep a settings file of the person who runs the tests out of them."""
    (folder / "empty.toml").write_text("")
    return {"CUTIS_CONFIG": str(folder / "empty.toml")}


def test_the_file_overrides_defaults(config: Path):
    config.write_text('[quality]\nstrictness = "strict"\n[runtime]\nthreads = 3\n')
    settings = load_settings(config, {})
    assert settings.quality.strictness is Strictness.STRICT
    assert settings.runtime.threads == 3
    assert settings.intake == Settings().intake


def test_the_environment_overrides_the_file(config: Path):
    config.write_text("[runtime]\nthreads = 3\n")
    settings = load_settings(config, {"CUTIS_RUNTIME_THREADS": "5"})
    assert settings.runtime.threads == 5


def test_the_file_may_be_named_in_the_environment(config: Path):
    config.write_text("[runtime]\nthreads = 3\n")
    environment = {"CUTIS_CONFIG": str(config)}
    assert config_path(environment) == config
    assert load_settings(environment=environment).runtime.threads == 3


def test_a_named_file_must_exist(config: Path):
    with pytest.raises(SettingsError, match="does not exist") as refusal:
        load_settings(config, {})
    assert str(config.parent) not in str(refusal.value)


def test_a_file_that_is_no_toml(config: Path):
    config.write_text("threads: 3")
    with pytest.raises(SettingsError, match="must be TOML"):
        load_settings(config, {})


def test_a_file_that_is_no_text(config: Path):
    config.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(config, {})


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("[runtime]\nthread = 3", "Did you mean runtime.threads?"),
        ("[runtimes]\nthreads = 3", "Did you mean runtime?"),
        ("[quality]\nstricktness = 'off'", "Did you mean quality.strictness?"),
        ("zzz = 1", "See the reference page on settings."),
    ],
)
def test_an_unknown_key_is_guessed_at(config: Path, text: str, guess: str):
    config.write_text(text)
    with pytest.raises(SettingsError, match="There is no setting") as refusal:
        load_settings(config, {})
    assert guess in str(refusal.value)


def test_an_unknown_variable_is_guessed_at(tmp_path: Path):
    environment = {"CUTIS_RUNTIME_THREAD": "3"} | empty_config(tmp_path)
    with pytest.raises(SettingsError, match=r"Did you mean CUTIS_RUNTIME_THREADS\?"):
        load_settings(environment=environment)


def test_variables_of_others_are_left_alone(tmp_path: Path):
    environment = {"PATH": "/bin", "CUTIS_SHARED": "x"} | empty_config(tmp_path)
    assert load_settings(environment=environment) == Settings()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"count": 3}, Leaf(count=3)),
        ({"count": "3"}, Leaf(count=3)),
        ({"share": 2}, Leaf(share=2.0)),
        ({"on": "yes"}, Leaf(on=True)),
        ({"on": False}, Leaf(on=False)),
        ({"name": "x"}, Leaf(name="x")),
        ({"light": "lamp"}, Leaf(light=Light.LAMP)),
        ({"folder": "/tmp"}, Leaf(folder=Path("/tmp"))),  # noqa: S108 - a name, not a place
        ({"pair": [3, 4]}, Leaf(pair=(3.0, 4.0))),
        ({"pair": "3, 4"}, Leaf(pair=(3.0, 4.0))),
        ({"kind": "large"}, Leaf(kind="large")),
    ],
)
def test_values_become_what_the_field_takes(values: dict[str, object], expected: Leaf):
    assert override(Tree(), {"leaf": values}) == Tree(expected)


@pytest.mark.parametrize(
    ("values", "takes"),
    [
        ({"count": "many"}, "takes a whole number, not 'many'"),
        ({"count": 2.5}, "takes a whole number, not '2.5'"),
        ({"count": True}, "takes a whole number, not 'True'"),
        ({"share": "nan"}, "takes a number, not 'nan'"),
        ({"share": float("inf")}, "takes a number, not 'inf'"),
        ({"on": "perhaps"}, "takes true or false, not 'perhaps'"),
        ({"light": "moon"}, "takes one of day, lamp, not 'moon'"),
        ({"kind": "medium"}, "takes one of small, large, not 'medium'"),
        ({"pair": 3}, "takes a list, not '3'"),
        ({"count": -1}, "do not fit: count must not be below 0"),
        ({"name": "x", "nmae": "y"}, "Did you mean leaf.name?"),
    ],
)
def test_values_that_do_not_fit_are_told(values: dict[str, object], takes: str):
    with pytest.raises(SettingsError) as refusal:
        override(Tree(), {"leaf": values})
    assert takes in str(refusal.value)


def test_a_branch_is_a_table():
    with pytest.raises(SettingsError, match=r"Write \[leaf\]"):
        override(Tree(), {"leaf": 3})


def test_long_values_are_cut_in_messages():
    with pytest.raises(SettingsError) as refusal:
        override(Tree(), {"leaf": {"count": "9" * 50 + "x"}})
    assert len(str(refusal.value)) < 150


def test_every_setting_has_a_variable_of_its_own():
    names = [variable_name(dotted) for dotted, _, _ in setting_names()]
    assert len(names) == len(set(names)) > 10


@pytest.mark.parametrize("dotted", [dotted for dotted, _, _ in setting_names()])
def test_every_default_can_be_written_in_the_environment(dotted: str, tmp_path: Path):
    """Writing a setting's own default changes nothing."""
    default = next(value for name, _, value in setting_names() if name == dotted)
    if default is None:
        pytest.skip("no default to write")
    text = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
    environment = {variable_name(dotted): text} | empty_config(tmp_path)
    assert load_settings(environment=environment) == Settings()
