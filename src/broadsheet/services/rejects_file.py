"""The file of refusals: what the database has kept of them, as JSON lines for a person to read."""

import errno
import json
import os
from pathlib import Path

from broadsheet.model.errors import DiskFullError, LibraryError
from broadsheet.model.ports import Store

NAME = "rejects.jsonl"
_PAGE = 1_000


def write_rejects(store: Store, folder: Path) -> Path:
    """Write all kept refusals anew and return the file's path.

    The file is written beside and then put in place: it is whole at every moment, and nothing
    stands in it twice however often an import was cut off.

    Raises:
        DiskFullError, LibraryError: the file cannot be written.
    """
    path = folder / NAME
    beside = folder / f".{NAME}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(store, beside)
        beside.replace(path)
    except OSError as e:
        beside.unlink(missing_ok=True)
        if e.errno == errno.ENOSPC:
            raise DiskFullError(f"writing {path}: no space is left; free some.") from e
        raise LibraryError(f"{path} cannot be written: {e.strerror}.") from e
    return path


def _write(store: Store, path: Path) -> None:
    after = 0
    with path.open("w", encoding="utf-8") as file:
        while kept := store.rejects(after=after, limit=_PAGE):
            for _, reject in kept:
                row = {
                    "file": reject.file,
                    "line": reject.line,
                    "reason": reject.reason,
                    "excerpt": reject.excerpt,
                }
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            after = kept[-1][0]
        file.flush()
        os.fsync(file.fileno())
