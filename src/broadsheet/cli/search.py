"""`broadsheet search`."""

from typing import Annotated

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_error, print_json, print_line
from broadsheet.model.query import Hit, SearchPage, parse_query

_Many = list[str] | None


@handles_errors
def search(
    ctx: typer.Context,
    text: Annotated[list[str] | None, typer.Argument(metavar="QUERY", help="Words.")] = None,
    cat: Annotated[_Many, typer.Option("--cat", help="Category; cs takes all of cs.*")] = None,
    since: Annotated[str, typer.Option("--from", help="First day, month or year.")] = "",
    until: Annotated[str, typer.Option("--to", help="Last day, month or year.")] = "",
    author: Annotated[_Many, typer.Option("--author", help="An author's name.")] = None,
    venue: Annotated[_Many, typer.Option("--venue", help="A venue, as NeurIPS.")] = None,
    source: Annotated[_Many, typer.Option("--source", help="A source, as arxiv.")] = None,
    sort: Annotated[str, typer.Option("--sort", help="relevance or newest.")] = "relevance",
    mode: Annotated[
        str, typer.Option("--mode", help="fused, words, meaning or reranked.")
    ] = "fused",
    page: Annotated[int, typer.Option("--page", help="Page, from 1.")] = 1,
    limit: Annotated[int, typer.Option("--limit", "-n", help="Hits on a page.")] = 20,
    why: Annotated[bool, typer.Option("--why", help="Tell every reason with its share.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Search by words and by meaning; without words, list the newest.

    QUERY is in the language of searches, as 'graphs -survey cat:cs.LG meaning:"cheap attention"';
    `broadsheet query` lists its fields. Each hit says why it is there. Options that take a value
    may be repeated: values of one option are joined by OR, options by AND.
    """
    query = parse_query(
        {
            "q": [" ".join(text or [])],
            "cat": cat or [],
            "from": [since],
            "to": [until],
            "author": author or [],
            "venue": venue or [],
            "source": source or [],
            "sort": [sort],
            "mode": [mode],
            "page": [str(page)],
            "per_page": [str(limit)],
        }
    )
    context: Context = ctx.obj
    with context.opened() as services:
        marked = services.marks.marked(services.accounts.visitor(""))
        found = services.search.search(query, marked=marked)
    if found.note:
        print_error(found.note)
    if as_json:
        print_json([_shape(hit) for hit in found.hits])
    else:
        _print(found, why=why)


def _shape(hit: Hit) -> dict[str, object]:
    return {
        "id": hit.paper.id,
        "title": hit.paper.title,
        "score": hit.score,
        "why": str(hit.why),
        "reasons": [
            {"kind": reason.kind, "text": reason.text, "share": reason.share}
            for reason in hit.why.reasons
        ],
        "day": hit.paper.day,
        "authors": [author.name for author in hit.paper.authors],
        "categories": list(hit.paper.categories),
    }


def _print(found: SearchPage, *, why: bool) -> None:
    if not found.hits:
        print_line("Nothing found.")
    first = (found.query.page - 1) * found.query.per_page + 1
    for rank, hit in enumerate(found.hits, start=first):
        paper = hit.paper
        print_line(f"{rank:3}. {paper.title}")
        facts = [paper.id, paper.day or "", ", ".join(a.name for a in paper.authors[:3])]
        print_line(f"     {' · '.join(fact for fact in facts if fact)}")
        print_line(f"     {hit.why}")
        for reason in hit.why.reasons if why else ():
            print_line(f"     {reason.share:+.3f} {reason}")
