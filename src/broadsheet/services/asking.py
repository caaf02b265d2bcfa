"""Asking a server politely: in turn, again when it is busy, and only for what is new."""

import json
import logging
import random
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime

from broadsheet.model.errors import RetryError, SourceError
from broadsheet.model.harvest import About, Answer, Page, Plan, Request
from broadsheet.model.ports import Clock, Stop, Store, Wait
from broadsheet.model.source_ports import Web, Wire

log = logging.getLogger(__name__)

_TRIES = 6
_FIRST_PAUSE_S = 5.0
_BUSY_PAUSE_S = 30.0
_LONGEST_PAUSE_S = 150.0
_LONGEST_WAIT_S = 3_600.0
_OK = 200
_NOT_MODIFIED = 304
_BUSY = 429
_OUT_OF_ORDER = 500


class StoppedError(Exception):
    """The work is to stop."""


class Asking:
    """Asks one source.

    Args:
        interval_s: seconds between two requests of the whole installation.
        pace: by which pauses after trouble are multiplied, where a server does not name its own.
        stop: asked before each request.
    """

    def __init__(
        self,
        *,
        store: Store,
        web: Web,
        clock: Clock,
        wait: Wait,
        about: About,
        interval_s: float,
        pace: float,
        stop: Stop | None,
    ) -> None:
        self.store = store
        self.web = web
        self.clock = clock
        self.wait = wait
        self.about = about
        self.interval_s = interval_s
        self.pace = pace
        self.stop = stop
        self.validator = ""
        """What the first answer says to compare the next time; see `conditional`."""
        self.body = b""
        """What came last, as it came."""
        self._rng = random.Random()  # noqa: S311 (jitter, no secret)

    def page(self, wire: Wire, plan: Plan, request: Request) -> Page:
        """Return the page that answers a request, asked for again while that may help.

        Raises:
            SourceError: the server refuses, or has been asked six times.
            RestartError: the request has expired.
            StoppedError: the work is to stop.
        """
        for attempt in range(1, _TRIES):
            try:
                return self._once(wire, plan, request)
            except RetryError as e:
                self._pause(e, attempt)
        try:
            return self._once(wire, plan, request)
        except RetryError as e:
            raise SourceError(f"{e} Tried {_TRIES} times; the next sync goes on here.") from e

    def _once(self, wire: Wire, plan: Plan, request: Request) -> Page:
        self._wait(self.store.take_turn(self.about.name, interval_s=self.interval_s))
        answer = self.web.fetch(request, about=self.about)
        if answer.status == _BUSY or answer.status >= _OUT_OF_ORDER:
            raise self._busy(answer)
        if answer.status == _NOT_MODIFIED:
            return Page(items=())
        page = wire.page(plan, request, answer)
        self.body = answer.body
        if answer.status == _OK:
            self.validator = self.validator or _validator(request, answer)
        return page

    def _busy(self, answer: Answer) -> RetryError:
        after = retry_after(answer, self.clock())
        if answer.status == _BUSY:
            usual = self.pace * _BUSY_PAUSE_S
            after = usual if after is None else after
            return RetryError(f"{self.about.title} is asked too often (429).", after_s=after)
        return RetryError(f"{self.about.title} is out of order ({answer.status}).", after_s=after)

    def _pause(self, error: RetryError, attempt: int) -> None:
        """Let no process ask before the server's time is up, else longer each time, with jitter."""
        if error.after_s is not None and error.after_s > _LONGEST_WAIT_S:
            self.store.put_off(self.about.name, seconds=error.after_s)
            hours = error.after_s / 3600
            raise SourceError(f"{error} It asks to wait {hours:.1f} hours.") from error
        usual = self.pace * min(_FIRST_PAUSE_S * 2 ** (attempt - 1), _LONGEST_PAUSE_S)
        least = usual if error.after_s is None else error.after_s
        seconds = least + self._rng.uniform(0, usual / 2)
        log.warning("source=%s pause seconds=%.1f: %s", self.about.name, seconds, error)
        self.store.put_off(self.about.name, seconds=seconds)

    def _wait(self, seconds: float) -> None:
        if (self.stop is not None and self.stop()) or (seconds > 0 and self.wait(seconds)):
            raise StoppedError


def conditional(request: Request, validator: str) -> Request:
    """Return the request so that a server with nothing new may say just that."""
    said = json.loads(validator) if validator else {}
    if said.get("url") != request.url:
        return request
    return replace(request, headers=(*request.headers, *map(tuple, said["headers"])))


def _validator(request: Request, answer: Answer) -> str:
    """Return what `conditional` needs for the next time; empty where the server gives nothing."""
    pairs = (("etag", "If-None-Match"), ("last-modified", "If-Modified-Since"))
    headers = [(name, answer.headers[kept]) for kept, name in pairs if answer.headers.get(kept)]
    return json.dumps({"url": request.url, "headers": headers}) if headers else ""


def retry_after(answer: Answer, now: datetime) -> float | None:
    """Return how many seconds a server asks to wait; a date counts from now."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit() and len(said) < 8:
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - now).total_seconds())
