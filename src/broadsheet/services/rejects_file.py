"""The file of refusals: what the database has kept of them, as JSON lines for a person to read."""

import json
from pathlib import Path
from typing import BinaryIO

from broadsheet.model.errors import LibraryError
from broadsheet.model.ports import Store
from broadsheet.services.whole_file import whole_file

NAME = "rejects.jsonl"
_PAGE = 1_000


def write_rejects(store: Store, folder: Path) -> Path:
    """Write all kept refusals anew and return the file's path.

    It is whole at every moment, and nothing stands in it twice however often an import was cut
    off.

    Raises:
        DiskFullError, LibraryError: the file cannot be written.
    """
    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise LibraryError(f"{path} cannot be written: {e.strerror}.") from e
    with whole_file(path) as file:
        _write(store, file)
    return path


def _write(store: Store, file: BinaryIO) -> None:
    after = 0
    while kept := store.rejects(after=after, limit=_PAGE):
        for _, reject in kept:
            row = {
                "file": reject.file,
                "line": reject.line,
                "reason": reject.reason,
                "excerpt": reject.excerpt,
            }
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        after = kept[-1][0]
