"""Records that their source has deleted are marked; a paper without any other one is hidden."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from broadsheet.model.errors import GoneError
from broadsheet.model.importing import Located
from broadsheet.model.paper import Record
from broadsheet.model.query import Filters
from broadsheet.services.reading import ReadingService
from broadsheet.services.taking import take
from broadsheet.store import open_store
from broadsheet.store.store import SqlStore

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PREPRINT = Record(
    source="arxiv",
    source_id="2101.00001",
    title="A look at compact codes",
    authors=("Ada Quill",),
    categories=("cs.CL",),
    submitted="2021-01-04",
    arxiv_id="2101.00001",
    raw_hash="1",
)
OTHER = replace(PREPRINT, source_id="2101.00002", arxiv_id="2101.00002", title="Whales")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with closing(open_store(folder=tmp_path, clock=lambda: NOW)) as store:
        yield store


def put(store: SqlStore, *records: Record, origin: str = "f") -> None:
    located = [Located(record=r, line=n, resume=n) for n, r in enumerate(records, 1)]
    with store.writing() as writing:
        take(writing, located, origin=origin, file=origin, fingerprint=f"{records}{origin}")


def mark(store: SqlStore, *names: str) -> None:
    with store.writing() as writing:
        writing.mark_gone("arxiv", names)


def kinds(store: SqlStore) -> list[tuple[str, str | None]]:
    return [(told.event.kind, told.event.at) for told in store.events(paper="2101.00001")]


def everywhere(store: SqlStore) -> list[int]:
    """How many papers each kind of list and count holds."""
    cs = Filters(categories=("cs.CL",))
    return [
        store.listing(Filters(), limit=9).total,
        len(store.listing(Filters(), limit=9).papers),
        store.listing(Filters(since="2021"), limit=9).total,
        store.listing(Filters(until="2022"), limit=9).total,
        store.listing(cs, limit=9).total,
        len(store.matching(Filters(authors=("ada-quill",)))),
        len(store.papers([1, 2])),
        len(store.papers_after(0, limit=9)),
        store.counts().papers,
        sum(c.papers for c in store.categories() if c.name == "cs.CL"),
        sum(c.papers for c in store.days(since="2021", until="2021")),
        sum(c.papers for c in store.sources()),
    ]


def test_a_paper_without_another_record_is_hidden_and_says_why(store: SqlStore) -> None:
    put(store, PREPRINT, OTHER)
    assert set(everywhere(store)) == {2}
    seq = store.last_seq()
    mark(store, "2101.00001")
    assert set(everywhere(store)) == {1}
    assert [(r.key, r.is_gone) for r in store.changes(after=seq, limit=9)] == [(1, True)]
    reading = ReadingService(reading=store, clock=lambda: NOW)
    with pytest.raises(GoneError, match=r"'A look at compact codes' .* since 2026-11-20\."):
        reading.paper("2101.00001")
    assert kinds(store) == [("new", "2021-01-04"), ("gone", "2026-11-20")]


def test_what_has_gone_once_is_told_once(store: SqlStore) -> None:
    put(store, PREPRINT)
    put(store, PREPRINT, origin="g")
    mark(store, "2101.00001", "2101.99999")
    mark(store, "2101.00001")
    assert [kind for kind, _ in kinds(store)] == ["new", "gone"]


@pytest.mark.parametrize("again", [PREPRINT, replace(PREPRINT, raw_hash="2", comment="Back.")])
def test_a_record_that_comes_again_is_back(store: SqlStore, again: Record) -> None:
    put(store, PREPRINT, OTHER)
    mark(store, "2101.00001")
    seq = store.last_seq()
    put(store, again)
    assert set(everywhere(store)) == {2}
    assert [(r.key, r.is_gone) for r in store.changes(after=seq, limit=9)] == [(1, False)]
    paper = store.paper("2101.00001")
    assert paper is not None
    assert [ref.gone_at for ref in paper.sources] == [""]
    assert [kind for kind, _ in kinds(store)] == ["new", "gone"]


def test_a_paper_with_another_record_stays_in_all_lists(store: SqlStore) -> None:
    put(store, PREPRINT, OTHER)
    put(store, replace(PREPRINT, source="acl", source_id="x", venue="ACL"))
    mark(store, "2101.00001")
    assert set(everywhere(store)[:-1]) == {2}
    paper = store.paper("2101.00001")
    assert paper is not None
    assert [(ref.source, ref.gone_at) for ref in paper.sources] == [
        ("arxiv", "2026-11-20T12:00:00+00:00"),
        ("acl", ""),
    ]
    assert not paper.is_gone


def test_a_hidden_paper_that_another_source_has_is_shown_again(store: SqlStore) -> None:
    put(store, PREPRINT, OTHER)
    mark(store, "2101.00001")
    put(store, replace(PREPRINT, source="hf_daily"))
    assert set(everywhere(store)[:-1]) == {2}
