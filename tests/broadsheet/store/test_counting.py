"""The library's name, and the moment of its last change."""

from datetime import UTC, datetime
from pathlib import Path

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.store import SqlStore, open_store

FIRST = datetime(2026, 11, 20, 9, 30, 5, 999_999, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 10, tzinfo=UTC)


def put(store: SqlStore, title: str, *, paper: int | None) -> None:
    record = Record(source="s", source_id="1", title=title)
    with store.writing() as writing:
        writing.put(
            [Assigned(record=record, origin="o", fingerprint="f", line=1, paper=paper, group=1)]
        )


def test_the_last_change_has_a_number_and_its_second(tmp_path: Path) -> None:
    moments = [FIRST]
    store = open_store(folder=tmp_path, clock=lambda: moments[-1])
    assert store.last_change() == (0, None)
    put(store, "One", paper=None)
    assert store.last_change() == (1, FIRST.replace(microsecond=0))
    moments.append(LATER)
    put(store, "One", paper=1)
    assert store.last_change() == (1, FIRST.replace(microsecond=0))
    put(store, "Another title", paper=1)
    assert store.last_change() == (2, LATER)
    store.close()


def test_each_library_has_a_name_that_stays_when_it_is_moved(tmp_path: Path) -> None:
    store = open_store(folder=tmp_path / "one")
    name = store.library_name()
    store.close()
    (tmp_path / "one").rename(tmp_path / "two")
    again, other = open_store(folder=tmp_path / "two"), open_store(folder=tmp_path / "three")
    assert again.library_name() == name
    assert other.library_name() != name
    assert len(name) == 15
    again.close()
    other.close()
