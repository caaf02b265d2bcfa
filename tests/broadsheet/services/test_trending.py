"""Trending over a real library: from an act to a place, at a moment that the test sets."""

import threading
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import insert, update

from broadsheet.model.errors import (
    IndexBrokenError,
    NotFoundError,
    QueryError,
    SettingsError,
    StoreBusyError,
)
from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.model.query import Ranked
from broadsheet.model.reasons import Why
from broadsheet.model.trend_settings import TrendingSettings
from broadsheet.services import trending
from broadsheet.services.reading import ReadingService
from broadsheet.services.trend_choice import TrendChoice
from broadsheet.services.trend_example import example
from broadsheet.services.trend_fresh import FreshPapers
from broadsheet.services.trend_growth import AT_ONCE, Growth
from broadsheet.services.trend_window import SignalWindow
from broadsheet.services.trending import TrendingService
from broadsheet.store import SqlAccounts, SqlKept, SqlTrends, open_store
from broadsheet.store import schema as stored
from broadsheet.store.reader_schema import acts, readers

NOW = datetime(2026, 11, 20, 12, 1, tzinfo=UTC)


class Near:
    """A searcher for which everything is near everything."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.broken = False

    def similar(self, key, *, k, filters=None):
        if self.broken:
            raise IndexBrokenError("being made")
        self.asked.append(key)
        return [Ranked(key=n, score=1.0, why=Why()) for n in range(1, 31) if n != key]


class Library:
    """A store with thirty papers of one day and one old one, and hands to act in it."""

    def __init__(self, folder) -> None:
        self.now = NOW
        self.store = open_store(folder=folder, clock=lambda: self.now)
        with self.store.writing() as writing:
            writing.put([self.paper(n, "2026-11-19") for n in range(1, 31)])
            writing.put([self.paper(31, "2019-05-05")])
        for name in ("Ada", "Bob", "Cleo"):
            SqlAccounts.beside(self.store).add_reader(name=name, role="reader")
        with self.store.writer.begin() as connection:
            connection.execute(update(readers).values(created_at="2026-01-01T00:00:00+00:00"))
        self.inputs = SqlTrends.beside(self.store)
        self.near = Near()
        self.choice = TrendChoice(kept=SqlKept.beside(self.store), file=TrendingSettings())
        self.service = TrendingService(
            inputs=self.inputs,
            reading=ReadingService(reading=self.store, clock=lambda: self.now),
            choice=self.choice,
            growth=Growth(searcher=self.near, inputs=self.inputs),
            clock=lambda: self.now,
        )

    def paper(self, n: int, day: str) -> Assigned:
        record = Record(
            source="s",
            source_id=str(n),
            title=f"Paper {n}",
            abstract="Text.",
            categories=("math.CO",) if n % 10 == 0 else ("cs.LG",),
            submitted=day,
        )
        return Assigned(record=record, origin="o", fingerprint="f", line=n, paper=None, group=n)

    def act(self, paper: int, reader: int = 1, kind: str = "up") -> None:
        with self.store.writer.begin() as connection:
            connection.execute(
                insert(acts).values(
                    reader=reader,
                    paper=paper,
                    kind=kind,
                    place=0,
                    at=self.now.isoformat(timespec="seconds"),
                    undone_at="",
                )
            )

    def undo(self, paper: int) -> None:
        with self.store.writer.begin() as connection:
            connection.execute(update(acts).where(acts.c.paper == paper).values(undone_at="now"))
            connection.execute(update(readers).values(seq=readers.c.seq + 1))

    def shut_out(self, reader: int, disabled_at: str) -> None:
        with self.store.writer.begin() as connection:
            chosen = update(readers).where(readers.c.key == reader)
            connection.execute(chosen.values(disabled_at=disabled_at))

    def titles(self, **asked) -> list[str]:
        return [story.paper.title for story in self.service.page(**asked).stories]


@pytest.fixture
def library(tmp_path):
    made = Library(tmp_path)
    yield made
    made.store.close()


def test_a_vote_lifts_a_paper_at_once_and_undoing_it_takes_it_back(library):
    assert library.titles()[0] == "Paper 30"
    library.act(5)
    assert library.titles()[0] == "Paper 5"
    library.undo(5)
    assert library.titles()[0] == "Paper 30"


def test_the_line_says_what_lifted_it(library):
    for reader in (1, 2, 3):
        library.act(10, reader)
    line = str(library.service.page().stories[0].terms)
    assert line.startswith("+2.")
    assert "3 votes in 24 h" in line
    assert "times normal for math.CO; announced 1 day ago" in line


def test_votes_fade_with_the_clock(library):
    library.act(5)
    first = library.service.page().stories[0].terms.score
    library.now += timedelta(hours=36)
    second = library.service.page().stories[0].terms.score
    assert second == pytest.approx(first / 2, rel=0.05)


def test_within_five_minutes_a_ranking_is_made_once(library):
    library.act(5)
    first = library.service._ranking(TrendingSettings())
    library.now += timedelta(minutes=3)
    assert library.service._ranking(TrendingSettings()) is first
    library.now += timedelta(minutes=2)
    assert library.service._ranking(TrendingSettings()) is not first


def test_an_old_paper_with_a_vote_is_in_the_list_but_not_on_top(library):
    library.act(31)
    page = library.service.page()
    assert page.total == 31
    assert page.stories[0].paper.title == "Paper 31"  # alone: what is nearly nothing is more
    library.act(5, 2)
    assert library.titles()[0] == "Paper 5"


def test_a_category_and_a_window_narrow_it(library):
    library.act(5)
    library.act(31)
    assert library.titles(category="math") == ["Paper 30", "Paper 20", "Paper 10"]
    assert library.service.page(window="day").total == 30


def test_another_formula_may_be_asked_for(library):
    library.act(5)
    page = library.service.page(formula="votes")
    assert page.formula == "votes"
    assert page.stories[0].terms.score == 1.0


@pytest.mark.parametrize("asked", [{"window": "year"}, {"formula": "magic"}])
def test_unknown_windows_and_formulas_are_refused_with_those_there_are(library, asked):
    with pytest.raises(QueryError, match=r"day, week|surprise, hacker_news"):
        library.service.page(**asked)


@pytest.mark.parametrize("asked", [{"category": "q-bio"}, {"page": 2}])
def test_what_is_not_there_is_not_found(library, asked):
    with pytest.raises(NotFoundError):
        library.service.page(**asked)


def test_a_span_of_days_is_led_by_what_trends_or_by_nothing(library):
    assert library.service.leading("2026-11-19", "2026-11-20", 3) == []
    library.act(5)
    assert library.service.leading("2026-11-19", "2026-11-20", 3) == [5, 30, 29]
    assert library.service.leading("2026-11-20", "2026-11-20", 3) == []


def test_a_choice_stands_over_the_file_for_what_it_names(library):
    library.choice.file = TrendingSettings(half_life_h=12)
    library.choice.choose({"weights": {"up": 3.0}, "half_life_h": 12})
    chosen = library.choice.in_force()
    assert (chosen.weights.up, chosen.weights.save, chosen.half_life_h) == (3.0, 0.8, 12)
    library.choice.file = TrendingSettings(half_life_h=24)
    assert library.choice.in_force().half_life_h == 24
    assert library.choice.in_force().weights.up == 3.0
    library.choice.forget()
    assert library.choice.in_force() == TrendingSettings(half_life_h=24)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"half_live_h": 3}, "half_live_h: Extra inputs"),
        ({"half_life_h": 0.5}, "half_life_h: .* greater than or equal to 1"),
        ({"weights": {"likes": 1}}, "weights.likes: Extra inputs"),
        ({"formula": "magic"}, "formula: .*'surprise'"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_with_the_sentence(library, values, said):
    with pytest.raises(SettingsError, match=said):
        library.choice.choose(values)
    assert not library.choice.is_chosen()


def test_a_choice_of_another_version_is_passed_over(library):
    library.choice.kept.keep("trending", {"weights": {"gone": 1}})
    assert library.choice.in_force() == TrendingSettings()


def test_a_preview_changes_nothing(library):
    library.act(5)
    library.act(6, 2, "save")
    strong = TrendingSettings.model_validate({"weights": {"save": 9}})
    assert library.service.preview(strong)[0].paper.title == "Paper 6"
    assert library.titles()[0] == "Paper 5"


def test_growth_is_looked_at_in_parts_and_remembered(library):
    library.choice.choose({"content_weight": 1.0})
    stories = library.service.page().stories
    assert len(library.near.asked) == AT_ONCE
    assert stories[0].terms.content == pytest.approx(29.0)
    library.act(5)
    library.service.page()
    assert sorted(library.near.asked) == list(range(1, 31))


def test_growth_waits_while_the_index_is_being_made(library):
    library.near.broken = True
    library.choice.choose({"content_weight": 1.0})
    assert library.service.page().stories[0].terms.content is None


def test_the_worked_example_is_made_of_its_terms():
    terms = example(TrendingSettings())
    assert [(part.kind, part.number) for part in terms.parts] == [
        ("up", 8),
        ("save", 2),
        ("open", 2),
    ]
    assert terms.x == pytest.approx(sum(part.sum for part in terms.parts))
    assert terms.score == pytest.approx((terms.x - terms.mean) / (terms.mean + 1) ** 0.5)
    assert str(terms).startswith("+6.")


def test_what_has_changed_is_read_as_if_all_were_read_anew(library):
    rng = np.random.default_rng(7)
    window = SignalWindow(inputs=library.inputs)
    fresh = date(2026, 11, 1)
    for step in range(25):
        paper, reader = int(rng.integers(1, 31)), int(rng.integers(1, 4))
        if step % 5 == 3:
            library.undo(paper)
        elif step in (11, 19):
            library.shut_out(3, "now" if step == 11 else "")
        else:
            library.act(paper, reader, "save" if step % 2 else "up")
        read = window.read(TrendingSettings(), moment=NOW, fresh=fresh)
        whole = SignalWindow(inputs=library.inputs).read(
            TrendingSettings(), moment=NOW, fresh=fresh
        )
        assert rows_of(read) == rows_of(whole)


def rows_of(signals) -> list[tuple[float, ...]]:
    columns = (signals.paper, signals.kind, signals.at, signals.reader, signals.joined)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def test_papers_that_come_and_move_are_read_as_if_all_were_read_anew(library):
    span = {"since": date(2026, 11, 1), "until": date(2026, 11, 20)}
    papers = FreshPapers(inputs=library.inputs)
    days = ["2026-11-20", "2026-12-24", "2026-11-02", "2020-01-01"]
    for n, day in enumerate(days, start=40):
        papers.table(**span, seq=library.store.last_seq())
        with library.store.writing() as writing:
            writing.put([library.paper(n, day)])
        with library.store.writer.begin() as connection:
            moved = update(stored.papers).where(stored.papers.c.key == n - 38)
            seq = library.store.last_seq()
            connection.execute(moved.values(day=20200101 + n, seq=seq + 1_000))
            connection.execute(update(stored.counters).values(value=seq + 1_000))
        table = papers.table(**span, seq=library.store.last_seq())
        whole = FreshPapers(inputs=library.inputs).table(**span, seq=library.store.last_seq())
        assert table.keys.tolist() == whole.keys.tolist()
    assert len(whole.keys) == 30 - 4 + 2


def test_after_a_vote_only_what_is_new_is_read(library):
    for paper in range(1, 20):
        library.act(paper)
    first = library.inputs.signals(kinds=("up",), since=NOW - timedelta(days=9), fresh=NOW.date())
    library.act(25, 2)
    more = library.inputs.signals(
        kinds=("up",), since=NOW - timedelta(days=9), fresh=NOW.date(), mark=first.mark
    )
    assert len(first.signals.paper) == 19
    assert more.signals.paper.tolist() == [25]
    assert more.again == ()


def test_among_many_readers_what_comes_meanwhile_waits_to_be_counted(library, monkeypatch):
    now_s = 100.0
    monkeypatch.setattr(trending, "monotonic", lambda: now_s)
    library.service.hold_s = 10.0
    library.act(3)
    first, revision = library.titles(), library.service.revision()
    assert first[0] == "Paper 3"
    library.act(4, reader=1)
    library.act(4, reader=2)
    now_s = 109.9
    assert library.titles() == first
    assert library.service.revision() == revision
    now_s = 110.0
    assert library.titles() == first
    beside = [thread for thread in threading.enumerate() if thread.name == "trending"]
    for thread in beside:
        thread.join()
    assert library.titles()[0] == "Paper 4"
    assert library.service.revision() != revision
    kept, now_s = library.service.revision(), 125.0
    assert library.service.revision() == kept
    assert not [thread for thread in threading.enumerate() if thread.name == "trending"]


def test_while_the_next_ranking_is_made_the_last_is_given_out(library, monkeypatch):
    now_s, go_on, begun = 0.0, threading.Event(), threading.Event()
    monkeypatch.setattr(trending, "monotonic", lambda: now_s)
    library.service.hold_s = 10.0
    library.act(3)
    first, make = library.titles(), library.service._make

    def slowly(*args, **kwargs):
        begun.set()
        go_on.wait(20)
        return make(*args, **kwargs)

    monkeypatch.setattr(library.service, "_make", slowly)
    library.act(4, reader=1)
    library.act(4, reader=2)
    now_s = 10.0
    assert library.titles() == first
    assert begun.wait(20)
    now_s = 30.0
    assert library.titles() == first
    (beside,) = [thread for thread in threading.enumerate() if thread.name == "trending"]
    go_on.set()
    beside.join()
    assert library.titles()[0] == "Paper 4"


def test_a_ranking_that_cannot_be_made_leaves_the_last(library, monkeypatch, caplog):
    now_s = 0.0
    monkeypatch.setattr(trending, "monotonic", lambda: now_s)
    library.service.hold_s = 10.0
    library.act(3)
    first, make = library.titles(), library.service._make

    def busy(*args, **kwargs):
        raise StoreBusyError("another process writes")

    monkeypatch.setattr(library.service, "_make", busy)
    library.act(4, reader=1)
    library.act(4, reader=2)
    for moment, made in ((10.0, busy), (20.0, make)):
        now_s = moment
        monkeypatch.setattr(library.service, "_make", made)
        assert library.titles() == first
        for thread in [one for one in threading.enumerate() if one.name == "trending"]:
            thread.join()
    assert "another process writes" in caplog.text
    assert library.titles()[0] == "Paper 4"
