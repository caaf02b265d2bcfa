"""`broadsheet save`, `vote`, `tag`, `note`: what a reader makes of a paper."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_line
from broadsheet.model.errors import SignInNeededError
from broadsheet.model.marks import Change
from broadsheet.model.readers import Reader

if TYPE_CHECKING:
    from broadsheet.services.bundle import Services

Id = Annotated[str, typer.Argument(help="Its id, arXiv id in any form, or DOI.")]
Name = Annotated[
    str, typer.Option("--reader", help="Who you are, where several read; else the only reader.")
]
Off = Annotated[bool, typer.Option("--off", help="Take it back.")]
_VOTES: dict[str, Change] = {"up": "up", "down": "down", "none": "unvote"}


def reader_named(services: "Services", name: str) -> Reader:
    """Return the reader of a name; without one the only reader there is.

    Raises:
        NotFoundError: nobody has this name.
        SignInNeededError: several may read, and none was named.
    """
    reader = services.readership.named(name) if name else services.accounts.visitor("")
    if reader is None:
        raise SignInNeededError("Several may read here: say who you are with --reader NAME.")
    return reader


@handles_errors
def save(ctx: typer.Context, id: Id, off: Off = False, reader: Name = "") -> None:
    """Save a paper, to be read later."""
    _change(ctx, id, reader, "unsave" if off else "save")


@handles_errors
def vote(
    ctx: typer.Context,
    id: Id,
    way: Annotated[Literal["up", "down", "none"], typer.Argument(help="up, down or none.")] = "up",
    reader: Name = "",
) -> None:
    """Vote a paper up or down, or take the vote back."""
    _change(ctx, id, reader, _VOTES[way])


@handles_errors
def tag(
    ctx: typer.Context,
    id: Id,
    tags: Annotated[list[str], typer.Argument(metavar="TAG...", help="Tags.")],
    off: Off = False,
    reader: Name = "",
) -> None:
    """Put tags on a paper."""
    context: Context = ctx.obj
    with context.opened() as services:
        who, paper = reader_named(services, reader), services.reading.paper(id)
        for one in tags:
            (services.marks.untag if off else services.marks.tag)(who, paper, one)
        mark = services.marks.one(who, paper)
    print_line(f"{paper.id}: {', '.join(mark.tags) or 'no tags'}")


@handles_errors
def note(
    ctx: typer.Context,
    id: Id,
    text: Annotated[str | None, typer.Argument(help="Markdown; '' removes it.")] = None,
    reader: Name = "",
) -> None:
    """Write a note on a paper; without a text, print the one that is there."""
    context: Context = ctx.obj
    with context.opened() as services:
        who, paper = reader_named(services, reader), services.reading.paper(id)
        if text is not None:
            services.marks.change(who, paper, note=text)
        mark = services.marks.one(who, paper)
    print_line(mark.note or "No note.")


def _change(ctx: typer.Context, id: str, reader: str, change: Change) -> None:
    context: Context = ctx.obj
    with context.opened() as services:
        who, paper = reader_named(services, reader), services.reading.paper(id)
        done = services.marks.change(who, paper, [change])
    print_line(f"{paper.id}: {change if done else 'it was so already'}")
