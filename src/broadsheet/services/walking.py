"""The files that an import is to look at: those named, and those in folders named."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from broadsheet.model.errors import SourceError
from broadsheet.model.library import LIBRARY_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file to look at.

    Args:
        name: how the user knows it: the path as given.
        is_named: whether it was given by name, not found in a folder.
        reason: why it is not even opened, or an empty string.
    """

    path: Path
    name: str
    is_named: bool
    reason: str = ""


def walk(paths: Sequence[Path], *, apart: Path) -> Iterator[Found]:
    """Yield files in the order given, a folder's in the order of their names.

    Hidden files and folders are passed over, and so are libraries and the folder `apart`. A
    folder that cannot be read is yielded with the reason.

    Raises:
        SourceError: before anything is yielded, when a path does not exist.
    """
    missing = [path for path in paths if not os.path.exists(path)]  # noqa: PTH110 any length
    if missing:
        raise SourceError(f"There is no file or folder {_printable(missing[0])}.")
    return _walk(paths, apart.resolve())


def _walk(paths: Sequence[Path], apart: Path) -> Iterator[Found]:
    for path in paths:
        if not path.is_dir():
            yield _found(path, is_named=True)
            continue
        unread: list[OSError] = []
        for folder, below, names in os.walk(path, onerror=unread.append):
            inside = Path(folder)
            if LIBRARY_FILE in names or inside.resolve() == apart:
                below.clear()
                continue
            below[:] = sorted(n for n in below if not n.startswith("."))
            for name in sorted(n for n in names if not n.startswith(".")):
                yield _found(inside / name, is_named=False)
        for error in unread:
            reason = f"cannot be read: {error.strerror}"
            yield Found(path=path, name=_printable(error.filename), is_named=False, reason=reason)


def _found(path: Path, *, is_named: bool) -> Found:
    reason = "" if path.is_file() else "not a regular file"
    return Found(path=path, name=_printable(path), is_named=is_named, reason=reason)


def _printable(path: Path | str) -> str:
    """Return a path as text; bytes that are no UTF-8 become question marks."""
    return os.fsencode(path).decode("utf-8", "replace")
