"""`broadsheet trending`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_error, print_json, print_line

if TYPE_CHECKING:
    from broadsheet.services.trending import Trending, TrendingPage


@handles_errors
def trending(
    ctx: typer.Context,
    category: Annotated[str, typer.Option("--category", help="cs takes all of cs.*")] = "",
    window: Annotated[str, typer.Option("--window", help="day, week, month or all.")] = "all",
    formula: Annotated[str, typer.Option("--formula", help="In place of the one in force.")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="Papers.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what readers and sources lift above what is normal, each with its terms."""
    context: Context = ctx.obj
    with context.opened() as services:
        found = services.trending.page(
            category=category, window=window, formula=formula, per_page=limit
        )
    if not found.has_signals:
        print_error("Nothing has happened to these papers that counts: newest first.")
    if as_json:
        print_json([_shape(story) for story in found.stories])
    else:
        _print(found)


def _shape(story: "Trending") -> dict[str, object]:
    return {
        "id": story.paper.id,
        "title": story.paper.title,
        "day": story.paper.day,
        "categories": list(story.paper.categories),
        "text": str(story.terms),
        "terms": asdict(story.terms),
    }


def _print(found: "TrendingPage") -> None:
    if not found.stories:
        print_line("No paper is fresh enough.")
    for rank, story in enumerate(found.stories, start=1):
        paper = story.paper
        print_line(f"{rank:3}. {paper.title}")
        facts = [paper.id, paper.day or "", ", ".join(a.name for a in paper.authors[:3])]
        print_line(f"     {' · '.join(fact for fact in facts if fact)}")
        print_line(f"     {story.terms}")
