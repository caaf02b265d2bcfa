"""`broadsheet doctor`."""

from dataclasses import asdict
from typing import Annotated

import typer

from broadsheet.cli.context import REJECTED, Context, handles_errors
from broadsheet.cli.output import print_json, print_line


@handles_errors
def doctor(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at everything that can be wrong, read every checksum, and say what to do.

    Changes nothing. Exit status 1 when something is broken.
    """
    context: Context = ctx.obj
    with context.opened() as services:
        checks = services.library.doctor()
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            print_line(f"{check.state:8}{check.name:10}{check.detail}")
            if check.advice:
                print_line(f"{'':18}{check.advice}")
    if any(check.state == "error" for check in checks):
        raise typer.Exit(REJECTED)
