"""What stands in a day's edition beside its new papers, and why a day has none."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record, Version
from broadsheet.model.period import parse_period
from broadsheet.services.notices import Notice, why_silent
from broadsheet.services.reading import ReadingService
from broadsheet.store import SqlStore, open_store

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OLD = Record(
    source="arxiv",
    source_id="1",
    title="On matter",
    abstract="Short.",
    authors=("Ada Lovelace",),
    categories=("cs.CL",),
    submitted="2026-11-02",
    versions=(Version(number=1, date="2026-11-02"),),
)
NEW = replace(OLD, versions=(*OLD.versions, Version(number=2, date="2026-11-18")))


@pytest.fixture
def store(tmp_path) -> Iterator[SqlStore]:
    opened = open_store(folder=tmp_path, clock=lambda: NOW)
    yield opened
    opened.close()


@pytest.fixture
def put(store) -> Callable[..., None]:
    def put_one(record: Record, *, paper: int | None = None) -> None:
        one = Assigned(record=record, origin="o", fingerprint="f", line=1, paper=paper, group=1)
        with store.writing() as writing:
            writing.put([one])

    return put_one


@pytest.fixture
def edition(store) -> Callable[..., object]:
    reading = ReadingService(reading=store, clock=lambda: NOW)
    return lambda day, **narrowed: reading.edition(parse_period(day), **narrowed)


def said(found: tuple[Notice, ...]) -> list[tuple[str, str]]:
    return [(notice.paper.title, notice.told.event.kind) for notice in found]


def test_a_new_version_stands_in_the_edition_of_its_day(edition, put):
    put(OLD)
    put(NEW, paper=1)
    found = edition("2026-11-18")
    assert (found.total, said(found.notices.replaced)) == (0, [("On matter", "version")])
    assert found.notices.taken_back == ()
    assert edition("2026-11-02").notices.all == ()
    assert edition("2026-11").notices.all == ()


def test_notices_stay_within_a_category_or_an_author(edition, put):
    put(OLD)
    put(replace(OLD, source_id="2", title="Other", categories=("cs.LG",), authors=("Bob M",)))
    put(NEW, paper=1)
    assert edition("2026-11-18", category="cs.CL").notices.all != ()
    assert edition("2026-11-18", category="cs.LG").notices.all == ()
    assert edition("2026-11-18", author="Ada Lovelace").notices.all != ()
    assert edition("2026-11-18", author="bob-m").notices.all == ()


def test_a_paper_that_was_taken_back_is_not_also_replaced(edition, put):
    put(OLD)
    put(replace(NEW, standing="withdrawn", updated="2026-11-18"), paper=1)
    found = edition("2026-11-18").notices
    assert found.replaced == ()
    assert said(found.taken_back) == [("On matter", "withdrawn")]


def test_more_than_fit_are_counted(edition, put, monkeypatch):
    monkeypatch.setattr("broadsheet.services.notices.MOST", 1)
    put(OLD)
    put(replace(OLD, source_id="2", title="Other"))
    put(NEW, paper=1)
    put(replace(NEW, source_id="2", title="Other"), paper=2)
    found = edition("2026-11-18").notices
    assert (len(found.all), found.n_more) == (1, 1)


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-11-14", "weekend"),
        ("2026-11-15", "weekend"),
        ("2025-11-28", "holiday"),
        ("2025-12-26", "holiday"),
        ("2026-11-13", None),
        ("2026-11-21", "future"),
    ],
)
def test_a_day_without_an_announcement_has_its_reason(day, reason):
    assert why_silent(date.fromisoformat(day), NOW.date()) == reason


def test_an_edition_says_why_it_is_empty_and_where_the_newest_is(edition, put):
    put(OLD)
    empty, full = edition("2026-11-15"), edition("2026-11-02")
    assert (empty.silence, empty.newest.address) == ("weekend", "2026-11-02")
    assert (full.silence, full.newest) == (None, None)
    assert edition("2026-10").silence is None
