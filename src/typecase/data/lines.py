"""Lines of text files, gzipped or not, with errors that name file and line."""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

from typecase.base.errors import CorruptFileError


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number, from 1, and the text of every line that is not blank.

    Raises:
        CorruptFileError: the file is cut off or not UTF-8; the message names it.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    with cast(IO[str], opener(path, "rt", encoding="utf-8")) as file:
        try:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line
        except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
            raise CorruptFileError(f"{path} is cut off or not UTF-8.") from error


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the object of every line of JSON lines.

    Raises:
        CorruptFileError: as `read_lines`, or a line is no JSON object; the message names the line.
    """
    for number, line in read_lines(path):
        try:
            item = json.loads(line)
        except ValueError as error:
            raise CorruptFileError(f"{path}, line {number}: not JSON: {error}.") from error
        if not isinstance(item, dict):
            raise CorruptFileError(f"{path}, line {number}: not a JSON object.")
        yield number, item


def first_of(item: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """Return the value of the first of some fields that is there and not null, else None."""
    return next((item[name] for name in names if item.get(name) is not None), None)
