"""Inpainting against a stand-in that speaks the server's protocol: all that can go wrong, too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("websockets")

from synth.comfyui_server import Behaviour, StandIn, serve

from cutis import __version__
from cutis.core.errors import InputError, ModelError, SettingsError
from cutis.core.vocabulary import Condition
from cutis.datasets.on_disk import DiskItem, open_set
from cutis.imaging.skin_channels import TARGETS
from cutis.synth.comfyui.connection import Connection, parse_address
from cutis.synth.comfyui.events import Event, Preview, Waiting, Working
from cutis.synth.comfyui.failures import (
    ExecutionError,
    ServerError,
    ServerLostError,
    ServerMemoryError,
    ServerTimeoutError,
)
from cutis.synth.comfyui.jobs import load_references
from cutis.synth.comfyui.make import Outcome, inpaint
from cutis.synth.comfyui.plan import Models, Plan
from cutis.synth.comfyui.run import Patience

HASTY = Patience(backoff_s=0.25, silence_s=0.05, job_s=120.0)
CLIENT = "0123456789abcdef"


@pytest.fixture
def references(tmp_path: Path) -> Path:
    folder = tmp_path / "references"
    for place, condition in enumerate((Condition.ACNE, Condition.REDNESS)):
        (folder / condition).mkdir(parents=True)
        picture = np.full((40, 40, 3), 90 + 40 * place, np.uint8)
        cv2.imwrite(str(folder / condition / "one.png"), picture)
    return folder


@pytest.fixture
def plan(bank: Path, references: Path) -> Plan:
    return Plan(faces=bank, references=load_references(references), count=2, seed=5)


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with serve() as server:
        yield server


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


class Waits(list[float]):
    """Takes the place of sleeping: the waits that were asked for."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def connection_to(server: StandIn) -> Connection:
    return Connection(parse_address(server.address), CLIENT, timeout_s=60.0)


def made(server: StandIn, plan: Plan, out: Path, **options: Any) -> list[Outcome]:
    options = {"patience": HASTY, "sleep": Waits()} | options
    return list(inpaint(connection_to(server), plan, out, **options))


def states(outcomes: list[Outcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


def journal(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]


def items(out: Path) -> dict[int, DiskItem]:
    found = open_set(out)
    return {number: found.item(number) for number in found.records}


# What is made


def test_only_the_area_changes_and_the_area_is_the_label(stand_in: StandIn, plan: Plan, out: Path):
    assert states(made(stand_in, plan, out)) == ["made", "made"]
    for item in items(out).values():
        area = item.labels > 0
        changed = (item.image != item.clean).any(axis=2)
        assert 0.01 < area.mean() < 0.6
        assert not changed[~area].any()
        assert changed[area].mean() > 0.8


def test_the_label_is_the_conditions_bit(stand_in: StandIn, plan: Plan, out: Path):
    made(stand_in, plan, out)
    for item in items(out).values():
        bit = 1 << TARGETS.index(Condition(item.record["parameters"]["condition"]))
        assert set(np.unique(item.labels)) == {0, bit}
        assert (item.ignore[item.labels == 0] == 0).all()
        assert 0 < (item.ignore > 0).sum() < (item.labels > 0).sum()


def test_conditions_with_references_take_turns(stand_in: StandIn, plan: Plan, out: Path):
    made(stand_in, replace(plan, count=6), out)
    records = open_set(out).records.values()
    drawn = [(r["parameters"]["condition"], r["severity"]) for r in records]
    levels = ("mild", "moderate", "severe")
    assert drawn == [(c, level) for level in levels for c in ("acne", "redness")]


def test_the_record_tells_how_it_was_made(stand_in: StandIn, plan: Plan, out: Path):
    made(stand_in, plan, out)
    found = open_set(out)
    record, graph = found.records[0], stand_in.state.queued[0]
    parameters = record["parameters"]
    assert graph["sampler"]["inputs"]["seed"] == parameters["sampler_seed"] == record["seed"]
    assert graph["positive"]["inputs"]["text"] == parameters["positive"]
    assert "blush" in graph["negative"]["inputs"]["text"]
    assert record["mean_change"] > 3
    assert record["split"] in {"train", "val"}
    assert found.manifest["complete"]
    assert found.manifest["workflow_sha256"] == plan.workflow.sha256
    assert found.manifest["backend"] == "comfyui"
    reference = (out / "references" / "000000.png").read_bytes()
    assert reference in {r.png for r in plan.references[Condition.ACNE]}


def test_the_server_gets_the_area_a_little_wider(stand_in: StandIn, plan: Plan, out: Path):
    made(stand_in, replace(plan, count=1), out)
    inputs = {key: node["inputs"] for key, node in stand_in.state.queued[0].items()}
    sent = stand_in.state.uploads[inputs["area"]["image"]]
    area = cv2.imdecode(np.frombuffer(sent, np.uint8), cv2.IMREAD_GRAYSCALE)
    label = cv2.resize(items(out)[0].labels, (512, 512), interpolation=cv2.INTER_NEAREST) > 0
    assert area.shape == (512, 512)
    assert (area[label] == 255).all()
    assert (area[~label] == 255).any()


def test_the_same_seed_asks_for_the_same(plan: Plan, tmp_path: Path):
    asked = []
    for name in ("one", "two"):
        with serve() as server:
            made(server, plan, tmp_path / name)
            asked.append([json.dumps(graph, sort_keys=True) for graph in server.state.queued])
    assert asked[0] == asked[1]
    pictures = [sorted((tmp_path / n).glob("images/*.png")) for n in ("one", "two")]
    assert [p.read_bytes() for p in pictures[0]] == [p.read_bytes() for p in pictures[1]]


def test_another_seed_asks_for_something_else(stand_in: StandIn, plan: Plan, tmp_path: Path):
    made(stand_in, replace(plan, count=1), tmp_path / "one")
    made(stand_in, replace(plan, count=1, seed=6), tmp_path / "two")
    first, second = stand_in.state.queued
    assert first["sampler"]["inputs"]["seed"] != second["sampler"]["inputs"]["seed"]


def test_progress_is_told(stand_in: StandIn, plan: Plan, out: Path):
    told: list[tuple[int, Event]] = []
    made(stand_in, plan, out, report=lambda index, event: told.append((index, event)))
    events = [event for _, event in told]
    assert {index for index, _ in told} == {0, 1}
    assert [e.step for e in events if isinstance(e, Working) and e.steps] == [1, 2, 3] * 2
    assert {type(e) for e in events} >= {Waiting, Working, Preview}


# Resuming


def test_what_is_there_is_not_asked_for_again(stand_in: StandIn, plan: Plan, out: Path):
    made(stand_in, plan, out)
    assert states(made(stand_in, replace(plan, count=3), out)) == ["was there", "was there", "made"]
    assert len(stand_in.state.queued) == 3
    assert sorted(items(out)) == [0, 1, 2]


def test_a_run_cut_off_goes_on(stand_in: StandIn, plan: Plan, out: Path):
    run = inpaint(connection_to(stand_in), plan, out, patience=HASTY)
    assert next(run).state == "made"
    run.close()
    assert not open_set(out).manifest["complete"]
    with (out / "parameters.jsonl").open("a") as stream:
        stream.write('{"item": 1, "fa')  # killed while writing
    assert states(made(stand_in, plan, out)) == ["was there", "made"]
    assert sorted(items(out)) == [0, 1]


def test_a_deleted_picture_is_made_again(stand_in: StandIn, plan: Plan, out: Path):
    made(stand_in, plan, out)
    before = items(out)[1]
    (out / "images" / "000001.png").unlink()
    assert states(made(stand_in, plan, out)) == ["was there", "made"]
    assert (items(out)[1].image == before.image).all()


def test_a_folder_of_another_run_is_refused(stand_in: StandIn, plan: Plan, out: Path):
    made(stand_in, plan, out)
    with pytest.raises(InputError, match="its seed differ"):
        made(stand_in, replace(plan, seed=6), out)


# What goes wrong


def test_a_dropped_socket_loses_nothing(plan: Plan, out: Path):
    waits = Waits()
    with serve(Behaviour(drop_sockets=2)) as server:
        patience = replace(HASTY, silence_s=60.0)  # only the socket tells
        outcomes = made(server, plan, out, sleep=waits, patience=patience)
        assert states(outcomes) == ["made", "made"]
        assert len(server.state.queued) == 2  # found again, not queued again
        assert server.state.connections == 4
    assert waits == [0.25, 0.25]
    assert [line["happened"] for line in journal(out)] == ["tried again", "made"] * 2
    assert journal(out)[0]["code"] == "comfyui.lost"


def test_a_restarted_server_gets_the_job_again(plan: Plan, out: Path):
    with serve(Behaviour(restarts=1)) as server:
        assert states(made(server, replace(plan, count=1), out)) == ["made"]
        assert len(server.state.queued) == 2
        names = {graph["saved"]["inputs"]["filename_prefix"] for graph in server.state.queued}
    assert len(names) == 2  # so that no cache answers


def test_a_server_without_messages_is_asked(plan: Plan, out: Path):
    with serve(Behaviour(mute=True)) as server:
        assert states(made(server, plan, out)) == ["made", "made"]


def test_a_busy_server_is_waited_for(plan: Plan, out: Path):
    waits = Waits()
    with serve(Behaviour(refused_uploads=2)) as server:
        assert states(made(server, replace(plan, count=1), out, sleep=waits)) == ["made"]
    assert waits == [0.25, 0.5]


def test_a_failed_node_is_tried_again(plan: Plan, out: Path):
    with serve(Behaviour(failing_nodes=1)) as server:
        assert states(made(server, replace(plan, count=1), out)) == ["made"]
        assert len(server.state.queued) == 2
    assert "mat1 and mat2" in journal(out)[0]["reason"]


def test_a_job_that_keeps_failing_is_passed_over_and_made_later(plan: Plan, out: Path):
    with serve(Behaviour(failing_nodes=HASTY.attempts)) as server:
        first = made(server, plan, out)
        assert states(first) == ["failed", "made"]
        assert "KSampler failed" in first[0].reason
        assert not open_set(out).manifest["complete"]
        assert states(made(server, plan, out)) == ["made", "was there"]
        assert open_set(out).manifest["complete"]


def test_a_run_that_only_fails_stops(plan: Plan, out: Path):
    with serve(Behaviour(failing_nodes=99)) as server:
        with pytest.raises(ExecutionError, match="KSampler failed"):
            made(server, replace(plan, count=50), out)
        assert len(server.state.queued) == HASTY.attempts * HASTY.failures_in_a_row


def test_out_of_memory_is_answered_by_freeing_once(plan: Plan, out: Path):
    with serve(Behaviour(out_of_memory=1)) as server:
        assert states(made(server, replace(plan, count=1), out)) == ["made"]
        assert server.state.freed == 1


def test_out_of_memory_again_stops(plan: Plan, out: Path):
    with serve(Behaviour(out_of_memory=2)) as server:
        with pytest.raises(ServerMemoryError, match="--lowvram"):
            made(server, plan, out)
        assert server.state.freed == 1


def test_a_slow_job_is_taken_back(plan: Plan, out: Path):
    patience = replace(HASTY, job_s=0.1, failures_in_a_row=1)
    with serve(Behaviour(step_s=0.4)) as server:
        with pytest.raises(ServerTimeoutError, match="taken back"):
            made(server, replace(plan, count=1), out, patience=patience)
        assert len(server.state.cancelled) == 1


def test_stopping_by_hand_takes_the_job_back(plan: Plan, out: Path):
    def stop(_index: int, event: Event) -> None:
        if isinstance(event, Preview):
            raise KeyboardInterrupt

    with serve(Behaviour(step_s=0.1)) as server:
        with pytest.raises(KeyboardInterrupt):
            made(server, plan, out, report=stop)
        assert len(server.state.cancelled) == 1


def test_a_picture_of_another_size_is_refused(plan: Plan, out: Path):
    patience = replace(HASTY, failures_in_a_row=1)
    with (
        serve(Behaviour(size_px=64)) as server,
        pytest.raises(ExecutionError, match="512 x 512"),
    ):
        made(server, plan, out, patience=patience)


def test_an_absent_server_is_told_at_once(plan: Plan, out: Path):
    with serve() as server:
        gone = connection_to(server)
    with pytest.raises(ServerLostError, match=r"No connection .* Start it"):
        next(inpaint(gone, plan, out))
    assert not out.exists()


def test_missing_nodes_are_named_before_anything_is_sent(plan: Plan, out: Path):
    missing = ("IPAdapterAdvanced", "IPAdapterModelLoader")
    with serve(Behaviour(missing_nodes=missing)) as server:
        with pytest.raises(ModelError, match=r"IPAdapterAdvanced, .*ComfyUI_IPAdapter_plus"):
            made(server, plan, out)
        assert not server.state.uploads


@pytest.mark.parametrize("new_style", [False, True])
def test_a_missing_model_is_named_with_what_is_there(plan: Plan, out: Path, *, new_style: bool):
    behaviour = Behaviour(checkpoints=("dreamy.safetensors",), new_style_choices=new_style)
    with serve(behaviour) as server:
        with pytest.raises(ModelError, match=r"sd-v1-5-inpainting\.ckpt .*has dreamy"):
            made(server, plan, out)
        other = replace(plan, count=1, models=Models(checkpoint="dreamy.safetensors"))
        assert states(made(server, other, out)) == ["made"]


def test_a_refused_graph_is_no_reason_to_try_again(plan: Plan, out: Path):
    def take_away(_index: int, _event: Event) -> None:
        server.behaviour.checkpoints = ("dreamy.safetensors",)

    waits = Waits()
    with serve() as server, pytest.raises(ModelError, match="refuses the workflow: Checkpoint"):
        made(server, plan, out, report=take_away, sleep=waits)
    assert waits == []


def test_a_redirect_is_not_followed(plan: Plan, out: Path):
    with (
        serve() as other,
        serve(Behaviour(redirect_to=other.address)) as server,
        pytest.raises(ServerError, match="sends elsewhere"),
    ):
        made(server, plan, out)


def test_a_proxy_is_not_used(
    stand_in: StandIn, plan: Plan, out: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    assert states(made(stand_in, replace(plan, count=1), out)) == ["made"]


# Where faces may go


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8188", "http://localhost:1", "http://[::1]:8188", "http://127.8.8.8"],
)
def test_this_machine_is_taken(address: str):
    assert parse_address(address).shown.startswith(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://192.0.2.1:8188",
        "https://paint.example",
        "http://0.0.0.0:8188",
        "http://localhost.example",
    ],
)
def test_another_machine_is_refused_unless_allowed(address: str):
    with pytest.raises(SettingsError, match=r"photographs of faces .* --allow-remote"):
        parse_address(address)
    assert parse_address(address, allow_remote=True).host in address


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:8188",
        "ftp://127.0.0.1",
        "http://a:b@127.0.0.1",
        "http://127.0.0.1/x",
        "http://[",
        "",
    ],
)
def test_what_is_no_address_is_refused(address: str):
    with pytest.raises(SettingsError, match="scheme, host and port"):
        parse_address(address, allow_remote=True)


def test_an_upload_has_a_plain_name(stand_in: StandIn):
    with pytest.raises(InputError):
        connection_to(stand_in).upload_picture('x".png\r\n', b"", folder="cutis")


# The references


def test_a_folder_without_references_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="acne/"):
        load_references(tmp_path)


def test_a_reference_that_is_no_picture_is_refused(references: Path):
    (references / "acne" / "two.png").write_text("words")
    with pytest.raises(InputError, match="cannot be read"):
        load_references(references)


def test_references_lose_what_else_their_files_tell(references: Path, tmp_path: Path):
    from PIL import Image  # noqa: PLC0415 - here only

    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new("RGB", (8, 8)).save(references / "acne" / "two.jpg", exif=exif)
    found = load_references(references)[Condition.ACNE]
    assert len(found) == 2
    assert not any(b"home" in reference.png for reference in found)


def test_the_command(
    stand_in: StandIn, bank: Path, references: Path, out: Path, capsys: pytest.CaptureFixture[str]
):
    from cutis.cli.inpaint import inpaint as command  # noqa: PLC0415 - the command line

    call: Callable[[], None] = lambda: command(  # noqa: E731 - twice the same
        bank, references=references, out=out, count=2, seed=1, server=stand_in.address
    )
    call()
    call()
    assert capsys.readouterr().out == "2 made\n2 was there\n"
    assert open_set(out).manifest["software_version"] == __version__
    with pytest.raises(SettingsError, match="--allow-remote"):
        command(bank, references=references, out=out, server="http://192.0.2.1:8188")
