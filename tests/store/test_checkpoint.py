"""Notes, checkpoints and witnesses: published samples, and every tampering refused."""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime, timedelta

import pytest
from drawn_logs import AT, ORIGIN, SmallLog, log_signer, signer, witness
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.errors import (
    ForkError,
    InputError,
    RollbackError,
    StoreError,
    TamperedError,
    UntrustedError,
)
from cutis.store.checkpoint import (
    Checkpoint,
    LogKeys,
    Policy,
    open_checkpoint,
    with_signatures,
)
from cutis.store.merkle import EMPTY_ROOT, consistency_proof, leaf_hash
from cutis.store.notes import Note, NoteKey, NoteKind, NoteSignature, check_name
from cutis.store.signature_keys import Algorithm, PrivateKey, PublicKey, signature_bytes
from cutis.store.trees import LeafList
from cutis.store.witness import Cosigner, WitnessMemory, check_growth, publish

GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6"
    "KE6RyyBwJnAM=\n"
)
"""The example of the Go package golang.org/x/mod/sumdb/note, where signed notes come from."""

C2SP_CHECKPOINT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q"
    "1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2o"
    "yin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
"""The example of c2sp.org/tlog-cosignature."""

few = settings(max_examples=40, deadline=None)


@pytest.fixture(scope="module")
def seen() -> tuple[SmallLog, Note]:
    log = SmallLog()
    log.add(b"a", b"b", b"c")
    return log, log.publish()


def test_a_note_of_the_go_project_verifies():
    note, key = Note.parse(GO_NOTE), NoteKey.parse(GO_KEY)
    assert note.signatures[0].is_by(key)
    key.public.verify(note.signatures[0].blob, note.text.encode())
    with pytest.raises(TamperedError):
        key.public.verify(note.signatures[0].blob, note.text.encode() + b"\n")


def test_the_checkpoint_of_the_specification_is_read_and_written():
    note = Note.parse(C2SP_CHECKPOINT)
    checkpoint = Checkpoint.parse(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert str(note) == C2SP_CHECKPOINT
    time = struct.unpack(">Q", note.signatures[1].blob[:8])[0]
    assert time == 1679315147  # as the specification says of it


def test_a_key_is_written_and_read_back():
    for kind in NoteKind:
        key = signer("w.example/a", kind).key
        assert NoteKey.parse(key.vkey) == key


def test_what_ml_dsa_44_signs_is_laid_out_as_specified():
    """The structure of c2sp.org/tlog-cosignature, put together by hand."""
    made = signer("w.example/a", NoteKind.ML_DSA_44_COSIGNATURE)
    checkpoint = Checkpoint("log.example", 7, leaf_hash(b"x"))
    line = made.sign(checkpoint, AT)
    time = int(AT.timestamp()).to_bytes(8, "big")
    message = b"subtree/v1\n\0" + b"\x0bw.example/a" + time + b"\x0blog.example"
    message += bytes(8) + (7).to_bytes(8, "big") + leaf_hash(b"x")
    assert line.blob[:8] == time
    made.key.public.verify(line.blob[8:], message)


def test_what_a_witness_of_the_public_network_signs_is_laid_out_as_specified():
    made = signer("w.example/a", NoteKind.ED25519_COSIGNATURE)
    checkpoint = Checkpoint("log.example", 7, leaf_hash(b"x"))
    root = base64.b64encode(leaf_hash(b"x")).decode()
    message = f"cosignature/v1\ntime {int(AT.timestamp())}\nlog.example\n7\n{root}\n"
    made.key.public.verify(made.sign(checkpoint, AT).blob[8:], message.encode())


def test_a_published_checkpoint_opens(seen: tuple[SmallLog, Note]):
    log, note = seen
    found = open_checkpoint(Note.parse(str(note)), log.policy)
    assert found.checkpoint == Checkpoint(ORIGIN, 3, log.tree.frontier.root())
    assert found.signed_at == AT
    assert [name for name, _ in found.witnesses] == ["w1.example/w", "w2.example/w"]
    assert found.first_seen_at(2) == AT + timedelta(minutes=2)
    assert found.strangers == 0


def test_signatures_of_strangers_do_not_count(seen: tuple[SmallLog, Note]):
    log, note = seen
    other = witness("w3.example/w").signer.sign(Checkpoint.parse(note.text), AT)
    assert open_checkpoint(with_signatures(note, [other]), log.policy).strangers == 1
    stranger = Note(note.text, (*note.signatures[:3], other))
    with pytest.raises(UntrustedError, match="1 of the witnesses"):
        open_checkpoint(stranger, log.policy)


def test_each_signature_is_needed_once(seen: tuple[SmallLog, Note]):
    log, note = seen
    for at in range(4):
        fewer = Note(note.text, note.signatures[:at] + note.signatures[at + 1 :])
        twice = with_signatures(note, [note.signatures[at]])
        for altered in (fewer, twice):
            with pytest.raises(StoreError):
                open_checkpoint(altered, log.policy)


@few
@given(st.data())
def test_any_flipped_bit_of_a_checkpoint_is_refused(
    seen: tuple[SmallLog, Note], data: st.DataObject
):
    log, note = seen
    written = bytearray(str(note).encode())
    at = data.draw(st.integers(0, len(written) * 8 - 1))
    written[at // 8] ^= 1 << at % 8
    try:
        text = written.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(StoreError):
        open_checkpoint(Note.parse(text), log.policy)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        f"a\n01\n{base64.b64encode(bytes(32)).decode()}\n",
        f"a\n-1\n{base64.b64encode(bytes(32)).decode()}\n",
        f"a\n1\n{base64.b64encode(bytes(31)).decode()}\n",
        f"a\n1\n{base64.b64encode(bytes(32)).decode()}\nextension\n",
        f"\n1\n{base64.b64encode(bytes(32)).decode()}\n",
        f"a\n1\n{base64.b64encode(bytes(32)).decode()}",
    ],
)
def test_odd_checkpoints_are_refused(text: str):
    with pytest.raises(TamperedError, match="three lines"):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "a\n",
        "a\n\n",
        "a\n\n— n\n",
        "a\n\n— n AAAA\n",
        "a\n\n- n AAAAAAAA\n",
        "a\r\n\n— n AAAAAAAA\n",
        "a\n\n— n+x AAAAAAAA\n",
        "a\n\n— n AAAAAAAA",
        "a\n\n— n AAAAAAB=\n",
        "a\n\n" + "— n AAAAAAAA\n" * 40,
    ],
)
def test_odd_notes_are_refused(written: str):
    with pytest.raises(TamperedError, match="signed note"):
        Note.parse(written)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "a\u202eb", "x" * 256])
def test_odd_names_are_refused(name: str):
    with pytest.raises(InputError, match="name of a key"):
        check_name(name)


@pytest.mark.parametrize("vkey", ["", "a+b", "a+00000000+AQ==", GO_KEY.replace("c74f", "c74e")])
def test_odd_keys_are_refused(vkey: str):
    with pytest.raises(InputError, match=r"verifier key|public key"):
        NoteKey.parse(vkey)


def test_a_policy_without_sense_is_refused():
    log = log_signer().keys
    one, two = (witness(name).signer.key for name in ("a.example", "b.example"))
    with pytest.raises(InputError, match="2 witnesses are required and 1 are known"):
        Policy((log,), (one,))
    with pytest.raises(InputError, match="under two witnesses' names"):
        Policy((log,), (one, two, NoteKey("c.example", one.kind, one.public)))
    with pytest.raises(InputError, match="0x01"):
        LogKeys(log.ml_dsa_44, log.ed25519)


def test_a_log_that_is_not_trusted_is_named(seen: tuple[SmallLog, Note]):
    _, note = seen
    with pytest.raises(UntrustedError, match=r"clinic\.example/log"):
        open_checkpoint(note, Policy())


def grown(log: SmallLog, *entries: bytes) -> Note:
    log.add(*entries)
    return log.publish()


@few
@given(st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_honest_growth_is_always_signed(steps: list[int]):
    log = SmallLog()
    for number, step in enumerate(steps):
        note = grown(log, *(bytes([number, each]) for each in range(step)))
        open_checkpoint(note, log.policy)


def test_a_rolled_back_log_is_refused():
    log = SmallLog()
    grown(log, b"a", b"b", b"c")
    log.tree = LeafList([leaf_hash(b"a"), leaf_hash(b"b")])
    with pytest.raises(RollbackError, match="2 entries; this witness has seen 3"):
        log.publish()


@pytest.mark.parametrize("entries", [(b"x", b"b"), (b"b", b"a"), (b"a", b"x", b"c")])
def test_a_forked_log_is_refused(entries: tuple[bytes, ...]):
    log = SmallLog()
    grown(log, b"a", b"b")
    log.tree = LeafList(leaf_hash(entry) for entry in entries)
    with pytest.raises(ForkError, match="different histories"):
        log.publish()


def test_two_histories_cannot_both_have_two_witnesses_that_watch_each_other():
    """A log that splits its witnesses reaches the quorum with neither history."""
    one, other = SmallLog(), SmallLog()
    other.witnesses = one.witnesses
    grown(one, b"a")
    other.add(b"x")
    with pytest.raises(ForkError):
        other.publish()


def test_a_witness_keeps_what_it_signed_before_it_answers():
    log = SmallLog()
    grown(log, b"a")
    first = log.witnesses[0]
    assert isinstance(first, Cosigner)
    assert first.last_size(ORIGIN) == 1
    assert isinstance(first._memory, WitnessMemory)
    assert first._memory.last(ORIGIN) == Checkpoint(ORIGIN, 1, log.tree.frontier.root())


def test_a_witness_watches_the_logs_it_was_given():
    tree, other = LeafList([leaf_hash(b"a")]), log_signer("other.example/log")
    with pytest.raises(UntrustedError, match="does not watch"):
        publish(tree, other, [witness("w1.example/w")], at=AT, policy=Policy((other.keys,), (), 0))


def test_a_witness_asks_for_the_logs_own_signatures():
    log = SmallLog()
    log.add(b"a")
    checkpoint = Checkpoint(ORIGIN, 1, log.tree.frontier.root())
    whole = log.signer.sign(checkpoint, AT)
    for lines in (whole.signatures[:1], whole.signatures[1:]):
        with pytest.raises(TamperedError, match="must have signed"):
            log.witnesses[0].cosign(Note(whole.text, lines), 0, ())


def test_a_proof_from_another_size_is_refused_with_the_right_one():
    tree = LeafList(leaf_hash(bytes([i])) for i in range(5))
    last, new = (Checkpoint(ORIGIN, size, leaf_hash(b"r")) for size in (3, 5))
    with pytest.raises(InputError, match="Make a proof from 3"):
        check_growth(last, new, 2, proof=consistency_proof(tree, 2))
    with pytest.raises(ForkError, match="first time"):
        check_growth(None, Checkpoint(ORIGIN, 0, leaf_hash(b"r")), 0, proof=())
    check_growth(None, Checkpoint(ORIGIN, 0, EMPTY_ROOT), 0, proof=())


def test_a_witness_that_lost_a_race_does_not_sign():
    class Slow:
        def last(self, origin: str) -> Checkpoint | None:
            return None

        def replace(self, old: Checkpoint | None, new: Checkpoint) -> bool:
            return False

    log = SmallLog()
    log.add(b"a")
    log.witnesses[0]._memory = Slow()
    with pytest.raises(InputError, match="meanwhile"):
        log.publish()


def test_a_time_that_cannot_be_is_refused(seen: tuple[SmallLog, Note]):
    log, note = seen
    first = note.signatures[3]
    far = NoteSignature(first.name, first.key_id, b"\xff" * 8 + first.blob[8:])
    with pytest.raises(TamperedError, match="cannot be"):
        open_checkpoint(Note(note.text, (*note.signatures[:3], far)), log.policy)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_keys_and_signatures_have_their_sizes(algorithm: Algorithm):
    private = PrivateKey.generate(algorithm)
    signature = private.sign(b"message")
    assert len(signature) == signature_bytes(algorithm)
    private.public().verify(signature, b"message")
    assert "seed" not in repr(private)
    with pytest.raises(TamperedError, match=algorithm.value):
        private.public().verify(signature, b"massage")
    with pytest.raises(InputError, match="public key of"):
        PublicKey(algorithm, b"short")


def test_times_are_utc(seen: tuple[SmallLog, Note]):
    log, note = seen
    assert open_checkpoint(note, log.policy).signed_at == datetime(2026, 11, 3, 10, 15, tzinfo=UTC)
