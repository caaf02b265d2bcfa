"""`broadsheet export`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_error, print_line, progress_shown
from broadsheet.model.errors import InvalidValueError
from broadsheet.model.query import Query, parse_query
from broadsheet.services.export.formats import (
    FORMATS,
    ExportFormat,
    format_named,
    format_of_file,
)

if TYPE_CHECKING:
    from broadsheet.services.bundle import Services
    from broadsheet.services.exporting import Chosen

_NAMES = ", ".join(form.name for form in FORMATS)
_ENDINGS = ", ".join(f".{form.ending}" for form in FORMATS)
_STDOUT = "-"
_Many = list[str] | None


@handles_errors
def export(
    ctx: typer.Context,
    papers: Annotated[
        _Many, typer.Argument(help="Ids, arXiv ids in any form, or DOIs.", metavar="PAPER...")
    ] = None,
    text: Annotated[str, typer.Option("--search", help="The best papers of a search.")] = "",
    cat: Annotated[_Many, typer.Option("--cat", help="Category; cs takes all of cs.*")] = None,
    since: Annotated[str, typer.Option("--from", help="First day, month or year.")] = "",
    until: Annotated[str, typer.Option("--to", help="Last day, month or year.")] = "",
    author: Annotated[_Many, typer.Option("--author", help="An author's name.")] = None,
    venue: Annotated[_Many, typer.Option("--venue", help="A venue, as NeurIPS.")] = None,
    source: Annotated[_Many, typer.Option("--source", help="A source, as arxiv.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="The whole library.")] = False,
    form: Annotated[
        str, typer.Option("--format", "-f", help=f"One of: {_NAMES}.", metavar="FORMAT")
    ] = "",
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            help=f"File to write, whole or not at all; its ending ({_ENDINGS}) names the format. "
            "Without it, or as -, standard output.",
            metavar="FILE",
        ),
    ] = _STDOUT,
) -> None:
    """Write papers for other programs: some by their ids, those of a search, or all.

    bibtex, ris and csl (CSL-JSON) cite papers, for reference managers. jsonl and
    parquet hold all that is known of them: `import` reads jsonl back, and parquet
    needs pyarrow (the extra `parquet`).

    Filters alone take every paper that passes; --search takes the best, those that
    the search page leads through. Papers are read while they are written: a library
    of any size fits. A file is replaced when the new one is whole, not before.

    Examples:

        broadsheet export 1706.03762 10.18653/v1/N19-1423 -f bibtex >> my.bib
        broadsheet export --search "compact codes" --from 2024 -o codes.ris
        broadsheet export --cat cs.CL --venue ACL -o acl.csl.json
        broadsheet export --all -o library.jsonl
    """
    chosen_form = _form(form, output)
    query = parse_query(
        {
            "q": [text],
            "cat": cat or [],
            "from": [since],
            "to": [until],
            "author": author or [],
            "venue": venue or [],
            "source": source or [],
        }
    )
    _check_one(papers or [], query, everything)
    context: Context = ctx.obj
    with context.opened() as services:
        chosen = _chosen(services, papers or [], query)
        if chosen.note:
            print_error(chosen.note)
        if not chosen.total:
            print_error("Nothing found.")
        _write(services, chosen, chosen_form, output)


def _form(name: str, output: str) -> ExportFormat:
    """The format that is named, else that of the file's ending."""
    form = format_named(name) if name else format_of_file(output)
    if form is None:
        raise InvalidValueError(
            f"Name a format with --format ({_NAMES}), or a file with -o that ends in {_ENDINGS}."
        )
    if output == _STDOUT and not form.is_text:
        raise InvalidValueError(
            f"{form.title} is nothing to print; name a file: -o papers.{form.ending}"
        )
    return form


def _check_one(papers: list[str], query: Query, everything: bool) -> None:
    asked = [bool(papers), query != Query(), everything]
    if sum(asked) != 1:
        raise InvalidValueError(
            "Say one of: papers by their ids, a search (--search, --cat, --from, …), or --all."
        )


def _chosen(services: "Services", papers: list[str], query: Query) -> "Chosen":
    if papers:
        return services.exporting.named(papers)
    return services.exporting.found(query) if query != Query() else services.exporting.everything()


def _write(services: "Services", chosen: "Chosen", form: ExportFormat, output: str) -> None:
    try:
        with progress_shown() as progress:
            if output == _STDOUT:
                services.exporting.to_stream(chosen, form, sys.stdout.buffer, progress=progress)
                sys.stdout.buffer.flush()
                return
            n = services.exporting.to_file(chosen, form, Path(output), progress=progress)
    except KeyboardInterrupt as e:
        print_error("Stopped. A file is only replaced when it is whole.")
        raise typer.Exit(130) from e
    print_line(f"Exported {n:,} papers to {output}.")
