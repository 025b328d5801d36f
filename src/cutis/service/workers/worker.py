"""The worker process: compiles the models once, then takes one task at a time.

Started by `pool`; run as ``python -m cutis.service.workers.worker``. It leaves when its parent
does, because its only door closes then; during a task the system ends it at once.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cutis.core.errors import CutisError, ModelError
from cutis.service.workers.tasks import Files, assess, failure, take_in, take_mask, warm_up
from cutis.steps.intake import decoder_walls
from cutis.steps.intake.process.serving import serve_tasks
from cutis.steps.intake.process.watched import open_door

if TYPE_CHECKING:
    from cutis.pipeline import Tools
    from cutis.steps.intake import IntakeLimits

_NICENESS = 5
_KILL_ME_FIRST = "500"


def main() -> None:
    """Serve with the models that the settings name, until the parent is gone."""
    _step_back()  # before anything is loaded: a spare that starts must not slow the one that works
    from cutis.settings import load_settings  # noqa: PLC0415
    from cutis.wiring import build_tools  # noqa: PLC0415

    settings = load_settings()
    serve(build_tools(settings), settings.intake)


def serve(tools: Tools | None, limits: IntakeLimits) -> None:
    """Take tasks until the parent is gone; without ``tools`` photos are only taken in."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = open_door(sys.argv[1])
    decoder_walls()  # so that the sandbox stands before the first photo comes
    if tools is not None:
        warm_up(tools, limits)
    serve_tasks(channel, lambda data, words: _answer(data, words, tools, limits))


def _answer(
    data: bytes, words: Mapping[str, Any], tools: Tools | None, limits: IntakeLimits
) -> tuple[dict[str, Any], Files]:
    """Do a task; whatever it raises becomes an answer, and the process lives on."""
    try:
        if words["task"] == "take_in":
            facts, files = take_in(data, words, limits)
        elif words["task"] == "take_mask":
            facts, files = take_mask(data, words, limits)
        elif tools is None:
            raise ModelError("This worker has no models; it only takes photos in.")  # noqa: TRY301
        else:
            facts, files = assess(data, words, tools, limits)
    except CutisError as error:
        return failure(error), {}
    except MemoryError:
        return {"error": {"code": "worker.memory", "message": _NO_MEMORY}}, {}
    except Exception:  # noqa: BLE001  (its text could hold what must not leave the process)
        return {"error": {"code": "worker.failed", "message": _FAILED}}, {}
    sizes = [[name, len(content)] for name, content in files.items()]
    return {"facts": facts, "files": sizes}, files


_NO_MEMORY = "The analysis needed more memory than one may take. Send a smaller photo."
_FAILED = "The analysis failed on this photo. Send another one, and report the problem."


def _step_back() -> None:
    """Let the service go first for the processor, and this process first when memory runs out."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_KILL_ME_FIRST, encoding="ascii")


if __name__ == "__main__":
    main()
