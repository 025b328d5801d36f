"""The service over what a larger clinic uses: PostgreSQL, and object storage."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres_server import running_server
from served import digest_header, drawn_photo, served
from sqlalchemy import create_engine, text

from cutis.core.record_words import Purpose, Role


def test_over_postgresql(tmp_path: Path):
    with running_server() as server:
        address = server.new()
        a_case(tmp_path, database=address)
        engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect() as connection:
            users = connection.execute(text("SELECT count(*) FROM users")).scalar()
        engine.dispose()
    assert users == 2, "what was written is there"
    assert not (tmp_path / "data" / "records.sqlite").exists()


def test_over_object_storage(tmp_path: Path):
    pytest.importorskip("obstore", reason='no object storage: pip install "cutis[s3]"')
    a_case(tmp_path, blobs="memory:///")
    assert not (tmp_path / "data" / "blobs").exists()


def a_case(folder: Path, **store: str) -> None:
    """Upload, read the result and its map, erase."""
    with served(folder, store=store) as house:
        desk, admin = house.as_role(Role.ASSISTANT), house.as_role(Role.ADMIN)
        person, photo = house.person(*Purpose), drawn_photo()
        path = f"/v1/people/{person}/photos"
        made = desk.post(path, content=photo, headers=digest_header(photo))
        assert made.status_code == 201, made.text
        job = desk.get(f"/v1/jobs/{made.json()['job']['id']}?wait_s=20").json()
        assert job["state"] == "done", job
        assert house.parts.store.verify().problems == ()
        assert admin.delete(f"/v1/people/{person}").status_code == 200
        assert not list(house.parts.store.parts.blobs.ids())
