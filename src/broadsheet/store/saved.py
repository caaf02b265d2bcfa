"""Saved queries and what they have brought."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from broadsheet.model.letters import Letter
from broadsheet.model.saved import Delivery, SavedQuery
from broadsheet.store import outbox
from broadsheet.store.database import Database
from broadsheet.store.lists import one_of
from broadsheet.store.reader_schema import (
    collection_papers,
    collection_readers,
    collections,
    deliveries,
    follows,
    marks,
    saved_queries,
)

_ID_BYTES = 12
_THOUSAND = 1000
_encode = msgspec.json.Encoder(order="deterministic").encode


class SqlSavedQueries(Database):
    """Saved queries and what they have brought (`model.saved_ports.SavedQueries`)."""

    def of_reader(self, reader: int) -> list[SavedQuery]:
        """Return a reader's saved queries, oldest first."""
        chosen = saved_queries.c.reader == reader
        with self._reading() as connection:
            return _queries(connection, chosen)

    def one(self, reader: int, id: str) -> SavedQuery | None:
        """Return a reader's saved query by its id; another reader's is none."""
        chosen = and_(saved_queries.c.id == id, saved_queries.c.reader == reader)
        with self._reading() as connection:
            return next(iter(_queries(connection, chosen)), None)

    def of_feed(self, feed_hash: str) -> SavedQuery | None:
        """Return the saved query of a private feed's token, by its SHA-256."""
        if not feed_hash:
            return None
        with self._reading() as connection:
            return next(iter(_queries(connection, saved_queries.c.feed_hash == feed_hash)), None)

    def behind(self, number: int, *, after: int, limit: int) -> list[SavedQuery]:
        """Return queries, by ascending key after one, that have not looked at an event yet."""
        chosen = and_(saved_queries.c.reached < number, saved_queries.c.key > after)
        with self._reading() as connection:
            return _queries(connection, chosen, limit=limit)

    def furthest_behind(self, number: int) -> int | None:
        """Return the least event that a query has looked at, of those before a number."""
        least = select(func.min(saved_queries.c.reached)).where(saved_queries.c.reached < number)
        with self._reading() as connection:
            found: int | None = connection.scalar(least)
        return found

    def add(self, query: SavedQuery) -> SavedQuery:
        """Keep a new query; its key, id and moment are given here."""
        with self._changing() as connection:
            key = connection.execute(
                insert(saved_queries)
                .values(
                    id=secrets.token_urlsafe(_ID_BYTES),
                    reader=query.reader,
                    kind=query.kind,
                    asked=_encode(query.asked).decode(),
                    feed_hash="",
                    reached=query.reached,
                    created_at=self.now(),
                    **_choices(query),
                )
                .returning(saved_queries.c.key)
            ).scalar_one()
            return _queries(connection, saved_queries.c.key == key)[0]

    def change(self, query: SavedQuery, *, feed_hash: str | None = None) -> None:
        """Keep a query's name, outlets and choices; the feed's token where one is given."""
        values = _choices(query)
        if feed_hash is not None or not query.has_feed:
            values["feed_hash"] = feed_hash or ""
        with self._changing() as connection:
            connection.execute(
                update(saved_queries).where(saved_queries.c.key == query.key).values(**values)
            )

    def remove(self, query: SavedQuery) -> None:
        """Forget a query and what it has brought."""
        with self._changing() as connection:
            outbox.forget_query(connection, query.key, now=self.now())
            connection.execute(delete(deliveries).where(deliveries.c.query == query.key))
            connection.execute(delete(saved_queries).where(saved_queries.c.key == query.key))

    def deliver(
        self,
        queries: Sequence[SavedQuery],
        found: Sequence[Delivery],
        *,
        reached: int,
        calls: Callable[[Sequence[Delivery]], Sequence[Letter]] = lambda kept: (),
    ) -> int:
        """Keep what queries have found up to an event, with what tells their webhooks."""
        with self._changing() as connection:
            waiting = _still_behind(connection, queries, reached)
            kept = _unseen(connection, queries, [d for d in found if d.query in waiting])
            now = self.now()
            rows = [_row_of(delivery, now) for delivery in kept]
            if rows:
                connection.execute(upsert(deliveries).on_conflict_do_nothing(), rows)
            outbox.put(connection, calls(kept), now=now)
            connection.execute(
                update(saved_queries)
                .where(one_of(saved_queries.c.key, sorted(waiting)))
                .values(reached=reached)
            )
        return len(kept)

    def deliveries(self, query: int, *, before: int | None = None, limit: int) -> list[Delivery]:
        """Return what a query has brought, newest first."""
        chosen = select(deliveries).where(deliveries.c.query == query)
        if before is not None:
            chosen = chosen.where(deliveries.c.id < before)
        with self._reading() as connection:
            rows = connection.execute(chosen.order_by(deliveries.c.id.desc()).limit(limit))
            return [_delivery(row) for row in rows]

    def unmailed(self, reader: int) -> list[Delivery]:
        """Return what a reader's queries with mail have brought and no letter has told."""
        chosen = (
            select(deliveries)
            .join(saved_queries, saved_queries.c.key == deliveries.c.query)
            .where(
                deliveries.c.reader == reader, deliveries.c.letter == "", saved_queries.c.mail == 1
            )
            .order_by(deliveries.c.query, deliveries.c.score.desc(), deliveries.c.id.desc())
        )
        with self._reading() as connection:
            return [_delivery(row) for row in connection.execute(chosen)]

    def saved_papers(self, readers: Sequence[int]) -> Mapping[int, set[int]]:
        """Return the keys of the papers that readers have saved."""
        chosen = select(marks.c.reader, marks.c.paper).where(
            one_of(marks.c.reader, readers), marks.c.saved_at != ""
        )
        found: dict[int, set[int]] = {reader: set() for reader in readers}
        with self._reading() as connection:
            for reader, paper in connection.execute(chosen):
                found[reader].add(paper)
        return found

    def followed(self, readers: Sequence[int]) -> Mapping[int, list[tuple[str, str]]]:
        """Return kind and value of what readers follow."""
        chosen = select(follows).where(one_of(follows.c.reader, readers))
        found: dict[int, list[tuple[str, str]]] = {reader: [] for reader in readers}
        with self._reading() as connection:
            for row in connection.execute(chosen):
                found[row.reader].append((row.kind, row.value))
        return found

    def put_in(self, collection: str, *, reader: int, since: str) -> list[int]:
        """Return the keys of papers that others have put, since a moment, into a collection."""
        shared = select(collection_readers.c.reader).where(
            collection_readers.c.collection == collections.c.key,
            collection_readers.c.reader == reader,
        )
        may_see = or_(
            collections.c.owner == reader,
            collections.c.visibility == "public",
            and_(collections.c.visibility == "shared", shared.exists()),
        )
        chosen = (
            select(collection_papers.c.paper)
            .join(collections, collections.c.key == collection_papers.c.collection)
            .where(
                collections.c.id == collection,
                may_see,
                collection_papers.c.added_by != reader,
                collection_papers.c.added_at >= since,
            )
            .order_by(collection_papers.c.paper)
        )
        with self._reading() as connection:
            return list(connection.scalars(chosen))

    def hook_secret(self, query: int) -> str:
        """Return what signs the calls of a query's webhook; empty when it is gone."""
        with self._reading() as connection:
            own = select(saved_queries.c.hook_secret).where(saved_queries.c.key == query)
            return connection.scalar(own) or ""


def _queries(connection: Connection, chosen: Any, *, limit: int | None = None) -> list[SavedQuery]:
    rows = select(saved_queries).where(chosen).order_by(saved_queries.c.key).limit(limit)
    return [_query(row) for row in connection.execute(rows)]


def _query(row: Row[Any]) -> SavedQuery:
    return SavedQuery(
        key=row.key,
        id=row.id,
        reader=row.reader,
        name=row.name,
        kind=row.kind,
        asked=msgspec.json.decode(row.asked),
        mail=bool(row.mail),
        has_feed=bool(row.feed_hash),
        hook=row.hook,
        hook_secret=row.hook_secret,
        repeats=bool(row.repeats),
        reached=row.reached,
        created_at=row.created_at,
    )


def _choices(query: SavedQuery) -> dict[str, Any]:
    return {
        "name": query.name,
        "mail": int(query.mail),
        "hook": query.hook,
        "hook_secret": query.hook_secret,
        "repeats": int(query.repeats),
    }


def _still_behind(connection: Connection, queries: Sequence[SavedQuery], reached: int) -> set[int]:
    """Return the keys of those that are where they were when they were read."""
    before = {query.key: query.reached for query in queries}
    rows = connection.execute(
        select(saved_queries.c.key, saved_queries.c.reached).where(
            one_of(saved_queries.c.key, sorted(before)), saved_queries.c.reached < reached
        )
    )
    return {key for key, at in rows if before[key] == at}


def _unseen(
    connection: Connection, queries: Sequence[SavedQuery], found: Sequence[Delivery]
) -> list[Delivery]:
    """Return what its reader has not been brought, read or refused; each paper once."""
    repeating = {query.key for query in queries if query.repeats or query.kind == "events"}
    seen = _seen(connection, [d for d in found if d.query not in repeating])
    kept = []
    for delivery in found:
        pair = delivery.reader, delivery.paper
        if delivery.query not in repeating:
            if pair in seen:
                continue
            seen.add(pair)
        kept.append(delivery)
    return kept


def _seen(connection: Connection, found: Sequence[Delivery]) -> set[tuple[int, int]]:
    if not found:
        return set()
    readers = sorted({d.reader for d in found})
    papers = sorted({d.paper for d in found})
    brought = select(deliveries.c.reader, deliveries.c.paper).where(
        one_of(deliveries.c.reader, readers), one_of(deliveries.c.paper, papers)
    )
    dealt_with = select(marks.c.reader, marks.c.paper).where(
        one_of(marks.c.reader, readers),
        one_of(marks.c.paper, papers),
        or_(marks.c.read_at != "", marks.c.never_at != ""),
    )
    pairs = [*connection.execute(brought), *connection.execute(dealt_with)]
    return {(row[0], row[1]) for row in pairs}


def _row_of(delivery: Delivery, now: str) -> dict[str, Any]:
    return {
        "reader": delivery.reader,
        "paper": delivery.paper,
        "query": delivery.query,
        "score": round(delivery.score * _THOUSAND),
        "why": delivery.why,
        "at": now,
        "letter": "",
    }


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        number=row.id,
        query=row.query,
        reader=row.reader,
        paper=row.paper,
        score=row.score / _THOUSAND,
        why=row.why,
        at=row.at,
    )
