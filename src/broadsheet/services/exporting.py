"""Export: which papers go out, and into what file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from broadsheet.model.paper import Paper
from broadsheet.model.ports import Progress, Reading
from broadsheet.model.query import Query
from broadsheet.services.export.formats import ExportFormat
from broadsheet.services.reading import ReadingService
from broadsheet.services.search import SearchService
from broadsheet.services.whole_file import whole_file

MAX_HITS = 1_000
_PART = 500
"""Papers that are read in one question, and so held in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Papers to export; they are read while they are written.

    Args:
        total: how many there are.
        note: a sentence to show when something was left out.
    """

    papers: Iterable[Paper]
    total: int
    note: str = ""


class ExportService:
    """Chooses papers and writes them.

    Args:
        store: the database.
        reading: finds papers by their ids.
        search: answers searches with words.
    """

    def __init__(self, *, store: Reading, reading: ReadingService, search: SearchService) -> None:
        self.store = store
        self.reading = reading
        self.search = search

    def named(self, refs: Sequence[str]) -> Chosen:
        """Return the papers that ids name, in any form, each once.

        Raises:
            NotFoundError: there is none of an id.
        """
        papers = {paper.key: paper for paper in map(self.reading.paper, refs)}
        return Chosen(papers=papers.values(), total=len(papers))

    def found(self, query: Query) -> Chosen:
        """Return the papers of a search: with words the best, without them all that pass.

        The best are as many as can be paged through, best first; all come as they were added.
        """
        if not query.plan.is_empty:
            page = self.search.search(replace(query, page=1, per_page=MAX_HITS))
            papers = tuple(hit.paper for hit in page.hits)
            return Chosen(papers=papers, total=len(papers), note=page.note)
        keys = self.store.matching(query.filters)
        return Chosen(papers=self._of(keys), total=len(keys))

    def everything(self) -> Chosen:
        """Return the whole library as it is, in the order in which papers were added."""
        return Chosen(papers=self._all(), total=self.store.counts().papers)

    def to_stream(
        self, chosen: Chosen, form: ExportFormat, out: BinaryIO, *, progress: Progress | None = None
    ) -> int:
        """Write papers as they are read, few of them in memory; return how many they were.

        Raises:
            MissingExtraError: the format needs a package that is not installed.
        """
        counted = _Counted(chosen, progress)
        form.write(counted, out)
        return counted.done

    def to_file(
        self, chosen: Chosen, form: ExportFormat, path: Path, *, progress: Progress | None = None
    ) -> int:
        """Write papers into a file that is there whole or not at all; return how many they were.

        Raises:
            MissingExtraError: the format needs a package that is not installed.
            DiskFullError, LibraryError: the file cannot be written.
        """
        with whole_file(path) as out:
            return self.to_stream(chosen, form, out, progress=progress)

    def _of(self, keys: Sequence[int]) -> Iterator[Paper]:
        for start in range(0, len(keys), _PART):
            yield from self.store.papers(keys[start : start + _PART])

    def _all(self) -> Iterator[Paper]:
        last = 0
        while part := self.store.papers_after(last, limit=_PART):
            yield from part
            last = part[-1].key


class _Counted:
    """Papers that are counted, and whose number is shown, as they are taken."""

    def __init__(self, chosen: Chosen, progress: Progress | None) -> None:
        self.chosen = chosen
        self.progress = progress
        self.done = 0

    def __iter__(self) -> Iterator[Paper]:
        for paper in self.chosen.papers:
            yield paper
            self.done += 1
            if self.progress and (self.done % _PART == 0 or self.done == self.chosen.total):
                self.progress("exporting", self.done, self.chosen.total)
