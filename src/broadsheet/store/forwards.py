"""Papers that were joined to others: where their addresses lead, and what goes back with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from broadsheet.store.lists import one_of
from broadsheet.store.schema import events, forwards, identifiers, merges, papers, source_records

_OWNED = {"records": source_records, "events": events, "merges": merges}
"""What belongs to a paper and has a number of its own."""


class Moved(msgspec.Struct, kw_only=True):
    """What a paper brought to the one that it was joined to.

    Args:
        records, events, merges: numbers of rows.
        names: its identifiers, scheme and value.
        addresses: those that led to it.
        told: numbers of the events that the joining itself told.
    """

    records: list[int]
    events: list[int]
    merges: list[int]
    names: list[tuple[str, str]]
    addresses: list[str]
    told: list[int] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """A paper that was joined to another.

    Args:
        id, key: its address and its number.
        paper: the key of the paper that it is part of now.
    """

    id: str
    key: int
    paper: int
    moved: Moved


def leads_to(connection: Connection, address: str) -> int | None:
    """Return the key of the paper to which the address of one that was joined leads."""
    return connection.scalar(select(forwards.c.paper).where(forwards.c.id == address))


def one(connection: Connection, address: str) -> Forward | None:
    """Return the joined paper that had an address."""
    row = connection.execute(select(forwards).where(forwards.c.id == address)).first()
    return _forward(row) if row is not None else None


def gone_after(connection: Connection, seq: int, *, limit: int) -> list[tuple[int, int]]:
    """Return `seq` and key of papers that were joined to others, ascending by `seq`."""
    chosen = select(forwards.c.seq, forwards.c.key).where(forwards.c.seq > seq)
    return [(n, key) for n, key in connection.execute(chosen.order_by(forwards.c.seq).limit(limit))]


def hand_all(connection: Connection, gone: int, kept: int) -> Moved:
    """Give everything that belongs to one paper to another; return what it was."""
    numbers = {}
    for name, table in _OWNED.items():
        owned = select(table.c.id).where(table.c.paper == gone)
        numbers[name] = list(connection.scalars(owned))
        connection.execute(update(table).where(table.c.paper == gone).values(paper=kept))
    named = select(identifiers.c.scheme, identifiers.c.value).where(identifiers.c.paper == gone)
    names = [(scheme, value) for scheme, value in connection.execute(named)]
    connection.execute(update(identifiers).where(identifiers.c.paper == gone).values(paper=kept))
    addresses = list(connection.scalars(select(forwards.c.id).where(forwards.c.paper == gone)))
    connection.execute(update(forwards).where(forwards.c.paper == gone).values(paper=kept))
    return Moved(names=names, addresses=addresses, **numbers)


def hand_back(connection: Connection, moved: Moved, kept: int, back: int) -> None:
    """Give what was handed over, and still is where it was put, to its paper again."""
    for name, table in _OWNED.items():
        _hand(connection, table, table.c.id, getattr(moved, name), kept, back)
    _hand(connection, forwards, forwards.c.id, moved.addresses, kept, back)
    connection.execute(delete(events).where(one_of(events.c.id, moved.told)))


def keep(connection: Connection, gone: Row[Any], paper: int, seq: int, moved: Moved) -> None:
    """Let the address of a paper that is no more lead to another."""
    row = {
        "id": gone.id,
        "key": gone.key,
        "seq": seq,
        "paper": paper,
        "moved": msgspec.json.encode(moved).decode(),
    }
    connection.execute(insert(forwards).values(row))


def forget(connection: Connection, address: str) -> None:
    """Let an address lead nowhere else."""
    connection.execute(delete(forwards).where(forwards.c.id == address))


def address_of(connection: Connection, key: int) -> str:
    """Return the public id of a paper that is there."""
    return str(connection.scalar(select(papers.c.id).where(papers.c.key == key)))


def _hand(
    connection: Connection,
    table: Any,
    column: Any,
    values: Sequence[int] | Sequence[str],
    old: int,
    new: int,
) -> None:
    connection.execute(
        update(table).where(one_of(column, values), table.c.paper == old).values(paper=new)
    )


def _forward(row: Row[Any]) -> Forward:
    moved = msgspec.json.decode(row.moved, type=Moved)
    return Forward(id=row.id, key=row.key, paper=row.paper, moved=moved)
