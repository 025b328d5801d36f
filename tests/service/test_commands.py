"""The commands around the service: users are added and listed; what is unsafe is not served."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cutis.cli.app import app
from cutis.settings import load_settings
from cutis.store.opening import init_store, open_store


@pytest.fixture
def records(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of records with one tenant, named by the environment."""
    monkeypatch.setenv("CUTIS_STORE_DIR", str(folder / "commands"))
    monkeypatch.setenv("CUTIS_STORE_ROOT_KEY_FILE", str(folder / "commands.key"))
    monkeypatch.setenv("CUTIS_STORE_MIN_FREE_MIB", "1")
    options = load_settings().store
    if init_store(options):
        store = open_store(options)
        store.create_tenant("Practice", actor_id="test")
        store.close()
    return folder


def run(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, list(words))
    return answer.exit_code, answer.output


def test_a_user_is_added_with_a_password_that_is_shown_once(records: Path):
    code, told = run("users", "add", "lead", "--role", "admin", "--role", "clinician")
    assert code == 0, told
    assert "(admin, clinician)" in told
    assert len(told.split("password: ")[1].strip()) >= 20
    code, told = run("users", "list")
    assert "lead (admin, clinician): may sign in" in told
    assert "password" not in told


def test_a_password_can_come_from_a_file(records: Path):
    file = records / "password.txt"
    file.write_text("sunny afternoon at the lake\n", encoding="utf-8")
    code, told = run("users", "add", "desk", "--role", "assistant", "--password-file", str(file))
    assert code == 0, told
    assert "password" not in told


@pytest.mark.parametrize(
    "words",
    [
        ("lead-2", "--role", "king"),
        ("lead-3", "--role", "admin", "--tenant", "nobody"),
        ("lead-4", "--role", "admin", "--password-file", "/nowhere"),
    ],
)
def test_what_is_wrong_is_refused(records: Path, words: tuple[str, ...]):
    code, told = run("users", "add", *words)
    assert code == 2
    assert "error [input]" in told


def test_an_unsafe_address_is_refused(records: Path):
    code, told = run("serve", "--host", "192.0.2.1")
    assert code == 3
    assert "Without sign-in" in told


def test_without_models_nothing_is_served(records: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUTIS_MODELS_DIR", str(records / "no-models"))
    code, told = run("serve")
    assert code == 4
    assert "cutis models pull" in told
