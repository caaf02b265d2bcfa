"""`broadsheet init`."""

from typing import Annotated

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.load import load_demo
from broadsheet.cli.output import print_line


@handles_errors
def init(
    ctx: typer.Context,
    demo: Annotated[bool, typer.Option("--demo", help="Put the demo shelf into it.")] = False,
) -> None:
    """Create the library folder, or check that it is one.

    Safe to repeat: what is there stays.
    """
    context: Context = ctx.obj
    with context.opened(create=True) as services:
        if demo:
            load_demo(services)
        print_line(f"Library at {services.settings.library}")
