"""Signed reports: what holds is told, and every tampering is refused with its own kind of error."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from drawn_logs import AT, ORIGIN, REPORT, SmallLog, logged, report_signer
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.errors import InputError, StoreError, TamperedError, UntrustedError
from cutis.store.documents import canonical, from_document, to_document
from cutis.store.merkle import leaf_hash
from cutis.store.signature_keys import Algorithm
from cutis.store.signing import (
    ReportPart,
    SignatureFile,
    enter,
    is_part,
    log_entry,
    sign_report,
    take_part,
)
from cutis.store.statement import Signed, Signer, SignerKeys
from cutis.store.telling import to_text, to_tree
from cutis.store.verification import TrustedKeys, verify_part, verify_report

few = settings(max_examples=60, deadline=None)
ALONE = sign_report(REPORT, "json", report_signer(), at=AT)
TRUSTED = TrustedKeys((report_signer().keys,))
LOGGED, WITH_LOG = logged()
CASES = {"alone": (ALONE, TRUSTED), "logged": (LOGGED, WITH_LOG)}
both = pytest.mark.parametrize("case", CASES)


def refused(text: str, trusted: TrustedKeys, report: bytes = REPORT) -> bool:
    """Tell whether a signature file is refused, by an error of the store and no other."""
    try:
        verify_report(report, SignatureFile.parse(text), trusted)
    except StoreError:
        return True
    return False


def refused_bytes(content: bytes, trusted: TrustedKeys) -> bool:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return True
    return refused(text, trusted)


@both
def test_what_was_signed_verifies(case: str):
    file, trusted = CASES[case]
    proof = verify_report(REPORT, SignatureFile.parse(file.text()), trusted)
    assert proof.signer == report_signer().keys
    assert proof.signed_at == AT
    assert (proof.place is not None) == (case == "logged")


def test_a_place_in_a_log_is_told():
    place = verify_report(REPORT, LOGGED, WITH_LOG).place
    assert place is not None
    assert (place.origin, place.index, place.size) == (ORIGIN, 2, 5)
    assert [name for name, _ in place.witnesses] == ["w1.example/w", "w2.example/w"]
    assert place.seen_at == AT + timedelta(minutes=2)


@both
@pytest.mark.parametrize("start", range(4))
def test_flipped_bits_are_refused(case: str, start: int):
    """One bit in about every thirty bytes here; `benchmarks/soak/log.py` flips each."""
    file, trusted = CASES[case]
    content = file.text().encode()
    for at in range(start * 61, len(content) * 8, 977):
        flipped = bytearray(content)
        flipped[at // 8] ^= 1 << at % 8
        assert refused_bytes(bytes(flipped), trusted), at


@both
def test_every_truncation_is_refused(case: str):
    file, trusted = CASES[case]
    content = file.text().encode()
    assert all(refused_bytes(content[:end], trusted) for end in range(0, len(content), 11))
    assert refused_bytes(content[:-1], trusted)
    assert refused_bytes(content + b"\n", trusted)


@pytest.mark.parametrize("at", range(0, len(REPORT) * 8, 37))
def test_a_flipped_bit_of_the_report_is_refused(at: int):
    report = bytearray(REPORT)
    report[at // 8] ^= 1 << at % 8
    with pytest.raises(TamperedError, match="not the one that was signed"):
        verify_report(bytes(report), ALONE, TRUSTED)


def edited(file: SignatureFile, change: Callable[[dict[str, Any]], Any]) -> str:
    tree = json.loads(file.text())
    change(tree)
    return to_document(tree)


OTHER = sign_report(REPORT.replace(b"34.0", b"14.0"), "json", report_signer(), at=AT)
OTHER_TREE = json.loads(OTHER.text())
EDITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "the classical signature taken away": lambda t: t["signatures"].pop("ed25519"),
    "the other signature taken away": lambda t: t["signatures"].pop("ml_dsa_65"),
    "a signature emptied": lambda t: t["signatures"].update(ml_dsa_65=""),
    "both signatures taken away": lambda t: t["signatures"].clear(),
    "key ids swapped": lambda t: t["statement"]["key_ids"].update(
        ed25519=t["statement"]["key_ids"]["ml_dsa_65"],
        ml_dsa_65=t["statement"]["key_ids"]["ed25519"],
    ),
    "signatures of another report": lambda t: t.update(signatures=OTHER_TREE["signatures"]),
    "one signature of another report": lambda t: t["signatures"].update(
        ed25519=OTHER_TREE["signatures"]["ed25519"]
    ),
    "the secret of another report": lambda t: t.update(secret=OTHER_TREE["secret"]),
    "another moment": lambda t: t["statement"].update(signed_at="2026-11-04T10:15:00Z"),
    "another name": lambda t: t["statement"].update(signer="other.example"),
    "another version": lambda t: t["statement"].update(version=2),
    "a log that was not there": lambda t: t["statement"].update(log=ORIGIN),
    "no sections": lambda t: t["statement"].update(sections=None),
    "one more member": lambda t: t["statement"].update(more=1),
    "a truth value for a number": lambda t: t["statement"].update(version=True),
    "an entry that is none": lambda t: t.update(entry={}),
    "a list for an object": lambda t: t.update(statement=[]),
}


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_is_refused(edit: str):
    with pytest.raises((TamperedError, UntrustedError)):
        verify_report(REPORT, SignatureFile.parse(edited(ALONE, EDITS[edit])), TRUSTED)


@pytest.mark.parametrize("algorithm", ["ed25519", "ml_dsa_65"])
def test_stripping_names_what_was_taken(algorithm: str):
    text = edited(ALONE, lambda tree: tree["signatures"].pop(algorithm))
    with pytest.raises(TamperedError, match=f"the {algorithm} one was taken away"):
        SignatureFile.parse(text)


LOG_EDITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "the entry taken away": lambda t: t.update(entry=None),
    "another place": lambda t: t["entry"].update(index=3),
    "a shorter proof": lambda t: t["entry"].update(proof=t["entry"]["proof"][:-1]),
    "proof turned round": lambda t: t["entry"].update(proof=t["entry"]["proof"][::-1]),
    "no witness": lambda t: t["entry"].update(
        checkpoint=t["entry"]["checkpoint"].rsplit("— w1.example", 1)[0]
    ),
    "one witness": lambda t: t["entry"].update(
        checkpoint=t["entry"]["checkpoint"].rsplit("— w2.example", 1)[0]
    ),
    "the log's word left out": lambda t: t["entry"].update(
        checkpoint="".join(
            line
            for number, line in enumerate(t["entry"]["checkpoint"].splitlines(True))
            if number != 4
        )
    ),
    "another size": lambda t: t["entry"].update(
        checkpoint=t["entry"]["checkpoint"].replace("\n5\n", "\n6\n")
    ),
}


@pytest.mark.parametrize("edit", LOG_EDITS)
def test_every_edit_of_the_place_in_the_log_is_refused(edit: str):
    text = edited(LOGGED, LOG_EDITS[edit])
    assert text != LOGGED.text()
    assert refused(text, WITH_LOG)


def test_a_place_of_another_signature_is_refused():
    other, trusted = logged()
    with pytest.raises(TamperedError, match="that of another signature"):
        verify_report(REPORT, replace(LOGGED, entry=other.entry), trusted)


def test_a_place_that_the_signer_did_not_state_is_refused():
    with pytest.raises(TamperedError, match="names no log"):
        verify_report(REPORT, replace(ALONE, entry=LOGGED.entry), WITH_LOG)


def test_an_older_checkpoint_cannot_hold_the_entry():
    log = SmallLog()
    log.add(b"a")
    old = log.publish()
    file = sign_report(REPORT, "json", report_signer(), at=AT, log=ORIGIN)
    log.add(leaf := log_entry(file.signed))
    with pytest.raises(InputError):
        enter(file, log.tree, leaf=leaf, index=1, checkpoint=old)
    with pytest.raises(InputError, match="Sign the report for the log"):
        enter(ALONE, log.tree, leaf=leaf, index=1, checkpoint=old)


def test_an_entry_may_hold_more_than_the_signature():
    log = SmallLog()
    file = sign_report(REPORT, "json", report_signer(), at=AT, log=ORIGIN)
    leaf = canonical({"statement": file.signed.entry_digest(), "actor": "a1", "at": "2026"})
    log.add(leaf)
    file = enter(file, log.tree, leaf=leaf, index=0, checkpoint=log.publish())
    trusted = TrustedKeys((report_signer().keys,), log.policy)
    assert verify_report(REPORT, file, trusted).place is not None


def test_a_signer_who_is_not_trusted_is_named():
    with pytest.raises(UntrustedError, match=r"clinic\.example/reports"):
        verify_report(REPORT, ALONE, TrustedKeys())


def test_an_impostor_under_the_same_name_is_refused():
    impostor = Signer.generate("clinic.example/reports")
    forged = sign_report(REPORT, "json", impostor, at=AT)
    with pytest.raises(UntrustedError, match="other keys than"):
        verify_report(REPORT, forged, TRUSTED)
    mixed = Signed(
        replace(forged.signed.statement, key_ids=report_signer().keys.ids), forged.signed.signatures
    )
    with pytest.raises(TamperedError):
        verify_report(REPORT, replace(forged, signed=mixed), TRUSTED)


def test_one_stolen_key_is_not_enough():
    """Who breaks Ed25519 alone, or ML-DSA alone, cannot sign."""
    own, stolen = Signer.generate("clinic.example/reports"), report_signer()
    for half in (
        Signer(stolen.name, stolen.ed25519, own.ml_dsa_65),
        Signer(stolen.name, own.ed25519, stolen.ml_dsa_65),
    ):
        forged = sign_report(REPORT, "json", half, at=AT)
        assert refused(forged.text(), TRUSTED)


def test_keys_that_were_changed_can_both_be_trusted():
    old, new = Signer.generate("clinic.example/reports").keys, report_signer().keys
    assert verify_report(REPORT, ALONE, TrustedKeys((old, new))).signer == new


@pytest.mark.parametrize("suffix", [".html", "PDF", "csv"])
def test_other_reports_are_signed_as_they_are(suffix: str):
    report = b"%PDF-1.7 or anything"
    file = sign_report(report, suffix, report_signer(), at=AT)
    assert file.signed.statement.sections is None
    verify_report(report, file, TRUSTED)
    with pytest.raises(TamperedError):
        verify_report(report + b"\n", file, TRUSTED)
    with pytest.raises(InputError, match="of a signed JSON report"):
        take_part(file, report, ["acne"])


@pytest.mark.parametrize(("report", "suffix"), [(b"{}", "exe"), (b"[]", "json"), (b"{", "json")])
def test_what_cannot_be_signed_is_refused(report: bytes, suffix: str):
    with pytest.raises(InputError, match=r"A report"):
        sign_report(report, suffix, report_signer(), at=AT)


@pytest.mark.parametrize(
    "report", [b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a.b": 1, "a": {"b": 1}}']
)
def test_json_that_can_be_read_in_two_ways_is_refused(report: bytes):
    with pytest.raises(InputError):
        sign_report(report, "json", report_signer(), at=AT)


def test_a_signer_has_one_key_of_each_kind():
    keys = report_signer().keys
    with pytest.raises(InputError, match="Give both"):
        SignerKeys(keys.name, keys.ml_dsa_65, keys.ed25519)
    assert set(keys.ids) == {Algorithm.ED25519, Algorithm.ML_DSA_65}


@settings(max_examples=25, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_a_document_is_read_back(value: Any):
    text = to_document({"value": value})
    assert from_document(text, "a file") == {"value": value}


@pytest.mark.parametrize(
    "text",
    ["", "[]\n", "{}", '{ "a": 1}\n', '{"a": NaN}\n', '{\n "a": 1,\n "a": 1\n}\n', "[" * 9999],
)
def test_another_way_to_write_a_document_is_refused(text: str):
    with pytest.raises(TamperedError, match="exactly as Cutis wrote it"):
        from_document(text, "a file")


# Parts ------------------------------------------------------------------------------------------

PART = take_part(LOGGED, REPORT, ["acne"])


def test_a_part_verifies_without_the_report():
    assert is_part(PART.text())
    proof = verify_part(ReportPart.parse(PART.text()), WITH_LOG)
    assert proof.shown == {
        "schema_version": "1.1",
        "scores.acne": {"value": 34.0},
        "usable": True,
    }
    assert proof.sections == 7
    assert proof.place is not None


def test_a_part_tells_nothing_of_the_rest():
    text = PART.text()
    assert "redness" not in text
    assert "52.5" not in text
    assert "5f5f" not in text
    assert json.loads(LOGGED.text())["secret"] not in text


def test_a_guess_of_what_is_hidden_cannot_be_checked():
    """The leaf of a hidden section needs its salt; salts of two signings of one report differ."""
    again = take_part(sign_report(REPORT, "json", report_signer(), at=AT), REPORT, ["acne"])
    assert {s.salt for s in PART.sections}.isdisjoint(s.salt for s in again.sections)
    hashes = {each for section in PART.sections for each in section.proof}
    guess = canonical(["scores.redness", {"value": 52.5}])
    assert leaf_hash(guess) not in hashes


@pytest.mark.parametrize("start", range(3))
def test_flipped_bits_of_a_part_are_refused(start: int):
    content = PART.text().encode()
    for at in range(start * 71, len(content) * 8, 977):
        flipped = bytearray(content)
        flipped[at // 8] ^= 1 << at % 8
        with pytest.raises((StoreError, UnicodeDecodeError)):
            verify_part(ReportPart.parse(bytes(flipped).decode()), WITH_LOG)


def test_a_section_of_another_report_is_refused():
    other = take_part(OTHER, REPORT.replace(b"34.0", b"14.0"), ["acne"])
    for sections in (other.sections, (*PART.sections[:2], other.sections[1])):
        with pytest.raises(TamperedError):
            verify_part(replace(PART, sections=sections), WITH_LOG)


def test_a_part_needs_the_report_that_was_signed():
    with pytest.raises(TamperedError, match="not the one that was signed"):
        take_part(ALONE, REPORT + b" ", ["acne"])
    with pytest.raises(InputError, match="no section 'acnes'"):
        take_part(ALONE, REPORT, ["acnes"])


@few
@given(
    st.dictionaries(
        st.text("abc", min_size=1, max_size=3),
        st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
        min_size=1,
    ),
    st.data(),
)
def test_any_part_of_any_report_verifies(tree: dict[str, Any], data: st.DataObject):
    report = json.dumps(tree).encode()
    file = sign_report(report, "json", report_signer(), at=AT)
    wanted = data.draw(st.lists(st.sampled_from(sorted(tree))))
    proof = verify_part(ReportPart.parse(take_part(file, report, wanted).text()), TRUSTED)
    assert proof.shown == {path: tree[path] for path in set(wanted)}


# Words ------------------------------------------------------------------------------------------


def test_the_answer_in_words(snapshot: Any):
    proofs = {
        "alone": verify_report(REPORT, ALONE, TRUSTED),
        "in a log": verify_report(REPORT, LOGGED, WITH_LOG),
        "a part": verify_part(PART, WITH_LOG),
    }
    assert {name: to_text(proof, "assessment.json") for name, proof in proofs.items()} == snapshot


def test_the_answer_as_json_tells_the_same():
    tree = to_tree(verify_report(REPORT, LOGGED, WITH_LOG))
    assert tree["log"]["entry"] == 3
    assert tree["signer"] == "clinic.example/reports"
    assert json.loads(json.dumps(tree)) == tree


def test_a_moment_after_the_witnesses_saw_it_is_called_wrong():
    proof = verify_report(REPORT, LOGGED, WITH_LOG)
    late = replace(proof, signed_at=AT + timedelta(hours=1))
    assert "which is wrong" in to_text(late, "a")


def test_a_log_that_nobody_watched_is_told_as_such():
    proof = verify_report(REPORT, LOGGED, WITH_LOG)
    assert proof.place is not None
    told = to_text(replace(proof, place=replace(proof.place, witnesses=(), required=0)), "a")
    assert "No witness that you trust has seen it" in told
    assert "without the witnesses" not in told


def test_a_terminal_is_not_spoken_to():
    proof = verify_part(PART, WITH_LOG)
    told = to_text(replace(proof, shown={"a\x1b[2J": "b\u202e"}), "name\x1b.json")
    assert "\x1b" not in told
    assert "\u202e" not in told


def messages() -> dict[str, str]:
    """Return what each kind of tampering is answered with."""
    tries = {name: (edited(ALONE, edit), TRUSTED) for name, edit in EDITS.items()}
    tries |= {name: (edited(LOGGED, edit), WITH_LOG) for name, edit in LOG_EDITS.items()}
    tries["an unknown signer"] = (ALONE.text(), TrustedKeys())
    tries["an unknown log"] = (LOGGED.text(), TRUSTED)
    told = {}
    for name, (text, trusted) in tries.items():
        with pytest.raises(StoreError) as caught:
            verify_report(REPORT, SignatureFile.parse(text), trusted)
        told[name] = f"{caught.value.code}: {caught.value}"
    return told


def test_every_refusal_has_its_sentence(snapshot: Any):
    assert messages() == snapshot
