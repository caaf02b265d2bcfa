"""`broadsheet sync`."""

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.context import FAILED, Context, handles_errors
from broadsheet.cli.output import duration, print_error, print_json, print_line, progress_shown
from broadsheet.model.errors import InvalidValueError
from broadsheet.model.harvest import HarvestReport, selection_words

if TYPE_CHECKING:
    from broadsheet.services.bundle import Services

_SHOWN = 5


@handles_errors
def sync(
    ctx: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="NAME or NAME:SELECTION, as arxiv:cs.", metavar="SOURCE..."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="First day, as 2026-11-01; else the last run.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask for the first page and store nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring in what sources have: all of the settings, or those that are named.

    Each page is stored with its place: an interrupted sync goes on where it was. A source that is
    asked for the first time gives the last seven days; --since 1991-01-01 gives everything.

    Exit status 3 when a source did not come to its end.
    """
    context: Context = ctx.obj
    first = _day(since)
    with context.opened(create=True) as services:
        asked = _asked(services, sources or [])
        with progress_shown() as progress:
            reports = [
                services.harvesting.run(
                    name,
                    selection=selection_words(selection),
                    since=first,
                    dry_run=dry_run,
                    progress=progress,
                )
                for name, selection in asked
            ]
            if not dry_run:
                services.embedding.index_words(progress=progress)
    if as_json:
        print_json([asdict(report) for report in reports])
    else:
        for report in reports:
            _print(report, dry_run=dry_run)
    if any(report.trouble for report in reports):
        raise typer.Exit(FAILED)


def _asked(services: "Services", sources: list[str]) -> list[tuple[str, str]]:
    asked = []
    for said in sources:
        name, colon, selection = said.partition(":")
        asked += [(name, selection)] if colon else services.harvesting.chosen([name])
    asked = asked if sources else services.harvesting.chosen()
    if not asked:
        raise InvalidValueError(
            "No source is named, and the settings name none. Try: broadsheet sync arxiv:cs "
            "(broadsheet sources lists what can be asked)."
        )
    return asked


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as e:
        raise InvalidValueError(f"--since must be YYYY-MM-DD, got {text[:40]!r}.") from e


def _print(report: HarvestReport, *, dry_run: bool) -> None:
    name = f"{report.source} {report.selection}".strip()
    if dry_run:
        print_line(f"{name}: {report.new_records:,} records on the first page, nothing stored")
    else:
        print_line(
            f"{name}: {report.new_papers:,} new papers from {report.new_records:,} new records; "
            f"{report.changed:,} changed, {report.unchanged:,} unchanged, "
            f"{report.rejected:,} rejected; {report.pages:,} pages in {duration(report.seconds)}, "
            f"from {report.since} on{', resumed' if report.resumed else ''}"
        )
    for fault in report.faults[:_SHOWN]:
        print_error(f"rejected {name}: {fault.reason}: {fault.excerpt[:80]}")
    if report.trouble:
        print_error(f"{name} did not come to its end: {report.trouble}")
