"""What can go wrong with a server that is driven: lost, failing, out of memory, too slow.

ServerError
├── ServerLostError      no connection, or it broke
├── ExecutionError       a node of the workflow failed
├── ServerMemoryError    the server's accelerator ran out of memory
└── ServerTimeoutError   a job took longer than it may
"""

from __future__ import annotations

from cutis.core.errors import CutisError


class ServerError(CutisError):
    """The inpainting server did not do what it was asked."""

    code = "comfyui"


class ServerLostError(ServerError):
    """The server is not there, or the connection broke."""

    code = "comfyui.lost"


class ExecutionError(ServerError):
    """A node of the workflow failed, or the job was interrupted."""

    code = "comfyui.execution"


class ServerMemoryError(ServerError):
    """The server ran out of memory."""

    code = "comfyui.memory"


class ServerTimeoutError(ServerError):
    """A job took longer than it may."""

    code = "comfyui.timeout"
