"""`broadsheet show`."""

import textwrap
from dataclasses import asdict
from typing import Annotated, Any

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_json, print_line
from broadsheet.model.paper import Paper

_WIDTH = 88


@handles_errors
def show(
    ctx: typer.Context,
    id: Annotated[str, typer.Argument(help="Its id, arXiv id in any form, or DOI.")],
    similar: Annotated[int, typer.Option("--similar", help="How many similar papers.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show one paper: what it is, its versions, where its data came from."""
    context: Context = ctx.obj
    with context.opened() as services:
        paper = services.reading.paper(id)
        near = services.search.similar(paper, k=similar) if similar else []
    if as_json:
        shape = _shape(paper)
        if similar:
            shape["similar"] = [
                {"id": h.paper.id, "title": h.paper.title, "score": h.score} for h in near
            ]
        print_json(shape)
        return
    _print(paper)
    for hit in near:
        print_line(f"  {hit.score:.2f}  {hit.paper.title} ({hit.paper.id})")


def _shape(paper: Paper) -> dict[str, Any]:
    shape = asdict(paper)
    del shape["key"]
    return shape


def _print(paper: Paper) -> None:
    print_line(paper.title)
    print_line(", ".join(author.name for author in paper.authors) or "authors unknown")
    facts = [paper.id, paper.day or "", paper.venue, " ".join(paper.categories)]
    print_line(" · ".join(fact for fact in facts if fact))
    print_line()
    print_line(textwrap.fill(paper.text, _WIDTH))
    print_line()
    for version in paper.versions:
        print_line(f"v{version.number}  {version.date or ''}")
    for ref in paper.sources:
        print_line(f"from {ref.source}: {ref.source_id} ({ref.origin})")
