"""Every knob as one frozen tree, read once from a TOML file and the environment.

A later source wins: defaults, then the file, then the environment, then what the caller overrides.
An unknown key is refused, with the nearest known one.
"""

from __future__ import annotations

import difflib
import math
import os
import tomllib
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from cutis.assistant.endpoint import API_KEY_VARIABLE, AssistantSettings
from cutis.core.errors import SettingsError
from cutis.core.vocabulary import Strictness
from cutis.models.runtime import RuntimeOptions
from cutis.steps.intake import IntakeLimits
from cutis.steps.quality import QualityLimits
from cutis.store.options import StoreOptions

CONFIG_VARIABLE = "CUTIS_CONFIG"
"""Environment variable that names the settings file."""

FILE_NAME = "cutis.toml"

_PREFIX = "CUTIS_"
_NOT_SETTINGS = frozenset({CONFIG_VARIABLE, API_KEY_VARIABLE, "CUTIS_SHARED"})
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
_KIND_NAMES = {int: "a whole number", float: "a number", str: "text", Path: "a path"}
_Tree = TypeVar("_Tree")


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """How strictly the capture quality is judged, and by which limits."""

    strictness: Strictness = Strictness.NORMAL
    """`strict`, `normal`, `lenient`, or `off`: measured, but nothing is refused."""

    limits: QualityLimits = field(default_factory=QualityLimits)
    """The scales of the measures; see the section below."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Where model files lie, and which of them are used."""

    dir: Path | None = None
    """The folder of model files; `models` in the user's cache folder where none is named."""

    learned: bool = True
    """Whether learned models replace the classical measures where they are better."""

    enhancement: Literal["auto", "off"] = "auto"
    """`auto` enlarges a small, sharp face to find it and its skin, `off` does not."""


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """How the service answers; `cutis serve` reads it."""

    host: str = "127.0.0.1"
    """The address that is listened on."""

    port: int = 8321
    """The port; 0 takes a free one."""

    login: bool = False
    """Whether everybody signs in. Without, one person works on this machine's own address only."""

    public_url: str = ""
    """The address that people type (`https://skin.example.org`); passkeys are bound to it."""

    proxied: bool = False
    """Whether a reverse proxy on this machine stands before and tells addresses and encryption."""

    workers: int = 0
    """How many analyses run at once; 0 takes half of the processors."""

    worker_memory_bytes: int = 3 << 30
    """Memory that one analysis may take on top of the models."""

    task_timeout_s: float = 60.0
    """Wall time that one analysis may take."""

    heavy_places: int = 8
    """How many uploads, exports and sign-ins may be at work before others are refused."""

    light_places: int = 128
    """How many other requests may be at work before others are refused."""

    queued_jobs: int = 32
    """How many analyses may wait before uploads are refused."""

    requests_per_minute: float = 1200.0
    """How many requests one user may make in a minute."""

    sign_ins_per_minute: float = 10.0
    """How many sign-ins may be tried in a minute, by address and by account."""

    session_idle_s: float = 1800.0
    """How long a session lasts without a request."""

    session_most_s: float = 43_200.0
    """How long a session lasts at most."""

    step_up_s: float = 300.0
    """How long a confirmation of who one is counts."""

    private_webhooks: bool = False
    """Whether webhooks may lead to addresses of this machine or of a private network."""

    witnesses: tuple[Path, ...] = ()
    """Folders of witnesses of the log, two or none; `cutis keys make --kind witness` makes one."""

    traces_url: str = ""
    """Where OpenTelemetry traces are sent (OTLP over HTTP); none by default."""


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """How `cutis batch` works through many photos."""

    attempts: int = 3
    """How many workers may fall at one photo before it is put in quarantine."""

    task_timeout_s: float = 60.0
    """Wall time that one photo may take."""

    worker_memory_bytes: int = 2 << 30
    """Memory that one photo may take on top of the models."""

    rows_per_part: int = 1000
    """Rows of one Parquet file."""

    ray_address: str = ""
    """A running Ray cluster; without, one is started on this machine's own address."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of Cutis, as one frozen tree."""

    intake: IntakeLimits = field(default_factory=IntakeLimits)
    quality: QualitySettings = field(default_factory=QualitySettings)
    runtime: RuntimeOptions = field(default_factory=RuntimeOptions)
    models: ModelSettings = field(default_factory=ModelSettings)
    assistant: AssistantSettings = field(default_factory=AssistantSettings)
    store: StoreOptions = field(default_factory=StoreOptions)
    service: ServiceSettings = field(default_factory=ServiceSettings)
    batch: BatchSettings = field(default_factory=BatchSettings)


def config_path(environment: Mapping[str, str] | None = None) -> Path:
    """Return where the settings file is looked for: `CUTIS_CONFIG`, or the user's config folder."""
    environment = os.environ if environment is None else environment
    if chosen := environment.get(CONFIG_VARIABLE):
        return Path(chosen).expanduser()
    from platformdirs import user_config_dir  # noqa: PLC0415 - only where no file is named

    return Path(user_config_dir("cutis", appauthor=False)) / FILE_NAME


def load_settings(
    path: Path | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read the settings.

    Args:
        path: a TOML file that must exist; by default the one at `config_path`, if there is one.
        environment: variables by name; those of the process by default.

    Returns:
        The settings: defaults, overridden by the file, overridden by the environment.

    Raises:
        SettingsError: the file is missing though named, or is no TOML; a key is unknown; a value
            does not fit.
    """
    environment = os.environ if environment is None else environment
    settings = override(Settings(), _read_file(path, environment))
    return override(settings, _from_environment(environment))


def override(tree: _Tree, values: Mapping[str, object], where: str = "") -> _Tree:
    """Return ``tree`` with ``values`` in place of its own.

    Args:
        tree: a frozen dataclass; branches are dataclasses too.
        values: a nested mapping by field name, with values as TOML or text gives them.
        where: the dotted name of ``tree``, for messages.

    Raises:
        SettingsError: a key is unknown or a value does not fit.
    """
    hints = get_type_hints(type(tree))
    changes = {}
    for key, value in values.items():
        dotted = f"{where}.{key}" if where else key
        if key not in hints:
            raise _unknown(dotted, [f"{where}.{name}" if where else name for name in hints])
        current = getattr(tree, key)
        if is_dataclass(current) and not isinstance(current, type):
            changes[key] = override(current, _table(value, dotted), dotted)
        else:
            changes[key] = _coerce(hints[key], value, dotted)
    return _replaced(tree, changes, where)


def setting_names(tree: Any = None, where: str = "") -> Iterator[tuple[str, Any, object]]:
    """Yield the dotted name, the type and the value of every setting of ``tree``; the defaults."""
    tree = Settings() if tree is None else tree
    hints = get_type_hints(type(tree))
    for entry in fields(tree):
        dotted = f"{where}.{entry.name}" if where else entry.name
        value = getattr(tree, entry.name)
        if is_dataclass(value):
            yield from setting_names(value, dotted)
        else:
            yield dotted, hints[entry.name], value


def variable_name(dotted: str) -> str:
    """Return the environment variable of a setting: ``models.dir`` is ``CUTIS_MODELS_DIR``."""
    return _PREFIX + dotted.replace(".", "_").upper()


def _read_file(path: Path | None, environment: Mapping[str, str]) -> dict[str, object]:
    named = path is not None or CONFIG_VARIABLE in environment
    path = path or config_path(environment)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if not named:
            return {}
        raise SettingsError(
            f"The settings file that was named does not exist. "
            f"Make it, or name another one in {CONFIG_VARIABLE}."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise SettingsError(
            f"The settings file cannot be read ({reason}). Make it a readable text."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"The settings file must be TOML: {error}. Correct that line."
        ) from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    """Sort the variables that start with ``CUTIS_`` into a nested mapping."""
    known = {variable_name(dotted): dotted for dotted, _, _ in setting_names()}
    nested: dict[str, Any] = {}
    for variable, text in environment.items():
        if not variable.startswith(_PREFIX) or variable in _NOT_SETTINGS or not text:
            continue
        if variable not in known:
            raise _unknown(variable, [*known, *_NOT_SETTINGS])
        *branches, leaf = known[variable].split(".")
        place = nested
        for branch in branches:
            place = place.setdefault(branch, {})
        place[leaf] = text
    return nested


def _table(value: object, dotted: str) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    raise SettingsError(
        f"The setting {dotted} is a table of settings, not {_shown(value)}. "
        f"Write [{dotted}] and its settings below."
    )


def _coerce(kind: Any, value: object, dotted: str) -> Any:
    """Turn ``value``, from TOML or as text, into ``kind``."""
    if isinstance(kind, types.UnionType):
        kind = next(option for option in get_args(kind) if option is not type(None))
    try:
        if get_origin(kind) in (tuple, frozenset):
            return _sequence(kind, value, dotted)
        if get_origin(kind) is Literal:
            return get_args(kind)[get_args(kind).index(value)]
        if kind is bool:
            return _flag(value)
        if isinstance(value, bool) or (isinstance(value, float) and kind is int):
            raise TypeError  # noqa: TRY301 - answered below, with the others
        return _finite(kind(value))
    except (ValueError, TypeError) as error:
        raise SettingsError(
            f"The setting {dotted} takes {_takes(kind)}, not {_shown(value)}. Correct it."
        ) from error


def _sequence(kind: Any, value: object, dotted: str) -> Any:
    """Read a list, or a text with commas."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list):
        raise TypeError
    item_kind = get_args(kind)[0]
    return get_origin(kind)(
        _coerce(item_kind, item.strip() if isinstance(item, str) else item, dotted)
        for item in items
    )


def _flag(value: object) -> bool:
    word = str(value).lower()
    if word not in _TRUE | _FALSE:
        raise ValueError
    return word in _TRUE


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError
    return value.expanduser() if isinstance(value, Path) else value


def _takes(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(str(member.value) for member in kind)
    if kind is bool:
        return "true or false"
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(str(choice) for choice in get_args(kind))
    if get_origin(kind) is not None:
        return "a list"
    return _KIND_NAMES.get(kind, getattr(kind, "__name__", str(kind)))


def _shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _replaced(tree: _Tree, changes: dict[str, Any], where: str) -> _Tree:
    try:
        replaced: _Tree = replace(tree, **changes)  # type: ignore[type-var]
    except ValueError as error:  # a dataclass may check itself in __post_init__
        raise SettingsError(f"The settings {where or 'given'} do not fit: {error}") from error
    return replaced


def _unknown(name: str, known: list[str]) -> SettingsError:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]}?" if close else "See the reference page on settings."
    return SettingsError(f"There is no setting {name}. {hint}")
