"""Editions, papers, authors and categories over a real store, at a fixed moment."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest

from broadsheet.model.errors import NotFoundError
from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.model.period import parse_period
from broadsheet.model.query import Filters
from broadsheet.services.paging import PER_PAGE
from broadsheet.services.reading import FRONT_SIZE, ReadingService
from broadsheet.store.opening import open_store
from broadsheet.store.store import SqlStore

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path) -> Iterator[SqlStore]:
    opened = open_store(folder=tmp_path, clock=lambda: NOW)
    yield opened
    opened.close()


@pytest.fixture
def reading(store) -> ReadingService:
    return ReadingService(reading=store, clock=lambda: NOW)


@pytest.fixture
def put(store) -> Callable[..., None]:
    """Store papers of these days, named by their day and number."""

    def put_days(*days: str | None, category: str = "cs.CL", text: str = "Text.") -> None:
        first = store.last_seq()
        records = [
            Record(
                source="s",
                source_id=f"{first}-{i}",
                title=f"{day} {i}",
                abstract=text,
                authors=("Ada Lovelace", f"Author {i}"),
                categories=(category,),
                submitted=day,
            )
            for i, day in enumerate(days)
        ]
        with store.writing() as writing:
            writing.put(
                [
                    Assigned(record=r, origin="o", fingerprint="f", line=i, paper=None, group=i)
                    for i, r in enumerate(records)
                ]
            )

    return put_days


def titles(edition) -> list[str]:
    return [paper.title for paper in edition.shown.papers]


def test_an_empty_library_has_an_empty_front(reading):
    front = reading.front()
    assert front.period is None
    assert front.shown.papers == ()


def test_the_front_is_the_newest_day_up_to_today(reading, put):
    put("2026-11-20", "2026-11-20", "2026-11-19", "2030-01-01")
    front = reading.front()
    assert front.period.address == "2026-11-20"
    assert front.total == 2
    assert front.previous.address == "2026-11-19"
    assert front.today == date(2026, 11, 22)


def test_the_front_goes_on_with_the_days_before(reading, put):
    put("2026-11-20", *(f"2026-10-{day:02d}" for day in range(1, 31)))
    front = reading.front()
    assert len(front.shown.papers) == FRONT_SIZE
    assert titles(front)[:2] == ["2026-11-20 0", "2026-10-30 30"]


def test_a_full_day_fills_the_front_alone(reading, put):
    put(*["2026-11-20"] * 80, "2026-11-19")
    front = reading.front()
    assert len(front.shown.papers) == PER_PAGE
    assert front.total == 80
    assert {title[:10] for title in titles(front)} == {"2026-11-20"}


def test_a_paper_of_the_future_is_never_on_the_front(reading, put):
    put("2027", "2026-12", "2026-11-23", "2026-11-21")
    assert titles(reading.front()) == ["2026-11-21 3"]


@pytest.mark.parametrize("newest", ["2026-10", "2025"])
def test_the_front_is_as_exact_as_its_newest_date(reading, put, newest):
    put(newest, "2024-05-03")
    assert reading.front().period.address == newest
    assert reading.front().total == 1


def test_this_months_edition_on_the_front_leaves_out_what_is_to_come(reading, put):
    put("2026-11", "2026-11-28")
    front = reading.front()
    assert front.period.address == "2026-11"
    assert front.total == 1


def test_papers_without_a_date_make_a_front_where_there_is_no_other(reading, put):
    put(None, None, "2031-01-01")
    front = reading.front()
    assert front.period is None
    assert len(front.shown.papers) == 2


def test_an_edition_is_paged(reading, put):
    put(*["2020-05-04"] * (PER_PAGE + 1))
    period = parse_period("2020-05-04")
    first, second = reading.edition(period), reading.edition(period, page=2)
    assert (len(first.shown.papers), len(second.shown.papers)) == (PER_PAGE, 1)
    assert first.shown.n_pages == 2
    with pytest.raises(NotFoundError, match="2 is the last"):
        reading.edition(period, page=3)


@pytest.mark.parametrize(
    ("address", "held"),
    [
        ("2020-05-04", 1),
        ("2020/W19", 2),
        ("2020-05", 4),
        ("2020", 6),
        ("2020-05-06", 0),
    ],
)
def test_an_edition_holds_what_its_span_covers(reading, put, address, held):
    put("2020-05-04", "2020-05-10", "2020-05-11", "2020-05", "2020-06", "2020", "2021", None)
    assert reading.edition(parse_period(address)).total == held


@pytest.mark.parametrize(
    ("address", "before", "after"),
    [
        ("2020-05-04", "2020-01-31", "2020-08-01"),
        ("2020-05-05", "2020-05-04", "2020-08-01"),
        ("2020-05", "2020-03", "2020-07"),
        ("2020/W19", "2020/W05", "2020/W31"),
        ("2020", "2018", "2023"),
        ("2018", None, "2020"),
        ("2023", "2020", None),
    ],
)
def test_neighbours_are_the_nearest_that_have_papers(reading, put, address, before, after):
    put("2018", "2020-01-31", "2020-03", "2020-05-04", "2020-07", "2020-08-01", "2023-02-03")
    edition = reading.edition(parse_period(address))
    assert (edition.previous.address if edition.previous else None) == before
    assert (edition.next.address if edition.next else None) == after


def test_neighbours_cost_no_count_of_all_that_came_before_or_after(
    reading, store, put, monkeypatch
):
    put("2020-01-31", "2020-05-04", "2020-07-01")
    listed, listing = [], store.listing
    monkeypatch.setattr(
        store, "listing", lambda filters, **how: listed.append(filters) or listing(filters, **how)
    )
    assert reading.edition(parse_period("2020-05")).next.address == "2020-07"
    assert {(filters.since, filters.until) for filters in listed} == {("2020-05", "2020-05")}


def test_the_day_at_either_end_is_of_what_passes_and_dated(store, put):
    put("2020-05-04", "2021", category="cs.CL")
    put(None, "2019-01-01", category="math.GT")
    of_all, of_math = Filters(), Filters(categories=("math.GT",))
    assert store.end_day(of_all, newest=True) == "2021"
    assert store.end_day(of_all, newest=False) == "2019-01-01"
    assert store.end_day(of_math, newest=True) == "2019-01-01"
    assert store.end_day(Filters(since="2022"), newest=True) is None
    assert store.end_day(Filters(categories=("no.SUCH",)), newest=False) is None


def test_neighbours_of_a_categorys_edition_are_of_the_category(reading, put):
    put("2020-01-01", "2020-05-04", "2020-09-01", category="cs.CL")
    put("2020-03-01", "2020-07-01", category="math.GT")
    edition = reading.edition(parse_period("2020-05"), category="cs.CL")
    assert edition.previous.address == "2020-01"
    assert edition.next.address == "2020-09"
    assert edition.total == 1


def test_the_lead_is_the_first_with_a_text(reading, put):
    put("2026-11-20", text="Text.")
    put("2026-11-20", "2026-11-20", text="")
    edition = reading.edition(parse_period("2026-11-20"))
    assert edition.layout.lead.abstract == "Text."


def test_other_categories_stand_beside_the_lead(reading, put):
    put(*["2026-11-20"] * 4, category="cs.CL")
    for category in ("cs.LG", "math.GT"):
        put("2026-11-20", "2026-11-20", category=category)
    layout = reading.edition(parse_period("2026-11-20")).layout
    assert layout.lead.primary == "math.GT"
    assert [p.primary for p in layout.seconds] == ["cs.LG", "cs.CL", "math.GT", "cs.LG", "cs.CL"]
    assert [(s.name, len(s.papers)) for s in layout.sections] == [("Computation and Language", 2)]


def test_categories_of_one_paper_join_their_field(reading, put):
    put(*["2026-11-20"] * 9, category="cs.CL")
    for category in ("cs.LG", "hep-th", "nlin.CD"):
        put("2026-11-20", category=category, text="")
    sections = reading.edition(parse_period("2026-11-20")).layout.sections
    assert [(s.name, len(s.papers)) for s in sections] == [
        ("Computation and Language", 3),
        ("More Computer Science", 1),
        ("Physics", 2),
    ]


def test_an_edition_of_one_category_fills_the_top_with_what_comes_next(reading, put):
    put(*["2026-11-20"] * 12)
    layout = reading.edition(parse_period("2026-11-20")).layout
    assert len(layout.seconds) == 5
    assert [len(s.papers) for s in layout.sections] == [6]


def test_every_paper_has_exactly_one_place(reading, put):
    for category in ("cs.CL", "cs.LG", "math.GT", "x", ""):
        put(*["2026-11-20"] * 3, category=category)
    edition = reading.edition(parse_period("2026-11-20"))
    layout = edition.layout
    placed = [layout.lead, *layout.seconds, *(p for s in layout.sections for p in s.papers)]
    assert sorted(p.key for p in placed) == sorted(p.key for p in edition.shown.papers)


@pytest.mark.parametrize("ref", ["nope", "", "\0", "2401.00001", "10.1/x"])
def test_an_unknown_paper_is_not_found(reading, ref):
    with pytest.raises(NotFoundError, match="There is no paper"):
        reading.paper(ref)


def test_a_category_is_found_in_any_capitals_and_takes_what_is_in_it(reading, put):
    put("2020-05-04", category="cs.CL")
    put("2020-05-05", category="cs.LG")
    assert reading.category("CS.cl").code == "cs.CL"
    whole = reading.category("CS")
    assert (whole.code, whole.shown.total, len(whole.within)) == ("cs", 2, 2)
    assert whole.newest.address == "2020-05"
    with pytest.raises(NotFoundError):
        reading.category("c")


def test_an_author_is_found_by_any_spelling(reading, put):
    put("2020-05-04", "2020-05-05")
    assert reading.author("Ada LOVELACE").shown.total == 2
    with pytest.raises(NotFoundError):
        reading.author("Charles Babbage")


def test_the_calendar_counts_days_weeks_and_months(reading, put):
    put("2020-05-04", "2020-05-04", "2020-05", "2020", "2018-01-01")
    calendar = reading.calendar()
    assert [(y.year, y.papers) for y in calendar.years] == [(2020, 4), (2018, 1)]
    may = calendar.months[4]
    assert may.papers == 3
    assert [(w.period.address, w.papers) for w in may.weeks if w.papers] == [("2020/W19", 2)]


def test_a_new_paper_is_in_the_calendar_at_once(reading, put):
    put("2020-05-04")
    assert reading.calendar().year == 2020
    put("2021-01-01")
    assert reading.calendar().year == 2021


def test_the_revision_changes_with_a_paper(reading, put):
    before = reading.revision()
    put("2020-05-04")
    assert reading.revision() != before
