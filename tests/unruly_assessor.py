"""A worker of a batch that does what its photo's bytes say, however bad."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from cutis.steps.intake.process.watched import open_door

QUARANTINED = {"outcome": "quarantined", "reason": "So it is."}
MALFORMED = {"outcome": "assessed", "files": [["rows", 1]]}


def main() -> None:
    channel = open_door(sys.argv[1])
    channel.send({"ready": True})
    while True:
        try:
            words, block = channel.receive(1 << 20)
        except EOFError:
            return
        act(bytes(block).decode())
        if bytes(block) == b"lie":
            channel.send(MALFORMED, (memoryview(b"?"),))
            continue
        if bytes(block).startswith(b"slow ") and is_first(bytes(block).decode()[5:]):
            channel.send({**QUARANTINED, "code": "photo.decode_limit"})
            continue
        if bytes(block) == b"broken":
            channel.send({**QUARANTINED, "code": "photo.unreadable"})
            continue
        rows = json.dumps([{"key": words["key"], "photo": words["address"]}, []]).encode()
        sizes = [["rows", len(rows)], ["echo", block.nbytes]]
        channel.send(
            {"outcome": "assessed", "files": sizes}, (memoryview(rows), memoryview(bytes(block)))
        )


def act(order: str) -> None:
    word, _, place = order.partition(" ")
    if word == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif word == "hang":
        time.sleep(600)
    elif word == "once" and is_first(place):  # killed the first time, as from outside
        os.kill(os.getpid(), signal.SIGKILL)


def is_first(place: str) -> bool:
    """Tell whether nobody was here before, and leave a mark."""
    first = not Path(place).exists()
    Path(place).touch()
    return first


if __name__ == "__main__":
    main()
