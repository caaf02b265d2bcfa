"""Signals as they lie in the database."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.store import SqlAccounts, SqlKept, SqlTrends
from broadsheet.store.reader_schema import acts, readers
from broadsheet.store.schema import events

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SINCE = NOW - timedelta(hours=360)
KINDS = ("up", "open", "featured")
FRESH = date(2026, 10, 1)


@pytest.fixture
def trends(store, assigned):
    with store.writing() as writing:
        writing.put(
            [
                Assigned(
                    record=Record(
                        source="s",
                        source_id=str(n),
                        title=f"Paper {n}",
                        categories=("cs.CL",),
                        submitted=day,
                    ),
                    origin="o",
                    fingerprint="f",
                    line=n,
                    paper=None,
                    group=n,
                )
                for n, day in enumerate(["2026-11-19", "2026-11-20", "2026-11-27", "2020-01"])
            ]
        )
    SqlAccounts.beside(store).add_reader(name="Ada", role="admin")
    return SqlTrends.beside(store)


def act(trends, kind="up", paper=1, hours=1.0, undone="", place=0) -> None:
    at = (NOW - timedelta(hours=hours)).isoformat(timespec="seconds")
    row = {"reader": 1, "paper": paper, "kind": kind, "place": place, "at": at}
    with trends.writer.begin() as connection:
        connection.execute(insert(acts).values(**row, undone_at=undone))


def happened(trends, kind, paper, seen: datetime, at=None) -> None:
    moment = seen.isoformat(timespec="seconds")
    row = {"paper": paper, "kind": kind, "source": "s", "at": at, "seen_at": moment}
    with trends.writer.begin() as connection:
        connection.execute(insert(events).values(**row, detail="{}"))


def read(trends, kinds=KINDS):
    found = trends.signals(kinds=kinds, since=SINCE, fresh=FRESH).signals
    names = [found.kinds[kind] for kind in found.kind]
    return sorted(zip(found.paper.tolist(), names, found.at.tolist(), strict=True)), found


def test_acts_come_with_their_reader_and_place(trends):
    act(trends, "open", place=7)
    _, found = read(trends)
    assert (found.paper.tolist(), found.reader.tolist(), found.place.tolist()) == ([1], [1], [7])
    assert found.at.tolist() == [(NOW - timedelta(hours=1)).timestamp()]
    assert found.joined[0] > 1.7e9
    assert found.amount.tolist() == [1.0]


def test_undone_old_and_unwanted_acts_are_left_out(trends):
    act(trends, undone=NOW.isoformat())
    act(trends, hours=361)
    act(trends, "never")
    assert read(trends)[0] == []


def test_acts_of_a_reader_who_may_not_come_in_do_not_count(trends):
    act(trends)
    before = trends.number()
    with trends.writer.begin() as connection:
        connection.execute(update(readers).values(disabled_at=NOW.isoformat()))
    assert read(trends)[0] == []
    assert trends.number() != before


def test_events_count_on_their_day_or_when_they_were_learned(trends):
    happened(trends, "featured", 1, NOW - timedelta(hours=4), at="2026-11-19")
    happened(trends, "featured", 2, NOW - timedelta(hours=3), at="2026-11")
    happened(trends, "new", 2, NOW)
    assert read(trends)[0] == [
        (1, "featured", datetime(2026, 11, 19, tzinfo=UTC).timestamp()),
        (2, "featured", (NOW - timedelta(hours=3)).timestamp()),
    ]


def test_events_of_old_papers_and_of_long_ago_do_not_count(trends):
    happened(trends, "featured", 1, NOW - timedelta(hours=400))
    happened(trends, "featured", 4, NOW)
    happened(trends, "featured", 1, NOW, at="2024-05-01")
    assert read(trends)[0] == []


def test_no_signals_are_empty_columns(trends):
    assert read(trends, kinds=())[1].paper.tolist() == []


def test_the_number_grows_with_acts_events_and_undoing(trends):
    numbers = [trends.number()]
    act(trends)
    numbers.append(trends.number())
    happened(trends, "code", 1, NOW)
    numbers.append(trends.number())
    with trends.writer.begin() as connection:
        connection.execute(update(readers).values(seq=readers.c.seq + 1))
    numbers.append(trends.number())
    assert len(set(numbers)) == 4


def test_papers_are_listed_by_day_without_the_future(trends):
    listed = trends.listed(since=date(2026, 11, 1), until=date(2026, 11, 20))
    assert [(p.key, p.day, p.categories) for p in listed] == [
        (1, 20261119, "cs.CL"),
        (2, 20261120, "cs.CL"),
    ]
    known = trends.known([3, 4, 99], until=date(2026, 11, 20))
    assert [p.key for p in known] == [4]


def test_a_window_of_acts_is_read_by_its_index(trends):
    with trends.reader.begin() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT paper FROM acts WHERE at >= 'x' AND undone_at = ''"
        ).all()
    assert "ix_acts_at" in plan[0][-1]


def test_values_are_kept_replaced_and_forgotten(store):
    kept = SqlKept.beside(store)
    assert kept.value("trending") is None
    kept.keep("trending", {"formula": "votes"})
    kept.keep("trending", {"weights": {"up": 2}})
    assert kept.value("trending") == {"weights": {"up": 2}}
    kept.keep("trending", None)
    assert kept.value("trending") is None
