"""Messages between the parent and its decoding worker: a few words, and a block of bytes.

A message is a small JSON object and an optional block. Where Linux gives memory files, the
block travels as one: written once by the sender, sealed, and mapped by the receiver without a
second copy. Elsewhere it travels through the pipe. The receiver trusts nothing: lengths are
bounded, and a memory file that could still shrink or change is refused.
"""

from __future__ import annotations

import json
import mmap
import os
import socket
import struct
import sys
from typing import Any, Protocol

from cutis.core.errors import CutisError

_HEAD = struct.Struct(">IQ")
_MAX_WORDS_BYTES = 65_536

SHARED_MEMORY = (
    sys.platform == "linux" and hasattr(os, "memfd_create") and hasattr(socket, "send_fds")
)
"""Whether blocks can travel as memory files here."""

Words = dict[str, Any]
Message = tuple[Words, memoryview]


class ChannelError(CutisError):
    """The other side broke the rules of the exchange."""

    code = "intake.channel"


class Channel(Protocol):
    """Sends and receives messages, one at a time."""

    def send(self, words: Words, blocks: tuple[memoryview, ...] = ()) -> None:
        """Send words, and blocks of bytes that arrive as one."""
        ...

    def receive(self, max_block_bytes: int) -> Message:
        """Wait for a message; raises EOFError when the other side is gone."""
        ...

    def descriptor(self) -> int:
        """Return the descriptor that messages come in by."""
        ...

    def close(self) -> None:
        """Close this end."""
        ...


class PipeChannel:
    """Messages through two descriptors; blocks travel inline."""

    def __init__(self, read_descriptor: int, write_descriptor: int) -> None:
        self._read, self._write = read_descriptor, write_descriptor

    def send(self, words: Words, blocks: tuple[memoryview, ...] = ()) -> None:
        """Send words and blocks."""
        text = json.dumps(words).encode()
        head = _HEAD.pack(len(text), sum(block.nbytes for block in blocks))
        for part in (memoryview(head + text), *blocks):
            _write_all(self._write, part)

    def receive(self, max_block_bytes: int) -> Message:
        """Wait for a message."""
        words_bytes, block_bytes = _checked(self._exactly(_HEAD.size), max_block_bytes)
        words = _words(self._exactly(words_bytes))
        return words, self._exactly(block_bytes)

    def descriptor(self) -> int:
        """Return the descriptor that messages come in by."""
        return self._read

    def close(self) -> None:
        """Close both descriptors."""
        for descriptor in {self._read, self._write}:
            os.close(descriptor)

    def _exactly(self, size: int) -> memoryview:
        target = memoryview(bytearray(size))
        position = 0
        while position < size:
            part = os.read(self._read, min(size - position, 1 << 20))
            if not part:
                raise EOFError
            target[position : position + len(part)] = part
            position += len(part)
        return target


class SocketChannel:
    """Messages through a local socket; blocks travel as sealed memory files (Linux)."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def send(self, words: Words, blocks: tuple[memoryview, ...] = ()) -> None:
        """Send words and blocks."""
        text = json.dumps(words).encode()
        size = sum(block.nbytes for block in blocks)
        head = _HEAD.pack(len(text), size)
        if not size:
            self._socket.sendall(head + text)
            return
        descriptor = _memory_file(blocks)
        try:
            sent = socket.send_fds(self._socket, [head], [descriptor])
            self._socket.sendall(head[sent:] + text)
        finally:
            os.close(descriptor)

    def receive(self, max_block_bytes: int) -> Message:
        """Wait for a message."""
        head, descriptors, _, _ = socket.recv_fds(self._socket, _HEAD.size, 1)
        try:
            if not head:
                raise EOFError
            head += bytes(self._exactly(_HEAD.size - len(head)))
            words_bytes, block_bytes = _checked(memoryview(head), max_block_bytes)
            words = _words(self._exactly(words_bytes))
            return words, _map(descriptors, block_bytes)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def descriptor(self) -> int:
        """Return the descriptor that messages come in by."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _exactly(self, size: int) -> memoryview:
        target = memoryview(bytearray(size))
        position = 0
        while position < size:
            count = self._socket.recv_into(target[position:])
            if not count:
                raise EOFError
            position += count
        return target


def _checked(head: memoryview, max_block_bytes: int) -> tuple[int, int]:
    words_bytes, block_bytes = _HEAD.unpack(head)
    if words_bytes > _MAX_WORDS_BYTES or block_bytes > max_block_bytes:
        raise ChannelError("A message of the decoding process is larger than agreed.")
    return words_bytes, block_bytes


def _words(text: memoryview) -> Words:
    try:
        words = json.loads(bytes(text))
    except ValueError as error:
        raise ChannelError("A message of the decoding process is not JSON.") from error
    if not isinstance(words, dict):
        raise ChannelError("A message of the decoding process is not an object.")
    return words


def _write_all(descriptor: int, block: memoryview) -> None:
    rest = block.cast("B") if block.nbytes else block
    while rest.nbytes:
        rest = rest[os.write(descriptor, rest) :]


def _memory_file(blocks: tuple[memoryview, ...]) -> int:
    """Return a sealed memory file that holds the blocks."""
    import fcntl  # noqa: PLC0415  (not on Windows)

    descriptor = os.memfd_create("cutis", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        for block in blocks:
            _write_all(descriptor, block)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _seals())
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _map(descriptors: list[int], size: int) -> memoryview:
    """Map a received memory file copy-on-write; refuse one that its sender could still change."""
    import fcntl  # noqa: PLC0415  (not on Windows)

    if not size:
        return memoryview(b"")
    if len(descriptors) != 1:
        raise ChannelError("A message of the decoding process came without its block.")
    descriptor = descriptors[0]
    try:
        sealed = fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & _seals() == _seals()
    except OSError as error:
        raise ChannelError("The block of a message is not a memory file.") from error
    if not sealed or os.fstat(descriptor).st_size != size:
        raise ChannelError("The block of a message is not sealed, or of another size.")
    return memoryview(mmap.mmap(descriptor, size, access=mmap.ACCESS_COPY))


def _seals() -> int:
    import fcntl  # noqa: PLC0415  (not on Windows)

    return fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
