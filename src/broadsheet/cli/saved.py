"""`broadsheet saved`."""

from typing import Annotated

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.mark import Name, reader_named
from broadsheet.cli.output import print_json, print_line
from broadsheet.model.marks import NOTHING, Listed


@handles_errors
def saved(
    ctx: typer.Context,
    kind: Annotated[Listed, typer.Option("--list", help="Which of your lists.")] = "saved",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    reader: Name = "",
) -> None:
    """List the papers that you saved, what came last first; or read, voted, noted, never."""
    context: Context = ctx.obj
    with context.opened() as services:
        who = reader_named(services, reader)
        papers = services.marks.part(who, kind, limit=limit).papers
        marks = services.marks.of(who, papers)
    found = [(paper, marks.get(paper.key, NOTHING)) for paper in papers]
    if as_json:
        print_json(
            [
                {
                    "id": paper.id,
                    "title": paper.title,
                    "saved_at": mark.saved_at,
                    "vote": mark.vote,
                    "tags": list(mark.tags),
                    "note": mark.note,
                }
                for paper, mark in found
            ]
        )
        return
    for paper, mark in found:
        print_line(f"{paper.id}  {paper.title}{''.join(f'  #{tag}' for tag in mark.tags)}")
    if not found:
        print_line("Nothing.")
