"""What is sent to a worker beside the bytes, and how its reply is read; it is trusted little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cutis.core import errors
from cutis.core.errors import CutisError
from cutis.service.errors import PROBLEMS, RefusedRequestError
from cutis.service.workers.pool import WorkerFellError
from cutis.steps.intake.process.channel import Message, Words

_KINDS = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.PhotoError)
}


@dataclass(frozen=True, slots=True)
class TaskLimits:
    """Wall time and memory of one task."""

    timeout_s: float
    memory_bytes: int

    def words(self, task: str, **more: Any) -> Words:
        """Return the words that ask for a task."""
        return {
            "task": task,
            "timeout_s": self.timeout_s,
            "memory_bytes": self.memory_bytes,
            **more,
        }


def read_reply(message: Message) -> tuple[Mapping[str, Any], dict[str, bytes]]:
    """Return the facts and the files of a reply.

    Raises:
        CutisError: the worker told an error; a photo's fault is a `PhotoError`.
        WorkerFellError: the reply is malformed.
    """
    words, block = message
    if "error" in words:
        raise _told(words["error"])
    try:
        files, position = {}, 0
        for name, size in words["files"]:
            files[str(name)] = bytes(block[position : position + int(size)])
            position += int(size)
        facts = words["facts"]
    except (KeyError, TypeError, ValueError) as error:
        raise WorkerFellError("crashed") from error
    if position != block.nbytes or not isinstance(facts, Mapping):
        raise WorkerFellError("crashed")
    return facts, files


def _told(error: Mapping[str, Any]) -> CutisError:
    code, message = str(error.get("code")), str(error.get("message"))
    if code in _KINDS:
        return _KINDS[code](message)
    return RefusedRequestError(code if code in PROBLEMS else "worker.failed", message)
