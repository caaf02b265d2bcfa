"""One piece of work, repeated in a thread of low priority until it is stopped."""

import contextlib
import logging
import os
import threading
from collections.abc import Callable

from broadsheet.model.errors import BroadsheetError
from broadsheet.model.ports import Stop

log = logging.getLogger(__name__)

_NICENESS = 10


class Background:
    """Calls `work(stop)` at once and then whenever `every_s` seconds have passed since it ended.

    An error is logged and the work is tried again the next time: a full disk or a busy database
    may pass, and a server must not stop indexing for good because of one paper.

    Args:
        work: takes a callable that says when to leave off; must be safe to leave and repeat.
        every_s: the pause between two runs, in seconds.
        failed: takes each error.
    """

    def __init__(
        self,
        work: Callable[[Stop], object],
        *,
        every_s: float,
        failed: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        self.work = work
        self.every_s = every_s
        self.failed = failed
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, *, timeout_s: float = 30.0) -> None:
        """Ask the work to leave off and wait until it has."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        _lower_priority()
        while not self._stopped.is_set():
            try:
                self.work(self._stopped.is_set)
            except BroadsheetError as e:
                log.warning("background work failed, will be tried again: %s", e)
                self.failed(e)
            except Exception as e:
                log.exception("background work broke, will be tried again")
                self.failed(e)
            self._stopped.wait(self.every_s)


def _lower_priority() -> None:
    """Let requests go first; threads started from this one inherit it (Linux)."""
    with contextlib.suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
