"""The command `broadsheet`: its options, and the list of its commands."""

from pathlib import Path
from typing import Annotated

import typer

from broadsheet import __version__
from broadsheet.cli.backup import backup
from broadsheet.cli.context import Context, Doors
from broadsheet.cli.digest import digest
from broadsheet.cli.doctor import doctor
from broadsheet.cli.embed import embed
from broadsheet.cli.evaluate import evaluate
from broadsheet.cli.export import export
from broadsheet.cli.import_ import import_
from broadsheet.cli.init import init
from broadsheet.cli.mark import note, save, tag, vote
from broadsheet.cli.merge import merge
from broadsheet.cli.output import print_line
from broadsheet.cli.query import query
from broadsheet.cli.reader import reader
from broadsheet.cli.restore import restore
from broadsheet.cli.saved import saved
from broadsheet.cli.search import search
from broadsheet.cli.serve import serve
from broadsheet.cli.show import show
from broadsheet.cli.sources import sources
from broadsheet.cli.status import status
from broadsheet.cli.sync import sync
from broadsheet.cli.trending import trending


def make_app(doors: Doors) -> typer.Typer:
    """Return the command line over the given doors."""
    app = typer.Typer(
        help="A self-hosted daily paper for research papers.",
        epilog="Start with: broadsheet serve --demo",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def options(
        ctx: typer.Context,
        library: Annotated[
            Path | None, typer.Option("--library", "-L", help="The library's folder; ./library.")
        ] = None,
        config: Annotated[
            Path | None,
            typer.Option("--config", help="Settings file; broadsheet.toml in the library."),
        ] = None,
        version: Annotated[
            bool, typer.Option("--version", callback=_print_version, is_eager=True)
        ] = False,
    ) -> None:
        ctx.obj = Context(doors=doors, library=library, config=config)

    app.command("init")(init)
    app.command("import")(import_)
    app.command("sync")(sync)
    app.command("sources")(sources)
    app.add_typer(merge, name="merge")
    app.add_typer(digest, name="digest")
    app.add_typer(reader, name="reader")
    app.command("embed")(embed)
    app.command("serve")(serve)
    app.command("search")(search)
    app.command("query")(query)
    app.command("trending")(trending)
    app.command("show")(show)
    app.command("save")(save)
    app.command("vote")(vote)
    app.command("tag")(tag)
    app.command("note")(note)
    app.command("saved")(saved)
    app.command("export")(export)
    app.command("evaluate")(evaluate)
    app.command("status")(status)
    app.command("doctor")(doctor)
    app.command("backup")(backup)
    app.command("restore")(restore)
    return app


def _print_version(asked: bool) -> None:
    if asked:
        print_line(__version__)
        raise typer.Exit()
