"""Collections, their papers, and with whom they are shared.

Who may see or change a collection is asked in the same transaction as what it is asked for. One
that may not be seen is not found, as if there were none.
"""

import secrets
from typing import Any, Literal

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from broadsheet.model.collections import (
    MOST_COLLECTIONS,
    Access,
    Collection,
    Holding,
    Sharer,
    Visibility,
)
from broadsheet.model.errors import InvalidValueError, NotAllowedError, NotFoundError
from broadsheet.model.marks import MarkedPaper
from broadsheet.model.readers import reader_name_key
from broadsheet.store.database import Database
from broadsheet.store.marks import raise_seq
from broadsheet.store.reader_schema import (
    collection_papers,
    collection_readers,
    collections,
    readers,
)

_ID_BYTES = 12
_NOBODY = -1


class SqlCollections(Database):
    """Collections as they are kept (`model.mark_ports.Collections`)."""

    def of(self, reader: int) -> list[Collection]:
        """Return the reader's own collections and those shared with it, by name."""
        named = select(collection_readers.c.collection).where(collection_readers.c.reader == reader)
        shared = and_(collections.c.visibility != "private", collections.c.key.in_(named))
        chosen = _seen_by(reader).where(or_(collections.c.owner == reader, shared))
        with self._reading() as connection:
            rows = connection.execute(chosen.order_by(collections.c.name, collections.c.key))
            return [_collection(row) for row in rows]

    def one(self, id: str, reader: int | None) -> Collection:
        """Return a collection as a reader, or a stranger, sees it."""
        with self._reading() as connection:
            return _collection(_allowed(connection, id, reader, "view"))

    def add(self, reader: int, *, name: str, about: str, visibility: Visibility) -> Collection:
        """Make a collection."""
        id = secrets.token_urlsafe(_ID_BYTES)
        own = select(func.count()).where(collections.c.owner == reader)
        with self._changing() as connection:
            if (connection.scalar(own) or 0) >= MOST_COLLECTIONS:
                raise InvalidValueError(f"A reader has at most {MOST_COLLECTIONS} collections.")
            connection.execute(
                insert(collections).values(
                    id=id,
                    owner=reader,
                    name=name,
                    about=about,
                    visibility=visibility,
                    created_at=self.now(),
                    changed_at=self.now(),
                )
            )
            raise_seq(connection, reader)
            return _collection(_allowed(connection, id, reader, "owner"))

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
        given = {"name": name, "about": about, "visibility": visibility}
        with self._changing() as connection:
            row = _allowed(connection, id, reader, "owner")
            new = {name: value for name, value in given.items() if value is not None}
            self._touch(connection, row.key, reader, **new)
            return _collection(_allowed(connection, id, reader, "owner"))

    def remove(self, id: str, reader: int) -> None:
        """Remove a collection; its papers stay in the library. For its owner."""
        with self._changing() as connection:
            key = _allowed(connection, id, reader, "owner").key
            for table in (collection_papers, collection_readers):
                connection.execute(delete(table).where(table.c.collection == key))
            connection.execute(delete(collections).where(collections.c.key == key))
            raise_seq(connection, reader)

    def papers(
        self, id: str, reader: int | None, *, limit: int, offset: int = 0
    ) -> list[MarkedPaper]:
        """Return papers of a collection, what was put in last first."""
        held = collection_papers.c
        with self._reading() as connection:
            key = _allowed(connection, id, reader, "view").key
            chosen = select(held.paper, held.added_at).where(held.collection == key)
            page = chosen.order_by(held.added_at.desc(), held.paper.desc())
            rows = connection.execute(page.limit(limit).offset(offset))
            return [MarkedPaper(key=paper, at=at) for paper, at in rows]

    def put(self, id: str, reader: int, paper: int) -> bool:
        """Put a paper in; return whether it was not there. For those who may edit."""
        with self._changing() as connection:
            key = _allowed(connection, id, reader, "edit").key
            row = {"collection": key, "paper": paper, "added_by": reader, "added_at": self.now()}
            done = connection.execute(
                upsert(collection_papers).values(row).on_conflict_do_nothing()
            )
            if done.rowcount:
                self._touch(connection, key, reader)
        return bool(done.rowcount)

    def take(self, id: str, reader: int, paper: int) -> bool:
        """Take a paper out; return whether it was there. For those who may edit."""
        held = collection_papers.c
        with self._changing() as connection:
            key = _allowed(connection, id, reader, "edit").key
            done = connection.execute(
                delete(collection_papers).where(held.collection == key, held.paper == paper)
            )
            if done.rowcount:
                self._touch(connection, key, reader)
        return bool(done.rowcount)

    def holding(self, reader: int, paper: int) -> list[Holding]:
        """Return the collections that a reader may edit, by name, and which hold a paper."""
        with self._reading() as connection:
            rows = connection.execute(_HOLDING, {"of": reader, "which": paper})
            return [Holding(id=id, name=name, holds=bool(holds)) for id, name, holds in rows]

    def sharers(self, id: str, reader: int) -> list[Sharer]:
        """Return with whom a collection is shared, by name; for its owner."""
        with self._reading() as connection:
            key = _allowed(connection, id, reader, "owner").key
            rows = connection.execute(
                select(readers.c.id, readers.c.name, collection_readers.c.may_edit)
                .join(collection_readers, collection_readers.c.reader == readers.c.key)
                .where(collection_readers.c.collection == key)
                .order_by(readers.c.name_key)
            )
            return [Sharer(id=id, name=name, may_edit=bool(edit)) for id, name, edit in rows]

    def share(self, id: str, reader: int, *, name: str, may_edit: bool) -> None:
        """Share a collection with the reader of a name; for its owner."""
        with self._changing() as connection:
            key = _allowed(connection, id, reader, "owner").key
            of_name = select(readers.c.key).where(readers.c.name_key == reader_name_key(name))
            other = connection.scalar(of_name)
            if other is None or other == reader:
                raise InvalidValueError(f"No other reader here is called {name[:60]!r}.")
            row = {"collection": key, "reader": other, "may_edit": int(may_edit)}
            connection.execute(
                upsert(collection_readers)
                .values(row)
                .on_conflict_do_update(
                    index_elements=["collection", "reader"], set_={"may_edit": int(may_edit)}
                )
            )
            self._touch(connection, key, reader)

    def unshare(self, id: str, reader: int, *, sharer: str) -> None:
        """Share it no longer with the reader of an id; for its owner, and for that reader."""
        with self._changing() as connection:
            row = _allowed(connection, id, reader, "view")
            other = connection.scalar(select(readers.c.key).where(readers.c.id == sharer))
            if row.access != "owner" and other != reader:
                raise NotAllowedError("Only its owner shares a collection.")
            connection.execute(
                delete(collection_readers).where(
                    collection_readers.c.collection == row.key,
                    collection_readers.c.reader == other,
                )
            )
            self._touch(connection, row.key, reader)

    def _touch(self, connection: Connection, key: int, reader: int, **values: object) -> None:
        values["changed_at"] = self.now()
        connection.execute(update(collections).where(collections.c.key == key).values(**values))
        raise_seq(connection, reader)


def _access(reader: int | BindParameter[int]) -> ColumnElement[str]:
    """Return what a reader may do with a collection; an empty text where it may not see it."""
    may_edit = (
        select(collection_readers.c.may_edit)
        .where(
            collection_readers.c.collection == collections.c.key,
            collection_readers.c.reader == reader,
        )
        .scalar_subquery()
    )
    is_open = collections.c.visibility != "private"
    return case(
        (collections.c.owner == reader, "owner"),
        (and_(is_open, may_edit == 1), "edit"),
        (and_(is_open, may_edit == 0), "view"),
        (collections.c.visibility == "public", "view"),
        else_="",
    )


_HOLDING = (
    select(
        collections.c.id,
        collections.c.name,
        collections.c.key.in_(
            select(collection_papers.c.collection).where(
                collection_papers.c.paper == bindparam("which")
            )
        ),
    )
    .where(_access(bindparam("of")).in_(("owner", "edit")))
    .order_by(collections.c.name, collections.c.key)
)


def _seen_by(reader: int | None) -> Select[Any]:
    held = select(func.count()).where(collection_papers.c.collection == collections.c.key)
    return select(
        collections,
        readers.c.name.label("owner_name"),
        held.scalar_subquery().label("papers"),
        _access(_NOBODY if reader is None else reader).label("access"),
    ).join(readers, readers.c.key == collections.c.owner)


def _allowed(
    connection: Connection, id: str, reader: int | None, need: Literal["owner", "edit", "view"]
) -> Row[Any]:
    """Return the row of a collection that a reader may see, and do with what it needs to."""
    row = connection.execute(_seen_by(reader).where(collections.c.id == id)).first()
    if row is None or not row.access:
        raise NotFoundError("There is no such collection here.")
    order: tuple[Access, ...] = ("view", "edit", "owner")
    if order.index(row.access) < order.index(need):
        who = "Only its owner" if need == "owner" else "Only those who may edit it"
        raise NotAllowedError(f"{who} may change this collection.")
    return row


def _collection(row: Row[Any]) -> Collection:
    return Collection(
        id=row.id,
        name=row.name,
        about=row.about,
        visibility=row.visibility,
        owner=row.owner_name,
        access=row.access,
        papers=row.papers,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
