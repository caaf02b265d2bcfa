"""Collections: papers put together by readers, for themselves, for some or for all."""

from broadsheet.model.choices import choice
from broadsheet.model.collections import (
    VISIBILITIES,
    Collection,
    Holding,
    Sharer,
    about_of,
    collection_name,
)
from broadsheet.model.mark_ports import Collections
from broadsheet.model.paper import Paper
from broadsheet.model.ports import Reading
from broadsheet.model.readers import Reader
from broadsheet.services.paging import PER_PAGE, Paged, paged


class CollectionService:
    """Makes, shows and shares collections.

    Every method raises NotFoundError for a collection that the reader may not know of, and
    NotAllowedError for what it may see but not do.

    Args:
        collections: as they are kept.
        reading: finds their papers.
    """

    def __init__(self, *, collections: Collections, reading: Reading) -> None:
        self.collections = collections
        self.reading = reading

    def of(self, reader: Reader) -> list[Collection]:
        """Return a reader's own collections and those shared with it, by name."""
        return self.collections.of(reader.key)

    def one(self, id: str, reader: Reader | None) -> Collection:
        """Return a collection as a reader, or a stranger, sees it."""
        return self.collections.one(id, _key(reader))

    def page(self, found: Collection, reader: Reader | None, *, page: int = 1) -> Paged:
        """Return a page of a collection's papers, what was put in last first."""
        offset = (page - 1) * PER_PAGE
        held = self.collections.papers(found.id, _key(reader), limit=PER_PAGE, offset=offset)
        return paged(self.reading.papers([item.key for item in held]), found.papers, page)

    def add(
        self, reader: Reader, *, name: str, about: str = "", visibility: str = "private"
    ) -> Collection:
        """Make a collection.

        Raises:
            InvalidValueError: what is given breaks a rule, or the reader has too many.
        """
        return self.collections.add(
            reader.key,
            name=collection_name(name),
            about=about_of(about),
            visibility=choice(visibility, VISIBILITIES, "visibility"),
        )

    def change(
        self,
        id: str,
        reader: Reader,
        *,
        name: str | None = None,
        about: str | None = None,
        visibility: str | None = None,
    ) -> Collection:
        """Change what is given.

        Raises:
            InvalidValueError: it breaks a rule.
        """
        return self.collections.change(
            id,
            reader.key,
            name=None if name is None else collection_name(name),
            about=None if about is None else about_of(about),
            visibility=None
            if visibility is None
            else choice(visibility, VISIBILITIES, "visibility"),
        )

    def remove(self, id: str, reader: Reader) -> None:
        """Remove a collection; its papers stay in the library."""
        self.collections.remove(id, reader.key)

    def put(self, id: str, reader: Reader, paper: Paper) -> bool:
        """Put a paper in; return whether it was not there."""
        return self.collections.put(id, reader.key, paper.key)

    def take(self, id: str, reader: Reader, paper: Paper) -> bool:
        """Take a paper out; return whether it was there."""
        return self.collections.take(id, reader.key, paper.key)

    def holding(self, reader: Reader, paper: Paper) -> list[Holding]:
        """Return the collections that a reader may edit, and which hold a paper."""
        return self.collections.holding(reader.key, paper.key)

    def sharers(self, id: str, reader: Reader) -> list[Sharer]:
        """Return with whom a collection is shared."""
        return self.collections.sharers(id, reader.key)

    def share(self, id: str, reader: Reader, *, name: str, may_edit: bool) -> None:
        """Share a collection with the reader of a name.

        Raises:
            InvalidValueError: no other reader has this name.
        """
        self.collections.share(id, reader.key, name=name, may_edit=may_edit)

    def unshare(self, id: str, reader: Reader, *, sharer: str) -> None:
        """Share it no longer with the reader of an id; everyone may leave by themselves."""
        self.collections.unshare(id, reader.key, sharer=sharer)


def _key(reader: Reader | None) -> int | None:
    return reader.key if reader is not None else None
