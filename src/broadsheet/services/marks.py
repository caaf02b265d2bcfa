"""What readers do with papers: vote, save, read, never again, tags and notes."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import cast

from broadsheet.model.errors import InvalidValueError, NotFoundError
from broadsheet.model.language.plan import KeysOf
from broadsheet.model.mark_ports import Marks
from broadsheet.model.marks import (
    NOTHING,
    Change,
    Listed,
    Mark,
    MarkedPaper,
    Opening,
    TagCount,
    note_of,
    tag_of,
)
from broadsheet.model.paper import Paper
from broadsheet.model.ports import Reading
from broadsheet.model.readers import Reader
from broadsheet.services.paging import PER_PAGE, Paged, paged

_REMEMBERED = 1_000
_MOST_SEARCHED = 10_000
"""So many papers of a mark are searched among, those that were marked last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedList:
    """A part of a list of marks; `next` is what to ask after for the next one, or empty."""

    papers: tuple[Paper, ...]
    next: str


class MarkService:
    """Changes and shows what a reader has made of papers. A reader has nothing of another's.

    Args:
        marks: marks and acts as they are kept.
        reading: finds the papers of lists.
    """

    def __init__(self, *, marks: Marks, reading: Reading) -> None:
        self.marks = marks
        self.reading = reading
        self._never: dict[int, tuple[int, tuple[int, ...]]] = {}
        self._lock = Lock()
        self._openings: deque[Opening] = deque()
        self._writes = Lock()

    def of(self, reader: Reader, papers: Sequence[Paper]) -> Mapping[int, Mark]:
        """Return the marks of those papers that have any, by their keys."""
        return self.marks.of(reader.key, [paper.key for paper in papers])

    def one(self, reader: Reader, paper: Paper) -> Mark:
        """Return the mark of a paper."""
        return self.of(reader, [paper]).get(paper.key, NOTHING)

    def change(
        self,
        reader: Reader,
        paper: Paper,
        changes: Sequence[Change] = (),
        *,
        note: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> tuple[Change, ...]:
        """Make changes; return those that changed anything. What is so already is no act.

        Args:
            note: the new note in Markdown; None leaves it.
            tags: all the tags; None leaves them.

        Raises:
            InvalidValueError: a tag or the note breaks a rule.
        """
        return self.marks.change(
            reader.key,
            paper.key,
            changes,
            note=None if note is None else note_of(note),
            tags=None if tags is None else [tag_of(tag) for tag in tags],
        )

    def undo(self, reader: Reader, paper: Paper, change: Change) -> None:
        """Undo a change, so that what stood before it stands again.

        Raises:
            NotFoundError: the reader made no such change, or has undone it, or another came after.
        """
        if not self.marks.undo(reader.key, paper.key, change):
            raise NotFoundError("There is nothing to undo: it was undone, or changed since.")

    def stands(self, reader: Reader, paper: Paper, change: Change) -> bool:
        """Whether a change can be undone."""
        return self.marks.stands(reader.key, paper.key, change)

    def opened(self, reader: Reader, paper: Paper, *, place: int) -> None:
        """Keep that a reader opened a paper, from a place of a list (0 unknown); once a day.

        Who comes while others' openings are being written leaves it to the one who writes, and
        need not wait: so all that come together are one transaction.
        """
        self._openings.append(Opening(reader.key, paper.key, place))
        while self._openings and self._writes.acquire(blocking=False):
            try:
                together = [self._openings.popleft() for _ in range(len(self._openings))]
                self.marks.opened(together)
            finally:
                self._writes.release()

    def tag(self, reader: Reader, paper: Paper, text: str) -> str:
        """Put a tag on a paper; return it as it is kept.

        Raises:
            InvalidValueError: it is none, or the paper has too many.
        """
        tag = tag_of(text)
        self.marks.tag(reader.key, paper.key, tag)
        return tag

    def untag(self, reader: Reader, paper: Paper, text: str) -> str:
        """Take a tag off a paper; return it as it was kept."""
        tag = tag_of(text)
        self.marks.untag(reader.key, paper.key, tag)
        return tag

    def marked(self, reader: Reader | None) -> KeysOf | None:
        """Return what gives the papers that a reader has marked, for searches; None for nobody."""
        if reader is None:
            return None
        return lambda field, value: self._keys(reader, field, value)

    def _keys(self, reader: Reader, field: str, value: str) -> Sequence[int]:
        if field == "tag" or value == "tagged":
            tag = tag_of(value) if field == "tag" else None
            found = self.marks.tagged(reader.key, tag, limit=_MOST_SEARCHED)
        else:
            found = self.marks.listed(reader.key, cast(Listed, value), limit=_MOST_SEARCHED)
        return [paper.key for paper in found]

    def never(self, reader: Reader | None) -> tuple[int, ...]:
        """Return the keys of what a reader never wants to see again, for `not_in` of lists."""
        if reader is None:
            return ()
        with self._lock:
            seq, keys = self._never.get(reader.key, (-1, ()))
        if seq != reader.seq:
            keys = tuple(self.marks.never(reader.key))
            with self._lock:
                if len(self._never) >= _REMEMBERED:
                    self._never.clear()
                self._never[reader.key] = (reader.seq, keys)
        return keys

    def page(self, reader: Reader, kind: Listed, *, page: int = 1) -> Paged:
        """Return a page of a list of marks, what came last first.

        Raises:
            NotFoundError: the list has fewer pages.
        """
        total = self.marks.count(reader.key, kind)
        found = self.marks.listed(reader.key, kind, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
        return paged(self._papers(found), total, page)

    def part(self, reader: Reader, kind: Listed, *, limit: int, after: str = "") -> MarkedList:
        """Return the part of a list of marks that follows on the one before.

        Args:
            after: the `next` of the part before; empty for the first.

        Raises:
            InvalidValueError: it is none.
        """
        if after and len(after.split(" ")) != 2:
            raise InvalidValueError("'after' must be the 'next' of the answer before.")
        found = self.marks.listed(reader.key, kind, limit=limit + 1, after=after)
        papers = self._papers(found[:limit])
        last = f"{found[limit - 1].at} {papers[-1].id}" if len(found) > limit else ""
        return MarkedList(papers=papers, next=last)

    def tags(self, reader: Reader) -> list[TagCount]:
        """Return a reader's tags, in their order."""
        return self.marks.tags(reader.key)

    def tagged(self, reader: Reader, text: str, *, page: int = 1) -> Paged:
        """Return a page of the papers that bear a tag, what was tagged last first.

        Raises:
            NotFoundError: none bears it, or there are fewer pages.
        """
        counts = {count.tag: count.papers for count in self.marks.tags(reader.key)}
        if text not in counts:
            raise NotFoundError(f"No paper of yours bears the tag {text[:40]!r}.")
        offset = (page - 1) * PER_PAGE
        found = self.marks.tagged(reader.key, text, limit=PER_PAGE, offset=offset)
        return paged(self._papers(found), counts[text], page)

    def _papers(self, found: Sequence[MarkedPaper]) -> tuple[Paper, ...]:
        return tuple(self.reading.papers([item.key for item in found]))
