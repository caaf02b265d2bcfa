"""`broadsheet backup`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_json, print_line, progress_shown
from broadsheet.model.backup import BackupReport


@handles_errors
def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write.", metavar="FILE")],
    small: Annotated[
        bool, typer.Option("--small", help="Leave out vectors, which can be made anew.")
    ] = False,
    without_settings: Annotated[
        bool, typer.Option("--without-settings", help="Leave out the settings file.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the whole library into one file, while others may write to it.

    It holds the database as it is at one moment, the vectors, and `broadsheet.toml` of the library
    with the keys that stand in it: the file can be read by its owner alone, and is to be kept so.
    The index of words is left out; it is made anew within minutes.

    The file is read again before it gets its name. Whatever goes wrong, an earlier one of that
    name stays. Beside it there must be room for the file and one copy of the database.
    """
    context: Context = ctx.obj
    with context.opened() as services, progress_shown() as progress:
        report = services.backup.run(
            file, small=small, with_settings=not without_settings, progress=progress
        )
    if as_json:
        print_json(shape(report))
    else:
        print_line(f"Wrote {said(report)}, and read it again.")
        for reason in report.left_out:
            print_line(f"left out {reason}")


def shape(report: BackupReport) -> dict[str, Any]:
    """Return a report as JSON says it."""
    said = asdict(report)
    said["file"] = str(report.file)
    said["kept_aside"] = str(report.kept_aside) if report.kept_aside else None
    return said


def said(report: BackupReport) -> str:
    """Return what a backup holds in a few words."""
    vectors = "with vectors" if report.has_vectors else "without vectors"
    return (
        f"{report.file}: {report.papers:,} papers {vectors} of {report.made_at}, "
        f"{report.size_bytes / 1e6:,.1f} MB ({report.unpacked_bytes / 1e6:,.1f} unpacked)"
    )
