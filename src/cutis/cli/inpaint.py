"""``cutis synth inpaint``: defects painted by a ComfyUI server onto prepared faces."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cutis.synth.comfyui.connection import Connection
    from cutis.synth.comfyui.events import Event
    from cutis.synth.comfyui.plan import Plan


def inpaint(
    faces: Annotated[
        Path, typer.Argument(metavar="FACES", help="Folder of prepared faces (cutis synth faces).")
    ],
    *,
    references: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="Pictures of defects, one folder per condition: acne/, redness/ …"
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the items go; resumed if begun there.")
    ],
    count: Annotated[int, typer.Option(min=1, help="How many items the folder shall hold.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="What all draws follow from.")] = 0,
    server: Annotated[
        str, typer.Option(metavar="URL", help="The ComfyUI server.")
    ] = "http://127.0.0.1:8188",
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            help="Send the faces to a server on another machine, which keeps copies of them.",
        ),
    ] = False,
    checkpoint: Annotated[
        str, typer.Option(metavar="FILE", help="Inpainting checkpoint, as the server lists it.")
    ] = "sd-v1-5-inpainting.ckpt",
    job_seconds: Annotated[
        float, typer.Option(min=1.0, help="How long one picture may take, in seconds.")
    ] = 900.0,
) -> None:
    """Paint defects onto prepared faces with a ComfyUI server; the default way is `synth make`."""
    from cutis import __version__
    from cutis.synth.comfyui.connection import Connection, parse_address
    from cutis.synth.comfyui.jobs import load_references
    from cutis.synth.comfyui.plan import Models, Plan

    address = parse_address(server, allow_remote=allow_remote)
    plan = Plan(
        faces=faces,
        references=load_references(references),
        count=count,
        seed=seed,
        models=Models(checkpoint=checkpoint),
        software_version=__version__,
    )
    _carry_out(Connection(address, uuid.uuid4().hex), plan, out, job_seconds)


def _carry_out(connection: Connection, plan: Plan, out: Path, job_s: float) -> None:
    """Make the items; show how far it is, say how many were made, were there, failed."""
    from collections import Counter

    from cutis.cli.errors import warn
    from cutis.cli.progress import Share
    from cutis.synth.comfyui.make import inpaint as make
    from cutis.synth.comfyui.run import Patience

    states: Counter[str] = Counter()
    with Share("asking the server") as bar:

        def report(index: int, event: Event) -> None:
            bar.show(index / plan.count, f"{index}/{plan.count} {_words(event)}")

        for outcome in make(connection, plan, out, patience=Patience(job_s=job_s), report=report):
            states[outcome.state] += 1
            if outcome.reason:
                warn(f"item {outcome.index}", outcome.reason)
    typer.echo(", ".join(f"{number} {state}" for state, number in states.items()))


def _words(event: Event) -> str:
    """Return what the server is doing, in a few words."""
    from cutis.synth.comfyui.events import Waiting, Working

    if isinstance(event, Working):
        return f"{event.node} {event.step}/{event.steps}" if event.steps else event.node
    if isinstance(event, Waiting) and event.jobs > 1:
        return f"{event.jobs} jobs in the server's queue"
    return ""
