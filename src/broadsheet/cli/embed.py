"""`broadsheet embed`."""

from typing import Annotated

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.load import bring_up_indexes
from broadsheet.cli.output import print_json, print_line


@handles_errors
def embed(
    ctx: typer.Context,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Packaged name, folder, or hub:owner/name, for this run."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option("--threads", help="Threads; by default every core.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Index the words and embed the meaning of whatever is new or changed.

    Search by words works at once, by meaning as vectors arrive. Stop it at any time: it goes on
    where it was. `serve` does the same in the background.
    """
    context: Context = ctx.obj
    with context.opened(encoder=model, threads=threads) as services:
        embedded = bring_up_indexes(services)
        state = services.library.status().index
    if as_json:
        print_json({"embedded": embedded, "total": state.embedded, "model": state.model})
    else:
        print_line(f"Embedded {embedded:,} papers; {state.embedded:,} are found by meaning.")
