"""The door of the terminal: `broadsheet`, or `python -m broadsheet`."""

import logging

from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.serving import serve
from broadsheet.wiring import LOG_FORMAT, open_library, read_settings


def main() -> None:
    """Run the command line."""
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    make_app(Doors(read_settings=read_settings, open_library=open_library, serve=serve))()


if __name__ == "__main__":
    main()
