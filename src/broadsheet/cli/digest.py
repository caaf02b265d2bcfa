"""`broadsheet digest`: see what would be mailed, mail it once, or make and send what is due."""

import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_json, print_line
from broadsheet.model.errors import InvalidValueError
from broadsheet.model.letters import EVERY_DAY, Subscription, mail_address

if TYPE_CHECKING:
    from broadsheet.services.bundle import Services

digest = typer.Typer(help="See and send the mail of this paper.", no_args_is_help=True)

_Daily = Annotated[bool, typer.Option("--daily", help="Of a day instead of a week.")]
_Category = Annotated[
    list[str] | None, typer.Option("--category", "-c", help="Trending of a category; repeatable.")
]
_SAMPLE = "reader@example.org"


@digest.command("preview")
@handles_errors
def preview(
    ctx: typer.Context,
    category: _Category = None,
    daily: _Daily = False,
    html: Annotated[bool, typer.Option("--html", help="Print the HTML part.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Print the whole message.")] = False,
) -> None:
    """Print the digest that a subscriber would get now; nothing is sent or kept.

    broadsheet digest preview -c cs.IR --html > digest.html
    """
    context: Context = ctx.obj
    with context.opened() as services:
        subscription = _sample(services, _SAMPLE, category, daily)
        issue = services.digests.issue(subscription, services.digests.today(subscription))
        letter = services.digests.letter(subscription, issue)
        print_line(_part(letter.body, html=html, raw=raw))


@digest.command("send")
@handles_errors
def send(
    ctx: typer.Context,
    to: Annotated[str, typer.Option("--to", help="The mail address.")],
    category: _Category = None,
    daily: _Daily = False,
) -> None:
    """Send the digest of now to one address, to see that mail arrives; nothing is kept as told.

    broadsheet digest send --to you@example.org
    """
    context: Context = ctx.obj
    with context.opened() as services:
        subscription = _sample(services, mail_address(to), category, daily)
        issue = services.digests.issue(subscription, services.digests.today(subscription))
        services.sending.send_now(services.digests.letter(subscription, issue))
        print_line(f"Sent to {subscription.address}: {issue.digest.n_papers} papers.")


@digest.command("run")
@handles_errors
def run(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Make what is due and send what waits, as `serve` does by itself."""
    context: Context = ctx.obj
    with context.opened() as services:
        n_brought = services.alerts.run()
        n_made = services.digests.run()
        n_sent = services.sending.run()
        if as_json:
            print_json({"brought": n_brought, "made": n_made, "sent": n_sent})
        else:
            print_line(f"{n_brought} papers brought, {n_made} digests made, {n_sent} letters sent.")


@digest.command("returned")
@handles_errors
def returned(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Messages; standard input without any.")
    ] = None,
) -> None:
    """Take in a mail server's report that a letter came back (RFC 3464).

    Three in a row end a subscription. In /etc/aliases:
    bounces: "|broadsheet -L /srv/papers digest returned"
    """
    context: Context = ctx.obj
    with context.opened() as services:
        if not files:
            print_line(services.returning.take(sys.stdin.buffer.read()))
        for file in files or ():
            print_line(f"{file.name}: {services.returning.take(_bytes_of(file))}")


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as e:
        raise InvalidValueError(f"{file} cannot be read: {e.strerror}.") from e


def _sample(
    services: "Services", address: str, categories: list[str] | None, daily: bool
) -> Subscription:
    if not services.subscribing.is_open:
        raise InvalidValueError(
            "This paper sends no mail. Set `address`, `mail.sender` and `mail.host` (or "
            "`mail.folder`) in broadsheet.toml."
        )
    return Subscription(
        key=0,
        id="sample",
        address=address,
        weekday=EVERY_DAY if daily else 0,
        sections=tuple(categories) if categories else ("",),
    )


def _part(body: bytes, *, html: bool, raw: bool) -> str:
    if raw:
        return body.decode("utf-8", "replace")
    message = message_from_bytes(body, policy=default)
    part = message.get_body(("html",) if html else ("plain",))
    return str(part.get_content()) if part is not None else ""
