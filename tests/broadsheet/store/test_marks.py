"""Marks and acts: state and acts together, undone in order, one reader's never another's."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.importstate import Assigned
from broadsheet.model.marks import CHANGES, FIELDS, MOST_TAGS, Change, Mark, Opening
from broadsheet.model.paper import Record
from broadsheet.store import SqlAccounts, SqlMarks, open_store
from broadsheet.store.reader_schema import acts
from broadsheet.store.schema import papers

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
_names = itertools.count()


class Moment:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def moment() -> Moment:
    return Moment()


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory, moment: Moment) -> Iterator[SqlMarks]:
    store = open_store(folder=tmp_path_factory.mktemp("library"), clock=moment)
    with store.writing() as writing:
        writing.put(
            [
                Assigned(record=record, origin="o", fingerprint="f", line=n, paper=None, group=n)
                for n, record in enumerate(_records(6))
            ]
        )
    yield SqlMarks.beside(store)
    store.close()


def _records(n: int) -> list[Record]:
    return [Record(source="t", source_id=str(i), title=f"Paper {i}") for i in range(n)]


@pytest.fixture
def new_reader(marks: SqlMarks) -> Callable[[], int]:
    accounts = SqlAccounts.beside(marks)
    return lambda: accounts.add_reader(name=f"Reader {next(_names)}", role="reader").key


@pytest.fixture
def reader(new_reader: Callable[[], int]) -> int:
    return new_reader()


def _one(marks: SqlMarks, reader: int, paper: int = 1) -> Mark:
    return marks.of(reader, [paper]).get(paper, Mark())


def _live(marks: SqlMarks, reader: int) -> list[str]:
    with marks.reader.begin() as connection:
        chosen = select(acts.c.kind).where(acts.c.reader == reader, acts.c.undone_at == "")
        return list(connection.scalars(chosen.order_by(acts.c.id)))


def _seq(marks: SqlMarks, reader: int) -> int:
    found = SqlAccounts.beside(marks).by_key(reader)
    assert found is not None
    return found.seq


def test_voting_twice_is_one_act(marks: SqlMarks, reader: int) -> None:
    assert marks.change(reader, 1, ["up"]) == ("up",)
    seq = _seq(marks, reader)
    assert marks.change(reader, 1, ["up"]) == ()
    assert _seq(marks, reader) == seq == 1
    assert _live(marks, reader) == ["up"]
    assert _one(marks, reader).vote == 1


def test_an_act_in_the_place_of_another_alone_counts(marks: SqlMarks, reader: int) -> None:
    for change in ("up", "down", "unvote", "up"):
        marks.change(reader, 1, [change])  # type: ignore[list-item]
    assert _live(marks, reader) == ["up"]


def test_undoing_goes_back_step_by_step(marks: SqlMarks, reader: int, moment: Moment) -> None:
    marks.change(reader, 1, ["save"])
    first = _one(marks, reader).saved_at
    moment.now += timedelta(hours=1)
    marks.change(reader, 1, ["unsave"])
    marks.change(reader, 1, ["save"])
    assert _one(marks, reader).saved_at > first
    assert marks.undo(reader, 1, "save")
    assert not marks.undo(reader, 1, "save")  # what stands now is the taking off
    assert not _one(marks, reader).saved
    assert marks.undo(reader, 1, "unsave")
    assert _one(marks, reader).saved_at == first
    assert marks.undo(reader, 1, "save")
    assert not marks.undo(reader, 1, "save")
    assert _one(marks, reader) == Mark()
    assert _live(marks, reader) == []


def test_what_came_after_is_not_undone_with_it(marks: SqlMarks, reader: int) -> None:
    marks.change(reader, 1, ["up"])
    marks.change(reader, 1, ["down"])
    assert not marks.stands(reader, 1, "up")
    assert not marks.undo(reader, 1, "up")
    assert _one(marks, reader).vote == -1


def test_several_changes_are_one_step(marks: SqlMarks, reader: int) -> None:
    done = marks.change(reader, 1, ["up", "save", "unread"], note="*so*", tags=["b", "a"])
    assert done == ("up", "save")
    mark = _one(marks, reader)
    assert (mark.vote, mark.saved, mark.read, mark.note, mark.tags) == (
        *(1, True, False, "*so*"),
        ("a", "b"),
    )
    assert _seq(marks, reader) == 1


def test_readers_do_not_see_each_other(marks: SqlMarks, new_reader: Callable[[], int]) -> None:
    one, other = new_reader(), new_reader()
    marks.change(one, 1, ["up", "never"], note="mine", tags=["secret"])
    assert marks.of(other, [1]) == {}
    assert marks.tags(other) == []
    assert list(marks.never(other)) == []
    assert not marks.undo(other, 1, "up")
    assert not marks.stands(other, 1, "up")
    assert not marks.untag(other, 1, "secret")
    assert _one(marks, one).vote == 1
    assert list(marks.never(one)) == [1]


def test_a_paper_is_opened_once_a_day(marks: SqlMarks, reader: int, moment: Moment) -> None:
    assert marks.opened([Opening(reader, 1, 3)]) == 1
    assert marks.opened([Opening(reader, 1, 4)]) == 0
    assert marks.opened([Opening(reader, 2, 0), Opening(reader, 1, 5), Opening(reader, 2, 6)]) == 1
    assert marks.opened([]) == 0
    moment.now += timedelta(days=1)
    assert marks.opened([Opening(reader, 1, 0)]) == 1
    assert _live(marks, reader) == ["open"] * 3
    assert _seq(marks, reader) == 0  # nothing that is shown has changed


def test_what_is_gone_takes_no_other_opening_along(marks: SqlMarks, reader: int) -> None:
    gone = [Opening(reader + 99, 1, 0), Opening(reader, 10_000, 0)]
    assert marks.opened([*gone, Opening(reader, 1, 2)]) == 1
    assert _live(marks, reader) == ["open"]


def test_lists_are_newest_first_and_paged(marks: SqlMarks, reader: int, moment: Moment) -> None:
    for paper in (3, 1, 2):
        moment.now += timedelta(minutes=1)
        marks.change(reader, paper, ["save"])
    marks.change(reader, 4, ["save"])
    found = marks.listed(reader, "saved", limit=10)
    assert [item.key for item in found] == [4, 2, 1, 3]
    assert [p.key for p in marks.listed(reader, "saved", limit=2, offset=1)] == [2, 1]
    assert marks.count(reader, "saved") == 4
    with marks.reader.begin() as connection:
        fourth = connection.scalar(select(papers.c.id).where(papers.c.key == 4))
    after = f"{found[0].at} {fourth}"
    assert [p.key for p in marks.listed(reader, "saved", limit=2, after=after)] == [2, 1]


@pytest.mark.parametrize(("kind", "change"), [("read", "read"), ("voted", "down"), ("never",) * 2])
def test_each_list_holds_its_own(marks: SqlMarks, reader: int, kind, change) -> None:
    marks.change(reader, 2, [change])
    assert [p.key for p in marks.listed(reader, kind, limit=9)] == [2]
    assert marks.count(reader, kind) == 1
    assert marks.count(reader, "saved") == 0


def test_tags_are_counted_and_lead_to_papers(marks: SqlMarks, reader: int) -> None:
    assert marks.tag(reader, 1, "b")
    assert not marks.tag(reader, 1, "b")
    marks.tag(reader, 2, "b")
    marks.tag(reader, 2, "a")
    assert [(t.tag, t.papers) for t in marks.tags(reader)] == [("a", 1), ("b", 2)]
    assert [p.key for p in marks.tagged(reader, "b", limit=9)] == [2, 1]
    assert marks.untag(reader, 2, "b")
    assert _one(marks, reader, 2).tags == ("a",)


def test_too_many_tags_are_refused(marks: SqlMarks, reader: int) -> None:
    marks.change(reader, 1, tags=[f"tag {n}" for n in range(MOST_TAGS)])
    with pytest.raises(InvalidValueError, match="at most 50 tags"):
        marks.tag(reader, 1, "one more")


def test_pressed_by_many_threads_at_once_it_is_one_act(marks: SqlMarks, reader: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: marks.change(reader, 1, ["up"]), range(8)))
        opened = list(pool.map(lambda _: marks.opened([Opening(reader, 2, 1)]), range(8)))
    assert sorted(map(len, done)) == [0] * 7 + [1]
    assert sum(opened) == 1
    assert _live(marks, reader) == ["up", "open"]


class Model:
    """The plain model: a stack of changes for each paper and field."""

    def __init__(self) -> None:
        self.stacks: dict[tuple[int, str], list[Change]] = {}

    def value(self, paper: int, field: str) -> int:
        stack = self.stacks.get((paper, field), [])
        return FIELDS[stack[-1]][1] if stack else 0

    def change(self, paper: int, change: Change) -> bool:
        field, value = FIELDS[change]
        if self.value(paper, field) == value:
            return False
        self.stacks.setdefault((paper, field), []).append(change)
        return True

    def undo(self, paper: int, change: Change) -> bool:
        stack = self.stacks.get((paper, FIELDS[change][0]), [])
        if not stack or stack[-1] != change:
            return False
        stack.pop()
        return True


_STEPS = st.lists(
    st.tuples(st.booleans(), st.integers(1, 2), st.sampled_from(CHANGES)), max_size=25
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=_STEPS)
def test_any_acts_and_undos_leave_what_the_plain_model_says(
    marks: SqlMarks, new_reader: Callable[[], int], steps: list[tuple[bool, int, Change]]
) -> None:
    reader, model = new_reader(), Model()
    for is_undo, paper, change in steps:
        if is_undo:
            assert marks.undo(reader, paper, change) == model.undo(paper, change)
        else:
            assert bool(marks.change(reader, paper, [change])) == model.change(paper, change)
    found = marks.of(reader, [1, 2])
    for paper, (field, _) in itertools.product((1, 2), FIELDS.values()):
        assert found.get(paper, Mark()).value(field) == model.value(paper, field)
    standing = [stack[-1] for stack in model.stacks.values() if stack]
    assert sorted(_live(marks, reader)) == sorted(standing)
