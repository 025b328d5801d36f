"""One graph to one picture: queue it, follow its messages, fetch what it saved.

A broken connection does not lose a job: after reconnecting under the same client name, the server
is asked whether the job is still queued or already done, and only a job it no longer knows is
queued anew. A failed node is tried again some times; after running out of memory the server is
asked to free what it holds, once.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from cutis.core.errors import ModelError
from cutis.synth.comfyui.connection import Connection, EventStream
from cutis.synth.comfyui.events import Event, Failed, Finished, failure_of
from cutis.synth.comfyui.failures import (
    ExecutionError,
    ServerError,
    ServerLostError,
    ServerMemoryError,
    ServerTimeoutError,
)
from cutis.synth.comfyui.workflow import OUTPUT_NODE, Graph

_Result = TypeVar("_Result")

Report = Callable[[Event], None]
"""Is told what the server says while a job runs."""

Notice = Callable[[ServerError], None]
"""Is told each failure after which a job is tried again."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long: ``attempts`` in all, waits that double from ``backoff_s``.

    After ``failures_in_a_row`` jobs that failed nevertheless the run stops. A job may take
    ``job_s``; after ``silence_s`` without a message the server is asked how the job stands, since
    a message may have been lost.
    """

    attempts: int = 4
    failures_in_a_row: int = 3
    backoff_s: float = 1.0
    longest_wait_s: float = 60.0
    job_s: float = 900.0
    silence_s: float = 5.0

    def wait_s(self, attempt: int) -> float:
        """Return how long to wait after attempt 0, 1, 2 and so on."""
        return min(self.backoff_s * 2.0**attempt, self.longest_wait_s)


def paint(
    connection: Connection,
    graph: Graph,
    *,
    patience: Patience,
    report: Report = lambda _event: None,
    notice: Notice = lambda _error: None,
    sleep: Callable[[float], None] = time.sleep,
) -> bytes:
    """Run ``graph`` and return the file that its `SaveImage` node wrote.

    Raises:
        ModelError: the server refuses the graph, as where a model was removed meanwhile.
        ServerLostError, ExecutionError, ServerMemoryError: still so after every attempt.
        ServerTimeoutError: the job took too long; it is taken off the server's queue.
    """
    prompt_id: str | None = None
    freed = False
    for attempt in range(patience.attempts):
        try:
            with connection.events() as events:
                if prompt_id is None or not _is_known(connection, prompt_id):
                    prompt_id = _queue(connection, graph, attempt)
                entry = _follow(connection, prompt_id, events, patience=patience, report=report)
            return _fetch(connection, entry, graph)
        except (ServerLostError, ExecutionError, ServerMemoryError) as error:
            out_of_memory = isinstance(error, ServerMemoryError)
            if attempt + 1 == patience.attempts or (out_of_memory and freed):
                raise
            notice(error)
            if not isinstance(error, ServerLostError):
                prompt_id = None
            if out_of_memory:
                connection.post("/free", {"unload_models": True, "free_memory": True})
                freed = True
            sleep(patience.wait_s(attempt))
    raise ServerError("A job needs at least one attempt.")


def retried(
    action: Callable[[], _Result],
    *,
    patience: Patience,
    notice: Notice = lambda _error: None,
    sleep: Callable[[float], None] = time.sleep,
) -> _Result:
    """Return what ``action`` returns, tried again where the connection is lost.

    Raises:
        ServerLostError: still so after every attempt.
    """
    for attempt in range(patience.attempts - 1):
        try:
            return action()
        except ServerLostError as error:
            notice(error)
            sleep(patience.wait_s(attempt))
    return action()


def _queue(connection: Connection, graph: Graph, attempt: int) -> str:
    """Queue ``graph``; each attempt saves under another name, so that no cache answers for it."""
    node = _output_node(graph)
    inputs = graph[node]["inputs"]
    name = {"filename_prefix": f"{inputs['filename_prefix']}-{attempt}"}
    content = {
        "prompt": graph | {node: graph[node] | {"inputs": inputs | name}},
        "client_id": connection.client_id,
    }
    status, answer = connection.post("/prompt", content)
    if status != 200 or not answer or "prompt_id" not in answer:
        raise ModelError(f"The ComfyUI server refuses the workflow: {_refusal(answer or {})}.")
    return str(answer["prompt_id"])


def _refusal(answer: dict[str, Any]) -> str:
    """Return why a graph is refused: every node's reason, or the general one."""
    reasons = [
        f"{node.get('class_type')}: {reason.get('message')} ({reason.get('details')})"
        for node in dict(answer.get("node_errors") or {}).values()
        for reason in node.get("errors", [])
    ]
    general = answer.get("error")
    said = general.get("message") if isinstance(general, dict) else general
    return "; ".join(reasons) or str(said or "no reason given")


def _is_known(connection: Connection, prompt_id: str) -> bool:
    """Tell whether a job waits, runs or is done; it moves that way, so it is sought that way."""
    queue = connection.get_json("/queue")
    entries = [*queue.get("queue_pending", []), *queue.get("queue_running", [])]
    queued = any(prompt_id in entry[:2] for entry in entries)
    return queued or prompt_id in connection.get_json(f"/history/{prompt_id}")


def _follow(
    connection: Connection,
    prompt_id: str,
    events: EventStream,
    *,
    patience: Patience,
    report: Report,
) -> dict[str, Any]:
    """Wait for the end of a job, which may be over already; return its history."""
    if (entry := _history(connection, prompt_id)) is not None:
        return entry
    deadline_s = time.monotonic() + patience.job_s
    try:
        while (left_s := deadline_s - time.monotonic()) > 0:
            event = events.receive(min(left_s, patience.silence_s))
            if isinstance(event, Failed) and event.prompt_id == prompt_id:
                raise _failure(event)
            if event is not None:
                report(event)
            ended = isinstance(event, Finished) and event.prompt_id == prompt_id
            if (ended or event is None) and (entry := _history(connection, prompt_id)):
                return entry
            if event is None and not _is_known(connection, prompt_id):
                raise ServerLostError("The server no longer knows the job; it was restarted.")
    except KeyboardInterrupt:
        with contextlib.suppress(ServerError):
            _cancel(connection, prompt_id)
        raise
    _cancel(connection, prompt_id)
    raise ServerTimeoutError(
        f"A job took more than {patience.job_s:.0f} s and was taken back. See the server's log; "
        "on a processor without accelerator inpainting takes minutes a picture: add --job-seconds."
    )


def _history(connection: Connection, prompt_id: str) -> dict[str, Any] | None:
    """Return a job's record once it is there.

    Raises:
        ExecutionError, ServerMemoryError: the record tells of a failure.
    """
    entry = connection.get_json(f"/history/{prompt_id}").get(prompt_id)
    if entry is None:
        return None
    status = entry.get("status") or {}
    if status.get("status_str") == "error":
        told = [data for kind, data in status.get("messages", []) if kind == "execution_error"]
        raise _failure(failure_of(told[0]) if told else Failed(prompt_id, "a node", "interrupted"))
    return dict(entry)


def _failure(failed: Failed) -> ExecutionError | ServerMemoryError:
    if failed.out_of_memory:
        return ServerMemoryError(
            f"The ComfyUI server ran out of memory in {failed.node_type}. Close what else uses its "
            "accelerator, or start it with --lowvram."
        )
    return ExecutionError(
        f"The node {failed.node_type} failed on the ComfyUI server: {failed.reason}. "
        "Its log tells more."
    )


def _fetch(connection: Connection, entry: dict[str, Any], graph: Graph) -> bytes:
    """Return the file of the first picture that the output node saved."""
    pictures = entry.get("outputs", {}).get(_output_node(graph), {}).get("images", [])
    if not pictures:
        raise ExecutionError("The job ended without a picture. See the ComfyUI server's log.")
    place = {key: str(pictures[0].get(key, "")) for key in ("filename", "subfolder", "type")}
    return connection.get("/view", **place)


def _output_node(graph: Graph) -> str:
    return next(key for key, node in graph.items() if node["class_type"] == OUTPUT_NODE)


def _cancel(connection: Connection, prompt_id: str) -> None:
    """Take a job off the queue; interrupt it only if it is the one that runs."""
    connection.post("/queue", {"delete": [prompt_id]})
    running = connection.get_json("/queue").get("queue_running", [])
    if any(prompt_id in entry[:2] for entry in running):
        connection.post("/interrupt", {"prompt_id": prompt_id})
