"""OpenVINO reports nothing when Cutis imports it: no look-up, no identifier in the home folder."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "cutis"
WATCHED = """
import socket, time
from pathlib import Path
log = Path({log!r})
def watch(host, *args, **options):
    with log.open("a") as lines:
        print(host, file=lines)
    raise socket.gaierror("nobody is asked")
socket.getaddrinfo = watch
socket.socket.connect = lambda self, address: watch(address)
{imports}
deadline_s = time.monotonic() + {wait_s}
while time.monotonic() < deadline_s and not log.exists():
    time.sleep(0.05)
"""


def watched(imports: str, folder: Path, wait_s: float) -> tuple[str, list[str]]:
    """Run ``imports`` in a process of its own, as outside CI.

    Returns what was looked up on the network, by its children too, and the files left at home.
    """
    home, log = folder / "home", folder / "log"
    home.mkdir()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CI", "GITHUB"))}
    subprocess.run(  # noqa: S603 - fixed words
        [sys.executable, "-c", WATCHED.format(log=str(log), imports=imports, wait_s=wait_s)],
        env=environment | {"HOME": str(home)},
        check=True,
    )
    left = [path.name for path in home.rglob("*")]
    return log.read_text(encoding="utf-8") if log.exists() else "", left


def test_nothing_is_asked_and_nothing_is_left(tmp_path: Path):
    imports = (
        "from cutis.models.quiet_openvino import import_openvino; import_openvino().Core();"
        "import openvino.tools.ovc"
    )
    assert watched(imports, tmp_path, wait_s=1.0) == ("", [])


@pytest.mark.skipif(sys.platform != "linux", reason="homes lie elsewhere")
def test_a_plain_import_would_leave_something(tmp_path: Path):
    """The case that is guarded against is real; when it no longer is, the guard can go."""
    pytest.importorskip("openvino_telemetry")
    asked, left = watched("import openvino", tmp_path, wait_s=5.0)
    assert asked or left


def test_another_program_may_still_use_the_telemetry_package():
    pytest.importorskip("openvino_telemetry")
    code = (
        "from cutis.models.quiet_openvino import import_openvino; import_openvino();"
        "import_openvino(); import openvino_telemetry"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)  # noqa: S603


def test_openvino_is_imported_in_one_place():
    places = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "openvino" for name in names):
                places.add(path.name)
    assert places == {"quiet_openvino.py"}
