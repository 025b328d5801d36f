"""``cutis serve``: the assessment over HTTP, on an embedded default."""

from __future__ import annotations

from typing import Annotated

import typer

from cutis.core.errors import MissingExtraError


def serve(
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="ADDRESS", help="Listen here; service.host by default."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="PORT", help="Listen there; 0 takes a free one."),
    ] = None,
    *,
    login: Annotated[
        bool, typer.Option("--login", help="Ask everybody to sign in; needed off this machine.")
    ] = False,
) -> None:
    """Serve the API, with records and keys in the data folder, until Ctrl-C.

    Without --login one person works on this machine's own address, and nobody signs in.
    """
    from cutis.settings import load_settings, override

    try:
        from cutis.service.serve import serve as serve_until_told
    except ImportError as error:
        raise MissingExtraError("The service", "serve") from error
    given = {"host": host, "port": port, "login": login or None}
    chosen = {name: value for name, value in given.items() if value is not None}
    serve_until_told(override(load_settings(), {"service": chosen}), _tell)


def _tell(address: str) -> None:
    typer.echo(f"Cutis serves at {address} (Ctrl-C ends it)")
