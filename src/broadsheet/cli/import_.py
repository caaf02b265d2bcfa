"""`broadsheet import`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli.context import REJECTED, Context, handles_errors
from broadsheet.cli.load import bring_up_indexes
from broadsheet.cli.output import print_error, print_json, print_line, progress_shown
from broadsheet.model.importing import ImportReport

_SHOWN = 10


@handles_errors
def import_(
    ctx: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", metavar="PATH...")],
    embed: Annotated[
        bool, typer.Option("--embed", help="Embed at once instead of when `serve` runs.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Take in papers from files, known by their content: also .gz, .xz, .zst, .bz2.

    The arXiv metadata snapshot, Broadsheet's exchange format (JSON lines) and saved text pages
    of a paper portal. Importing twice changes nothing; an interrupted import goes on where it
    was. What cannot be read is named, and the rest goes in. The library is created when missing.

    Exit status 1 when something was rejected.
    """
    context: Context = ctx.obj
    with context.opened(create=True) as services:
        with progress_shown() as progress:
            report = services.importing.run(paths, progress=progress)
            services.embedding.index_words(progress=progress)
        if embed:
            bring_up_indexes(services)
    if as_json:
        print_json(asdict(report))
    else:
        _print(report)
    if report.rejected:
        raise typer.Exit(REJECTED)


def _print(report: ImportReport) -> None:
    rate = (report.new_records + report.changed + report.unchanged) / max(report.seconds, 1e-3)
    print_line(
        f"{report.new_papers:,} new papers from {report.new_records:,} new records; "
        f"{report.changed:,} changed, {report.unchanged:,} unchanged, "
        f"{report.rejected:,} rejected; {report.files:,} files in {report.seconds:.1f} s "
        f"({rate:,.0f} records/s)"
    )
    for name, reason in report.skipped:
        print_line(f"skipped {name}: {reason}")
    for reject in report.rejects[:_SHOWN]:
        print_error(f"rejected {reject.file}:{reject.line}: {reject.reason}")
    if report.rejected > _SHOWN:
        print_error(f"and {report.rejected - _SHOWN:,} more")
    if report.rejected:
        print_error(f"all are in {report.rejects_file}")
