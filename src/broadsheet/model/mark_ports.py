"""What the use cases of marks, collections and follows need of the store.

Readers and papers are named by their keys. Every method is one transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from broadsheet.model.collections import Collection, Holding, Sharer, Visibility
from broadsheet.model.follows import Follow, FollowKind
from broadsheet.model.marks import Change, Listed, Mark, MarkedPaper, Opening, TagCount


class Marks(Protocol):
    """Marks and acts as they are kept."""

    def of(self, reader: int, papers: Sequence[int]) -> Mapping[int, Mark]:
        """Return the marks of those papers that have any.

        The number of database queries does not depend on the number of papers.
        """
        ...

    def change(
        self,
        reader: int,
        paper: int,
        changes: Sequence[Change] = (),
        *,
        note: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> tuple[Change, ...]:
        """Make changes to a mark; return those that changed anything, each of which is an act.

        Args:
            note: the new note; None leaves it.
            tags: all tags that it is to have; None leaves them.
        """
        ...

    def undo(self, reader: int, paper: int, change: Change) -> bool:
        """Undo a change that stands, so that what stood before it stands again.

        Returns False where it does not stand: never made, undone, or another came after it.
        """
        ...

    def stands(self, reader: int, paper: int, change: Change) -> bool:
        """Whether a change was the last of its field, and has not been undone."""
        ...

    def opened(self, openings: Sequence[Opening]) -> int:
        """Keep which papers were opened, each once a day; return how many were not yet today."""
        ...

    def tag(self, reader: int, paper: int, tag: str) -> bool:
        """Put a tag on a paper; return whether it was not there.

        Raises:
            InvalidValueError: the paper has too many.
        """
        ...

    def untag(self, reader: int, paper: int, tag: str) -> bool:
        """Take a tag off a paper; return whether it was there."""
        ...

    def never(self, reader: int) -> Sequence[int]:
        """Return the papers that a reader never wants to see again, ascending."""
        ...

    def listed(
        self, reader: int, kind: Listed, *, limit: int, offset: int = 0, after: str = ""
    ) -> list[MarkedPaper]:
        """Return papers of a list of marks, what came last first.

        Args:
            after: begin behind this: `at`, a blank, and a paper's public id.
        """
        ...

    def count(self, reader: int, kind: Listed) -> int:
        """Return how many papers a list of marks has."""
        ...

    def tags(self, reader: int) -> list[TagCount]:
        """Return a reader's tags, in their order."""
        ...

    def tagged(
        self, reader: int, tag: str | None, *, limit: int, offset: int = 0
    ) -> list[MarkedPaper]:
        """Return the papers that bear a tag, what was tagged last first; None is any tag.

        For any tag a paper comes once a tag that it bears.
        """
        ...


class Collections(Protocol):
    """Collections as they are kept.

    Raises:
        NotFoundError: there is no such collection, or the reader may not know of it.
        NotAllowedError: the reader may see it, but not do this.
    """

    def of(self, reader: int) -> list[Collection]:
        """Return the reader's own collections and those shared with it, by name."""
        ...

    def one(self, id: str, reader: int | None) -> Collection:
        """Return a collection as a reader, or a stranger, sees it."""
        ...

    def add(self, reader: int, *, name: str, about: str, visibility: Visibility) -> Collection:
        """Make a collection.

        Raises:
            InvalidValueError: the reader has too many.
        """
        ...

    def change(
        self,
        id: str,
        reader: int,
        *,
        name: str | None = None,
        about: str | None = None,
        visibility: Visibility | None = None,
    ) -> Collection:
        """Change what is given; for its owner."""
        ...

    def remove(self, id: str, reader: int) -> None:
        """Remove a collection; its papers stay in the library. For its owner."""
        ...

    def papers(
        self, id: str, reader: int | None, *, limit: int, offset: int = 0
    ) -> list[MarkedPaper]:
        """Return papers of a collection, what was put in last first."""
        ...

    def put(self, id: str, reader: int, paper: int) -> bool:
        """Put a paper in; return whether it was not there. For those who may edit."""
        ...

    def take(self, id: str, reader: int, paper: int) -> bool:
        """Take a paper out; return whether it was there. For those who may edit."""
        ...

    def holding(self, reader: int, paper: int) -> list[Holding]:
        """Return the collections that a reader may edit, by name, and which hold a paper."""
        ...

    def sharers(self, id: str, reader: int) -> list[Sharer]:
        """Return with whom a collection is shared, by name; for its owner."""
        ...

    def share(self, id: str, reader: int, *, name: str, may_edit: bool) -> None:
        """Share a collection with the reader of a name; for its owner.

        Raises:
            InvalidValueError: no other reader has this name.
        """
        ...

    def unshare(self, id: str, reader: int, *, sharer: str) -> None:
        """Share it no longer with the reader of an id; for its owner, and for that reader."""
        ...


class Follows(Protocol):
    """Follows as they are kept."""

    def of(self, reader: int) -> list[Follow]:
        """Return what a reader follows, by kind and name."""
        ...

    def follows(self, reader: int, kind: FollowKind, value: str) -> bool:
        """Whether a reader follows something."""
        ...

    def add(self, reader: int, *, kind: FollowKind, value: str, name: str) -> bool:
        """Follow something; return whether it was not followed.

        Raises:
            InvalidValueError: the reader follows too much.
        """
        ...

    def remove(self, reader: int, *, kind: FollowKind, value: str) -> bool:
        """Follow it no longer; return whether it was followed."""
        ...
