"""The door of the terminal: `broadsheet`, or `python -m broadsheet`.

What stands behind the doors is imported where it is needed: that takes a second, and help and
completion need none of it.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from broadsheet import LOG_FORMAT
from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors

if TYPE_CHECKING:
    from broadsheet.model.harvest import About
    from broadsheet.model.settings import Settings
    from broadsheet.services.bundle import Services
    from broadsheet.services.evaluating import EvaluationService
    from broadsheet.services.restoring import RestoreService


def main() -> None:
    """Run the command line."""
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    make_app(
        Doors(
            read_settings=_read_settings,
            open_library=_open_library,
            known_sources=_known_sources,
            restoring=_restoring,
            serve=_serve,
            evaluating=_evaluating,
        )
    )()


def _read_settings(**given: Any) -> "Settings":
    from broadsheet.wiring import read_settings

    return read_settings(**given)


def _open_library(settings: "Settings", *, create: bool) -> "Services":
    from broadsheet.wiring import open_library

    return open_library(settings, create=create)


def _known_sources(settings: "Settings") -> "list[About]":
    from broadsheet.wiring import known_sources

    return known_sources(settings)


def _restoring() -> "RestoreService":
    from broadsheet.wiring import restore_service

    return restore_service()


def _evaluating(settings: "Settings", cache: Path | None) -> "EvaluationService":
    from broadsheet.wiring_evaluation import evaluation_service

    return evaluation_service(settings, cache)


def _serve(settings: "Settings", *, any_free: bool) -> None:
    from broadsheet.serving import serve

    serve(settings, any_free=any_free)


if __name__ == "__main__":
    main()
