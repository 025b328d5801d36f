"""What the service keeps to itself, and what a person may ask of it."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from served import Caller, Clinic, served, settings_in

from cutis.core.errors import SettingsError
from cutis.core.record_words import Purpose, Relation, Role
from cutis.pipeline import DISCLAIMER
from cutis.service.opening import check_address
from cutis.service.policy import POLICY

ROOT = Path(__file__).resolve().parents[2]
WATCHED = """
import sys
from pathlib import Path

written, reached = set(), set()
allowed = [Path(word).resolve() for word in sys.argv[2:]]

def watch(event, args):
    if event == "open" and isinstance(args[0], str) and args[2] & 0o3:
        path = Path(args[0]).resolve()
        if not any(path.is_relative_to(folder) for folder in allowed):
            written.add(str(path))
    if event == "socket.connect" and isinstance(args[1], tuple):
        reached.add(str(args[1][0]))

import hypothesis  # reads its own folder once
from served import drawn_photo, digest_header, served
from cutis.core.record_words import Purpose, Role

with served(Path(sys.argv[1])) as clinic:
    sys.addaudithook(watch)
    desk, person = clinic.as_role(Role.ASSISTANT), clinic.person(*Purpose)
    photo = drawn_photo()
    path = f"/v1/people/{person}/photos"
    job = desk.post(path, content=photo, headers=digest_header(photo)).json()["job"]
    for _ in range(10):
        ended = desk.get(f"/v1/jobs/{job['id']}", params={"wait_s": 30}).json()
        if ended["state"] not in {"queued", "running"}:
            break
    assert ended["state"] == "done", ended
    admin = clinic.as_role(Role.ADMIN)
    assert admin.post(f"/v1/people/{person}/export").status_code == 200
    assert admin.delete(f"/v1/people/{person}").status_code == 200
print({"written": sorted(written), "reached": sorted(reached)})
"""


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "skin.example.org"])  # noqa: S104
def test_without_sign_in_no_other_address_is_served(host: str, tmp_path: Path):
    settings = settings_in(tmp_path, login=False, host=host)
    with pytest.raises(SettingsError, match="Without sign-in"):
        check_address(settings.service)
    check_address(settings_in(tmp_path, login=True, host=host).service)


def test_without_sign_in_no_proxy_may_stand_before(tmp_path: Path):
    with pytest.raises(SettingsError, match="proxy"):
        check_address(settings_in(tmp_path, login=False, proxied=True).service)


def test_one_person_alone_needs_no_sign_in_and_is_protected_from_other_sites(folder: Path):
    with served(folder, login=False) as house:
        me = house.client()
        people = me.get("/v1/people").json()["items"]
        assert len(people) == 1
        assert me.get("/v1/sessions/current").json()["roles"] == ["auditor", "person"]
        assert me.post("/v1/users", json={}).json()["code"] == "access.forbidden"
        for headers in (
            {"X-Forwarded-For": "192.0.2.1"},
            {"Forwarded": "for=192.0.2.1"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            assert me.get("/v1/people", headers=headers).json()["code"] == "access.proxied"
        rebound = me.get("/v1/people", headers={"Host": "evil.example:8321"})
        assert rebound.json()["code"] == "request.host"


def test_nothing_is_written_outside_and_nobody_is_reached(folder: Path):
    """S7, S8: a whole case in a process that is watched: all files below one folder, no address."""
    mine = folder / "watched"
    mine.mkdir()
    extra = [str(mine), "/dev", "/proc"]
    answer = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", WATCHED, str(mine), *extra],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(path for path in sys.path if path), "PATH": "/usr/bin:/bin"},
    )
    shutil.rmtree(mine)
    assert answer.returncode == 0, answer.stderr[-2000:]
    told = ast.literal_eval(answer.stdout.splitlines()[-1])
    assert told == {"written": [], "reached": []}


class TestRights:
    """A person's rights under the GDPR, each by what the service does."""

    @pytest.fixture
    def me(self, clinic: Clinic) -> tuple[Caller, str]:
        user = clinic.user(Role.PERSON)
        person = clinic.person(Purpose.ASSESSMENT)
        clinic.tie(user, person, Relation.SELF)
        return clinic.client(clinic.token(user)), person

    def test_access_and_portability(self, me: tuple[Caller, str]):
        caller, person = me
        assert caller.get(f"/v1/people/{person}").status_code == 200
        export = caller.post(f"/v1/people/{person}/export")
        assert export.headers["content-type"] == "application/zip"

    def test_rectification(self, me: tuple[Caller, str]):
        caller, person = me
        tag = caller.get(f"/v1/people/{person}").headers["etag"]
        change = {"birth_year": 1991}
        path = f"/v1/people/{person}"
        answer = caller.put(path, json=change, headers={"If-Match": tag})
        assert answer.json()["birth_year"] == 1991

    def test_withdrawal_is_as_easy_as_consent(self, me: tuple[Caller, str]):
        caller, person = me
        for granted in (True, False):
            body = {"purpose": "research", "granted": granted, "text_version": "1"}
            assert caller.post(f"/v1/people/{person}/consents", json=body).status_code == 201
        receipts = caller.get(f"/v1/people/{person}/consents").json()["items"]
        assert [r["granted"] for r in receipts if r["purpose"] == "research"] == [True, False]

    def test_erasure(self, me: tuple[Caller, str]):
        caller, person = me
        receipt = caller.delete(f"/v1/people/{person}").json()
        assert receipt["destroyed_at"] >= receipt["requested_at"]
        answer = caller.get(f"/v1/people/{person}")
        assert answer.json()["code"] == "access.login", "the login went with the person"


def test_for_a_minor_a_guardian_agrees(clinic: Clinic):
    """S25: who is under age cannot agree alone, and can always withdraw (article 8)."""
    child, parent = clinic.user(Role.PERSON), clinic.user(Role.GUARDIAN)
    person = clinic.person(birth_year=clinic.parts.clock.now().year - 12)
    clinic.tie(child, person, Relation.SELF)
    clinic.tie(parent, person, Relation.GUARDIAN)
    theirs, parents = clinic.client(clinic.token(child)), clinic.client(clinic.token(parent))
    desk, path = clinic.as_role(Role.ASSISTANT), f"/v1/people/{person}/consents"
    agreed = {"purpose": "assessment", "granted": True, "text_version": "1"}
    for caller in (theirs, desk):
        assert caller.post(path, json=agreed).json()["code"] == "access.guardian"
    assert parents.post(path, json=agreed).status_code == 201
    assert desk.post(path, json={**agreed, "evidence": "form 7, father"}).status_code == 201
    assert theirs.post(path, json={**agreed, "granted": False}).status_code == 201


def test_the_rights_of_a_person_need_no_consent():
    """S25: access, correction, export and erasure need no consent (articles 15 to 20)."""
    rights = ("people.read", "people.change", "people.export", "people.erase", "consents.record")
    for operation in (*rights, "assessments.read", "photos.pixels", "reviews.list"):
        grant = POLICY[operation].grants[Role.PERSON]
        assert grant.consent is None


def test_health_data_are_processed_with_consent_only():
    """S25: others see or make results with the person's consent only (article 9)."""
    for operation in ("assessments.read", "assessments.file", "photos.pixels", "reviews.create"):
        others = POLICY[operation].grants.keys() - {Role.PERSON, Role.GUARDIAN}
        assert others
        assert all(POLICY[operation].grants[role].consent for role in others)
    analysis = POLICY["jobs.create"].grants.values()
    assert all(grant.consent is Purpose.ASSESSMENT for grant in analysis)


def test_no_decision_is_made_by_the_machine_alone(clinic: Clinic):
    """S25: an assessment decides nothing, and a human has the last word (article 22)."""
    assert "not a diagnosis" in DISCLAIMER
    assert Role.CLINICIAN in POLICY["reviews.create"].grants
    assert json.dumps(sorted(POLICY["reviews.list"].grants)).count("person") == 1
