"""The run: check the server, then job by job draw, upload, paint, keep inside, write."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from cutis.core.arrays import RGB
from cutis.core.errors import InputError
from cutis.datasets.bank import survey
from cutis.datasets.faces import load_face
from cutis.datasets.on_disk import open_set
from cutis.datasets.pack import encode_picture
from cutis.synth.balance import choose_faces
from cutis.synth.comfyui.connection import Connection
from cutis.synth.comfyui.events import Event
from cutis.synth.comfyui.failures import ExecutionError, ServerError, ServerTimeoutError
from cutis.synth.comfyui.jobs import SERVER_SIZE_PX, SIZE_PX, Job, draw_job
from cutis.synth.comfyui.journal import close_folder, decode_rgb, note, open_folder, store
from cutis.synth.comfyui.plan import Plan
from cutis.synth.comfyui.records import describe, stored_item
from cutis.synth.comfyui.run import Patience, paint, retried
from cutis.synth.comfyui.workflow import Graph, fill, require_parts
from cutis.synth.make import summarise

FOLDER_ON_SERVER = "cutis"
"""Folder of our pictures among the server's inputs and outputs."""

_MARGIN_PX = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: ``made``, ``was there`` or ``failed``, and why."""

    index: int
    state: str
    reason: str = ""


def inpaint(
    connection: Connection,
    plan: Plan,
    folder: Path,
    *,
    patience: Patience = Patience(),  # noqa: B008 - frozen
    report: Callable[[int, Event], None] = lambda _index, _event: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Outcome]:
    """Make the items of ``plan`` in ``folder``, those that are there excepted; yield each outcome.

    A job whose node keeps failing or that takes too long is told and passed over, until several
    in a row are; the next run tries them again. ``report`` is told the job's index and what the
    server says.

    Raises:
        ModelError: the server lacks a node or a model.
        ServerLostError, ServerMemoryError: still so after every attempt.
        ExecutionError, ServerTimeoutError: so of several jobs in a row.
        InputError: the plan cannot be carried out, or the folder is another plan's.
        StoreError: the folder cannot be written to.
    """
    if plan.count < 1:
        raise InputError("The number of pictures to make is 1 or more.")
    version = check_server(connection, plan)
    facts = survey(plan.faces)
    choice = choose_faces(facts, seed=plan.seed)
    manifest = describe(plan, facts, version)
    done = open_folder(folder, manifest)
    failed = 0
    for index in range(plan.count):
        if index in done:
            yield Outcome(index, "was there")
            continue
        fact = facts[choice.at(index)]
        job = draw_job(
            index,
            seed=plan.seed,
            face=load_face(plan.faces / fact.file),
            references=plan.references,
            prompts=plan.prompts,
        )
        try:
            painted = _painted(
                connection, plan, job, folder=folder, patience=patience, report=report, sleep=sleep
            )
        except (ExecutionError, ServerTimeoutError) as error:
            note(folder, index, "failed", code=error.code, reason=str(error))
            failed += 1
            if failed == patience.failures_in_a_row:
                raise
            yield Outcome(index, "failed", str(error))
            continue
        failed = 0
        store(folder, stored_item(job, painted, fact, seed=plan.seed), job.reference.png)
        note(folder, index, "made")
        yield Outcome(index, "made")
    records = open_set(folder).records
    complete = {"complete": all(index in records for index in range(plan.count))}
    close_folder(folder, manifest | summarise(iter(records.values())) | complete)


def _painted(
    connection: Connection,
    plan: Plan,
    job: Job,
    *,
    folder: Path,
    patience: Patience,
    report: Callable[[int, Event], None],
    sleep: Callable[[float], None],
) -> RGB:
    """Have one job painted; each failure on the way is noted in the journal."""

    def notice(error: ServerError) -> None:
        note(folder, job.index, "tried again", code=error.code, reason=str(error))

    graph = retried(
        lambda: _graph(connection, plan, job), patience=patience, notice=notice, sleep=sleep
    )
    answer = paint(
        connection,
        graph,
        patience=patience,
        report=lambda event: report(job.index, event),
        notice=notice,
        sleep=sleep,
    )
    return _picture(answer)


def check_server(connection: Connection, plan: Plan) -> str:
    """Return the server's version, once it is seen to have every node and model.

    Raises:
        ServerLostError: it is not there.
        ModelError: something is missing.
    """
    system = connection.get_json("/system_stats").get("system", {})
    blank = dict.fromkeys(plan.workflow.names, 0) | asdict(plan.models)
    sampling = next(iter(plan.prompts.recipes.values()))
    blank |= {"sampler": sampling.sampler, "scheduler": sampling.scheduler}
    require_parts(fill(plan.workflow, blank), connection.get_json("/object_info"))
    return str(system.get("comfyui_version", "unknown"))


def _graph(connection: Connection, plan: Plan, job: Job) -> Graph:
    """Upload the pictures of ``job`` and return its graph."""
    pictures = {
        "clean": encode_picture(job.server_clean),
        "area": encode_picture(_server_area(job)),
        "reference": job.reference.png,
    }
    stored = {
        name: connection.upload_picture(
            f"{hashlib.sha256(png).hexdigest()[:32]}.png", png, folder=FOLDER_ON_SERVER
        )
        for name, png in pictures.items()
    }
    recipe = job.recipe
    values = {
        "positive": recipe.positive,
        "negative": recipe.negative,
        "reference_weight": recipe.reference_weight,
        "denoise": recipe.denoise,
        "steps": recipe.steps,
        "guidance": recipe.guidance,
        "sampler": recipe.sampler,
        "scheduler": recipe.scheduler,
        "seed": job.sampler_seed,
        "prefix": f"{FOLDER_ON_SERVER}/{connection.client_id}-{job.index:06d}",
    }
    return fill(plan.workflow, stored | asdict(plan.models) | values)


def _server_area(job: Job) -> RGB:
    """Return the area at the server's size, a little wider than what is kept, as a picture."""
    side = (SERVER_SIZE_PX, SERVER_SIZE_PX)
    large = cv2.resize(job.area.astype(np.uint8) * 255, side, interpolation=cv2.INTER_NEAREST)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _MARGIN_PX + 1,) * 2)
    return np.dstack([cv2.dilate(large, disc)] * 3)


def _picture(answer: bytes) -> RGB:
    painted = decode_rgb(answer)
    if painted is None or painted.shape[:2] != (SERVER_SIZE_PX, SERVER_SIZE_PX):
        raise ExecutionError(
            f"The server was asked for {SERVER_SIZE_PX} x {SERVER_SIZE_PX} pixels and sent "
            "something else. Is another extension changing pictures on their way out?"
        )
    return np.asarray(cv2.resize(painted, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA))
