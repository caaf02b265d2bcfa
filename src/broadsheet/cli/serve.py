"""`broadsheet serve`."""

from typing import Annotated

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.load import bring_up_indexes, load_demo

_WAIT_FOR_VECTORS = 2_000
"""So few papers are embedded before the doors open; more in the background."""


@handles_errors
def serve(
    ctx: typer.Context,
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on; 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="Port; the first free from 8321; 0 takes any.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes that answer; 1.")
    ] = None,
    log_requests: Annotated[
        bool | None, typer.Option("--log-requests", help="Print a line for each request.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Put the demo shelf into an empty library.")
    ] = False,
) -> None:
    """Serve the pages and the API, and keep the indexes up in the background.

    The library is created when missing. Papers may be imported while it runs.
    """
    from broadsheet.services.origin import check_listening

    context: Context = ctx.obj
    settings = context.settings(host=host, port=port, workers=workers, log_requests=log_requests)
    check_listening(settings)
    with context.opened(create=True) as services:
        if demo:
            load_demo(services)
        status = services.library.status()
        if status.counts.papers - status.index.embedded <= _WAIT_FOR_VECTORS:
            bring_up_indexes(services)
    context.doors.serve(settings, any_free="port" not in settings.model_fields_set)
