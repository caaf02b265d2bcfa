"""`broadsheet status`."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_json, print_line
from broadsheet.model.operations import Operations, SourceRun

_TROUBLES = 3


@handles_errors
def status(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what the library holds, how far search is, how harvests went, and what failed."""
    context: Context = ctx.obj
    with context.opened() as services:
        found = services.operations.state()
    if as_json:
        print_json(_shape(found))
    else:
        _print(found)


def _shape(found: Operations) -> dict[str, Any]:
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
        "events": counts.events,
        "version": found.version,
        "schema": found.schema,
        "uptime_s": found.uptime_s,
        "words_behind": found.words_behind,
        "vectors_behind": found.vectors_behind,
        "harvests": [asdict(run) for run in found.sources],
        "storage": asdict(found.storage),
        "troubles": asdict(found.troubles),
    }


def _print(found: Operations) -> None:
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
        ("events", f"{counts.events:,}"),
        ("on disk", _storage(found)),
        ("version", f"{found.version}, schema {found.schema}"),
    ]
    if index.building:
        rows.append(("being built", index.building))
    rows += [(f"from {name}", f"{n:,}") for name, n in counts.sources]
    rows += [(f"harvest {run.source}", _harvest(run)) for run in found.sources]
    rows += [
        ("failed", f"{trouble.last_at} {trouble.work}, {trouble.times} times: {trouble.error}")
        for trouble in found.troubles.latest[:_TROUBLES]
    ]
    for name, value in rows:
        print_line(f"{name:18}{value}")


def _storage(found: Operations) -> str:
    storage = found.storage
    parts = [
        ("database", storage.database_bytes),
        ("vectors", storage.vectors_bytes),
        ("words", storage.words_bytes),
        ("free", storage.free_bytes),
    ]
    return ", ".join(f"{name} {n_bytes / 1e6:,.1f} MB" for name, n_bytes in parts)


def _harvest(run: SourceRun) -> str:
    parts = [run.selection or "all", f"ran {run.ran_at}" if run.ran_at else "has not run"]
    if run.complete_until:
        parts.append(f"complete until {run.complete_until}")
    if run.next_at:
        parts.append(f"next {run.next_at}")
    if run.trouble:
        parts.append(run.trouble)
    return " · ".join(parts)
