"""The demo shelf: the real papers that a first run shows, each with a summary of our own."""

from importlib.resources import files
from pathlib import Path


def shelf_path() -> Path:
    """Return the shelf's file: one JSON object a line, in the exchange format."""
    return Path(str(files(__name__).joinpath("shelf.jsonl")))
