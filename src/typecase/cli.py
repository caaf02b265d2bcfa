"""The command `typecase`: what there is, and what it takes."""

import inspect
import json
import sys
from typing import Annotated, Any

import typer

from typecase.base.errors import TypecaseError, UnknownNameError
from typecase.base.estimator import param_defaults
from typecase.base.registry import get, names, rooms, unknown_name
from typecase.kernels import native

app = typer.Typer(
    help="An embedding engine: encode, index, search vectors.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_methods(
    room: Annotated[str | None, typer.Argument(help="Only this room.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the methods of every room, or of one."""
    found = {name: names(name) for name in ([room] if room else rooms())}
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for name, methods in found.items():
        typer.echo(f"{name}: {', '.join(methods) or '-'}")
    typer.echo(native.describe())


@app.command("show")
def show_method(
    name: Annotated[str, typer.Argument(help="A method, such as flat or indexes/flat.")],
    as_json: AsJson = False,
) -> None:
    """Show what a method does and which parameters it takes."""
    room, method = _find(name)
    cls = get(room, method)
    params = _params(cls)
    text = inspect.cleandoc(cls.__doc__ or "")
    if as_json:
        content = {"room": room, "name": method, "class": cls.__name__, "doc": text}
        typer.echo(json.dumps(content | {"params": params}, indent=2))
        return
    typer.echo(f"{room}/{method}  {cls.__module__}.{cls.__name__}\n\n{text}\n\nDefaults:")
    for param, default in params.items():
        typer.echo(f"  {param} = {default!r}")


def main() -> None:
    """Run the command; what the engine refuses is one sentence and exit status 2."""
    try:
        app()
    except TypecaseError as error:
        typer.echo(f"typecase: {error}", err=True)
        sys.exit(2)


def _find(name: str) -> tuple[str, str]:
    """Return room and method; the room may be left out."""
    if "/" in name:
        room, method = name.split("/", 1)
        return room, method
    for room in rooms():
        if name in names(room):
            return room, name
    every = [method for room in rooms() for method in names(room)]
    raise UnknownNameError(unknown_name("method", name, every))


def _params(cls: type[Any]) -> dict[str, Any]:
    """Return the defaults by name; what JSON cannot hold as its repr."""
    return {
        name: value if isinstance(value, str | int | float | None) else repr(value)
        for name, value in param_defaults(cls).items()
    }
