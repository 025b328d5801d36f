"""A worker of a batch: compiles the models once, then assesses one photo at a time.

Started by `cutis.batch.assessor`; run as ``python -m cutis.batch.worker``. Many photos at once are
the parallel part, so a worker has one thread. It leaves when its parent does.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cutis.batch.plan import Outcome, json_file, map_file
from cutis.core.errors import CutisError
from cutis.steps.intake.process.serving import serve_tasks
from cutis.steps.intake.process.watched import open_door

if TYPE_CHECKING:
    from cutis.core.assessment import Examination
    from cutis.pipeline import Tools
    from cutis.settings import Settings

ROWS = "rows"
_NO_MEMORY = "The assessment needed more memory than one may take. Send a smaller photo."
_FAILED = "The assessment failed on this photo. Leave it out, and report the problem."


def main() -> None:
    """Serve until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = open_door(sys.argv[1])
    tools, settings = _tools()
    serve_tasks(channel, lambda data, words: answer(data, words, tools, settings))


def answer(
    data: bytes, words: Mapping[str, Any], tools: Tools, settings: Settings
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Assess a photo; whatever it raises becomes an answer, and the worker lives on.

    Args:
        data: the photo's bytes.
        words: ``key`` and ``address`` of the item, and whether ``json`` and ``maps`` are wanted.
        tools: models and limits.
        settings: whose limits of the intake are kept.

    Returns:
        The outcome, with names and sizes of the files or the error; and the files, rows first.
    """
    from cutis.pipeline import examine  # noqa: PLC0415
    from cutis.steps.intake import open_photo  # noqa: PLC0415

    try:
        photo = open_photo(data, settings.intake)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        found = examine(photo, tools, assessed_at=at)
        files = {ROWS: _rows(found, words), **_files(found, words)}
    except CutisError as error:
        return _quarantined(error.code, str(error)), {}
    except MemoryError:
        return _quarantined("worker.memory", _NO_MEMORY), {}
    except Exception:  # noqa: BLE001  (its text could hold what must not leave the process)
        return _quarantined("worker.failed", _FAILED), {}
    outcome = Outcome.ASSESSED if found.assessment.usable else Outcome.REFUSED
    return {"outcome": outcome, "files": [[n, len(c)] for n, c in files.items()]}, files


def _tools() -> tuple[Tools, Settings]:
    import cv2  # noqa: PLC0415

    from cutis.settings import load_settings, override  # noqa: PLC0415
    from cutis.steps.intake import decoder_walls  # noqa: PLC0415
    from cutis.wiring import build_tools  # noqa: PLC0415

    cv2.setNumThreads(1)
    settings = override(load_settings(), {"runtime": {"threads": 1}})
    tools = build_tools(settings)
    decoder_walls()  # so that the sandbox stands before the first photo comes
    return tools, settings


def _quarantined(code: str, reason: str) -> dict[str, Any]:
    return {"outcome": Outcome.QUARANTINED, "code": code, "reason": reason}


def _rows(found: Examination, words: Mapping[str, Any]) -> bytes:
    """Return the rows of the tables as JSON, numbers rounded as in every other form."""
    from cutis.reports.rounding import rounded  # noqa: PLC0415
    from cutis.reports.table import finding_row, photo_row  # noqa: PLC0415

    key, name = words["key"], words["address"]
    listed = [photo_row(name, found.assessment)]
    listed += [finding_row(name, finding) for finding in found.assessment.findings]
    first, *others = (
        {"key": key, **{k: rounded(v) if isinstance(v, float) else v for k, v in row.items()}}
        for row in listed
    )
    return json.dumps([first, others]).encode()


def _files(found: Examination, words: Mapping[str, Any]) -> dict[str, bytes]:
    from cutis.reports.json import to_json  # noqa: PLC0415
    from cutis.reports.maps import map_files  # noqa: PLC0415

    key, files = words["key"], {}
    if words["json"]:
        files[json_file(key)] = to_json(found.assessment).encode()
    if words["maps"]:
        files |= {map_file(key, name): data for name, data in map_files(found).items()}
    return files


if __name__ == "__main__":
    main()
