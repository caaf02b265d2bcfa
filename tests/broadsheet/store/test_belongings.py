"""A reader's things: handed out whole and without secrets, forgotten whole."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary, Table, func, insert, select

from broadsheet.model.errors import NotAllowedError
from broadsheet.model.importstate import Assigned
from broadsheet.model.readers import Reader
from broadsheet.store import SqlAccounts, SqlBelongings, SqlStore, open_store
from broadsheet.store import reader_schema as schema
from broadsheet.store.schema import metadata, papers

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HANGING = [
    table
    for table in metadata.sorted_tables
    if any(
        key.column.table
        in (schema.readers, schema.collections, schema.saved_queries, schema.subscriptions)
        for key in table.foreign_keys
    )
]


@pytest.fixture
def store(tmp_path: Path, assigned: Callable[..., list[Assigned]]) -> SqlStore:
    opened = open_store(folder=tmp_path, clock=lambda: NOW)
    with opened.writing() as writing:
        writing.put(assigned(1))
    return opened


def fill(store: SqlStore, reader: Reader) -> None:
    """Put a row of the reader into every table that hangs on readers."""
    with store.writer.begin() as connection:
        made: dict[Table, Any] = {schema.readers: reader.key}
        made[papers] = connection.scalar(select(papers.c.key))
        for table in HANGING:
            row = {c.name: _value(c, reader, made) for c in table.c if c.name != "key"}
            if (
                table.c.get("id") is not None
                and table.c.id.primary_key
                and table
                in (
                    schema.acts,
                    schema.deliveries,
                    schema.outbox,
                    schema.audit,
                )
            ):
                del row["id"]
            if table is schema.outbox:
                row["key"] = f"key {reader.key}"
            done = connection.execute(insert(table).values(**row))
            made[table] = done.inserted_primary_key[0]


def _value(column: Any, reader: Reader, made: dict[Table, Any]) -> Any:
    for key in column.foreign_keys:
        return made.get(key.column.table)  # a row may hang on another of its table
    if isinstance(column.type, LargeBinary):
        return b"secret bytes"
    if column.type.python_type is int:
        return 1
    return f"{'secret ' if 'hash' in column.name or 'secret' in column.name else ''}{reader.name}"


@pytest.fixture
def readers(store: SqlStore) -> tuple[Reader, Reader]:
    accounts = SqlAccounts.beside(store)
    pair = (
        accounts.add_reader(name="Ada", role="admin", password="secret"),
        accounts.add_reader(name="Bea", role="reader"),
    )
    for reader in pair:
        fill(store, reader)
    return pair


def counts(store: SqlStore) -> dict[str, int]:
    with store.reader.begin() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in HANGING
        }


def test_every_table_that_hangs_on_readers_is_handed_out(
    store: SqlStore, readers: tuple[Reader, Reader]
) -> None:
    found = SqlBelongings.beside(store).everything(readers[0].key)
    assert set(found) == {"readers", *(table.name for table in HANGING)}
    assert {len(rows) for rows in found.values()} == {1}
    said = json.dumps(found)
    assert "secret" not in said
    assert "Bea" not in said
    assert found["marks"][0]["paper"] == "2301.00000"
    assert found["readers"][0]["id"] == readers[0].id


def test_leaving_leaves_nothing_behind(store: SqlStore, readers: tuple[Reader, Reader]) -> None:
    ada, bea = readers
    SqlAccounts.beside(store).set_role(bea.key, "admin")
    before = counts(store)
    SqlBelongings.beside(store).remove_all(ada.key)
    after = counts(store)
    stays = {"audit": 2, "invitations": 1}
    assert after == {name: stays.get(name, 1) for name in before}
    assert SqlAccounts.beside(store).by_key(ada.key) is None
    with store.reader.begin() as connection:
        assert set(connection.scalars(select(schema.audit.c.reader))) == {None, bea.key}


def test_papers_in_the_collections_of_others_stay(
    store: SqlStore, readers: tuple[Reader, Reader]
) -> None:
    ada, bea = readers
    SqlAccounts.beside(store).set_role(bea.key, "admin")
    with store.writer.begin() as connection:
        theirs = select(schema.collections.c.key).where(schema.collections.c.owner == bea.key)
        changed = schema.collection_papers.update().where(
            schema.collection_papers.c.collection == theirs.scalar_subquery()
        )
        connection.execute(changed.values(added_by=ada.key))
    SqlBelongings.beside(store).remove_all(ada.key)
    with store.reader.begin() as connection:
        assert list(connection.scalars(select(schema.collection_papers.c.added_by))) == [bea.key]


def test_the_last_admin_stays_as_long_as_others_do(
    store: SqlStore, readers: tuple[Reader, Reader]
) -> None:
    belongings = SqlBelongings.beside(store)
    before = counts(store)
    with pytest.raises(NotAllowedError, match="admin"):
        belongings.remove_all(readers[0].key)
    assert counts(store) == before
    belongings.remove_all(readers[1].key)
    belongings.remove_all(readers[0].key)
    assert SqlAccounts.beside(store).all_readers() == []
