"""``cutis keys``, ``sign``, ``verify``, ``disclose``: from new keys to an answer elsewhere."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drawn_logs import REPORT, logged
from typer.testing import CliRunner

from cutis.cli.app import app
from cutis.reports.json import to_json
from cutis.store import key_files
from cutis.store.key_files import public_text
from cutis.testing import sample_assessment

Run = Callable[..., Any]
TRUSTED = ("--keys", "keys/signer.public.json")
SIGNATURE = "assessment.json.signature.json"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``cutis`` in a folder that holds an assessment and keys."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(key_files, "_SCRYPT", {"n": 1 << 10, "r": 8, "p": 1})
    Path("assessment.json").write_text(to_json(sample_assessment()), encoding="utf-8")
    runner = CliRunner()

    def call(*words: str, answer: str | None = None) -> Any:
        return runner.invoke(app, list(words), input=answer)

    assert call("keys", "make", "clinic.example/reports", "--out", "keys").exit_code == 0
    return call


def sign(run: Run) -> None:
    assert run("sign", "assessment.json", "--key", "keys/signer.private.json").exit_code == 0


def told(answer: Any) -> str:
    """Return all that was printed, with what differs between runs left out."""
    text = re.sub(r"\b[0-9a-f]{4}(-[0-9a-f]{4}){4}\b", "FINGERPRINT", answer.output)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "TIME", text)


def test_a_signed_report_is_verified(run: Run, snapshot: Any):
    sign(run)
    answer = run("verify", "assessment.json", *TRUSTED)
    assert answer.exit_code == 0
    assert told(answer) == snapshot


def test_a_changed_report_is_not(run: Run, snapshot: Any):
    sign(run)
    report = Path("assessment.json")
    report.write_bytes(report.read_bytes().replace(b"34.0", b"14.0", 1))
    answer = run("verify", "assessment.json", *TRUSTED)
    assert answer.exit_code == 5
    assert told(answer) == snapshot


def test_a_part_is_shown_and_verified(run: Run, snapshot: Any):
    sign(run)
    words = ("--only", "acne, scarring", "--out", "part.json")
    assert run("disclose", "assessment.json", *words).exit_code == 0
    Path("assessment.json").unlink()
    Path(SIGNATURE).unlink()
    answer = run("verify", "part.json", *TRUSTED)
    assert answer.exit_code == 0
    assert told(answer) == snapshot
    part = Path("part.json")
    part.write_text(part.read_text(encoding="utf-8").replace("34.0", "14.0"), encoding="utf-8")
    assert run("verify", "part.json", *TRUSTED).exit_code == 5


def test_a_report_in_a_log_is_verified(run: Run):
    file, trusted = logged()
    Path("r.json").write_bytes(REPORT)
    Path("r.json.signature.json").write_text(file.text(), encoding="utf-8")
    Path("trusted.json").write_text(public_text(trusted), encoding="utf-8")
    answer = run("verify", "r.json", "--keys", "trusted.json", "--require-log", "--json")
    assert answer.exit_code == 0
    assert json.loads(answer.output)["log"]["entry"] == 3
    more = run("verify", "r.json", "--keys", "trusted.json", "--witnesses", "3")
    assert more.exit_code == 2


def test_a_report_in_no_log_is_refused_where_one_is_asked(run: Run):
    sign(run)
    answer = run("verify", "assessment.json", *TRUSTED, "--require-log")
    assert answer.exit_code == 5
    assert "stands in no log" in answer.output


def test_a_refusal_is_json_too(run: Run):
    sign(run)
    Path("assessment.json").write_text("{}", encoding="utf-8")
    answer = run("verify", "assessment.json", *TRUSTED, "--json")
    assert answer.exit_code == 5
    assert json.loads(answer.stdout)["code"] == "store.tampered"


def test_without_keys_the_question_is_whom_you_trust(run: Run):
    sign(run)
    answer = run("verify", "assessment.json")
    assert answer.exit_code == 2
    assert "Whom do you trust?" in answer.output


def test_keys_beside_the_settings_are_trusted(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sign(run)
    monkeypatch.setenv("CUTIS_CONFIG", str(tmp_path / "config" / "cutis.toml"))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "cutis.toml").touch()
    Path("keys/signer.public.json").rename(tmp_path / "config" / "trusted-keys.json")
    assert run("verify", "assessment.json").exit_code == 0


def test_a_report_without_signature_proves_nothing(run: Run):
    answer = run("verify", "assessment.json", *TRUSTED)
    assert answer.exit_code == 5
    assert "bears no signature" in answer.output


def test_a_missing_report_is_said(run: Run):
    assert run("verify", "nothing.json", *TRUSTED).exit_code == 2


def test_private_keys_are_for_their_owner_only(run: Run):
    assert stat.S_IMODE(Path("keys/signer.private.json").stat().st_mode) == 0o600
    Path("keys/signer.private.json").chmod(0o644)
    answer = run("sign", "assessment.json", "--key", "keys/signer.private.json")
    assert answer.exit_code == 0
    assert "chmod 600" in answer.output


def test_keys_are_not_overwritten(run: Run):
    before = Path("keys/signer.private.json").read_bytes()
    answer = run("keys", "make", "clinic.example/reports", "--out", "keys")
    assert answer.exit_code == 2
    assert "not overwritten" in answer.output
    assert Path("keys/signer.private.json").read_bytes() == before


def test_a_passphrase_is_asked_for(run: Run):
    Path("word").write_text("correct horse battery\n", encoding="utf-8")
    words = ("keys", "make", "w.example", "--out", "sealed", "--passphrase-file", "word")
    assert run(*words).exit_code == 0
    key = ("sign", "assessment.json", "--key", "sealed/signer.private.json")
    assert run(*key, answer="correct horse battery\n").exit_code == 0
    assert run(*key, answer="something else here\n").exit_code == 5
    assert run(*key, "--passphrase-file", "word").exit_code == 0
    typed = "another passphrase\nanother passphrase\n"
    made = run("keys", "make", "w.example", "--out", "typed", "--passphrase", answer=typed)
    assert made.exit_code == 0


def test_whose_keys_they_are_is_shown(run: Run):
    for kind in ("log", "witness"):
        made = run("keys", "make", "clinic.example/x", "--kind", kind, "--out", "keys")
        assert made.exit_code == 0
    files = [f"keys/{kind}.public.json" for kind in ("signer", "log", "witness")]
    answer = run("keys", "show", *files)
    assert answer.exit_code == 0
    assert [line.split()[0] for line in answer.output.splitlines()] == ["signer", "log", "witness"]
    assert run("keys", "make", "x", "--kind", "clerk").exit_code == 2
    wrong = run("sign", "assessment.json", "--key", "keys/log.private.json")
    assert wrong.exit_code == 2
    assert "not reports" in wrong.output


def test_nothing_to_show_is_said(run: Run):
    sign(run)
    assert run("disclose", "assessment.json", "--only", ",", "--out", "p").exit_code == 2
    answer = run("disclose", "assessment.json", "--only", "acnes", "--out", "p")
    assert answer.exit_code == 2
    assert "no section 'acnes'" in answer.output
