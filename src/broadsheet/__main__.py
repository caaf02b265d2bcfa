"""The door of the terminal: `broadsheet`, or `python -m broadsheet`."""

import logging

from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.serving import serve
from broadsheet.wiring import LOG_FORMAT, open_library, read_settings, restore_service


def main() -> None:
    """Run the command line."""
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    doors = Doors(
        read_settings=read_settings,
        open_library=open_library,
        serve=serve,
        restoring=restore_service,
    )
    make_app(doors)()


if __name__ == "__main__":
    main()
