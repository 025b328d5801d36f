"""What is written is sent on as it is written, errors included."""

from __future__ import annotations

from typing import BinaryIO

import pytest

from cutis.service.streaming import streamed


def test_everything_arrives_in_order():
    def write(stream: BinaryIO) -> None:
        stream.writelines(bytes([number % 251]) * 1000 for number in range(1000))

    expected = b"".join(bytes([number % 251]) * 1000 for number in range(1000))
    assert b"".join(streamed(write)) == expected


def test_an_early_error_is_the_callers():
    def write(_: BinaryIO) -> None:
        raise KeyError("no such person")

    with pytest.raises(KeyError):
        streamed(write)


def test_a_late_error_breaks_the_stream_off():
    def write(stream: BinaryIO) -> None:
        stream.write(b"x" * (1 << 20))
        stream.flush()
        raise ValueError("tampered")

    with pytest.raises(ValueError, match="tampered"):
        b"".join(streamed(write))


def test_a_reader_that_leaves_ends_the_writer():
    left: list[str] = []

    def write(stream: BinaryIO) -> None:
        try:
            stream.writelines(b"x" * (1 << 16) for _ in range(1000))
        except BrokenPipeError:
            left.append("told")
            raise

    chunks = streamed(write)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    assert left == ["told"]
