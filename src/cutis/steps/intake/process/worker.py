"""The decoding process: takes one photo at a time, gives pixels back, and can do little else.

Started by `supervisor`; run as ``python -m cutis.steps.intake.process.worker``. It leaves when its
parent does, because its only door closes then.
"""

from __future__ import annotations

import signal
import sys
from dataclasses import asdict

import cv2
import numpy as np

from cutis.steps.intake.decoders import jpeg as _jpeg  # noqa: F401  (read before the walls)
from cutis.steps.intake.decoders.develop import Developed, develop
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.process.channel import Channel, Words
from cutis.steps.intake.process.diagnostics import Diagnostics
from cutis.steps.intake.process.exchange import parse_request, refusal_words
from cutis.steps.intake.process.sandbox import JobLimits, raise_walls
from cutis.steps.intake.process.watched import open_door
from cutis.steps.intake.refusals import Reason, Refused

_MAX_REQUEST_BYTES = 1 << 31


def main() -> None:
    """Serve until the parent is gone."""
    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    channel = open_door(sys.argv[1])
    diagnostics = Diagnostics()
    diagnostics.take_error_stream()
    job_limits = JobLimits(channel.descriptor())
    channel.send({"ready": True, "walls": list(raise_walls())})
    try:
        while True:
            _serve_one(channel, diagnostics, job_limits)
    except (EOFError, ConnectionError):
        return


def _serve_one(channel: Channel, diagnostics: Diagnostics, job_limits: JobLimits) -> None:
    words, data = channel.receive(_MAX_REQUEST_BYTES)
    header, limits = parse_request(words)
    diagnostics.clear()
    job_limits.begin(limits.decode_timeout_s, limits.decode_memory_bytes)
    blocks: tuple[memoryview, ...] = ()
    try:
        developed = develop(data, header, limits, diagnostics)
    except Refused as refused:
        reply = refusal_words(refused)
    except Exception as error:  # noqa: BLE001  (whatever a decoder raises is a refusal)
        reply = refusal_words(_verdict(error, header.kind.value, limits))
    else:
        reply, blocks = _reply_words(developed), _blocks(developed)
    job_limits.end()
    channel.send(reply, blocks)


def _verdict(error: Exception, kind: str, limits: IntakeLimits) -> Refused:
    """Name what went wrong in a decoder; its own text never leaves the process."""
    text = str(error).lower()
    no_memory = isinstance(error, MemoryError) or getattr(error, "code", 0) == cv2.Error.StsNoMem
    if no_memory or "out of memory" in text or "memory allocation" in text:
        return Refused(Reason.MEMORY, limit_mib=limits.decode_memory_bytes / (1 << 20))
    if "truncated" in text or isinstance(error, EOFError):
        return Refused(Reason.TRUNCATED, format=kind)
    return Refused(Reason.BROKEN, format=kind)


def _reply_words(developed: Developed) -> Words:
    height, width = developed.rgb.shape[:2]
    return {
        "width_px": width,
        "height_px": height,
        "deep": developed.rgb16 is not None,
        "bit_depth": developed.bit_depth,
        "scaled_by": developed.scaled_by,
        "colour_profile": developed.colour_profile,
        "capture": asdict(developed.facts),
        "cautions": list(developed.cautions),
    }


def _blocks(developed: Developed) -> tuple[memoryview, ...]:
    eight = developed.rgb.reshape(-1).data
    if developed.rgb16 is None:
        return (eight,)
    return developed.rgb16.reshape(-1).view(np.uint8).data, eight


if __name__ == "__main__":
    main()
