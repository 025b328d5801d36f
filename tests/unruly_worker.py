"""A worker that does what it is told, however bad: the tests of the pool need one."""

from __future__ import annotations

import os
import signal
import sys
import time

from cutis.steps.intake.process.sandbox import JobLimits
from cutis.steps.intake.process.watched import open_door


def main() -> None:
    channel = open_door(sys.argv[1])
    limits = JobLimits(channel.descriptor())
    channel.send({"ready": True})
    while True:
        try:
            words, block = channel.receive(1 << 20)
        except EOFError:
            return
        limits.begin(float(words["timeout_s"]), 64 << 20)
        act(words["task"])
        limits.end()
        sizes = [["echo", block.nbytes + (words["task"] == "lie")]]
        channel.send({"facts": {}, "files": sizes}, (memoryview(bytes(block)),))


def act(task: str) -> None:
    if task == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif task == "exit":
        os._exit(3)
    elif task == "hang":
        time.sleep(600)
    elif task == "fill":
        kept = [bytearray(16 << 20) for _ in range(1000)]
        assert kept


if __name__ == "__main__":
    main()
