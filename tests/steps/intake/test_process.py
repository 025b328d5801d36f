"""The decoding process: walls, clocks, deaths and replacement."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cutis.core.errors import DecodeLimitError, PhotoError, UnreadablePhotoError
from cutis.steps.intake import Decoder, IntakeLimits, open_photo
from cutis.steps.intake.process import channel
from cutis.steps.intake.process.exchange import parse_reply
from cutis.steps.intake.refusals import Refused

Picture = NDArray[np.uint8]
Encoder = Callable[..., bytes]

LINUX = sys.platform == "linux"
linux_only = pytest.mark.skipif(not LINUX, reason="needs Linux")


@pytest.fixture
def decoder():
    with Decoder() as decoder:
        yield decoder


@pytest.fixture(scope="module")
def slow_photo(encode: Encoder):
    """A photo that takes some tenths of a second to decode."""
    generator = np.random.default_rng(2)
    return encode(
        generator.integers(0, 256, (2000, 3000, 3), dtype=np.uint8), "PNG", compress_level=1
    )


def process_of(decoder: Decoder) -> int:
    decoder.walls()
    assert decoder._worker is not None
    return decoder._worker.process.pid


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(process: int, timeout_s: float) -> float:
    started = time.perf_counter()
    while alive(process):
        assert time.perf_counter() - started < timeout_s, "the process lives on"
        time.sleep(0.01)
    return time.perf_counter() - started


def test_process_is_kept_between_photos(decoder: Decoder, scene: Picture, encode: Encoder):
    data = encode(scene, "PNG")
    open_photo(data, decoder=decoder)
    first = process_of(decoder)
    open_photo(data, decoder=decoder)
    assert process_of(decoder) == first


def test_warm_up_does_not_wait(decoder: Decoder):
    waits = []
    for _ in range(3):
        decoder.close()
        started = time.perf_counter()
        decoder.warm()
        waits.append(time.perf_counter() - started)
    assert min(waits) < 0.1


def test_killed_while_idle_is_replaced_unnoticed(decoder: Decoder, scene: Picture, encode: Encoder):
    data = encode(scene, "PNG")
    for _ in range(3):
        process = process_of(decoder)
        os.kill(process, signal.SIGKILL)
        wait_until_gone(process, 2)
        assert np.array_equal(open_photo(data, decoder=decoder).rgb, scene)


def strike_in_the_middle(process: int, blow: signal.Signals) -> threading.Timer:
    """Hold a process, so that the next photo stays with it, and strike it half a second later."""
    os.kill(process, signal.SIGSTOP)

    def strike() -> None:
        os.kill(process, blow)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)

    timer = threading.Timer(0.5, strike)
    timer.start()
    return timer


@linux_only
def test_killed_while_decoding_fails_cleanly_and_the_next_is_served(
    decoder: Decoder, scene: Picture, encode: Encoder
):
    data = encode(scene, "PNG")
    waits = []
    for _ in range(3):
        blow = strike_in_the_middle(process_of(decoder), signal.SIGKILL)
        with pytest.raises(DecodeLimitError, match="ended from outside"):
            open_photo(data, decoder=decoder)
        started = time.perf_counter()
        assert np.array_equal(open_photo(data, decoder=decoder).rgb, scene)
        waits.append(time.perf_counter() - started)
        blow.join()
    assert min(waits) < 1.0


@linux_only
def test_crash_is_a_refusal_of_the_photo(decoder: Decoder, scene: Picture, encode: Encoder):
    data = encode(scene, "PNG")
    blow = strike_in_the_middle(process_of(decoder), signal.SIGSEGV)
    with pytest.raises(UnreadablePhotoError, match="broke down"):
        open_photo(data, decoder=decoder)
    blow.join()
    assert np.array_equal(open_photo(data, decoder=decoder).rgb, scene)


@linux_only
def test_hanging_process_is_ended_in_time(decoder: Decoder, scene: Picture, encode: Encoder):
    data = encode(scene, "PNG")
    process = process_of(decoder)
    os.kill(process, signal.SIGSTOP)
    started = time.perf_counter()
    with pytest.raises(DecodeLimitError, match=r"longer than the 0\.5 s"):
        open_photo(data, IntakeLimits(decode_timeout_s=0.5), decoder=decoder)
    assert time.perf_counter() - started < 1.5
    assert not alive(process)
    assert np.array_equal(open_photo(data, decoder=decoder).rgb, scene)


def test_slow_photo_is_ended_in_time(decoder: Decoder, slow_photo: bytes):
    with pytest.raises(DecodeLimitError, match="took longer"):
        open_photo(slow_photo, IntakeLimits(decode_timeout_s=0.02), decoder=decoder)
    assert open_photo(slow_photo, decoder=decoder).rgb.shape == (2000, 3000, 3)


def test_close_ends_the_process_and_the_next_photo_starts_another(
    decoder: Decoder, scene: Picture, encode: Encoder
):
    process = process_of(decoder)
    decoder.close()
    assert not alive(process)
    assert np.array_equal(open_photo(encode(scene, "PNG"), decoder=decoder).rgb, scene)


def test_threads_share_one_process(decoder: Decoder, scene: Picture, encode: Encoder):
    data = encode(scene, "PNG")
    photos: list[np.ndarray] = []

    def work() -> None:
        photos.extend(open_photo(data, decoder=decoder).rgb for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(photos) == 20
    assert all(np.array_equal(photo, scene) for photo in photos)


def test_without_memory_files_the_pipe_does_the_same(
    scene: Picture, encode: Encoder, slow_photo: bytes
):
    with Decoder("pipe") as decoder:
        assert np.array_equal(open_photo(encode(scene, "PNG"), decoder=decoder).rgb, scene)
        photo = open_photo(slow_photo, decoder=decoder)
        assert np.array_equal(photo.rgb, open_photo(slow_photo).rgb)
        with pytest.raises(PhotoError):
            open_photo(encode(scene, "PNG")[:-40], decoder=decoder)
        with pytest.raises(DecodeLimitError, match="took longer"):
            open_photo(slow_photo, IntakeLimits(decode_timeout_s=0.02), decoder=decoder)
        assert np.array_equal(open_photo(encode(scene, "PNG"), decoder=decoder).rgb, scene)


def run_python(code: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    return subprocess.run(  # noqa: S603 - fixed words
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=check,
        env=environment,
        timeout=60,
    )


PARENT = """
    import sys, time
    from cutis.steps.intake import Decoder, open_photo
    decoder = Decoder()
    decoder.walls()
    print(decoder._worker.process.pid, flush=True)
    if sys.argv[1] == "busy":
        open_photo(sys.argv[2], decoder=decoder)
    time.sleep(30)
"""


@linux_only
@pytest.mark.parametrize("state", ["idle", "busy"])
def test_no_orphans_when_the_parent_is_killed(state: str, slow_photo: bytes, tmp_path: Path):
    path = tmp_path / "photo.png"
    path.write_bytes(slow_photo)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with subprocess.Popen(  # noqa: S603 - fixed words
        [sys.executable, "-c", textwrap.dedent(PARENT), state, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as parent:
        assert parent.stdout is not None
        process = int(parent.stdout.readline())
        time.sleep(0.05)
        parent.kill()
        parent.wait()
        assert wait_until_gone(process, 3) < 2.0


@linux_only
def test_a_forked_process_gets_a_decoder_of_its_own():
    answer = run_python(
        """
        import io, os
        from PIL import Image
        from cutis.steps.intake import open_photo
        buffer = io.BytesIO(); Image.new("RGB", (32, 32), 9).save(buffer, "PNG")
        data = buffer.getvalue()
        open_photo(data)
        child = os.fork()
        photo = open_photo(data)
        assert photo.rgb[0, 0, 0] == 9
        if not child:
            from cutis.steps.intake import close_decoder
            close_decoder()
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        open_photo(data)
        print("served")
        """
    )
    assert answer.stdout == "served\n", answer.stderr


WALLS = """
    import json, os, socket, subprocess, sys, threading
    import cv2, numpy
    from pathlib import Path
    from cutis.steps.intake.process.sandbox import raise_walls

    walls = list(raise_walls())

    def forbidden(action):
        try:
            action()
        except OSError:
            return True
        return False

    def threads():
        done = []
        thread = threading.Thread(target=done.append, args=(1,))
        thread.start(); thread.join()
        return bool(done)

    place = sys.argv[1] if len(sys.argv) > 1 else "/etc"
    tried = {
        "socket": forbidden(socket.socket),
        "fork": forbidden(os.fork),
        "program": forbidden(lambda: subprocess.run(["/bin/true"])),
        "exec": forbidden(lambda: os.execv("/bin/true", ["true"])),
        "signal": forbidden(lambda: os.kill(os.getppid(), 0)),
        "write": forbidden(lambda: open("/tmp/cutis-wall", "w")),
        "read": forbidden(lambda: open("/etc/passwd").read()),
        "list": forbidden(lambda: os.listdir("/etc")),
        "delete": forbidden(lambda: os.unlink("/tmp/cutis-wall")),
    }
    import pi_heif, pydicom, rawpy
    print(json.dumps({"walls": walls, "tried": tried, "threads": threads()}))
"""


@linux_only
def test_walls_hold():
    """S10: what a decoder tries in its sandbox fails, wall by wall."""
    answer = json.loads(run_python(WALLS).stdout)
    tried, walls = answer["tried"], set(answer["walls"])
    assert "limits" in walls
    assert answer["threads"]
    if "system_calls" in walls:
        calls = ("socket", "fork", "program", "exec", "signal", "write", "delete")
        assert all(tried[name] for name in calls), tried
    if "files" in walls:
        assert all(tried[name] for name in ("read", "list", "write")), tried


@linux_only
def test_the_process_is_told_nothing_of_ours(decoder: Decoder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUTIS_TEST_SECRET", "Zanzibar-7731")
    process = process_of(decoder)
    environment = Path(f"/proc/{process}/environ").read_bytes()
    assert b"Zanzibar" not in environment
    assert b"HOME=" not in environment


@linux_only
def test_memory_and_descriptors_of_the_parent_do_not_grow(
    scene: Picture, encode: Encoder, decoder: Decoder
):
    data = encode(np.tile(scene, (20, 20, 1)), "JPEG")

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def memory_bytes() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    for _ in range(5):
        open_photo(data, decoder=decoder)
    gc.collect()
    before, memory, threads = descriptors(), memory_bytes(), threading.active_count()
    for _ in range(60):
        open_photo(data, decoder=decoder)
    gc.collect()
    assert descriptors() <= before
    assert threading.active_count() <= threads + 1
    assert memory_bytes() - memory < 16 << 20


GOOD_REPLY = {
    "width_px": 4,
    "height_px": 3,
    "deep": False,
    "bit_depth": 8,
    "scaled_by": 1.0,
    "colour_profile": "sRGB",
    "capture": {"camera": None, "exposure_s": None, "iso": None, "flash_fired": None},
    "cautions": [],
}


def test_a_good_reply_is_believed():
    reply = parse_reply(GOOD_REPLY, IntakeLimits())
    assert (reply.width_px, reply.height_px, reply.block_bytes()) == (4, 3, 36)


@pytest.mark.parametrize(
    "change",
    [
        {"width_px": -4},
        {"width_px": "4"},
        {"width_px": 1e12},
        {"width_px": True},
        {"width_px": 100_000, "height_px": 100_000},
        {"colour_profile": "<script>"},
        {"colour_profile": "x" * 100},
        {"cautions": ["unheard of"]},
        {"cautions": 3},
        {"capture": {}},
        {"capture": {**GOOD_REPLY["capture"], "camera": "=1+1"}},
        {"capture": {**GOOD_REPLY["capture"], "iso": "fast"}},
        {"refused": "unheard of", "facts": {}},
        {"refused": "broken", "facts": {"format": "<b>"}},
        {"refused": "broken", "facts": 5},
    ],
)
def test_a_hostile_reply_is_not_believed(change: dict[str, Any]):
    with pytest.raises(channel.ChannelError):
        parse_reply({**GOOD_REPLY, **change}, IntakeLimits())


def test_a_refusal_of_the_worker_is_a_key_of_our_table():
    words = {"refused": "broken", "facts": {"format": "JPEG"}}
    with pytest.raises(Refused) as caught:
        parse_reply(words, IntakeLimits())
    assert caught.value.facts == {"format": "JPEG"}


@pytest.mark.skipif(not channel.SHARED_MEMORY, reason="this system has no memory files")
def test_a_block_that_could_still_change_is_refused():
    import fcntl  # noqa: PLC0415

    descriptor = os.memfd_create("loose", os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, 4096)
    with pytest.raises(channel.ChannelError, match="not sealed"):
        channel._map([descriptor], 4096)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, channel._seals())
    with pytest.raises(channel.ChannelError, match="another size"):
        channel._map([descriptor], 8192)
    assert channel._map([descriptor], 4096).nbytes == 4096
    os.close(descriptor)
    with pytest.raises(channel.ChannelError, match="without its block"):
        channel._map([], 4096)


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b"\xff" * 9])
def test_a_message_that_is_no_object_is_refused(raw: bytes):
    incoming, outgoing = os.pipe()
    door = channel.PipeChannel(incoming, os.dup(outgoing))
    os.write(outgoing, channel._HEAD.pack(len(raw), 0) + raw)
    os.close(outgoing)
    with pytest.raises(channel.ChannelError):
        door.receive(10)
    door.close()


def test_a_message_larger_than_agreed_is_refused():
    incoming, outgoing = os.pipe()
    door = channel.PipeChannel(incoming, outgoing)
    os.write(outgoing, channel._HEAD.pack(2, 1 << 40) + b"{}")
    with pytest.raises(channel.ChannelError, match="larger than agreed"):
        door.receive(1 << 20)
    door.close()
