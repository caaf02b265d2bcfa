"""`broadsheet show`."""

import sys
import textwrap
from typing import Annotated, Any

import msgspec
import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_error, print_json, print_line
from broadsheet.model.errors import InvalidValueError, NotFoundError
from broadsheet.model.harvest import RawAnswer
from broadsheet.model.paper import Paper

_WIDTH = 88


@handles_errors
def show(
    ctx: typer.Context,
    id: Annotated[str, typer.Argument(help="Its id, arXiv id in any form, or DOI.")],
    similar: Annotated[int, typer.Option("--similar", help="How many similar papers.")] = 0,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Print the answers that brought it; see `keep_raw`."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show one paper: what it is, its versions, where its data came from.

    With --raw its servers' last answers as they came, other papers in them too; what each
    is an answer to is said on standard error.
    """
    if raw and (as_json or similar):
        raise InvalidValueError("--raw prints answers as they came; leave --json and --similar.")
    context: Context = ctx.obj
    with context.opened() as services:
        paper = services.reading.paper(id)
        if raw:
            _print_raw(services.harvesting.answers(paper), paper)
            return
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


def _print_raw(answers: list[RawAnswer], paper: Paper) -> None:
    if not answers:
        raise NotFoundError(
            f"No answer that brought {paper.id} is kept. Set keep_raw, and sync again; "
            "what was imported stands in its file."
        )
    for answer in answers:
        print_error(f"{answer.source} {answer.at} {answer.url}")
        sys.stdout.flush()
        sys.stdout.buffer.write(answer.body)


def _shape(paper: Paper) -> dict[str, Any]:
    shape: dict[str, Any] = msgspec.to_builtins(paper)
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
