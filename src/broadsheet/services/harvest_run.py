"""One harvest, from its first request to its last page or its trouble."""

import shlex
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from broadsheet.model.errors import RestartError, SourceError
from broadsheet.model.harvest import Fault, HarvestReport, HarvestState, Page, Plan, RawAnswer
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.model.ports import Clock, Judge, Progress, Store
from broadsheet.model.source_ports import Wire
from broadsheet.services.asking import Asking, StoppedError, conditional
from broadsheet.services.taking import Taken, take

FIRST_DAYS = 7
_OVERLAP_DAYS = 2
_RESTARTS = 2
_FAULTS_SHOWN = 20


class HarvestRun:
    """One harvest, from its first request to its last page or its trouble."""

    def __init__(
        self,
        *,
        store: Store,
        wire: Wire,
        ask: Asking,
        clock: Clock,
        selection: Sequence[str],
        base: str,
        dry_run: bool,
        keep_raw: bool,
        judge: Judge | None,
        progress: Progress | None,
    ) -> None:
        self.store = store
        self.wire = wire
        self.ask = ask
        self.clock = clock
        self.selection = tuple(selection)
        self.base = base
        self.dry_run = dry_run
        self.keep_raw = keep_raw
        self.judge = judge
        self.progress = progress
        self.about = wire.about
        self.mark = uuid.uuid4().hex
        self.report = HarvestReport(source=self.about.name, selection=shlex.join(selection))

    def whole(self, since: date | None) -> HarvestReport:
        """Turn over pages until the end, a stop, or trouble that does not pass."""
        known = self.store.harvest(self.about.name, self.report.selection)
        state = known or HarvestState(source=self.about.name, selection=self.report.selection)
        self.report.resumed = state.request is not None and since is None and not self.dry_run
        if not self.report.resumed:
            state = self._begun(state, since)
        for restart in range(_RESTARTS + 1):
            try:
                return self._pages(state)
            except RestartError as e:
                if restart == _RESTARTS:
                    return self._ended(str(e))
                state = self._begun(self._stored(state), _day(state.since))
            except StoppedError:
                return self.report
            except SourceError as e:
                return self._ended(str(e))
        return self.report

    def _begun(self, state: HarvestState, since: date | None) -> HarvestState:
        """Return the state of a run that begins: from a day given, else from the last run."""
        if since is None:
            last = _day(state.complete_until)
            today = self.clock().date()
            days = _OVERLAP_DAYS if last else FIRST_DAYS
            since = (last or today) - timedelta(days=days)
        self.report.since = since.isoformat()
        plan = self._plan(since)
        return replace(
            state,
            request=conditional(self.wire.first(plan), state.validator),
            since=since.isoformat(),
            moment="",
            pages=0,
            records=0,
            trouble="",
        )

    def _pages(self, state: HarvestState) -> HarvestReport:
        self.report.since = state.since
        plan = self._plan(_day(state.since))
        while state.request is not None:
            page = self.ask.page(self.wire, plan, state.request)
            if self.dry_run:
                self._count_dry(page)
                return self.report
            state = self._keep(page, state, state.request.url)
            if self.progress is not None:
                self.progress(f"harvesting {self.about.name}", state.records, page.total)
        self.report.is_complete = True
        return self.report

    def _keep(self, page: Page, state: HarvestState, url: str) -> HarvestState:
        """Put a page in, in one transaction with the place after it; return that place."""
        number = state.pages + 1
        name = f"{self.about.name} {self.report.selection}".strip()
        # A page is a content of its own: the same record again in another is no duplicate.
        content = f"harvest {name} {self.mark} {number}"
        located, rejects = _sorted_out(page, name)
        following = replace(
            state,
            request=page.next,
            moment=state.moment or page.moment or self._now(),
            pages=number,
            records=state.records + len(located),
            ran_at=self._now(),
            trouble="",
        )
        if page.next is None:
            following = replace(
                following,
                complete_until=following.moment,
                validator=self.ask.validator or following.validator,
            )
        with self.store.writing() as writing:
            taken = take(
                writing,
                located,
                origin=self.about.name,
                file=name,
                fingerprint=content,
                judge=self.judge,
            )
            if self.keep_raw and page.items:
                writing.save_answer(self._raw(url), fingerprint=content)
            if page.gone:
                writing.mark_gone(self.about.name, page.gone)
            writing.add_rejects(rejects, fingerprint=content)
            writing.save_harvest(following)
        self._count(taken, page)
        return following

    def _raw(self, url: str) -> RawAnswer:
        body = self.ask.body
        return RawAnswer(source=self.about.name, url=url, at=self._now(), body=body)

    def _count(self, taken: Taken, page: Page) -> None:
        report = self.report
        report.pages += 1
        report.new_papers += taken.new_papers
        report.new_records += taken.new_records
        report.changed += taken.changed
        report.unchanged += taken.unchanged
        faults = [item for item in page.items if isinstance(item, Fault)]
        report.rejected += len(faults)
        report.faults += faults[: _FAULTS_SHOWN - len(report.faults)]

    def _count_dry(self, page: Page) -> None:
        report = self.report
        report.pages = 1
        report.new_records = sum(isinstance(item, Record) for item in page.items)
        report.faults = [item for item in page.items if isinstance(item, Fault)]
        report.rejected = len(report.faults)
        report.is_complete = page.next is None

    def _ended(self, trouble: str) -> HarvestReport:
        """Return the report of a run that trouble has ended; its place stays."""
        self.report.trouble = trouble
        if not self.dry_run:
            known = self._stored(
                HarvestState(source=self.about.name, selection=self.report.selection)
            )
            with self.store.writing() as writing:
                writing.save_harvest(replace(known, ran_at=self._now(), trouble=trouble))
        return self.report

    def _stored(self, otherwise: HarvestState) -> HarvestState:
        known = self.store.harvest(self.about.name, self.report.selection)
        return known or otherwise

    def _plan(self, since: date | None) -> Plan:
        return Plan(
            now=self.clock(),
            selection=self.selection,
            since=since,
            base=self.base,
        )

    def _now(self) -> str:
        return self.clock().isoformat(timespec="seconds")


def _sorted_out(page: Page, name: str) -> tuple[list[Located], list[Reject]]:
    """Return the records of a page, of a repeated one the last, and its faults."""
    records: dict[tuple[str, str], Located] = {}
    rejects = []
    for line, item in enumerate(page.items, 1):
        if isinstance(item, Record):
            key = item.source, item.source_id
            records.pop(key, None)
            records[key] = Located(record=item, line=line, resume=line)
        else:
            rejects.append(Reject(file=name, line=line, reason=item.reason, excerpt=item.excerpt))
    return list(records.values()), rejects


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
