"""The API on one clinic: consent, upload, result, review, signature, export, erasure."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import time
import zipfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from served import Caller, Clinic, digest_header, drawn_photo, enrol, served, settings_in

from cutis.core.errors import RollbackError, SettingsError, StoreUnavailableError
from cutis.core.record_words import JobState, Purpose, Relation, Role
from cutis.core.records import Call
from cutis.service.opening import open_log
from cutis.service.passwords import hash_password
from cutis.settings import Settings
from cutis.store.key_files import read_public
from cutis.store.opening import init_store, open_store
from cutis.store.repository import Repository
from cutis.store.signing import SignatureFile
from cutis.store.verification import verify_report

WORDS = "four plain words together"


@dataclass
class Case:
    """A person with an assessment, and who treats them."""

    reception: Caller
    clinician: Caller
    person: str
    photo: str
    assessment: str


@pytest.fixture(scope="module")
def case(clinic: Clinic) -> Case:
    reception = clinic.as_role(Role.ASSISTANT)
    doctor = clinic.user(Role.CLINICIAN)
    person = clinic.person(*Purpose)
    clinic.tie(doctor, person, Relation.CARE)
    upload = send(reception, person, drawn_photo())
    assert upload.status_code == 201, upload.text
    job = finished(reception, upload.json()["job"]["id"])
    assert job["state"] == "done", job
    clinician = clinic.client(clinic.token(doctor))
    return Case(reception, clinician, person, upload.json()["photo"]["id"], job["assessment_id"])


def send(caller: Caller, person: str, photo: bytes, **more: Any) -> Any:
    headers = digest_header(photo) | more.pop("headers", {})
    return caller.post(f"/v1/people/{person}/photos", content=photo, headers=headers, params=more)


def finished(caller: Caller, job_id: str) -> dict[str, Any]:
    for _ in range(10):
        job: dict[str, Any] = caller.get(f"/v1/jobs/{job_id}", params={"wait_s": 30}).json()
        if job["state"] not in {"queued", "running"}:
            break
    return job


def test_an_upload_becomes_an_assessment(case: Case):
    answer = case.clinician.get(f"/v1/assessments/{case.assessment}")
    assert answer.status_code == 200
    assert answer.json()["document"]["usable"] is True
    names = {file["name"] for file in answer.json()["files"]}
    assert {"report.html", "maps/skin.png"} <= names
    picture = case.clinician.get(f"/v1/assessments/{case.assessment}/files/maps/skin.png")
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["content-disposition"] == 'attachment; filename="skin.png"'


def test_nothing_of_the_senders_file_is_kept_but_its_pixels(case: Case):
    kept = case.clinician.get(f"/v1/photos/{case.photo}/pixels").content
    sent = cv2.imdecode(np.frombuffer(drawn_photo(), np.uint8), cv2.IMREAD_COLOR)
    assert (cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR) == sent).all()


def test_what_is_unchanged_is_not_sent_again(case: Case):
    for path in (f"/v1/assessments/{case.assessment}", f"/v1/photos/{case.photo}/pixels"):
        tag = case.clinician.get(path).headers["etag"]
        again = case.clinician.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")


def test_a_change_needs_the_version_that_was_read(case: Case, clinic: Clinic):
    person = clinic.person()
    path, body = f"/v1/people/{person}", {"reference": "K-7"}
    assert case.reception.put(path, json=body).json()["code"] == "precondition.missing"
    tag = case.reception.get(path).headers["etag"]
    changed = case.reception.put(path, json=body, headers={"If-Match": tag})
    assert changed.json()["reference"] == "K-7"
    stale = case.reception.put(path, json=body, headers={"If-Match": tag})
    assert stale.status_code in {409, 412}
    wrong = case.reception.put(path, json=body, headers={"If-Match": '"x.1"'})
    assert wrong.json()["code"] == "precondition.failed"


def test_only_users_of_this_clinic_can_be_tied(case: Case, clinic: Clinic):
    stranger = clinic.neighbour().user(Role.PERSON)
    answer = case.reception.post("/v1/people", json={"user_id": stranger.id})
    assert answer.json()["code"] == "request.invalid"
    tie = {"user_id": stranger.id, "relation": "self"}
    answer = case.reception.post(f"/v1/people/{case.person}/ties", json=tie)
    assert answer.json()["code"] == "request.invalid"


def test_listings_come_in_pages(case: Case, clinic: Clinic):
    for _ in range(3):
        clinic.person()
    seen, cursor = [], None
    for _ in range(100):
        page = case.reception.get(
            "/v1/people", params={"limit": 2, "cursor": cursor} if cursor else {"limit": 2}
        )
        seen += [item["id"] for item in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) >= 4


def test_a_comparison_of_one_with_itself_shows_no_change(case: Case):
    both = {"before": case.assessment, "after": case.assessment}
    found = case.clinician.get(f"/v1/people/{case.person}/comparison", params=both)
    assert found.json()["comparison"]["overall"]["verdict"] == "no_change_you_can_trust"


def test_a_comparison_takes_assessments_of_this_person_only(case: Case, clinic: Clinic):
    doctor = clinic.user(Role.CLINICIAN)
    other = clinic.person(*Purpose)
    clinic.tie(doctor, other, Relation.CARE)
    both = {"before": case.assessment, "after": case.assessment}
    caller = clinic.client(clinic.token(doctor))
    answer = caller.get(f"/v1/people/{other}/comparison", params=both)
    assert answer.json()["code"] == "access.not_found"


def mask_of(width: int, height: int) -> str:
    done, data = cv2.imencode(".png", np.full((height, width), 255, np.uint8))
    assert done
    return base64.b64encode(data.tobytes()).decode()


def test_a_review_stands_beside_the_assessment(case: Case):
    path = f"/v1/assessments/{case.assessment}"
    before = case.clinician.get(path).json()
    capture = before["document"]["capture"]
    review = {
        "judgement": "corrected",
        "reason": "A shadow, no redness.",
        "masks": {"redness": mask_of(capture["width_px"], capture["height_px"])},
    }
    made = case.clinician.post(f"{path}/reviews", json=review)
    assert made.status_code == 201, made.text
    mask = case.clinician.get(f"/v1/reviews/{made.json()['id']}/files/masks/redness.png")
    assert cv2.imdecode(np.frombuffer(mask.content, np.uint8), cv2.IMREAD_GRAYSCALE).min() == 255
    assert case.clinician.get(path).json()["document"] == before["document"]
    listed = case.clinician.get(f"{path}/reviews").json()["items"]
    assert [one["reason"] for one in listed] == ["A shadow, no redness."]


def test_a_mask_of_another_size_or_kind_is_refused(case: Case):
    path = f"/v1/assessments/{case.assessment}/reviews"
    for mask, status in ((mask_of(20, 20), 422), (base64.b64encode(b"no").decode(), 415)):
        review = {"judgement": "corrected", "reason": "r", "masks": {"acne": mask}}
        assert case.clinician.post(path, json=review).status_code == status


def test_only_a_grade_that_was_given_can_be_overridden(case: Case):
    path = f"/v1/assessments/{case.assessment}"
    grades = case.clinician.get(path).json()["document"]["grades"]
    given = {name: grade["grade"] for name, grade in grades.items() if "grade" in grade}
    unknown = {"judgement": "overridden", "reason": "r", "grades": {"Nobody's scale": 2}}
    assert case.clinician.post(f"{path}/reviews", json=unknown).json()["code"] == "request.invalid"
    for name, grade in given.items():
        body = {"judgement": "overridden", "reason": "r", "grades": {name: grade + 1}}
        made = case.clinician.post(f"{path}/reviews", json=body)
        assert made.json()["changes"]["grades"][name] == {"from": grade, "to": grade + 1}


def test_a_signed_report_stands_in_the_witnessed_log(clinic: Clinic, case: Case):
    """S14 and S15: a report that the service signed is verified with its place in the log."""
    path = f"/v1/assessments/{case.assessment}"
    assert case.clinician.post(f"{path}/signed-report").status_code == 201
    report = case.clinician.get(f"{path}/files/signed-report.json").content
    text = case.clinician.get(f"{path}/files/signed-report.json.signature.json").text
    keys = read_public([case.clinician.get("/v1/keys").text], required=2)
    proof = verify_report(report, SignatureFile.parse(text), keys)
    assert proof.place is not None
    assert len(proof.place.witnesses) == 2
    query = f"/v1/audit/entries?subject_id={case.person}"
    entries = clinic.as_role(Role.AUDITOR).get(query).json()["items"]
    entered = next(entry for entry in entries if entry["index"] == proof.place.index)
    assert (entered["action"], len(entered["statement"])) == ("report.sign", 64)
    assert "reviews" in json.loads(report)


def test_a_log_that_lost_entries_gets_no_more_signatures(tmp_path: Path):
    """S14: a witness remembers what it has seen, whatever the database says."""
    settings = settings_in(tmp_path)
    with closing(made_store(settings)) as store:
        call = Call(store.create_tenant("Practice", actor_id="test").id, "test", Role.ADMIN)
        store.note(call, "first")
        open_log(settings, store).checkpoint()
    for path in (tmp_path / "data").glob("records.sqlite*"):
        path.unlink()
    with closing(made_store(settings)) as store:
        store.create_tenant("Practice", actor_id="test")
        with pytest.raises(RollbackError):
            open_log(settings, store).checkpoint()


@pytest.mark.parametrize("names", [("a",), ("a", "a"), ("a", "missing")])
def test_one_witness_or_none_at_the_place_is_refused(tmp_path: Path, names: tuple[str, ...]):
    settings_in(tmp_path)
    settings = settings_in(
        tmp_path, witnesses=[str(tmp_path / f"witness-{name}") for name in names]
    )
    with closing(made_store(settings)) as store, pytest.raises(SettingsError, match="witness"):
        open_log(settings, store)


def made_store(settings: Settings) -> Repository:
    """Make records that nobody serves."""
    init_store(settings.store)
    return open_store(settings.store)


def test_an_export_holds_everything(clinic: Clinic, case: Case):
    admin = clinic.as_role(Role.ADMIN)
    answer = admin.post(f"/v1/people/{case.person}/export")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as export:
        names = export.namelist()
        assert export.testzip() is None
    assert any(name.endswith(".json") for name in names)
    assert len(names) > 5


def test_an_erased_person_is_gone_and_it_is_proven(clinic: Clinic, case: Case):
    person = clinic.person(Purpose.ASSESSMENT)
    upload = send(case.reception, person, drawn_photo(), analyse=False).json()
    admin = clinic.as_role(Role.ADMIN)
    receipt = admin.delete(f"/v1/people/{person}").json()
    text = f"cutis/erased\0{clinic.tenant_id}\0{person}".encode()
    assert receipt["subject_sha256"] == hashlib.sha256(text).hexdigest()
    assert admin.get(f"/v1/erasures/{receipt['id']}").json() == receipt
    assert case.reception.get(f"/v1/people/{person}").status_code == 404
    assert case.reception.get(f"/v1/photos/{upload['photo']['id']}").status_code == 404


def test_a_withdrawn_consent_counts_from_the_next_request_on(clinic: Clinic, case: Case):
    person = clinic.person(Purpose.ASSESSMENT)
    assert send(case.reception, person, drawn_photo(), analyse=False).status_code == 201
    withdrawal = {"purpose": "assessment", "granted": False, "text_version": "1"}
    answer = case.reception.post(f"/v1/people/{person}/consents", json=withdrawal)
    assert answer.status_code == 201
    assert send(case.reception, person, drawn_photo()).json()["code"] == "access.consent"


def test_a_job_that_is_broken_off_goes_back_into_the_queue(folder: Path):
    """The service ends in the middle of a job; the next one finishes it."""
    mine = folder / "ended"
    mine.mkdir()
    with served(mine) as first:
        desk, person = first.as_role(Role.ASSISTANT), first.person(Purpose.ASSESSMENT)
        job = send(desk, person, drawn_photo()).json()["job"]["id"]
        call = first.call()
    with served(mine) as second:
        for _ in range(600):
            state = second.parts.store.job(call, job).state
            if state not in {JobState.QUEUED, JobState.RUNNING}:
                break
            time.sleep(0.1)
    assert state is JobState.DONE


def test_a_job_can_be_cancelled(clinic: Clinic, case: Case):
    job = case.reception.post(f"/v1/photos/{case.photo}/jobs").json()
    ended = case.reception.delete(f"/v1/jobs/{job['id']}").json()
    assert ended["state"] in {"cancelled", "done"}


def test_users_are_made_changed_and_shut_out(clinic: Clinic):
    admin = clinic.as_role(Role.ADMIN)
    body = {
        "login": "Front Desk",
        "password": "sunny afternoon at the lake",
        "roles": ["assistant"],
    }
    made = admin.post("/v1/users", json=body)
    assert made.status_code == 201, made.text
    assert admin.post("/v1/users", json=body).json()["code"] == "store.conflict"
    entry = {"login": body["login"], "password": body["password"]}
    signed_in = clinic.client().post("/v1/sessions", json=entry).json()
    desk = clinic.client(signed_in["token"])
    assert desk.get("/v1/sessions/current").json()["roles"] == ["assistant"]
    path = f"/v1/users/{made.json()['id']}"
    tag = admin.get(path).headers["etag"]
    change = {"roles": ["assistant"], "disabled": True}
    assert admin.put(path, json=change, headers={"If-Match": tag}).json()["disabled"] is True
    assert desk.get("/v1/sessions/current").status_code == 401
    assert clinic.client().post("/v1/sessions", json=entry).json()["code"] == "access.credentials"
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


def test_a_clinician_needs_a_passkey(clinic: Clinic):
    user = clinic.user(Role.CLINICIAN, password_hash=hash_password(WORDS))
    entry = {"login": user.login, "password": WORDS}
    first = clinic.client().post("/v1/sessions", json=entry).json()
    assert first["passkey_needed"] is True
    weak = clinic.client(first["token"])
    assert weak.get("/v1/people").json()["code"] == "access.passkey"
    device = enrol(weak)
    assert weak.post("/v1/passkeys/options").json()["code"] == "access.passkey"
    options = clinic.client().post("/v1/sessions/passkey/options").json()["options"]
    credential = {"credential": device.sign(options)}
    strong = clinic.client().post("/v1/sessions/passkey", json=credential)
    assert strong.status_code == 201, strong.text
    doctor = clinic.client(strong.json()["token"])
    assert doctor.get("/v1/people").status_code == 200
    assert [one["label"] for one in doctor.get("/v1/passkeys").json()["items"]] == [""]


def test_a_confirmation_by_passkey_opens_what_is_grave(clinic: Clinic):
    user = clinic.user(Role.ADMIN)
    device = enrol(clinic.client(clinic.token(user)))
    admin = clinic.client(clinic.token(user, stepped_up=False))
    new = {"login": "temp", "password": "sunny afternoon at the lake", "roles": ["auditor"]}
    assert admin.post("/v1/users", json=new).json()["code"] == "access.step_up"
    options = admin.post("/v1/sessions/current/step-up/options").json()["options"]
    confirmed = admin.post(
        "/v1/sessions/current/step-up", json={"credential": device.sign(options)}
    )
    assert confirmed.status_code == 204, confirmed.text
    assert admin.post("/v1/users", json=new).status_code == 201


def test_a_password_is_changed_and_other_sessions_end(clinic: Clinic):
    user = clinic.user(Role.ASSISTANT, password_hash=hash_password(WORDS))
    other = clinic.client(clinic.token(user))
    entry = {"login": user.login, "password": WORDS}
    mine = clinic.client(clinic.client().post("/v1/sessions", json=entry).json()["token"])
    wrong = {"current": "not this one", "new": "sunny afternoon at the lake"}
    assert mine.put("/v1/account/password", json=wrong).json()["code"] == "access.credentials"
    change = {"current": WORDS, "new": "sunny afternoon at the lake"}
    assert mine.put("/v1/account/password", json=change).status_code == 204
    assert mine.get("/v1/sessions/current").status_code == 200
    assert other.get("/v1/sessions/current").status_code == 401


def test_a_revoked_session_is_refused_at_once(clinic: Clinic):
    user = clinic.user(Role.ASSISTANT)
    mine, other = (clinic.client(clinic.token(user)) for _ in range(2))
    listed = mine.get("/v1/sessions").json()["items"]
    stranger = next(one["id"] for one in listed if not one["current"])
    assert mine.delete(f"/v1/sessions/{stranger}").status_code == 204
    assert other.get("/v1/sessions").json()["code"] == "access.login"
    assert mine.delete("/v1/sessions/current").status_code == 204
    assert mine.get("/v1/sessions").json()["code"] == "access.login"


def test_the_log_tells_and_proves(clinic: Clinic):
    auditor = clinic.as_role(Role.AUDITOR)
    person = clinic.person()
    size = auditor.get("/v1/audit/checkpoint").json()["size"]
    assert size == clinic.parts.store.log_size()
    entries = auditor.get("/v1/audit/entries", params={"subject_id": person}).json()["items"]
    assert [entry["action"] for entry in entries] == ["person.add"]
    index = {"index": entries[0]["index"], "size": size}
    assert auditor.get("/v1/audit/proofs/inclusion", params=index).status_code == 200
    ahead = {"index": 0, "size": size + 1000}
    assert (
        auditor.get("/v1/audit/proofs/inclusion", params=ahead).json()["code"] == "request.invalid"
    )
    sizes = {"old": 1, "new": size}
    assert auditor.get("/v1/audit/proofs/consistency", params=sizes).status_code == 200


def test_without_a_log_nothing_is_done_and_nothing_is_told(
    clinic: Clinic, case: Case, monkeypatch: pytest.MonkeyPatch
):
    """S14 in short: where the log cannot be written, reading is refused too."""

    def fails(*_: object) -> None:
        raise StoreUnavailableError("The log cannot be written.")

    before = clinic.parts.store.log_size()
    with monkeypatch.context() as patched:
        patched.setattr("cutis.store.operation.append", fails)
        for answer in (
            case.reception.get(f"/v1/people/{case.person}"),
            case.reception.post("/v1/people", json={"reference": "K"}),
            case.clinician.get(f"/v1/assessments/{case.assessment}"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "store.unavailable")
            assert case.person not in answer.text
            assert int(answer.headers["retry-after"]) > 0
    assert clinic.parts.store.log_size() == before


def test_a_session_that_moved_is_told_to_sign_in_again(clinic: Clinic):
    user = clinic.user(Role.ADMIN)
    moved = clinic.client(clinic.token(user))
    headers = {"User-Agent": "another program"}
    answer = moved.post("/v1/users", json={}, headers=headers)
    assert answer.json()["code"] == "access.trust"
    assert moved.get("/v1/users", headers=headers).status_code == 200


def test_a_refusal_is_in_the_log(clinic: Clinic):
    user, auditor = clinic.user(Role.RESEARCHER), clinic.as_role(Role.AUDITOR)
    person = clinic.person()
    refused = clinic.client(clinic.token(user)).post(f"/v1/people/{person}/export")
    assert refused.json()["code"] == "access.forbidden"
    entry = auditor.get("/v1/audit/entries", params={"limit": 1}).json()["items"][0]
    told = (entry["action"], entry["actor_id"], entry["outcome"])
    assert told == ("people.export", user.id, "refused")


def test_every_answer_keeps_out_of_caches_and_frames(case: Case):
    for path in ("/healthz", "/v1/people", "/v1/nothing", f"/v1/assessments/{case.assessment}"):
        headers = case.clinician.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]


def test_a_foreign_host_is_refused(case: Case):
    answer = case.clinician.get("/v1/people", headers={"Host": "evil.example"})
    assert answer.json()["code"] == "request.host"


def test_what_is_not_there_is_a_problem_too(case: Case):
    assert case.reception.get("/v1/nothing").json()["code"] == "request.not_there"
    assert case.reception.request("PATCH", "/v1/people").json()["code"] == "request.method"
    bad = case.reception.post(
        "/v1/people", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert bad.json()["code"] == "request.not_json"
    unknown = case.reception.post("/v1/people", json={"name": "Anna"})
    assert unknown.json()["errors"][0]["at"] == ["body", "name"]


def test_nothing_personal_is_logged(clinic: Clinic, case: Case):
    reference = "Frau Beispiel-4711"
    made = case.reception.post("/v1/people", json={"reference": reference}).json()
    case.reception.get(f"/v1/people/{made['id']}")
    text = clinic.log.getvalue()
    for canary in (reference, made["id"], "127.0.0.1", str(case.reception.token)):
        assert canary not in text
    assert json.loads(text.splitlines()[-1])["operation"] == "people.read"


def test_metrics_tell_numbers_only(clinic: Clinic, case: Case):
    text = clinic.as_role(Role.AUDITOR).get("/metrics").text
    assert 'cutis_jobs_total{outcome="done"}' in text
    assert case.person not in text
