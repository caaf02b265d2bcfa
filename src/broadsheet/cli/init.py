"""`broadsheet init`."""

from typing import Annotated

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.load import load_demo
from broadsheet.cli.output import print_json, print_line


@handles_errors
def init(
    ctx: typer.Context,
    demo: Annotated[bool, typer.Option("--demo", help="Put the demo shelf into it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Create the library folder, or check that it is one.

    Safe to repeat: what is there stays.
    """
    context: Context = ctx.obj
    with context.opened(create=True) as services:
        if demo:
            load_demo(services)
        papers = services.library.status().counts.papers
    library = str(context.settings().library)
    if as_json:
        print_json({"library": library, "papers": papers})
    else:
        print_line(f"Library at {library}, {papers:,} papers")
