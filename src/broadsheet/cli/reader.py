"""`broadsheet reader list | add | invite | admin | disable | reset`."""

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_json, print_line
from broadsheet.model.readers import Reader

if TYPE_CHECKING:
    from broadsheet.model.settings import Settings
    from broadsheet.services.bundle import Services

_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="A reader's name or mail address.")]
_Undo = Annotated[bool, typer.Option("--undo", help="The other way round.")]

reader = typer.Typer(
    no_args_is_help=True,
    help="See to readers: list, add, invite, admin, disable, reset.\n\n"
    "`add` and `reset` print a link by which the reader sets a password, once, within a day; "
    "`invite` one by which somebody signs up, within 14 days. Links begin with the setting "
    "`address`.",
)


@reader.command("list")
@handles_errors
def list_(ctx: typer.Context, as_json: _AsJson = False) -> None:
    """List readers, oldest first."""
    context: Context = ctx.obj
    with context.opened() as services:
        found = services.readership.all()
    if as_json:
        print_json([_shape(one) for one in found])
        return
    for one in found:
        state = " shut out" if one.disabled else ""
        print_line(f"{one.name:<40}  {one.role:<6}  since {one.created_at[:10]}{state}")


@reader.command("add")
@handles_errors
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The reader's name.")],
    email: Annotated[str, typer.Option("--email", help="A mail address known as theirs.")] = "",
) -> None:
    """Add a reader and print the link by which they set a password; the first is admin."""
    context: Context = ctx.obj
    with context.opened(create=True) as services:
        made = services.readership.add(name, email=email)
        print_line(_link_to_reset(services, made))


@reader.command("invite")
@handles_errors
def invite(
    ctx: typer.Context,
    note: Annotated[str, typer.Option("--note", help="For whom, to know it again.")] = "",
) -> None:
    """Print a link by which one person signs up."""
    context: Context = ctx.obj
    with context.opened() as services:
        secret = services.readership.invite(services.readership.admin(), note=note)
        print_line(_link(services.settings, "/sign-up", invitation=secret))


@reader.command("admin")
@handles_errors
def admin(ctx: typer.Context, name: _Name, undo: _Undo = False) -> None:
    """Make a reader admin."""
    context: Context = ctx.obj
    with context.opened() as services:
        found = services.readership.named(name)
        services.readership.set_admin(found, not undo)
    print_line(f"{found.name} is {'no longer ' if undo else ''}admin.")


@reader.command("disable")
@handles_errors
def disable(ctx: typer.Context, name: _Name, undo: _Undo = False) -> None:
    """Shut a reader out at once: sessions end, tokens open nothing."""
    context: Context = ctx.obj
    with context.opened() as services:
        found = services.readership.named(name)
        services.readership.set_disabled(found, not undo)
    print_line(f"{found.name} {'may come in again' if undo else 'is shut out'}.")


@reader.command("reset")
@handles_errors
def reset(ctx: typer.Context, name: _Name) -> None:
    """Print a link by which a reader sets a new password, once, within a day."""
    context: Context = ctx.obj
    with context.opened() as services:
        print_line(_link_to_reset(services, services.readership.named(name)))


def _shape(one: Reader) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "role": one.role,
        "email": one.email,
        "email_confirmed": one.email_confirmed,
        "created_at": one.created_at,
        "disabled": one.disabled,
    }


def _link_to_reset(services: "Services", found: Reader) -> str:
    token = services.profile.reset_token(found)
    return _link(services.settings, "/new-password", token=token)


def _link(settings: "Settings", path: str, **asked: str) -> str:
    base = settings.address or f"http://{settings.host}:{settings.port}"
    return f"{base}{path}?{urlencode(asked)}"
