"""Serve until told to stop: uvicorn around the application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import uvicorn

from cutis.models.cache import locate
from cutis.service.app import make_app
from cutis.service.logs import make_log
from cutis.service.opening import opened
from cutis.service.traces import start_tracer
from cutis.settings import Settings

_KEEP_ALIVE_S = 30
_STOP_S = 20
_MOST_CONNECTIONS = 2_000


def serve(settings: Settings, told: Callable[[str], None]) -> None:
    """Serve until a signal says stop; ``told`` gets the address once it is listened on.

    Raises:
        SettingsError: the address asks for sign-in.
        ModelError: the models are not there; run ``cutis models pull``.
        StoreError: the records cannot be opened.
    """
    log = make_log()
    locate("face_landmarker", settings.models.dir)
    with opened(settings, log=log) as parts:
        url = settings.service.traces_url
        app = make_app(parts, log=log, tracer=start_tracer(url) if url else None)
        asyncio.run(_run(_Server(_config(settings, app)), told))


class _Server(uvicorn.Server):
    """A server that tells where it listens."""

    def address(self) -> str:
        """Return the address that is listened on."""
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _config(settings: Settings, app: Any) -> uvicorn.Config:
    chosen = settings.service
    return uvicorn.Config(
        app,
        host=chosen.host,
        port=chosen.port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=chosen.proxied,
        forwarded_allow_ips="127.0.0.1",
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_S,
        limit_concurrency=_MOST_CONNECTIONS,
        lifespan="off",
    )


async def _run(server: _Server, told: Callable[[str], None]) -> None:
    task = asyncio.create_task(server.serve())
    while not server.started and not task.done():  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.01)
    if server.started:
        told(server.address())
    await task
