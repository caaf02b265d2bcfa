"""Merges: which records and papers were made one paper, why, and taking one back."""

from dataclasses import dataclass

from broadsheet.model.errors import InvalidValueError, NotFoundError
from broadsheet.model.importstate import MergeRow
from broadsheet.model.ports import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A merge taken back: the paper that was left, and the one that was made of it."""

    merge: MergeRow
    left: str
    paper: str


class MergeService:
    """Shows merges and takes them back."""

    def __init__(self, *, store: Store) -> None:
        self.store = store

    def of(self, paper: str | None, *, after: int = 0, limit: int = 100) -> list[MergeRow]:
        """Return merges, oldest first, of one paper (by its public id) or of all.

        Raises:
            NotFoundError: no such paper.
        """
        if paper is not None:
            found = self.store.paper(paper)
            if found is None:
                raise NotFoundError(f"There is no paper {paper[:80]!r}.")
            paper = found.id
        return self.store.merges(paper=paper, after=after, limit=limit)

    def undo(self, number: int) -> Undone:
        """Give the record of a merge a paper of its own; no rule joins it again.

        Where a paper was joined, it is made again at the address that it had.

        Raises:
            NotFoundError: no such merge.
            InvalidValueError: it has been undone, or there is nothing left to take apart.
        """
        merge = self.store.merge(number)
        if merge is None:
            raise NotFoundError(f"There is no merge {number}; `broadsheet merge list` names them.")
        if merge.undone_at:
            raise InvalidValueError(f"Merge {number} was undone at {merge.undone_at}.")
        with self.store.writing() as writing:
            paper = writing.part(merge) if merge.joined else writing.split(merge)
        return Undone(merge=merge, left=merge.paper, paper=paper)
