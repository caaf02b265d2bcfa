"""What all commands share: the options before the command, and how errors end it."""

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import typer

from broadsheet.cli.output import print_error
from broadsheet.model.errors import (
    BroadsheetError,
    InvalidValueError,
    NotAllowedError,
    NotFoundError,
    QuerySyntaxError,
)
from broadsheet.model.library import LIBRARY_FILE

if TYPE_CHECKING:  # they take a second to import, which help and completion need not wait for
    from broadsheet.model.harvest import About
    from broadsheet.model.settings import Settings
    from broadsheet.services.bundle import Services
    from broadsheet.services.evaluating import EvaluationService
    from broadsheet.services.restoring import RestoreService

P = ParamSpec("P")
T = TypeVar("T")

REJECTED = 1
USAGE = 2
FAILED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """How commands reach what stands above the faces; `__main__` gives it.

    Args:
        read_settings: takes what the command line sets; returns the settings in force.
        open_library: opens the library; creates it when told to.
        known_sources: returns every source that there is.
        serve: runs the web server until it is stopped.
        restoring: returns what makes libraries from backups.
        evaluating: returns what measures the search; takes the settings, and the folder that keeps
            vectors or None.
    """

    read_settings: "Callable[..., Settings]"
    open_library: "Callable[..., Services]"
    known_sources: "Callable[[Settings], list[About]]"
    serve: Callable[..., None]
    restoring: "Callable[[], RestoreService]"
    evaluating: "Callable[[Settings, Path | None], EvaluationService] | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The options given before the command."""

    doors: Doors
    library: Path | None
    config: Path | None

    def settings(self, **given: Any) -> "Settings":
        """Return the settings in force, with what this command line sets."""
        return self.doors.read_settings(config=self.config, library=self.library, **given)

    def has_library(self) -> bool:
        """Whether there is a library to open."""
        return (self.settings().library / LIBRARY_FILE).is_file()

    @contextmanager
    def opened(self, *, create: bool = False, **given: Any) -> "Iterator[Services]":
        """Open the library for the length of a command."""
        services = self.doors.open_library(self.settings(**given), create=create)
        try:
            yield services
        finally:
            services.close()


def handles_errors(command: Callable[P, T]) -> Callable[P, T]:
    """End a command with a sentence and an exit status, not with a stack trace.

    1: something was refused or not found; 2: the command's words are off; 3: the library, the
    disk or another program is in the way; 130: interrupted. That nobody reads the output to its
    end, as with `| head`, is no error.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            try:
                return command(*args, **kwargs)
            finally:
                sys.stdout.flush()
        except BrokenPipeError as e:
            # What is still to be written, when Python ends, goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit() from e
        except (NotFoundError, NotAllowedError) as e:
            raise _ended(e, REJECTED) from e
        except InvalidValueError as e:
            raise _ended(e, USAGE) from e
        except (BroadsheetError, OSError, UnicodeError) as e:
            raise _ended(e, FAILED) from e
        except KeyboardInterrupt as e:
            print_error("Stopped. What was done is kept; the same command goes on from there.")
            raise typer.Exit(130) from e

    return run


def _ended(error: Exception, status: int) -> typer.Exit:
    print_error(f"error: {error}")
    if isinstance(error, QuerySyntaxError):
        print_error(f"  {error.text}\n  {' ' * error.at}{'^' * max(1, error.until - error.at)}")
    return typer.Exit(status)
