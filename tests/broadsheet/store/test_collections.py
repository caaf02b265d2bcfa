"""Collections as their owner, those they are shared with, and strangers see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from broadsheet.model.collections import MOST_COLLECTIONS, Collection
from broadsheet.model.errors import InvalidValueError, NotAllowedError, NotFoundError
from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.store import SqlAccounts, SqlCollections, open_store


@dataclass
class People:
    owner: int
    mate: int
    mate_id: str
    stranger: int


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[SqlCollections]:
    store = open_store(folder=tmp_path)
    with store.writing() as writing:
        record = Record(source="t", source_id="1", title="A paper")
        writing.put(
            [Assigned(record=record, origin="o", fingerprint="f", line=1, paper=None, group=1)]
        )
    yield SqlCollections.beside(store)
    store.close()


@pytest.fixture
def people(kept: SqlCollections) -> People:
    accounts = SqlAccounts.beside(kept)
    ada, bo, eve = (accounts.add_reader(name=n, role="reader") for n in ("Ada", "Bo", "Eve"))
    return People(owner=ada.key, mate=bo.key, mate_id=bo.id, stranger=eve.key)


@pytest.fixture
def made(kept: SqlCollections, people: People) -> Collection:
    made = kept.add(people.owner, name="Whales", about="*All* of them", visibility="shared")
    kept.put(made.id, people.owner, 1)
    return made


def test_its_owner_sees_it_all(kept: SqlCollections, people: People, made: Collection) -> None:
    found = kept.one(made.id, people.owner)
    assert (found.name, found.about, found.papers) == ("Whales", "*All* of them", 1)
    assert (found.owner, found.access, found.is_owner) == ("Ada", "owner", True)
    assert [c.id for c in kept.of(people.owner)] == [made.id]
    assert [p.key for p in kept.papers(made.id, people.owner, limit=9)] == [1]
    assert len(made.id) >= 16


@pytest.mark.parametrize("visibility", ["private", "shared"])
def test_who_is_not_named_finds_nothing(kept, people, made, visibility) -> None:
    kept.change(made.id, people.owner, visibility=visibility)
    for other in (people.mate, people.stranger, None):
        for ask in (
            lambda who: kept.one(made.id, who),
            lambda who: kept.papers(made.id, who, limit=9),
            lambda who: kept.put(made.id, who, 1),
            lambda who: kept.take(made.id, who, 1),
            lambda who: kept.change(made.id, who, name="x"),
            lambda who: kept.remove(made.id, who),
            lambda who: kept.sharers(made.id, who),
            lambda who: kept.share(made.id, who, name="Eve", may_edit=True),
            lambda who: kept.unshare(made.id, who, sharer=people.mate_id),
        ):
            with pytest.raises(NotFoundError, match="no such collection"):
                ask(other)
    assert kept.of(people.mate) == []
    assert kept.holding(people.stranger, 1) == []


@pytest.mark.parametrize("may_edit", [True, False])
def test_who_is_named_sees_it_and_may_do_what_was_said(kept, people, made, may_edit) -> None:
    kept.share(made.id, people.owner, name="bo", may_edit=may_edit)
    assert kept.one(made.id, people.mate).may_edit is may_edit
    assert [c.id for c in kept.of(people.mate)] == [made.id]
    if may_edit:
        assert kept.take(made.id, people.mate, 1)
        assert [h.holds for h in kept.holding(people.mate, 1)] == [False]
    else:
        assert kept.holding(people.mate, 1) == []
        with pytest.raises(NotAllowedError, match="may edit"):
            kept.take(made.id, people.mate, 1)
    for ask in (
        lambda: kept.change(made.id, people.mate, name="x"),
        lambda: kept.remove(made.id, people.mate),
        lambda: kept.sharers(made.id, people.mate),
        lambda: kept.share(made.id, people.mate, name="Eve", may_edit=True),
    ):
        with pytest.raises(NotAllowedError, match="owner"):
            ask()
    with pytest.raises(NotFoundError):
        kept.one(made.id, people.stranger)


def test_a_private_one_is_closed_to_those_it_was_shared_with(kept, people, made) -> None:
    kept.share(made.id, people.owner, name="Bo", may_edit=True)
    kept.change(made.id, people.owner, visibility="private")
    with pytest.raises(NotFoundError):
        kept.one(made.id, people.mate)
    assert kept.of(people.mate) == []
    assert kept.holding(people.mate, 1) == []


def test_a_public_one_is_seen_by_all_and_changed_by_few(kept, people, made) -> None:
    kept.change(made.id, people.owner, visibility="public")
    for other in (None, people.stranger):
        assert kept.one(made.id, other).access == "view"
        assert len(kept.papers(made.id, other, limit=9)) == 1
        with pytest.raises(NotAllowedError):
            kept.put(made.id, other, 1)
    assert kept.of(people.stranger) == []


def test_a_reader_may_leave_but_not_send_another_away(kept, people, made) -> None:
    kept.share(made.id, people.owner, name="Bo", may_edit=True)
    kept.share(made.id, people.owner, name="Eve", may_edit=False)
    with pytest.raises(NotAllowedError):
        kept.unshare(made.id, people.stranger, sharer=people.mate_id)
    kept.unshare(made.id, people.mate, sharer=people.mate_id)
    assert [s.name for s in kept.sharers(made.id, people.owner)] == ["Eve"]


def test_nobody_unknown_and_not_oneself(kept, people, made) -> None:
    for name in ("Nobody", "Ada", ""):
        with pytest.raises(InvalidValueError, match="No other reader"):
            kept.share(made.id, people.owner, name=name, may_edit=False)


def test_removing_leaves_the_paper(kept, people, made) -> None:
    kept.share(made.id, people.owner, name="Bo", may_edit=True)
    kept.remove(made.id, people.owner)
    with pytest.raises(NotFoundError):
        kept.one(made.id, people.owner)
    again = kept.add(people.owner, name="Again", about="", visibility="private")
    assert kept.put(again.id, people.owner, 1)
    assert not kept.put(again.id, people.owner, 1)


def test_there_is_an_end_to_collections(kept, people, monkeypatch) -> None:
    monkeypatch.setattr("broadsheet.store.collections.MOST_COLLECTIONS", 1)
    assert MOST_COLLECTIONS > 1
    kept.add(people.owner, name="One", about="", visibility="private")
    with pytest.raises(InvalidValueError, match="at most 1"):
        kept.add(people.owner, name="Two", about="", visibility="private")
