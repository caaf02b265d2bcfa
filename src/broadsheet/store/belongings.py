"""Everything that is a reader's: handed out whole, and forgotten whole.

Both walk the schema: a table that a later change adds and that names readers is in it by itself.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, Table, delete, or_, select, update

from broadsheet.store.accounts import refuse_without_admin
from broadsheet.store.database import Database
from broadsheet.store.reader_schema import (
    audit,
    collection_papers,
    collections,
    invitations,
    readers,
    saved_queries,
    subscriptions,
)
from broadsheet.store.schema import metadata, papers

# What opens something; letters hold links that do.
_SECRET = {"password", "token_hash", "feed_hash", "hook_secret", "public_key", "body", "headers"}
_OWNED = (collections, saved_queries, subscriptions)  # what other tables hang on in turn
_STAYS = (audit.c.reader, invitations.c.used_by)  # rows that stay, and name nobody then


class SqlBelongings(Database):
    """What is a reader's (`model.reader_ports.Belongings`)."""

    def everything(self, key: int) -> dict[str, list[dict[str, Any]]]:
        """Return it by table, without secrets, papers by their ids."""
        with self._reading() as connection:
            found = {
                table.name: [_shown(row) for row in connection.execute(asked)]
                for table, asked in _theirs(connection, key)
            }
        return {name: rows for name, rows in found.items() if rows}

    def remove_all(self, key: int) -> None:
        """Forget the reader and all of it.

        Raises:
            NotAllowedError: other readers would be left without an admin.
        """
        with self._changing() as connection:
            _hand_to_owners(connection, key)
            for column in _STAYS:
                named = update(column.table).where(column == key)
                connection.execute(named.values({column.name: None}))
            doomed = _keys(connection, key)
            for table in reversed(metadata.sorted_tables):
                for column, parent in _pointers(table):
                    connection.execute(delete(table).where(column.in_(doomed[parent])))
            connection.execute(delete(readers).where(readers.c.key == key))
            refuse_without_admin(connection)


def _keys(connection: Connection, key: int) -> dict[Table, list[int]]:
    """Return the rows that others hang on: the reader and what is theirs."""
    found = {readers: [key]}
    for table in _OWNED:
        (owner,) = (column for column, parent in _pointers(table) if parent is readers)
        found[table] = list(connection.scalars(select(table.c.key).where(owner == key)))
    return found


def _pointers(table: Table) -> list[tuple[Column[Any], Table]]:
    """Return the columns by which a table hangs on readers or on what is theirs."""
    parents = (readers, *_OWNED)
    found = [(key.parent, key.column.table) for key in table.foreign_keys]
    return [(column, parent) for column, parent in found if parent in parents]


def _theirs(connection: Connection, key: int) -> Iterable[tuple[Table, Select[Any]]]:
    doomed = _keys(connection, key)
    yield readers, select(readers).where(readers.c.key == key)
    for table in metadata.sorted_tables:
        pointers = _pointers(table)
        if not pointers:
            continue
        columns: list[Any] = [c for c in table.c if c.name not in _SECRET and not c.foreign_keys]
        asked = select(*columns)
        if "paper" in table.c:
            asked = select(papers.c.id.label("paper"), *columns).join(
                papers, papers.c.key == table.c.paper
            )
        hangs = [column.in_(doomed[parent]) for column, parent in pointers]
        yield table, asked.select_from(table).where(or_(*hangs))


def _shown(row: Row[Any]) -> dict[str, Any]:
    """Return a row without secrets and without numbers that mean nothing outside of here."""
    return {name: value for name, value in row._mapping.items() if name not in {*_SECRET, "key"}}


def _hand_to_owners(connection: Connection, key: int) -> None:
    """Let papers stay that the reader put into the collections of others."""
    owner = select(collections.c.owner).where(collections.c.key == collection_papers.c.collection)
    theirs = collection_papers.c.added_by == key
    connection.execute(
        update(collection_papers).where(theirs).values(added_by=owner.scalar_subquery())
    )
