"""`broadsheet status`."""

from typing import Annotated, Any

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_json, print_line
from broadsheet.services.library import Status


@handles_errors
def status(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what the library holds and how far search is."""
    context: Context = ctx.obj
    with context.opened() as services:
        found = services.library.status()
    if as_json:
        print_json(_shape(found))
    else:
        _print(found)


def _shape(found: Status) -> dict[str, Any]:
    counts, index = found.counts, found.index
    return {
        "library": str(found.library),
        "papers": counts.papers,
        "source_records": counts.source_records,
        "embedded": index.embedded,
        "rejected": counts.rejected,
        "words_indexed": index.words_indexed,
        "authors": counts.authors,
        "sources": dict(counts.sources),
        "oldest_day": counts.oldest_day,
        "newest_day": counts.newest_day,
        "model": index.model,
        "building": index.building,
    }


def _print(found: Status) -> None:
    counts, index = found.counts, found.index
    rows = [
        ("library", str(found.library)),
        ("papers", f"{counts.papers:,}"),
        ("source records", f"{counts.source_records:,}"),
        ("authors", f"{counts.authors:,}"),
        ("days", f"{counts.oldest_day or '-'} to {counts.newest_day or '-'}"),
        ("found by words", f"{index.words_indexed:,}"),
        ("found by meaning", f"{index.embedded:,}"),
        ("model", index.model),
        ("rejected", f"{counts.rejected:,}"),
    ]
    if index.building:
        rows.append(("being built", index.building))
    rows += [(f"from {name}", f"{n:,}") for name, n in counts.sources]
    for name, value in rows:
        print_line(f"{name:18}{value}")
