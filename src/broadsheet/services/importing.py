"""Import: files and folders into the library, in transactions that each keep their place.

A batch of records goes in with the place that reading has come to, so that whatever ends the
import, the next one goes on from there. What is there already changes nothing.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from broadsheet.model.errors import SourceError
from broadsheet.model.importing import ImportReport, Located, Reject
from broadsheet.model.importstate import FileState
from broadsheet.model.ports import Clock, Judge, Progress, Stop, Store
from broadsheet.model.source_ports import OpenPapers, Sources
from broadsheet.services.rejects_file import write_rejects
from broadsheet.services.taking import take
from broadsheet.services.walking import Found, walk

BATCH = 2_000
_REJECTS_SHOWN = 100


class ImportService:
    """Takes papers in.

    Args:
        store: the library.
        sources: opens files and recognises what stands in them.
        clock: the present moment.
        rejects_folder: where the file of refusals is written.
        judge: tells whether two records are of one paper where no rule does.
        after_batch: called after each transaction; what it does is in the import's time.
    """

    def __init__(
        self,
        *,
        store: Store,
        sources: Sources,
        clock: Clock,
        rejects_folder: Path,
        judge: Judge | None = None,
        after_batch: Callable[[], object] | None = None,
    ) -> None:
        self.store = store
        self.sources = sources
        self.clock = clock
        self.rejects_folder = rejects_folder
        self.judge = judge
        self.after_batch = after_batch

    def run(
        self,
        paths: Sequence[Path],
        *,
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> ImportReport:
        """Import files and folders; return what came of it.

        Args:
            progress: called with ("importing NAME", bytes read, bytes of the file).
            stop: asked after each batch; what has gone in stays, and the next import goes on.

        Raises:
            SourceError: a path does not exist; nothing has been done then.
            StoreError: the database refuses; what was reported before is safe.
        """
        started = time.monotonic()
        report = ImportReport()
        with _no_search_for_cycles():
            for found in list(walk(paths, apart=self.rejects_folder)):
                if found.reason:
                    report.skipped.append((found.name, found.reason))
                elif not self._import_or_refuse(found, report, progress, stop):
                    report.is_complete = False
                    break
        if report.rejected:
            report.rejects_file = str(write_rejects(self.store, self.rejects_folder))
        report.seconds = time.monotonic() - started
        return report

    def _import_or_refuse(
        self, found: Found, report: ImportReport, progress: Progress | None, stop: Stop | None
    ) -> bool:
        """Import one file; what the operating system does not let be read is a refusal."""
        try:
            return self._import(found, report, progress, stop)
        except SourceError as e:
            unread = f"unread {found.name}"
            with self.store.writing() as writing:
                refused = Reject(file=found.name, line=0, reason=str(e))
                writing.add_rejects([refused], fingerprint=unread)
            self._count_rejects(unread, report)
            return True

    def _import(
        self, found: Found, report: ImportReport, progress: Progress | None, stop: Stop | None
    ) -> bool:
        """Import one file; return False when it was stopped before its end."""
        with self.sources.open(found.path, name=found.name) as papers:
            if papers.is_empty:
                report.skipped.append((found.name, "an empty file"))
                return True
            if papers.is_foreign and not found.is_named:
                report.skipped.append((found.name, papers.refusal))
                return True
            report.files += 1
            reading = _FileImport(service=self, found=found, papers=papers, report=report)
            is_done = reading.run(progress, stop)
            self._count_rejects(papers.fingerprint, report)
        return is_done

    def _count_rejects(self, fingerprint: str, report: ImportReport) -> None:
        report.rejected += self.store.count_rejects(fingerprint)
        room = _REJECTS_SHOWN - len(report.rejects)
        if room > 0:
            kept = self.store.rejects(fingerprint=fingerprint, limit=room)
            report.rejects += [reject for _, reject in kept]


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Keep Python from looking for cycles among records: there are none, and it takes an eighth
    of the time. One search after each batch finds what others in the process have left.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(slots=True, kw_only=True)
class _FileImport:
    """The import of one file."""

    service: ImportService
    found: Found
    papers: OpenPapers
    report: ImportReport

    def run(self, progress: Progress | None, stop: Stop | None) -> bool:
        """Read from where the last import ended; return False when stopped before the end."""
        state = self.service.store.checkpoint(self.papers.fingerprint)
        if state is not None:
            self.report.unchanged += state.records
            if state.done:
                return True
        if self.papers.refusal:
            self._refuse_whole()
            return True
        state = state or self._state(resume=0, done=False, records=0)
        items = self.papers.records(start=state.resume)
        while batch := list(islice(items, BATCH)):
            state = self._take(batch, state)
            if state.records % (16 * BATCH) < BATCH:
                gc.collect(1)
            if progress is not None:
                progress(
                    f"importing {self.found.name}",
                    self.papers.bytes_read(),
                    self.papers.size_bytes,
                )
            if stop is not None and stop():
                return False
        with self.service.store.writing() as writing:
            writing.save_checkpoint(
                self._state(resume=state.resume, done=True, records=state.records)
            )
        return True

    def _take(self, batch: Sequence[Located | Reject], state: FileState) -> FileState:
        """Put one batch in, in one transaction with its place; return the place."""
        located = [item for item in batch if isinstance(item, Located)]
        rejects = [item for item in batch if isinstance(item, Reject)]
        with self.service.store.writing() as writing:
            if state.resume == 0:
                writing.forget_rejects(file=self.found.name, fingerprint=self.papers.fingerprint)
            taken = take(
                writing,
                located,
                origin=self.found.path.name,
                file=self.found.name,
                fingerprint=self.papers.fingerprint,
                judge=self.service.judge,
            )
            writing.add_rejects([*rejects, *taken.duplicates], fingerprint=self.papers.fingerprint)
            following = self._state(
                resume=batch[-1].resume,
                done=False,
                records=state.records + len(located) - len(taken.duplicates),
            )
            writing.save_checkpoint(following)
        self.report.new_papers += taken.new_papers
        self.report.new_records += taken.new_records
        self.report.changed += taken.changed
        self.report.unchanged += taken.unchanged
        if self.service.after_batch is not None:
            self.service.after_batch()
        return following

    def _refuse_whole(self) -> None:
        refused = Reject(file=self.found.name, line=0, reason=self.papers.refusal)
        with self.service.store.writing() as writing:
            writing.forget_rejects(file=self.found.name, fingerprint=self.papers.fingerprint)
            writing.add_rejects([refused], fingerprint=self.papers.fingerprint)

    def _state(self, *, resume: int, done: bool, records: int) -> FileState:
        return FileState(
            fingerprint=self.papers.fingerprint,
            name=self.found.path.name,
            resume=resume,
            done=done,
            records=records,
        )
