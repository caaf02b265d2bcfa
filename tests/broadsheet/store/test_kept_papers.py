"""Papers that are kept between questions, and the snapshot that a page is made from."""

import threading
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed
from tests.broadsheet import statements

from broadsheet.model.query import Filters
from broadsheet.store import kept_papers
from broadsheet.store.marks import SqlMarks


def put(store, items):
    with store.writing() as writing:
        writing.put(items)


def test_a_paper_is_read_once_until_one_changes(store, assigned):
    put(store, assigned(3))
    first = store.papers([1, 2, 3])
    assert store.papers([3, 1]) == [first[2], first[0]]
    assert store.papers([3])[0] is first[2]
    assert store.paper("2301.00001") is first[1]
    put(store, assigned(1, first=3))
    assert store.papers([3])[0] is not first[2]
    assert store.papers([3])[0] == first[2]


@pytest.mark.parametrize("said", [{"url": "https://example.org/1"}, {"source_id": "other"}])
def test_what_a_record_shows_of_itself_changes_its_paper(store, assigned, said):
    (item,) = assigned(1)
    put(store, [item])
    (before,), seq = store.papers([1]), store.last_seq()
    again = replace(item, record=changed(item.record, raw_hash="new", **said), paper=1)
    put(store, [again])
    assert store.last_seq() > seq
    assert store.papers([1])[0].sources != before.sources
    after = store.last_seq()
    put(store, [again])
    assert store.last_seq() == after


def test_one_of_two_records_that_goes_changes_its_paper(store, assigned):
    (item,) = assigned(1)
    other = replace(item, record=changed(item.record, source_id="other", raw_hash="x"), group=0)
    put(store, [item, other])
    seq = store.last_seq()
    assert [ref.gone_at for ref in store.papers([1])[0].sources] == ["", ""]
    with store.writing() as writing:
        writing.mark_gone("arxiv", ["other"])
    assert store.last_seq() > seq
    assert [bool(ref.gone_at) for ref in store.papers([1])[0].sources] == [False, True]


def test_no_more_are_kept_than_there_is_room_for(store, assigned, monkeypatch):
    monkeypatch.setattr(kept_papers, "MOST", 2)
    put(store, assigned(5))
    assert [paper.key for paper in store.papers([1, 2, 3, 4, 5])] == [1, 2, 3, 4, 5]
    assert len(store._papers._kept) == 2


def test_all_questions_of_a_snapshot_see_one_state(store, assigned):
    put(store, assigned(2))
    beside = SqlMarks.beside(store)
    with store.snapshot():
        assert store.listing(Filters(), limit=5).total == 2
        put(store, assigned(1, first=2))
        with beside.snapshot():
            assert store.listing(Filters(), limit=5).total == 2
        assert len(store.papers([1, 2, 3])) == 2
        seen = []
        other = threading.Thread(target=lambda: seen.append(store.papers([1, 2, 3])))
        other.start()
        other.join()
        assert len(seen[0]) == 3
        assert len(store.papers([1, 2, 3])) == 2
    assert store.listing(Filters(), limit=5).total == 3
    assert len(store.papers([1, 2, 3])) == 3


def test_a_snapshot_is_asked_for_its_last_change_once(store, assigned):
    put(store, assigned(2))
    with statements.collected() as asked, store.snapshot():
        before = store.last_seq()
        first = list(asked)
        put(store, assigned(1, first=2))  # its own questions are not the snapshot's
        asked.clear()
        assert store.last_seq() == before
        assert len(store.papers([1, 2])) == 2
        asked += first
    assert len([statement for statement in asked if "FROM counters" in statement]) == 1
    assert store.last_seq() > before


def test_a_snapshot_ends_with_an_error(store, assigned):
    put(store, assigned(1))
    with pytest.raises(ZeroDivisionError), store.snapshot():
        1 / 0  # noqa: B018
    put(store, assigned(1, first=1))
    assert len(store.papers([1, 2])) == 2
