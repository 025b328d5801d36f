"""Key files: what is written is read back, a passphrase seals, and what is damaged is refused."""

from __future__ import annotations

import json

import pytest
from drawn_logs import log_signer, report_signer, witness

from cutis.core.errors import InputError, StoreError, TamperedError
from cutis.store import key_files
from cutis.store.checkpoint import Policy
from cutis.store.key_files import KeyFile, KeyKind, is_sealed, public_text, read_public
from cutis.store.verification import TrustedKeys

PASSPHRASE = "correct horse battery"  # noqa: S105 - of this test


@pytest.fixture(autouse=True)
def _light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a passphrase cost little here."""
    monkeypatch.setattr(key_files, "_SCRYPT", {"n": 1 << 10, "r": 8, "p": 1})


@pytest.mark.parametrize("kind", KeyKind)
@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_keys_are_written_and_read_back(kind: KeyKind, passphrase: str | None):
    made = KeyFile.generate(kind, "clinic.example/k")
    text = made.text(passphrase)
    assert KeyFile.parse(text, passphrase) == made
    assert is_sealed(text) == (passphrase is not None)


def test_a_passphrase_hides_the_seeds():
    made = KeyFile.generate(KeyKind.SIGNER, "clinic.example/k")
    plain = json.loads(made.text())["seeds"]
    assert plain not in made.text(PASSPHRASE)
    assert "seed" not in repr(made)
    assert made.text(PASSPHRASE) != made.text(PASSPHRASE)


def test_another_passphrase_does_not_open():
    text = KeyFile.generate(KeyKind.SIGNER, "clinic.example/k").text(PASSPHRASE)
    with pytest.raises(TamperedError, match="does not open"):
        KeyFile.parse(text, "another passphrase")
    with pytest.raises(StoreError, match="Give it"):
        KeyFile.parse(text)
    with pytest.raises(InputError, match="12 characters"):
        KeyFile.generate(KeyKind.SIGNER, "a").text("short")


def test_the_name_is_bound_into_the_seal():
    text = KeyFile.generate(KeyKind.SIGNER, "clinic.example/k").text(PASSPHRASE)
    with pytest.raises(TamperedError, match="does not open"):
        KeyFile.parse(text.replace("clinic.example/k", "clinic.example/x"), PASSPHRASE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"signer"', '"clerk"'),
        ("private-keys-1", "private-keys-2"),
        ('"scrypt": null', '"scrypt": 1'),
        ('"name"', '"title"'),
        ("{", "["),
    ],
)
def test_a_damaged_private_file_is_refused(old: str, new: str):
    text = KeyFile.generate(KeyKind.SIGNER, "clinic.example/k").text()
    with pytest.raises(StoreError, match="was expected"):
        KeyFile.parse(text.replace(old, new), PASSPHRASE)


def test_a_passphrase_file_cannot_ask_for_all_memory():
    text = KeyFile.generate(KeyKind.SIGNER, "clinic.example/k").text(PASSPHRASE)
    with pytest.raises(StoreError, match="was expected"):
        KeyFile.parse(text.replace(f'"n": {1 << 10}', f'"n": {1 << 30}'), PASSPHRASE)


def test_public_files_are_read_as_one():
    signer, log = report_signer().keys, log_signer().keys
    witnesses = [witness(name).signer.key for name in ("a.example", "b.example")]
    parts = [
        TrustedKeys((signer,)),
        TrustedKeys((), Policy((log,), (), 0)),
        *(TrustedKeys((), Policy((), (key,), 0)) for key in witnesses),
    ]
    texts = [public_text(part) for part in parts]
    assert read_public(texts) == TrustedKeys((signer,), Policy((log,), tuple(witnesses), 2))
    assert read_public([*texts, texts[2]]) == read_public(texts)
    with pytest.raises(InputError, match="2 witnesses are required and 1 are known"):
        read_public(texts[:3])


@pytest.mark.parametrize("kind", KeyKind)
def test_a_public_file_holds_the_keys_of_its_private_one(kind: KeyKind):
    made = KeyFile.generate(kind, "clinic.example/k")
    trusted = read_public([public_text(made.trusted())], required=0)
    assert trusted.signers == made.trusted().signers
    assert trusted.policy.logs == made.trusted().policy.logs
    assert trusted.policy.witnesses == made.trusted().policy.witnesses
    assert all(json.loads(made.text())["seeds"] not in text for text in [public_text(trusted)])


def test_a_damaged_public_file_is_refused():
    text = public_text(TrustedKeys((report_signer().keys,)))
    for old, new in (("public-keys-1", "x"), ('"signers"', '"signer"'), ("{", "[")):
        with pytest.raises(InputError, match="Get it again"):
            read_public([text.replace(old, new)])
    with pytest.raises(InputError, match="fingerprint"):
        read_public([text.replace("clinic.example", "clinic2.example")])


@pytest.mark.parametrize("name", ["", "my clinic", "a+b"])
def test_a_name_that_cannot_name_a_key_is_refused(name: str):
    with pytest.raises(InputError, match="name of a key"):
        KeyFile.generate(KeyKind.LOG, name)
