"""The OpenAPI document: complete, with examples; fuzzed; and a client generated from it works."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from fuzzing import fuzz
from served import ORIGIN, Clinic

from cutis.core.record_words import Role
from cutis.service.policy import POLICY, Scope

METHODS = ("get", "post", "put", "delete")


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from (methods[method] for method in METHODS if method in methods)


def test_every_operation_is_described(clinic: Clinic):
    for operation in operations(clinic.api.openapi()):
        name = operation["operationId"]
        assert operation["summary"], name
        assert operation["description"].endswith("."), name
        assert any(status < "300" for status in operation["responses"]), name
        assert ("security" in operation) is (POLICY[name].scope is not Scope.PUBLIC), name
        for parameter in operation.get("parameters", ()):
            told = parameter.get("description") or parameter["schema"].get("description")
            assert told or parameter["in"] == "path", (name, parameter["name"])


def test_every_refusal_has_an_example(clinic: Clinic):
    for operation in operations(clinic.api.openapi()):
        for status, answer in operation["responses"].items():
            if status >= "400" and operation["operationId"] != "health.ready":
                problem = answer["content"]["application/problem+json"]
                assert problem["example"]["status"] == int(status)


def test_every_field_has_an_example_or_is_made_of_fields_that_have(clinic: Clinic):
    bare = []
    for name, schema in clinic.api.openapi()["components"]["schemas"].items():
        for field, told in schema.get("properties", {}).items():
            simple = "$ref" not in str(told) and told.get("type") != "array"
            if simple and "examples" not in str(told) and field not in {"next_cursor", "errors"}:
                bare.append(f"{name}.{field}")
    assert bare == []


def test_fuzzing_finds_nothing(clinic: Clinic):
    """R3 in short: a few cases of every operation; `benchmarks/soak/fuzz.py` makes 20,000."""
    token = clinic.token(clinic.user(Role.ASSISTANT, Role.AUDITOR, Role.PERSON))
    found = fuzz(clinic.app, token, cases=2)
    assert found.cases >= len(POLICY)
    assert found.failures == []


class _ToTheClinic(httpx.BaseTransport):
    """Hands what a client sends to the clinic of the tests."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        headers = dict(request.headers.items())
        answer = self.clinic.line.request(
            request.method, path, headers=headers, content=request.read()
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def test_a_generated_client_works(clinic: Clinic, folder: Path):
    """A client that openapi-python-client makes of the document keeps a person and reads it."""
    document, made = folder / "openapi.json", folder / "cutis_client"
    document.write_text(json.dumps(clinic.api.openapi()), encoding="utf-8")
    words = ["generate", "--path", str(document), "--output-path", str(made), "--meta", "none"]
    subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "openapi_python_client", *words], check=True, capture_output=True
    )
    sys.path.insert(0, str(folder))
    try:
        client_of = importlib.import_module("cutis_client")
        create = importlib.import_module("cutis_client.api.people.people_create")
        read = importlib.import_module("cutis_client.api.people.people_read")
        models = importlib.import_module("cutis_client.models")
    finally:
        sys.path.remove(str(folder))
    client = client_of.AuthenticatedClient(
        base_url=ORIGIN,
        token=clinic.token(clinic.user(Role.ASSISTANT)),
        httpx_args={"transport": _ToTheClinic(clinic)},
    )
    person = create.sync(client=client, body=models.PersonIn(reference="K-9", birth_year=1980))
    again = read.sync(person.id, client=client)
    assert (again.reference, again.birth_year) == ("K-9", 1980)
    absent = read.sync_detailed("0" * 32, client=client)
    assert absent.status_code == 404


def test_the_version_and_the_title_are_told(clinic: Clinic):
    told = clinic.client().get("/openapi.json").json()["info"]
    assert told["title"] == "Cutis"
    assert told["summary"].endswith("never a diagnosis.")
