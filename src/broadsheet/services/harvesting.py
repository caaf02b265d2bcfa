"""Harvest: ask a source page by page, each page kept with its place in one transaction.

Whatever ends a harvest, the next one goes on at the same page. A run that has come to its end is
remembered by the server's own time, and the next begins two days before it: what changed while
pages were being turned over is seen again, and what is there already changes nothing.
"""

import logging
import shlex
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from broadsheet.model.errors import NotFoundError
from broadsheet.model.harvest import About, HarvestReport, HarvestState, RawAnswer, selection_words
from broadsheet.model.paper import Paper
from broadsheet.model.ports import Clock, Judge, Progress, Stop, Store, Wait
from broadsheet.model.source_ports import Web, Wire
from broadsheet.services.asking import Asking
from broadsheet.services.harvest_run import HarvestRun

log = logging.getLogger(__name__)


class HarvestService:
    """Brings in what sources have.

    Args:
        store: the library.
        wires: the sources that can be asked, by name.
        described: every source, files alone included.
        web: the way out.
        clock: the present moment.
        wait: how pauses are spent.
        selections: what is asked for by itself, by the source's name.
        bases: the server's address of a source, where it is not the usual one.
        intervals: seconds between two requests of a source, where they are not the usual ones.
        keep_raw: whether answers are kept as they came.
        pace: by which pauses after trouble are multiplied, where a server does not name its own.
        judge: tells whether two records are of one paper where no rule does.
    """

    def __init__(
        self,
        *,
        store: Store,
        wires: Mapping[str, Wire],
        described: Sequence[About],
        web: Web,
        clock: Clock,
        wait: Wait,
        selections: Mapping[str, Sequence[str]] | None = None,
        bases: Mapping[str, str] | None = None,
        intervals: Mapping[str, float] | None = None,
        keep_raw: bool = False,
        pace: float = 1.0,
        judge: Judge | None = None,
    ) -> None:
        self.store = store
        self.wires = wires
        self.described = tuple(described)
        self.web = web
        self.clock = clock
        self.wait = wait
        self.selections = dict(selections or {})
        self.bases = dict(bases or {})
        self.intervals = dict(intervals or {})
        self.keep_raw = keep_raw
        self.pace = pace
        self.judge = judge

    def sources(self) -> list[tuple[About, list[HarvestState]]]:
        """Return every source, with how far its harvests have come."""
        states = self.store.harvests()
        return [
            (about, [state for state in states if state.source == about.name])
            for about in self.described
        ]

    def run_due(self, *, every_h: float, stop: Stop | None = None) -> list[HarvestReport]:
        """Harvest each selection of the settings that has not run for so many hours."""
        latest = self.clock() - timedelta(hours=every_h)
        reports = []
        for name, selection in self.chosen():
            state = self.store.harvest(name, shlex.join(selection_words(selection)))
            ran = datetime.fromisoformat(state.ran_at) if state and state.ran_at else None
            if stop is not None and stop():
                break
            if ran is None or ran <= latest:
                reports.append(self.run(name, selection=selection_words(selection), stop=stop))
        return reports

    def chosen(self, names: Sequence[str] = ()) -> list[tuple[str, str]]:
        """Return what the settings ask for, as (source, selection): of these sources, or of all.

        A named source without selections in the settings is asked for all that it gives.

        Raises:
            NotFoundError: no such source.
        """
        for name in names:
            self._wire(name)
        return [
            (name, selection)
            for name in names or self.selections
            for selection in self.selections.get(name, ("",))
        ]

    def run(
        self,
        name: str,
        *,
        selection: Sequence[str] = (),
        since: date | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> HarvestReport:
        """Harvest one selection of a source; return what came of it.

        Args:
            since: the first day that is wanted; None goes on from the last run, and begins a
                week ago where there was none.
            dry_run: ask for the first page, read it, and store nothing.
            progress: called with ("harvesting NAME", records so far, records in all or None).
            stop: asked before each request; what has gone in stays.

        Raises:
            NotFoundError: no such source.
            InvalidValueError: the selection names what the source does not have.
            StoreError: the database refuses; what was reported before is safe.
        """
        wire = self._wire(name)
        run = HarvestRun(
            store=self.store,
            wire=wire,
            ask=Asking(
                store=self.store,
                web=self.web,
                clock=self.clock,
                wait=self.wait,
                about=wire.about,
                interval_s=self.intervals.get(name, wire.about.interval_s),
                pace=self.pace,
                stop=stop,
            ),
            clock=self.clock,
            selection=selection,
            base=self.bases.get(name, ""),
            dry_run=dry_run,
            keep_raw=self.keep_raw,
            judge=self.judge,
            progress=progress,
        )
        began = time.monotonic()
        report = run.whole(since)
        report.seconds = time.monotonic() - began
        log.info(
            "harvested source=%s new=%d changed=%d pages=%d complete=%s",
            name,
            report.new_papers,
            report.changed,
            report.pages,
            report.is_complete,
        )
        return report

    def answers(self, paper: Paper) -> list[RawAnswer]:
        """Return the kept answers that brought a paper's records last, oldest first."""
        return self.store.answers(paper.key)

    def _wire(self, name: str) -> Wire:
        wire = self.wires.get(name)
        if wire is None:
            known = ", ".join(self.wires)
            raise NotFoundError(f"There is no source {name!r} to ask. There are: {known}.")
        return wire
