"""The walk of a new clinic, against the real service: from the first command to proven erasure.

Serve, create users, consent, upload, result, review, correct, sign, verify offline (with the place
in the log and two witnesses of it), export, erase, prove erased. Every step is checked; the figures
are seconds. ``python benchmarks/walkthrough.py``, with ``--database postgresql`` over a server of
its own from a wheel; ``--keep`` writes the figures.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks" / "soak")]

from software_authenticator import SoftwareAuthenticator  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "walkthrough.json"
ORIGIN = "http://localhost"
WITNESSES = ("witness-a", "witness-b")


def cutis(*words: str, folder: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command of Cutis as the operator would."""
    return subprocess.run(
        [sys.executable, "-m", "cutis", *words],
        env=environment(folder),
        capture_output=True,
        text=True,
        check=check,
    )


def environment(folder: Path) -> dict[str, str]:
    """Return the operator's environment: all settings below ``folder``."""
    ours = {
        "CUTIS_STORE_DIR": str(folder / "records"),
        "CUTIS_STORE_KEYS_DIR": str(folder / "keys"),
        "CUTIS_STORE_ROOT_KEY_FILE": str(folder / "root.key"),
        "CUTIS_SERVICE_LOGIN": "true",
        "CUTIS_SERVICE_PORT": "0",
        "CUTIS_SERVICE_PUBLIC_URL": ORIGIN,
        "CUTIS_SERVICE_WITNESSES": ",".join(str(folder / name) for name in WITNESSES),
        "CUTIS_SERVICE_SIGN_INS_PER_MINUTE": "600",
    }
    return {**os.environ, **ours}


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run ``cutis serve`` and yield its address."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "cutis", "serve"],
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=(folder / "service.log").open("w"),
        text=True,
    )
    try:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        yield next(word for word in words if word.startswith("http"))
    finally:
        process.terminate()
        process.wait(60)


class Client:
    """Somebody who asks, with nothing but the standard library."""

    def __init__(self, address: str, token: str = "") -> None:
        self.address, self.token = address, token

    def ask(
        self, method: str, path: str, body: Any = None, *, expect: int = 0, **headers: str
    ) -> Any:
        """Ask and return JSON, or bytes where the answer is none."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None and not isinstance(body, bytes):
            named["Content-Type"] = "application/json"
        if self.token:
            named["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(  # noqa: S310  (our own service)
            self.address + path, data=data, headers=named, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                status, content = answer.status, answer.read()
                kind = answer.headers.get("content-type", "")
        except urllib.error.HTTPError as error:
            status, content, kind = error.code, error.read(), "json"
        assert status == expect or (not expect and status < 300), (path, status, content[:400])
        return json.loads(content) if "json" in kind and "files" not in path else content


def sign_in(address: str, login: str, password: str) -> Client:
    """Sign in with a password."""
    made = Client(address).ask("POST", "/v1/sessions", {"login": login, "password": password})
    return Client(address, made["token"])


def with_passkey(address: str, login: str, password: str) -> Client:
    """Register a passkey at the first sign-in, and sign in with it."""
    weak, device = sign_in(address, login, password), SoftwareAuthenticator(ORIGIN)
    options = weak.ask("POST", "/v1/passkeys/options")["options"]
    weak.ask("POST", "/v1/passkeys", {"credential": device.register(options), "label": "phone"})
    options = weak.ask("POST", "/v1/sessions/passkey/options")["options"]
    made = Client(address).ask("POST", "/v1/sessions/passkey", {"credential": device.sign(options)})
    return Client(address, made["token"])


def astronaut() -> bytes:
    """Return the photo that `cutis demo` uses."""
    package = importlib.util.find_spec("skimage")
    folders = (package.submodule_search_locations if package else None) or ()
    return next(Path(folder) / "data" / "astronaut.png" for folder in folders).read_bytes()


class Walk:
    """The steps, each timed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.seconds = folder, {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step and tell of it."""
        started_s = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started_s, 2)
        print(f"{name}: {self.seconds[name]} s")

    def go(self) -> None:
        """Walk."""
        with self.step("make records, keys and the first admin"):
            cutis("admin", "init", "--name", "Practice", folder=self.folder)
            for name in WITNESSES:
                words = ("keys", "make", f"{name}.example", "--kind", "witness")
                cutis(*words, "--out", str(self.folder / name), folder=self.folder)
            told = cutis("users", "add", "lead", "--role", "admin", folder=self.folder).stdout
            password = told.split("password: ")[1].strip()
        started_s = time.perf_counter()
        with running(self.folder) as address:
            self.seconds["serve, until the address is printed"] = round(
                time.perf_counter() - started_s, 2
            )
            self.as_clinic(address, password)

    def as_clinic(self, address: str, password: str) -> None:
        """Do what a clinic does, over HTTP."""
        with self.step("sign in with a passkey, create users"):
            admin = with_passkey(address, "lead", password)
            people = {}
            for login, role in (("desk", "assistant"), ("doctor", "clinician")):
                new = {"login": login, "password": f"{login} walks by the lake", "roles": [role]}
                people[login] = admin.ask("POST", "/v1/users", new)["id"]
            desk = sign_in(address, "desk", "desk walks by the lake")
            doctor = with_passkey(address, "doctor", "doctor walks by the lake")
        with self.step("create a person, tie the doctor, record consent"):
            person = desk.ask("POST", "/v1/people", {"reference": "K-1", "birth_year": 1956})["id"]
            tie = {"user_id": people["doctor"], "relation": "care"}
            desk.ask("POST", f"/v1/people/{person}/ties", tie)
            photo = astronaut()
            digest = base64.b64encode(hashlib.sha256(photo).digest()).decode()
            headers = {"Repr_Digest": f"sha-256=:{digest}:", "Content_Type": "image/png"}
            refused = desk.ask("POST", f"/v1/people/{person}/photos", photo, expect=403, **headers)
            assert refused["code"] == "access.consent"
            for purpose in ("assessment", "history"):
                consent = {"purpose": purpose, "granted": True, "text_version": "2026-1"}
                desk.ask("POST", f"/v1/people/{person}/consents", consent)
        with self.step("upload, until the result is there"):
            made = desk.ask("POST", f"/v1/people/{person}/photos", photo, **headers)
            job = wait_for(desk, made["job"]["id"])
            path = f"/v1/assessments/{job['assessment_id']}"
            result = doctor.ask("GET", path)
            assert result["document"]["usable"]
        with self.step("review, correct a mask, sign"):
            self.review(doctor, path, result)
        with self.step("verify offline on another machine"):
            self.verify(doctor, path)
        with self.step("export"):
            export = admin.ask("POST", f"/v1/people/{person}/export")
            with zipfile.ZipFile(io.BytesIO(export)) as archive:
                assert archive.testzip() is None
                assert len(archive.namelist()) > 5
        with self.step("erase, and prove it"):
            receipt = admin.ask("DELETE", f"/v1/people/{person}")
            self.prove_erased(admin, person, receipt)
            doctor.ask("GET", path, expect=404)

    def review(self, doctor: Client, path: str, result: dict[str, Any]) -> None:
        """Validate, correct a mask, override a grade where there is one, and sign."""
        doctor.ask("POST", f"{path}/reviews", {"judgement": "validated", "reason": "As I see it."})
        capture = result["document"]["capture"]
        blank = np.zeros((capture["height_px"], capture["width_px"]), np.uint8)
        mask = base64.b64encode(cv2.imencode(".png", blank)[1].tobytes()).decode()
        corrected = {"judgement": "corrected", "reason": "Rouge.", "masks": {"redness": mask}}
        doctor.ask("POST", f"{path}/reviews", corrected)
        grades = {k: g["grade"] for k, g in result["document"]["grades"].items() if "grade" in g}
        for scale, grade in list(grades.items())[:1]:
            changed = {"judgement": "overridden", "reason": "Milder.", "grades": {scale: grade}}
            doctor.ask("POST", f"{path}/reviews", changed)
        reviews = doctor.ask("GET", f"{path}/reviews")["items"]
        assert len(reviews) == 2 + bool(grades)
        assert doctor.ask("GET", path)["document"] == result["document"]
        doctor.ask("POST", f"{path}/signed-report")

    def verify(self, doctor: Client, path: str) -> None:
        """Carry report, signature and public keys elsewhere, and verify without the service."""
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        for name in ("signed-report.json", "signed-report.json.signature.json"):
            (elsewhere / name).write_bytes(doctor.ask("GET", f"{path}/files/{name}"))
        keys = Client(doctor.address).ask("GET", "/v1/keys")
        assert keys["signers"]
        (elsewhere / "keys.json").write_bytes(raw(doctor.address + "/v1/keys"))
        report, known = elsewhere / "signed-report.json", elsewhere / "keys.json"
        words = ("verify", str(report), "--keys", str(known), "--require-log", "--json")
        told = cutis(*words, folder=elsewhere, check=False)
        assert told.returncode == 0, told.stdout + told.stderr
        assert len(json.loads(told.stdout)["log"]["witnesses"]) == len(WITNESSES)
        report.write_bytes(report.read_bytes().replace(b"Rouge.", b"Fever."))
        forged = cutis(*words, folder=elsewhere, check=False)
        assert forged.returncode != 0

    def prove_erased(self, admin: Client, person: str, receipt: dict[str, Any]) -> None:
        """The receipt names the person to who knows them, the log holds it, nothing opens."""
        text = f"cutis/erased\0{receipt['tenant_id']}\0{person}".encode()
        assert receipt["subject_sha256"] == hashlib.sha256(text).hexdigest()
        assert admin.ask("GET", f"/v1/erasures/{receipt['id']}") == receipt
        size = admin.ask("GET", "/v1/audit/checkpoint")["size"]
        query = f"?index={receipt['entry_index']}&size={size}"
        assert admin.ask("GET", f"/v1/audit/proofs/inclusion{query}")["path"]
        key = f"{receipt['key_id']}.key"
        assert not list((self.folder / "keys").rglob(key))


def raw(address: str) -> bytes:
    """Return what lies at an address of our own service."""
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content


def wait_for(client: Client, job_id: str) -> dict[str, Any]:
    """Wait until a job is done."""
    for _ in range(20):
        job: dict[str, Any] = client.ask("GET", f"/v1/jobs/{job_id}?wait_s=30")
        if job["state"] not in {"queued", "running"}:
            break
    assert job["state"] == "done", job
    return job


@contextmanager
def database(name: str) -> Iterator[None]:
    """Have the commands of the operator use this database: SQLite, or a PostgreSQL of our own."""
    if name == "sqlite":
        yield
        return
    from kill import Server  # noqa: PLC0415 - starts a server

    with tempfile.TemporaryDirectory(prefix="cutis-walk-pg-") as folder:
        server = Server(Path(folder))
        os.environ["CUTIS_STORE_DATABASE"] = server.address
        try:
            yield
        finally:
            del os.environ["CUTIS_STORE_DATABASE"]
            server.stop()


def main() -> None:
    """Walk once, in a folder that is removed after, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--keep", action="store_true", help="write the figures")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cutis-walk-") as folder, database(given.database):
        walk = Walk(Path(folder))
        walk.go()
    total_s = round(sum(walk.seconds.values()), 1)
    figures = {"database": given.database, "steps": walk.seconds, "total_s": total_s}
    print(json.dumps(figures))
    if given.keep:
        RESULTS.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
