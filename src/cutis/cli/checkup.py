"""What is installed, what is missing and what to do: findings as data; `doctor` shows them."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from cutis import __version__
from cutis.core.errors import CutisError

MIN_PYTHON = (3, 11)
BASE = {
    "numpy": "numpy",
    "opencv-python-headless": "cv2",
    "openvino": "openvino",
    "pillow": "PIL.Image",
    "pi-heif": "pi_heif",
    "jaxtyping": "jaxtyping",
    "pydantic": "pydantic",
    "jinja2": "jinja2",
    "typer": "typer",
    "rich": "rich",
    "platformdirs": "platformdirs",
}
"""Packages that every installation has, and the module that shows that they work."""

EXTRAS = {
    "pdf": ("weasyprint", "weasyprint", "PDF reports"),
    "raw": ("rawpy", "rawpy", "camera RAW photos"),
    "clinic": ("pydicom", "pydicom", "DICOM photographs"),
    "demo": ("scikit-image", "skimage", "the photo of cutis demo"),
    "verify": (
        "cryptography",
        "cryptography.hazmat.primitives.asymmetric.mldsa",
        "signed reports",
    ),
}
"""By extra: its package, the module that shows that it works, and what it is for."""


class State(StrEnum):
    """How a finding bears on the main job."""

    OK = "ok"
    OPTIONAL = "optional"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; ``advice`` is empty where nothing needs doing."""

    subject: str
    state: State
    seen: str
    advice: str = ""


def check_up() -> Iterator[Check]:
    """Look at everything that assessing a photo needs, and at the extras."""
    yield _python()
    yield Check("Cutis", State.OK, __version__)
    for project, module in BASE.items():
        yield _package(project, module)
    yield from (_extra(extra, *facts) for extra, facts in EXTRAS.items())
    yield _settings()
    yield from _runtime()
    yield _model()
    yield _models_folder()


def _python() -> Check:
    seen = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info >= MIN_PYTHON:
        return Check("Python", State.OK, seen)
    return Check("Python", State.MISSING, seen, "Use Python 3.11 or newer.")


def _package(project: str, module: str) -> Check:
    """Import a package: one that is installed may still be broken."""
    from cutis.models.quiet_openvino import import_openvino

    try:
        if module == "openvino":
            import_openvino()
        importlib.import_module(module)
        return Check(project, State.OK, metadata.version(project))
    except (ImportError, OSError) as error:
        advice = f'Run: pip install --force-reinstall "{project}"'
        return Check(project, State.MISSING, f"cannot be imported ({type(error).__name__})", advice)


def _extra(extra: str, project: str, module: str, purpose: str) -> Check:
    subject = f"{project} ({purpose})"
    try:
        importlib.import_module(module)
    except ImportError:
        return Check(subject, State.OPTIONAL, "not installed", f'Run: pip install "cutis[{extra}]"')
    except OSError:  # WeasyPrint says so when it finds no Pango
        advice = "Install Pango (Debian: apt install libpango-1.0-0 libpangoft2-1.0-0)."
        return Check(subject, State.OPTIONAL, "a system library is missing", advice)
    return Check(subject, State.OK, metadata.version(project))


def _settings() -> Check:
    from cutis.settings import config_path, load_settings

    try:
        load_settings()
    except CutisError as error:
        return Check("settings", State.MISSING, "cannot be used", str(error))
    path = config_path()
    return Check("settings", State.OK, str(path) if path.is_file() else "defaults; no file")


def _runtime() -> Iterator[Check]:
    """Tell the devices of OpenVINO and what the processor can do with 16-bit floats."""
    from cutis.models.quiet_openvino import import_openvino

    try:
        core = import_openvino().Core()
        devices = list(core.available_devices)
        abilities = list(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    except (ImportError, OSError, RuntimeError) as error:
        advice = 'Run: pip install --force-reinstall "openvino"'
        yield Check("OpenVINO devices", State.MISSING, type(error).__name__, advice)
        return
    yield Check("OpenVINO devices", State.OK, ", ".join(devices))
    bf16 = "yes" if "BF16" in abilities else "no"
    amx = "yes" if _has_amx() else "no"
    seen = f"bf16 {bf16}, AMX {amx}; fp32 is used unless the settings say otherwise"
    yield Check("processor", State.OK, seen)


def _has_amx() -> bool:
    """Tell whether Linux lists AMX tiles among the processor's flags; elsewhere no."""
    try:
        return "amx_tile" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False


def _model() -> Check:
    from cutis.models.cache import locate

    try:
        locate("face_landmarker", _chosen_folder())
    except CutisError as error:
        return Check("face model", State.MISSING, "not usable", str(error))
    return Check("face model", State.OK, "here, SHA-256 verified")


def _models_folder() -> Check:
    from cutis.models.cache import models_dir

    folder = _chosen_folder() or models_dir()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if os.access(there, os.W_OK):
        return Check("models folder", State.OK, str(folder))
    advice = "Name a folder that you may write to in CUTIS_MODELS_DIR."
    return Check("models folder", State.OPTIONAL, f"{folder} (read only)", advice)


def _chosen_folder() -> Path | None:
    """Return the models folder of the settings, None where they name none or cannot be used."""
    from cutis.settings import load_settings

    try:
        return load_settings().models.dir
    except CutisError:
        return None
