"""`broadsheet restore`."""

from dataclasses import replace as with_changed
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli.backup import said, shape
from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_json, print_line, progress_shown


@handles_errors
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="What `backup` has written.", metavar="FILE")],
    library: Annotated[
        Path | None, typer.Option("--library", "-L", help="The folder that becomes the library.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Take the place of a library, which is kept aside."),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Read all of it, compare, and write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make the library of a backup.

    All of it is unpacked and verified beside before anything is moved into place; a folder that
    holds a library is refused. With --replace that library goes into a folder within its own,
    `replaced-` and the time; it must not be in use. Settings that are in the folder already stay,
    except with --replace, where those of the backup take their place.
    """
    context: Context = ctx.obj
    service = context.doors.restoring()
    if check:
        with progress_shown() as progress:
            report = service.check(file, progress=progress)
    else:
        named = with_changed(context, library=library or context.library)
        folder = named.settings().library
        with progress_shown() as progress:
            report = service.run(file, folder, replace=replace, progress=progress)
    if as_json:
        print_json(shape(report))
        return
    print_line(f"{'Whole' if check else 'Restored'}: {said(report)}")
    if report.kept_aside is not None:
        print_line(f"What was there is in {report.kept_aside}; remove it when you are content.")
    if not check and not report.has_vectors:
        print_line("Vectors are made by `broadsheet embed`, or by `serve` in the background.")
