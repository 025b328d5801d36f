"""R1, R2: hostile and damaged files over HTTP are refused with a reason, and nothing is kept."""

from __future__ import annotations

import base64
import hashlib
import tarfile
from pathlib import Path
from typing import Any

import pytest
from served import Caller, Clinic, digest_header, drawn_photo

from cutis.core.record_words import Purpose, Role
from cutis.service.digest import expected_sha256, repr_digest
from cutis.service.errors import PROBLEMS, RefusedRequestError

SHORT = ("./jpeg/", "./png/", "./polyglots/", "./heif/", "./tiff/")
REFUSALS = {413, 415, 422}


@pytest.fixture(scope="module")
def desk(clinic: Clinic) -> Caller:
    return clinic.as_role(Role.ASSISTANT)


@pytest.fixture(scope="module")
def person(clinic: Clinic) -> str:
    return clinic.person(Purpose.ASSESSMENT)


def send(desk: Caller, person: str, data: bytes, headers: dict[str, str] | None = None) -> Any:
    named = digest_header(data) if headers is None else headers
    path = f"/v1/people/{person}/photos"
    return desk.post(path, content=data, headers=named, params={"analyse": False})


def kept(desk: Caller, person: str) -> int:
    return len(desk.get(f"/v1/people/{person}/photos").json()["items"])


def test_a_flipped_bit_is_noticed(desk: Caller, person: str):
    """R2: a photo that changed on its way is refused, whatever bit it was."""
    photo, before = drawn_photo(), kept(desk, person)
    for position in range(7, len(photo), len(photo) // 12):
        damaged = bytearray(photo)
        damaged[position] ^= 1 << position % 8
        answer = send(desk, person, bytes(damaged), digest_header(photo))
        assert answer.json()["code"] == "upload.digest_differs"
    assert kept(desk, person) == before


@pytest.mark.parametrize(
    "header",
    ["", "md5=:AAAA:", "sha-256=:AAAA:", "sha-256=AAAA", "sha-512=:AAAA:", "sha-256=:!:"],
)
def test_an_upload_without_its_digest_is_refused(desk: Caller, person: str, header: str):
    answer = send(desk, person, b"x", {"Repr-Digest": header} if header else {})
    assert answer.json()["code"] == "upload.digest_missing"
    with pytest.raises(RefusedRequestError):
        expected_sha256(header)


def test_a_digest_reads_back():
    digest = hashlib.sha256(b"x").digest()
    assert expected_sha256(repr_digest(digest)) == digest.hex()
    both = f"sha-512=:{base64.b64encode(bytes(64)).decode()}:, {repr_digest(digest)}"
    assert expected_sha256(both) == digest.hex()


@pytest.mark.parametrize("data", [b"", b"no photo", b"\xff\xd8\xff" + bytes(100), b"%PDF-1.7"])
def test_what_is_no_photo_is_refused_with_a_reason(desk: Caller, person: str, data: bytes):
    answer = send(desk, person, data)
    assert answer.status_code in REFUSALS
    assert PROBLEMS[answer.json()["code"]].status == answer.status_code
    assert answer.json()["detail"].endswith(".")


def test_a_photo_over_the_cap_is_refused(clinic: Clinic, desk: Caller, person: str):
    too_much = bytes(clinic.parts.settings.intake.max_bytes + 1)
    assert send(desk, person, too_much).json()["code"] == "photo.too_large"


def test_one_key_keeps_one_photo(desk: Caller, clinic: Clinic):
    person, photo = clinic.person(Purpose.ASSESSMENT), drawn_photo()
    headers = {**digest_header(photo), "Idempotency-Key": "k"}
    answers = [send(desk, person, photo, headers).json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert kept(desk, person) == 1
    other = {**digest_header(b"other"), "Idempotency-Key": "k"}
    assert send(desk, person, b"other", other).json()["code"] == "conflict.idempotency"


@pytest.mark.shared
def test_bad_inputs_never_break_the_service(desk: Caller, person: str, shared_dir: Path):
    """R1 in short: some files of each kind; `benchmarks/soak/bad_inputs.py` sends all of them."""
    sent, before = 0, kept(desk, person)
    accepted = 0
    with tarfile.open(shared_dir / "data" / "badinputs.tar.xz", "r|xz") as archive:
        for number, member in enumerate(archive):
            stream = archive.extractfile(member) if number % 150 == 0 else None
            if stream is None or number > 6000 or member.size > 4 << 20:
                continue
            answer = send(desk, person, stream.read())
            sent += 1
            accepted += answer.status_code == 201
            assert answer.status_code in REFUSALS | {201, 501}, (member.name, answer.text)
    assert sent > 20
    assert kept(desk, person) == min(50, before + accepted)
