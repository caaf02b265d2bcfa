"""`broadsheet merge list | show | undo`."""

from dataclasses import asdict
from typing import Annotated

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_json, print_line
from broadsheet.model.importstate import MergeRow

_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

merge = typer.Typer(
    no_args_is_help=True,
    help="See which records and papers were made one, and why; take a merge back.",
)


@merge.command("list")
@handles_errors
def list_(
    ctx: typer.Context,
    after: Annotated[int, typer.Option("--after", min=0, help="Go on after this number.")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="How many.")] = 50,
    as_json: _AsJson = False,
) -> None:
    """List merges, oldest first."""
    context: Context = ctx.obj
    with context.opened() as services:
        _print(services.merges.of(None, after=after, limit=limit), as_json=as_json)


@merge.command("show")
@handles_errors
def show(
    ctx: typer.Context,
    paper: Annotated[str, typer.Argument(help="A paper's id, arXiv id or DOI.")],
    as_json: _AsJson = False,
) -> None:
    """List the merges that made a paper."""
    context: Context = ctx.obj
    with context.opened() as services:
        found = services.merges.of(services.reading.paper(paper).id, limit=10_000)
    _print(found, as_json=as_json)


@merge.command("undo")
@handles_errors
def undo(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="The merge's number, as list and show give it.")],
    as_json: _AsJson = False,
) -> None:
    """Give the record of a merge a paper of its own; no rule joins it again.

    A paper that was joined to another is made again at the address that it had.
    """
    context: Context = ctx.obj
    with context.opened() as services:
        done = services.merges.undo(number)
        services.embedding.index_words()
    if as_json:
        print_json(asdict(done))
    else:
        record = f"{done.merge.source}:{done.merge.source_id} is now {done.paper}."
        print_line(f"{done.paper} is a paper again." if done.merge.joined else record)


def _print(found: list[MergeRow], *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(row) for row in found])
        return
    for row in found:
        undone = f"  undone {row.undone_at}" if row.undone_at else ""
        print_line(f"{row.number:>8}  {row.paper}  {row.source}:{row.source_id} ({row.origin})")
        print_line(f"{'':10}{row.title}")
        what = f"{row.joined} " if row.joined else ""
        print_line(f"{'':10}{what}joined by {row.rule}: {row.evidence}{undone}")
