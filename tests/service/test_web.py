"""The app's side of the service: its files and their policy, its cookie, and results in words."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from served import Caller, Clinic, digest_header, drawn_photo, served

from cutis.core.enhancement import Ruling
from cutis.core.language import Language
from cutis.core.record_words import Outcome, Purpose, Relation, Role
from cutis.history import Obstacle
from cutis.service.passwords import hash_password
from cutis.service.web.cookies import CSRF_HEADER, PLAIN_NAME, csrf_of
from cutis.service.web.pages import static_names
from cutis.steps.quality import QualityLimits

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
WORDS = "four plain words together"


def cookie(token: str) -> dict[str, str]:
    return {"Cookie": f"{PLAIN_NAME}={token}"}


@pytest.fixture
def token(clinic: Clinic) -> str:
    return clinic.token(clinic.user(Role.PERSON))


class TestFiles:
    def test_the_page_runs_its_own_scripts_only(self, clinic: Clinic):
        page = clinic.client().get("/")
        assert page.status_code == 200
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "'unsafe-eval'" not in policy
        assert "camera=(self)" in page.headers["permissions-policy"]
        assert "<script>" not in page.text
        assert "style=" not in page.text
        assert "//" not in page.text.replace("http://www.w3.org", "")

    def test_hashed_files_may_be_kept_and_others_are_asked_anew(self, clinic: Clinic):
        names = sorted(static_names())
        script = next(name for name in names if name.startswith("assets/") and name.endswith("js"))
        assert "immutable" in clinic.client().get(f"/{script}").headers["cache-control"]
        assert clinic.client().get("/").headers["cache-control"] == "no-cache"

    def test_workers_may_do_what_the_page_may(self, clinic: Clinic):
        policy = clinic.client().get("/").headers["content-security-policy"]
        for name in static_names():
            if name.endswith(".js"):
                assert clinic.client().get(f"/{name}").headers["content-security-policy"] == policy

    def test_the_first_view_is_small(self, clinic: Clinic):
        """At most 150 kB compressed: the page, and what it names."""
        page = clinic.client().get("/").text
        named = [name for name in static_names() if f'"/{name}"' in page]
        assert named
        size = sum(len(gzip.compress(clinic.client().get(f"/{name}").content, 9)) for name in named)
        assert size <= 150_000

    def test_packed_files_are_unpacked_for_who_cannot(self, clinic: Clinic):
        name = "vision/vision_wasm_internal.wasm"
        plain = clinic.client().get(f"/{name}", headers={"Accept-Encoding": "identity"})
        assert plain.content.startswith(b"\0asm")
        assert "content-encoding" not in plain.headers
        packed = clinic.client().get(f"/{name}", headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["content-type"] == "application/wasm"

    @pytest.mark.parametrize("path", ["/../pages.py", "/assets", "/app/words/xx.json", "/x.html"])
    def test_nothing_else_is_served(self, clinic: Clinic, path: str):
        assert clinic.client().get(path).status_code == 404

    def test_limits_are_those_of_the_photo(self, clinic: Clinic):
        told = clinic.client().get("/app/limits.json").json()
        limits = QualityLimits()
        assert told["inter_eye_px"]["ideal"] == limits.inter_eye_px.ideal
        assert told["turn_deg"]["worst"] == limits.turn_deg.worst

    @pytest.mark.parametrize("language", list(Language), ids=str)
    def test_words_are_those_of_summaries(self, clinic: Clinic, language: Language):
        told = clinic.client().get(f"/app/words/{language}.json").json()
        assert told["conditions"]["redness"]
        assert bool(told["english_note"]) is (language is not Language.ENGLISH)


def sources() -> str:
    """Return the digest of everything that the app is built from; `packing.mjs` writes the same."""
    named = ["index.html", "package.json", "package-lock.json", "vite.config.ts"]
    paths = [APP / name for name in named]
    paths += [p for folder in ("src", "public", "scripts") for p in (APP / folder).rglob("*")]
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda p: p.relative_to(APP).as_posix()):
        if path.is_file():
            digest.update(f"{path.relative_to(APP).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def test_the_app_was_built_from_the_present_sources():
    static = ROOT / "src" / "cutis" / "service" / "web" / "static"
    built = json.loads((static / "built-from.json").read_text(encoding="utf-8"))
    assert built["sources_sha256"] == sources(), "Build it again: make app"


def test_the_app_has_a_sentence_for_every_word_of_an_answer():
    """Its other languages have the keys of English; `catalogues.test.ts` sees to that."""
    said = json.loads((APP / "src" / "i18n" / "en.json").read_text(encoding="utf-8"))
    of_one_photo = {Obstacle.NOT_MEASURED, Obstacle.PHOTO_REFUSED}
    keys = {f"obstacle_{o}_{p}" for o in of_one_photo for p in ("earlier", "later")}
    keys |= {f"obstacle_{obstacle}" for obstacle in set(Obstacle) - of_one_photo}
    assert {key for key in said if key.startswith("obstacle_")} == keys
    for name, words in (("ruling", Ruling), ("outcome", Outcome), ("role", Role)):
        assert {key for key in said if key.startswith(f"{name}_")} == {f"{name}_{w}" for w in words}


class TestCookie:
    def test_sign_in_keeps_the_token_from_the_page(self, clinic: Clinic):
        user = clinic.user(Role.PERSON, password_hash=hash_password(WORDS))
        body = {"login": user.login, "password": WORDS}
        answer = clinic.client().post("/app/session", json=body)
        assert answer.status_code == 201
        assert "token" not in answer.json()
        kept = answer.headers["set-cookie"].lower()
        assert "httponly" in kept
        assert "samesite=strict" in kept
        clinic.line.cookies.clear()

    def test_wrong_words_set_no_cookie(self, clinic: Clinic):
        body = {"login": "nobody", "password": "wrong words"}
        answer = clinic.client().post("/app/session", json=body)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers

    def test_reading_needs_the_cookie_only(self, clinic: Clinic, token: str):
        answer = clinic.client().get("/v1/sessions/current", headers=cookie(token))
        assert answer.json()["roles"] == ["person"]

    @pytest.mark.parametrize("said", [None, "", "x", "é"])
    def test_changing_needs_the_second_word(self, clinic: Clinic, token: str, said: str | None):
        headers = cookie(token) | ({} if said is None else {CSRF_HEADER: said.encode()})
        answer = clinic.client().delete("/v1/sessions/current", headers=headers)
        assert answer.json()["code"] == "access.csrf"
        good = cookie(token) | {CSRF_HEADER: csrf_of(token), "Sec-Fetch-Site": "cross-site"}
        foreign = clinic.client().delete("/v1/sessions/current", headers=good)
        assert foreign.json()["code"] == "access.csrf"

    def test_the_page_learns_the_second_word_and_signs_out(self, clinic: Clinic, token: str):
        told = clinic.client().get("/app/session", headers=cookie(token)).json()
        headers = cookie(token) | {CSRF_HEADER: told["csrf"]}
        answer = clinic.client().delete("/app/session", headers=headers)
        assert answer.status_code == 204
        assert "max-age=0" in answer.headers["set-cookie"].lower()
        assert clinic.client().get("/v1/sessions/current", headers=cookie(token)).status_code == 401

    def test_a_cookie_that_is_no_token_is_nobody(self, clinic: Clinic):
        for value in ("x", "a" * 43, "\xe9"):
            headers = {"Cookie": f"{PLAIN_NAME}={value}".encode("latin-1")}
            assert clinic.client().get("/v1/sessions", headers=headers).status_code == 401


class TestOwn:
    @pytest.fixture
    def me(self, clinic: Clinic) -> tuple[Caller, str]:
        user = clinic.user(Role.PERSON)
        person = clinic.person(*Purpose)
        clinic.tie(user, person, Relation.SELF)
        return clinic.client(clinic.token(user)), person

    def test_ones_own_person(self, me: tuple[Caller, str]):
        assert me[0].post("/v1/account/person").json()["id"] == me[1]

    def test_nobody_is_made_for_a_user_who_signs_in(self, clinic: Clinic):
        answer = clinic.as_role(Role.PERSON).post("/v1/account/person")
        assert answer.json()["code"] == "access.not_found"

    def test_alone_one_begins_again_after_erasure_without_consent(self, folder: Path):
        (folder / "alone").mkdir()
        with served(folder / "alone", login=False) as house:
            me = house.client()
            first = me.post("/v1/account/person").json()["id"]
            assert me.delete(f"/v1/people/{first}").status_code == 200
            second = me.post("/v1/account/person").json()["id"]
            assert second != first
            assert me.get(f"/v1/people/{second}/consents").json()["items"] == []
            assert me.post("/v1/account/person").json()["id"] == second

    def test_a_private_photo_leaves_nothing(self, clinic: Clinic, me: tuple[Caller, str]):
        caller, person = me
        photo = drawn_photo()
        before = clinic.parts.store.log_size()
        path = "/v1/account/assessments?language=es"
        answer = caller.post(path, content=photo, headers=digest_header(photo))
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["document"]["schema_version"]
        assert told["summary"]["language"] == "es"
        assert "report.html" in told["files"]
        assert clinic.parts.store.log_size() == before
        assert caller.get(f"/v1/people/{person}/photos").json()["items"] == []

    def test_a_private_photo_is_checked_as_others_are(self, me: tuple[Caller, str]):
        caller, photo = me[0], drawn_photo()
        path = "/v1/account/assessments"
        altered = caller.post(path, content=photo + b"x", headers=digest_header(photo))
        assert altered.json()["code"] == "upload.digest_differs"
        assert caller.post(path, content=photo).json()["code"] == "upload.digest_missing"

    def test_a_result_is_told_in_words(self, clinic: Clinic, me: tuple[Caller, str]):
        caller, person = me
        photo = drawn_photo()
        sent = caller.post(
            f"/v1/people/{person}/photos", content=photo, headers=digest_header(photo)
        ).json()
        job = {}
        for _ in range(10):
            job = caller.get(f"/v1/jobs/{sent['job']['id']}", params={"wait_s": 10}).json()
            if job["state"] not in {"queued", "running"}:
                break
        path = f"/v1/assessments/{job['assessment_id']}/summary"
        told = caller.get(path, params={"language": "ar"}).json()
        assert told["direction"] == "rtl"
        assert len(told["sections"]) >= 2
