"""No error of the driver leaves the store."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from broadsheet.model.errors import DiskFullError, StoreBusyError, StoreError
from broadsheet.model.importing import Reject
from broadsheet.model.importstate import Assigned, FileState
from broadsheet.model.library import LIBRARY_FILE
from broadsheet.model.marks import Opening
from broadsheet.model.query import Filters
from broadsheet.store import SqlCollections, SqlFollows, SqlMarks, SqlStore, open_store

Ask = Callable[[SqlStore], object]
READS: dict[str, Ask] = {
    "paper": lambda s: s.paper("x"),
    "forward": lambda s: s.forward("x"),
    "papers": lambda s: s.papers([1]),
    "papers_after": lambda s: s.papers_after(0, limit=1),
    "listing": lambda s: s.listing(Filters(), limit=1),
    "listing_of_any": lambda s: s.listing_of_any([("author", "x")], limit=1),
    "filings": lambda s: s.filings([1]),
    "matching": lambda s: s.matching(Filters()),
    "changes": lambda s: s.changes(after=0, limit=1),
    "last_seq": lambda s: s.last_seq(),
    "papers_of": lambda s: s.papers_of(["x"]),
    "last_event": lambda s: s.last_event(),
    "last_change": lambda s: s.last_change(),
    "library_name": lambda s: s.library_name(),
    "last_told": lambda s: s.last_told([1]),
    "happened": lambda s: s.happened("2026-11-20", kinds=["version"]),
    "newest_day": lambda s: s.newest_day(until="2030-01-01"),
    "next_day": lambda s: s.next_day(after="2000-01-01"),
    "end_day": lambda s: s.end_day(Filters(), newest=True),
    "days": lambda s: s.days(since="2000", until="2030"),
    "categories": lambda s: s.categories(),
    "venues": lambda s: s.venues(limit=1),
    "sources": lambda s: s.sources(),
    "author": lambda s: s.author("x"),
    "tallies": lambda s: s.tallies([1]),
    "counts": lambda s: s.counts(),
    "checkpoint": lambda s: s.checkpoint("f"),
    "rejects": lambda s: s.rejects(),
    "count_rejects": lambda s: s.count_rejects("f"),
    "schema": lambda s: s.schema(),
    "problems": lambda s: s.problems(),
    "events": lambda s: s.events(),
    "merges": lambda s: s.merges(),
    "merge": lambda s: s.merge(1),
    "answers": lambda s: s.answers(1),
    "harvest": lambda s: s.harvest("arxiv", ""),
    "harvests": lambda s: s.harvests(),
}
WRITES: dict[str, Ask] = {
    "take_turn": lambda s: s.take_turn("arxiv", interval_s=3.0),
    "put_off": lambda s: s.put_off("arxiv", seconds=3.0),
}
MARKS: dict[str, Callable[[SqlMarks], object]] = {
    "of": lambda s: s.of(1, [1]),
    "change": lambda s: s.change(1, 1, ["save"]),
    "undo": lambda s: s.undo(1, 1, "save"),
    "stands": lambda s: s.stands(1, 1, "save"),
    "opened": lambda s: s.opened([Opening(1, 1, 0)]),
    "tag": lambda s: s.tag(1, 1, "x"),
    "untag": lambda s: s.untag(1, 1, "x"),
    "never": lambda s: s.never(1),
    "listed": lambda s: s.listed(1, "saved", limit=1),
    "count": lambda s: s.count(1, "saved"),
    "tags": lambda s: s.tags(1),
    "tagged": lambda s: s.tagged(1, "x", limit=1),
}
COLLECTIONS: dict[str, Callable[[SqlCollections], object]] = {
    "of": lambda s: s.of(1),
    "one": lambda s: s.one("x", 1),
    "add": lambda s: s.add(1, name="x", about="", visibility="private"),
    "change": lambda s: s.change("x", 1, name="y"),
    "remove": lambda s: s.remove("x", 1),
    "papers": lambda s: s.papers("x", 1, limit=1),
    "put": lambda s: s.put("x", 1, 1),
    "take": lambda s: s.take("x", 1, 1),
    "holding": lambda s: s.holding(1, 1),
    "sharers": lambda s: s.sharers("x", 1),
    "share": lambda s: s.share("x", 1, name="x", may_edit=True),
    "unshare": lambda s: s.unshare("x", 1, sharer="x"),
}
FOLLOWS: dict[str, Callable[[SqlFollows], object]] = {
    "of": lambda s: s.of(1),
    "follows": lambda s: s.follows(1, "topic", "x"),
    "add": lambda s: s.add(1, kind="topic", value="x", name="x"),
    "remove": lambda s: s.remove(1, kind="topic", value="x"),
}
BESIDE = ((SqlMarks, MARKS), (SqlCollections, COLLECTIONS), (SqlFollows, FOLLOWS))


def _write(store: SqlStore) -> None:
    with store.writing() as writing:
        writing.save_checkpoint(FileState(fingerprint="f", name="a", resume=1, done=False))


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the database of a library alone, readers shut out too."""
    other = sqlite3.connect(folder / LIBRARY_FILE, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("CREATE TABLE held (x)")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_every_public_method_is_asked_here() -> None:
    public = {name for name in vars(SqlStore) if not name.startswith("_")}
    assert public == set(READS) | set(WRITES) | {"writing", "close"}
    for kind, asks in BESIDE:
        assert {name for name in vars(kind) if not name.startswith("_")} == set(asks)


def test_a_locked_database_is_a_busy_store(store: SqlStore, folder: Path) -> None:
    store.close()
    with held(folder):
        for name, ask in (READS | WRITES | {"writing": _write}).items():
            with pytest.raises(StoreBusyError, match="another process holds the database"):
                pytest.fail(f"{name}: {ask(store)}")
    _write(store)
    assert store.checkpoint("f") is not None


def test_a_locked_database_is_busy_for_the_stores_beside_it(store: SqlStore, folder: Path) -> None:
    store.close()
    with held(folder):
        for kind, asks in BESIDE:
            for name, ask in asks.items():
                with pytest.raises(StoreBusyError, match="another process holds the database"):
                    pytest.fail(f"{name}: {ask(kind.beside(store))}")


def test_a_locked_library_is_a_busy_store_when_it_is_opened(store: SqlStore, folder: Path) -> None:
    store.close()
    with held(folder), pytest.raises(StoreBusyError):
        open_store(folder=folder, busy_timeout_s=0.05)


def test_readers_do_not_wait_for_a_writer(store: SqlStore) -> None:
    with store.writing() as writing:
        writing.save_checkpoint(FileState(fingerprint="f", name="a", resume=1, done=False))
        assert store.checkpoint("f") is None
        assert store.counts().papers == 0
    assert store.checkpoint("f") is not None


def test_a_second_writer_waits_and_then_is_told(store: SqlStore) -> None:
    with store.writing(), pytest.raises(StoreBusyError):
        _write(store)


def test_writers_of_many_threads_take_turns(
    folder: Path, assigned: Callable[..., list[Assigned]]
) -> None:
    store = open_store(folder=folder)
    failures: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for batch in range(5):
                with store.writing() as writing:
                    writing.put(assigned(10, first=first + batch * 10))
        except StoreError as e:
            failures.append(e)

    threads = [threading.Thread(target=work, args=(n * 50,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.counts().papers == 200
    assert [row.seq for row in store.changes(after=0, limit=500)] == list(range(1, 201))
    store.close()


def test_a_full_disk_is_named_and_what_was_there_stays(
    store: SqlStore, assigned: Callable[..., list[Assigned]]
) -> None:
    with store.writing() as writing:
        writing.put(assigned(10))
        pages = writing.connection.scalar(text("PRAGMA page_count"))
        writing.connection.execute(text(f"PRAGMA max_page_count = {pages + 8}"))
    with pytest.raises(DiskFullError, match="no space is left") as raised, store.writing() as w:
        w.put(assigned(1000, first=100, abstract="word " * 400))
    assert isinstance(raised.value, OSError)
    assert store.counts().papers == 10
    assert store.problems() == []


def test_a_damaged_database_is_named(folder: Path, assigned: Callable[..., list[Assigned]]) -> None:
    store = open_store(folder=folder)
    with store.writing() as writing:
        writing.put(assigned(500, abstract="word " * 100))
    store.close()
    path = folder / LIBRARY_FILE
    data = bytearray(path.read_bytes())
    data[40_000:200_000] = b"\xaa" * 160_000
    path.write_bytes(data)
    damaged = open_store(folder=folder)
    assert damaged.problems() != []
    with pytest.raises(StoreError, match="damaged"):
        damaged.papers(range(1, 501))
    damaged.close()


def test_the_library_cannot_be_changed_by_a_question(store: SqlStore) -> None:
    with store.reader.connect() as connection:
        assert connection.scalar(text("PRAGMA query_only")) == 1


def test_a_refusal_of_the_database_is_a_store_error(
    store: SqlStore, assigned: Callable[..., list[Assigned]]
) -> None:
    (one,) = assigned(1)
    lost = Assigned(record=one.record, origin="a", fingerprint="f", line=1, paper=77)
    with pytest.raises(StoreError), store.writing() as writing:
        writing.put([lost])
    with pytest.raises(StoreError), store.writing() as writing:
        writing.add_rejects(
            [Reject(file="a", line=1, reason=None)],  # type: ignore[arg-type]
            fingerprint="f",
        )
