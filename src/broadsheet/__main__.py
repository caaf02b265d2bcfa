"""The door of the terminal: `broadsheet`, or `python -m broadsheet`."""

import logging
from pathlib import Path

from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.model.settings import Settings
from broadsheet.services.evaluating import EvaluationService
from broadsheet.wiring import (
    LOG_FORMAT,
    known_sources,
    open_library,
    read_settings,
    restore_service,
)


def main() -> None:
    """Run the command line."""
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    make_app(
        Doors(
            read_settings=read_settings,
            open_library=open_library,
            known_sources=known_sources,
            restoring=restore_service,
            serve=_serve,
            evaluating=_evaluating,
        )
    )()


def _evaluating(settings: Settings, cache: Path | None) -> EvaluationService:
    from broadsheet.wiring_evaluation import evaluation_service

    return evaluation_service(settings, cache)


def _serve(settings: Settings, *, any_free: bool) -> None:
    # The server is loaded where it is to run: no other command waits for it.
    from broadsheet.serving import serve

    serve(settings, any_free=any_free)


if __name__ == "__main__":
    main()
