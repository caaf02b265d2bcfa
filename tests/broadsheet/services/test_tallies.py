"""Counts of readers are kept as series, whatever becomes of the papers."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from broadsheet.model.importing import Located
from broadsheet.model.paper import Record, Tally
from broadsheet.services.taking import take
from broadsheet.store import open_store
from broadsheet.store.store import SqlStore

VOTED = Record(
    source="hf_daily",
    source_id="2611.00001",
    title="On matter",
    arxiv_id="2611.00001",
    counts=(("upvotes", 3), ("stars", 0)),
    raw_hash="1",
)


class Clock:
    """A clock that is set by hand."""

    now = datetime(2026, 11, 20, 23, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[SqlStore]:
    with closing(open_store(folder=tmp_path, clock=clock)) as store:
        yield store


def put(store: SqlStore, *records: Record, origin: str = "f") -> None:
    located = [Located(record=r, line=n, resume=n) for n, r in enumerate(records, 1)]
    with store.writing() as writing:
        take(writing, located, origin=origin, file=origin, fingerprint=f"{records}")


def said(store: SqlStore, key: int = 1) -> list[tuple[str, str, int]]:
    return [(t.kind, t.day, t.value) for t in store.tallies([key]).get(key, [])]


def test_a_number_is_kept_when_it_changes_alone(store: SqlStore, clock: Clock) -> None:
    put(store, VOTED)
    clock.now += timedelta(days=1)
    put(store, VOTED)
    clock.now += timedelta(days=1)
    # The source's hash leaves counts out: the record is an unchanged one.
    put(store, replace(VOTED, counts=(("upvotes", 12), ("stars", 0))))
    put(store, replace(VOTED, counts=(("upvotes", 13), ("stars", 0))))
    clock.now += timedelta(days=1)
    put(store, replace(VOTED, counts=(("upvotes", 3),)))
    assert said(store) == [
        ("stars", "2026-11-20", 0),
        ("upvotes", "2026-11-20", 3),
        ("upvotes", "2026-11-22", 13),
        ("upvotes", "2026-11-23", 3),
    ]
    assert [told.event.kind for told in store.events()] == ["new"]


def test_series_of_many_papers_come_at_once(store: SqlStore) -> None:
    put(store, VOTED, replace(VOTED, source_id="2611.00002", arxiv_id="2611.00002", title="Two"))
    put(store, replace(VOTED, source_id="3", arxiv_id=None, title="None here", counts=()))
    put(store, VOTED, origin="g")  # the same record from another file is no second series
    found = store.tallies([1, 2, 3, 99])
    assert {key: len(series) for key, series in found.items()} == {1: 2, 2: 2}
    assert found[2][1] == Tally(
        source="hf_daily", source_id="2611.00002", kind="upvotes", day="2026-11-20", value=3
    )


def test_a_series_goes_where_its_record_goes(store: SqlStore) -> None:
    put(store, VOTED)
    put(
        store,
        replace(VOTED, source_id="x", arxiv_id=None, doi="10.1/x", title="Another", counts=()),
    )
    put(store, replace(VOTED, source="s2", source_id="7", doi="10.1/x", counts=(("citations", 1),)))
    assert [t.source for t in store.tallies([1])[1]] == ["hf_daily", "hf_daily", "s2"]


def test_what_a_duplicate_counts_is_no_trouble(store: SqlStore) -> None:
    put(store, VOTED, replace(VOTED, counts=(("upvotes", 2),)))
    assert said(store) == [("stars", "2026-11-20", 0), ("upvotes", "2026-11-20", 2)]
