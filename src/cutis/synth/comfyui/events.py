"""What a ComfyUI server tells over its WebSocket, read into plain data.

Text messages are ``{"type": …, "data": {…}}``. Binary ones begin with a big-endian 32-bit kind:
1 is a preview (a 32-bit image format, then the file's bytes), 4 a preview with metadata (a 32-bit
length, that many bytes of JSON, then the file's bytes). What is not known is passed over, since
servers gain messages with every version.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_PREVIEW, _PREVIEW_WITH_METADATA = 1, 4
_MEMORY_WORDS = ("outofmemory", "out of memory", "allocation on device")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many jobs the server has before it, ours included."""

    jobs: int


@dataclass(frozen=True, slots=True)
class Working:
    """A node is at ``step`` of ``steps``; ``steps`` is 0 where it has just begun."""

    prompt_id: str | None
    node: str
    step: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture of the job so far, as the bytes of a file."""

    picture: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    """Every node of the job has run."""

    prompt_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A node failed; ``reason`` is the server's own, first line only."""

    prompt_id: str
    node_type: str
    reason: str
    out_of_memory: bool = False


Event = Waiting | Working | Preview | Finished | Failed


def parse_event(message: str | bytes) -> Event | None:
    """Read one message; None where it says nothing that matters here, or cannot be read."""
    if isinstance(message, bytes):
        return _parse_binary(message)
    try:
        content = json.loads(message)
        kind, data = content["type"], content["data"]
        return _parse_text(kind, data) if isinstance(data, dict) else None
    except (ValueError, KeyError, TypeError):
        return None


def failure_of(data: dict[str, Any]) -> Failed:
    """Read the data of an ``execution_error`` message, which a job's history keeps too."""
    reason = f"{data.get('exception_type', '')}: {data.get('exception_message', '')}".strip(": ")
    return Failed(
        prompt_id=str(data["prompt_id"]),
        node_type=str(data.get("node_type", "an unnamed node")),
        reason=next(iter(reason.splitlines()), "no reason given"),
        out_of_memory=any(word in reason.lower() for word in _MEMORY_WORDS),
    )


def _parse_text(kind: str, data: dict[str, Any]) -> Event | None:
    read = _READERS.get(kind)
    return read(data) if read else None


def _waiting(data: dict[str, Any]) -> Waiting:
    return Waiting(int(data["status"]["exec_info"]["queue_remaining"]))


def _working(data: dict[str, Any]) -> Working:
    steps = int(data["value"]), int(data["max"])
    return Working(data.get("prompt_id"), str(data.get("node")), *steps)


def _executing(data: dict[str, Any]) -> Working | Finished:
    """Read the node that begins; where it is null, the job is over."""
    if data["node"] is None:
        return Finished(str(data["prompt_id"]))
    return Working(data.get("prompt_id"), str(data["node"]))


def _interrupted(data: dict[str, Any]) -> Failed:
    return Failed(str(data["prompt_id"]), str(data.get("node_type")), "it was interrupted")


_READERS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "status": _waiting,
    "progress": _working,
    "executing": _executing,
    "execution_success": lambda data: Finished(str(data["prompt_id"])),
    "execution_error": failure_of,
    "execution_interrupted": _interrupted,
}


def _parse_binary(message: bytes) -> Preview | None:
    if len(message) < 8:
        return None
    kind, second = struct.unpack(">II", message[:8])
    if kind == _PREVIEW:
        return Preview(message[8:])
    if kind == _PREVIEW_WITH_METADATA and len(message) > 8 + second:
        return Preview(message[8 + second :])
    return None
