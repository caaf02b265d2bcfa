"""Failures of background work, kept in one small file of the library.

The file is written whole and put in place at once, so that every process reads a whole one, it
survives restarts, and it is there even when the database is what fails. What fails every two
seconds in the same way takes one row.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from broadsheet.model.errors import BroadsheetError
from broadsheet.model.operations import Trouble, Troubles
from broadsheet.model.ports import Clock
from broadsheet.services.whole_file import whole_file

log = logging.getLogger(__name__)

NAME = "troubles.json"
_KEPT = 50
_MOST_WORKS = 20
_LONGEST = 500

_decode = msgspec.json.Decoder(Troubles).decode


class TroubleFile:
    """The troubles of a library (`model.operations.TroubleLog`).

    Args:
        folder: the library.
    """

    def __init__(self, *, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self.clock = clock

    def add(self, work: str, error: Exception) -> None:
        """Keep a failure; where that fails too, as on a full disk, only the log has it."""
        try:
            with _alone(self.folder), whole_file(self.folder / NAME) as file:
                now = self.clock().isoformat(timespec="seconds")
                kept = _with(self.read(), work, str(error)[:_LONGEST], now)
                file.write(msgspec.json.encode(kept))
        except (BroadsheetError, OSError) as e:
            log.warning("a failure of work=%s cannot be kept: %s", work, e)

    def read(self) -> Troubles:
        """Return what is kept; nothing when the file is missing or damaged."""
        try:
            return _decode((self.folder / NAME).read_bytes())
        except (OSError, msgspec.DecodeError):
            return Troubles(times={})


def _with(known: Troubles, work: str, error: str, now: str) -> Troubles:
    times = known.times if len(known.times) < _MOST_WORKS else {}
    times = times | {work: times.get(work, 0) + 1}
    for one in known.latest:
        if (one.work, one.error) == (work, error):
            again = replace(one, last_at=now, times=one.times + 1)
            others = tuple(other for other in known.latest if other is not one)
            return Troubles(times=times, latest=(again, *others))
    new = Trouble(work=work, error=error, first_at=now, last_at=now)
    return Troubles(times=times, latest=(new, *known.latest)[:_KEPT])


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one writer read and write at a time, among all threads and processes."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
