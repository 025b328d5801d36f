"""What is deployed: the unit has its walls, the image its rules, and both say what the docs say.

There is no engine here to build the image, so a linter reads it, and the rules that matter most are
read off the file itself.
"""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
LINES = re.sub(r"\\\n\s*", " ", (DEPLOY / "Containerfile").read_text(encoding="utf-8")).splitlines()
STEPS = [line.split(maxsplit=1) for line in LINES if line and not line.startswith("#")]
KNOWN = {
    "FROM",
    "LABEL",
    "ENV",
    "WORKDIR",
    "COPY",
    "RUN",
    "USER",
    "VOLUME",
    "EXPOSE",
    "HEALTHCHECK",
    "ENTRYPOINT",
    "CMD",
}


def steps(word: str) -> list[str]:
    return [rest for step, rest in STEPS if step == word]


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read(DEPLOY / "cutis.service", encoding="utf-8")
    return parser


def test_the_image_uses_known_instructions_only():
    assert {step for step, _ in STEPS} <= KNOWN


def test_the_base_is_named_with_its_version():
    (base,) = steps("FROM")
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim", base)


def test_the_image_runs_without_rights():
    assert steps("USER")[-1].isdecimal()
    assert int(steps("USER")[-1]) > 0
    assert not any("sudo" in run for run in steps("RUN"))


def test_nothing_is_fetched_from_addresses_and_no_cache_stays():
    assert not any("://" in run or "curl" in run or "wget" in run for run in steps("RUN"))
    assert any("PIP_NO_CACHE_DIR=1" in env for env in steps("ENV"))


def test_commands_are_lists_and_stand_once():
    for word in ("ENTRYPOINT", "CMD"):
        (command,) = steps(word)
        assert command.startswith("[")


def test_no_secret_is_baked_in():
    text = " ".join(LINES).lower()
    assert not re.search(r"(password|secret|token)\s*=", text)


def test_keys_and_data_lie_apart():
    env = dict(pair.split("=") for pair in steps("ENV")[0].split())
    data, keys = env["CUTIS_STORE_DIR"], env["CUTIS_STORE_KEYS_DIR"]
    assert not Path(keys).is_relative_to(data)
    assert not Path(env["CUTIS_STORE_ROOT_KEY_FILE"]).is_relative_to(data)


def test_the_unit_has_its_walls():
    service = unit()["Service"]
    for wall in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome"):
        assert service[wall] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert service["User"] != "root"
    assert service["ExecStart"].endswith("serve --login")


def test_systemd_reads_the_unit(tmp_path: Path):
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not on this machine")
    text = (DEPLOY / "cutis.service").read_text(encoding="utf-8")
    copy = tmp_path / "cutis.service"
    copy.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text), encoding="utf-8")
    assert "Unknown" not in run(tool, "verify", str(copy)).stderr


def test_hadolint_has_nothing_to_say():
    beside = Path(sys.executable).with_name("hadolint")
    tool = str(beside) if beside.exists() else shutil.which("hadolint")
    if tool is None:
        pytest.skip("hadolint is not installed")
    answer = run(tool, str(DEPLOY / "Containerfile"))
    assert (answer.returncode, answer.stdout) == (0, "")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - tools by their place, words of ours
        words, capture_output=True, text=True, check=False
    )
