"""Merges that say why, and can be undone."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from broadsheet.model.errors import InvalidValueError, NotFoundError
from broadsheet.model.importing import Located
from broadsheet.model.paper import Record
from broadsheet.model.query import Filters
from broadsheet.services.merges import MergeService
from broadsheet.services.taking import take
from broadsheet.store import open_store
from broadsheet.store.store import SqlStore

PREPRINT = Record(
    source="arxiv",
    source_id="2101.00001",
    title="A long title about compact codes",
    abstract="From arXiv.",
    authors=("Ada Quill",),
    submitted="2021-01-04",
    arxiv_id="2101.00001",
    doi="10.1/x",
    raw_hash="1",
)
TWIN = Record(
    source="acl",
    source_id="2021.x-1.1",
    title="A Long Title About Compact Codes",
    authors=("Ada Quill",),
    submitted="2021-08",
    venue="ACL 2021",
    doi="10.2/y",
    twins=("acl:2021.x-1.1",),
    raw_hash="2",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with closing(open_store(folder=tmp_path)) as store:
        yield store


def put(store: SqlStore, *records: Record, origin: str = "f") -> None:
    located = [Located(record=r, line=n, resume=n) for n, r in enumerate(records, 1)]
    with store.writing() as writing:
        take(writing, located, origin=origin, file=origin, fingerprint=origin)


def papers(store: SqlStore) -> dict[str, list[str]]:
    found = store.listing(Filters(), limit=100).papers
    return {paper.id: sorted(ref.source for ref in paper.sources) for paper in found}


@pytest.mark.parametrize(
    ("second", "rule", "evidence"),
    [
        (TWIN, "title", "same title, first author quill, years 2021 and 2021"),
        (replace(TWIN, title="Another", doi="10.1/x"), "doi", "10.1/x"),
        (replace(TWIN, title="Another", arxiv_id="2101.00001"), "arxiv", "2101.00001"),
        (replace(TWIN, abstract="From arXiv."), "text", "same title and same abstract"),
    ],
)
def test_a_merge_says_by_which_rule(
    store: SqlStore, second: Record, rule: str, evidence: str
) -> None:
    put(store, PREPRINT)
    put(store, second)
    (row,) = MergeService(store=store).of("2101.00001")
    assert (row.rule, row.evidence, row.source) == (rule, evidence, "acl")
    assert papers(store) == {"2101.00001": ["acl", "arxiv"]}


def test_a_twin_named_by_a_source_joins(store: SqlStore) -> None:
    put(store, TWIN)
    named = replace(PREPRINT, source="s2", source_id="7", title="Other", doi=None, arxiv_id=None)
    put(store, replace(named, twins=("s2:7", "acl:2021.x-1.1")))
    (row,) = MergeService(store=store).of(None)
    assert (row.rule, row.evidence) == ("acl", "2021.x-1.1")


def test_papers_of_their_own_are_no_merges(store: SqlStore) -> None:
    put(store, PREPRINT, replace(PREPRINT, source_id="2101.00002", arxiv_id="2101.00002", doi=None))
    put(store, replace(PREPRINT, raw_hash="3"))
    assert MergeService(store=store).of(None) == []


def test_undone_a_record_has_a_paper_of_its_own_for_good(store: SqlStore) -> None:
    put(store, PREPRINT, TWIN)
    service = MergeService(store=store)
    (row,) = service.of(None)
    done = service.undo(row.number)
    assert papers(store) == {"2101.00001": ["arxiv"], done.paper: ["acl"]}
    left = store.paper("2101.00001")
    assert left is not None
    assert (left.venue, left.title) == ("", PREPRINT.title)
    apart = store.paper("10.2/y")
    assert apart is not None
    assert (apart.id, apart.venue) == (done.paper, "ACL 2021")
    # Neither the same record again, changed, nor from another file joins it again.
    put(store, replace(TWIN, raw_hash="4", abstract="New."))
    put(store, replace(TWIN, raw_hash="5"), origin="g")
    assert papers(store) == {"2101.00001": ["arxiv"], done.paper: ["acl", "acl"]}
    (row,) = service.of(done.paper)
    assert row.undone_at


def test_both_papers_are_indexed_anew(store: SqlStore) -> None:
    put(store, PREPRINT, TWIN)
    seq = store.last_seq()
    MergeService(store=store).undo(1)
    assert {change.id for change in store.changes(after=seq, limit=9)} == set(papers(store))


def test_an_identifier_that_both_bear_stays_where_it_was(store: SqlStore) -> None:
    put(store, PREPRINT, replace(TWIN, doi="10.1/x"))
    done = MergeService(store=store).undo(1)
    found = store.paper("10.1/x")
    assert found is not None
    assert (found.id, done.left) == ("2101.00001", "2101.00001")


def test_what_cannot_be_undone_is_named(store: SqlStore) -> None:
    service = MergeService(store=store)
    with pytest.raises(NotFoundError, match="no merge 1"):
        service.undo(1)
    put(store, PREPRINT, TWIN)
    service.undo(1)
    with pytest.raises(InvalidValueError, match="was undone"):
        service.undo(1)
    with pytest.raises(NotFoundError):
        service.of("nothing")
