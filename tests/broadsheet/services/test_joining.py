"""Two papers that a later record names together become one, and can be taken apart again."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.importing import Located
from broadsheet.model.paper import Record
from broadsheet.model.query import Filters
from broadsheet.services.merges import MergeService
from broadsheet.services.taking import take
from broadsheet.store import open_store
from broadsheet.store.store import SqlStore

PUBLISHED = Record(
    source="crossref",
    source_id="10.1/x",
    title="Compact codes, revised for a journal",
    authors=("Ada Quill",),
    submitted="2021",
    venue="Journal of Codes",
    doi="10.1/x",
    raw_hash="1",
)
PREPRINT = Record(
    source="arxiv",
    source_id="2101.00001",
    title="A first look at compact codes",
    abstract="From arXiv.",
    authors=("Ada Quill",),
    categories=("cs.CL",),
    submitted="2021-01-04",
    arxiv_id="2101.00001",
    raw_hash="2",
)
BOTH = Record(
    source="openalex",
    source_id="W1",
    title="Compact codes, revised for a journal",
    authors=("A. Quill",),
    doi="10.1/x",
    arxiv_id="2101.00001",
    raw_hash="3",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with closing(open_store(folder=tmp_path)) as store:
        yield store


def put(store: SqlStore, *records: Record, origin: str = "f") -> None:
    located = [Located(record=r, line=n, resume=n) for n, r in enumerate(records, 1)]
    with store.writing() as writing:
        take(writing, located, origin=origin, file=origin, fingerprint=f"{records}")


def papers(store: SqlStore) -> dict[str, list[str]]:
    found = store.listing(Filters(), limit=100).papers
    return {paper.id: sorted(ref.source for ref in paper.sources) for paper in found}


def kinds(store: SqlStore, paper: str) -> list[str]:
    return [told.event.kind for told in store.events(paper=paper)]


def address(store: SqlStore, name: str) -> str:
    found = store.paper(name)
    assert found is not None
    return found.id


def test_papers_that_a_record_names_together_become_the_older_one(store: SqlStore) -> None:
    put(store, PUBLISHED)
    old = address(store, "10.1/x")
    put(store, PREPRINT)
    assert len(papers(store)) == 2
    put(store, BOTH)
    assert papers(store) == {old: ["arxiv", "crossref", "openalex"]}
    paper = store.paper(old)
    assert paper is not None
    assert (paper.arxiv_id, paper.doi, paper.abstract) == ("2101.00001", "10.1/x", "From arXiv.")
    # The other's address, its arXiv id, leads there; its events are there.
    assert store.forward("2101.00001") == old
    assert address(store, "2101.00001") == old
    assert kinds(store, old) == ["new", "new"]
    assert store.listing(Filters(categories=("cs.CL",)), limit=9).total == 1
    assert store.problems() == []


def test_a_joined_paper_says_why(store: SqlStore) -> None:
    put(store, PUBLISHED)
    put(store, PREPRINT)
    put(store, BOTH)
    joined = [row for row in MergeService(store=store).of("10.1/x") if row.joined]
    (row,) = joined
    assert (row.joined, row.rule) == ("2101.00001", "both")
    assert row.evidence == "openalex:W1 names arxiv:2101.00001 and doi:10.1/x"


def test_one_batch_and_single_records_come_to_the_same(store: SqlStore) -> None:
    put(store, PUBLISHED, PREPRINT, BOTH)
    assert list(papers(store).values()) == [["arxiv", "crossref", "openalex"]]


def test_a_record_that_changes_to_name_both_joins_them(store: SqlStore) -> None:
    put(store, PREPRINT)
    put(store, PUBLISHED)
    put(store, replace(PREPRINT, doi="10.1/x", raw_hash="9"))
    assert papers(store) == {"2101.00001": ["arxiv", "crossref"]}
    paper = store.paper("2101.00001")
    assert paper is not None
    assert paper.venue == "Journal of Codes"
    assert kinds(store, "2101.00001") == ["new", "new", "published"]


def test_what_comes_later_is_of_the_paper_that_is_left(store: SqlStore) -> None:
    put(store, PUBLISHED, PREPRINT, BOTH)
    put(store, replace(PREPRINT, title="A second look at compact codes", raw_hash="8"))
    put(store, replace(PREPRINT, source="hf_daily"))
    assert list(papers(store).values()) == [["arxiv", "crossref", "hf_daily", "openalex"]]


@pytest.mark.parametrize(
    "other",
    [
        replace(PUBLISHED, arxiv_id="2101.99999"),  # another arXiv id
        replace(PUBLISHED, title="On whales", authors=("Bo Ek",)),  # nothing alike
    ],
)
def test_papers_that_contradict_each_other_stay_two(store: SqlStore, other: Record) -> None:
    put(store, other)
    put(store, PREPRINT)
    put(store, replace(BOTH, title="On whales", authors=("Cy Dot",)))
    assert len(papers(store)) == 2
    assert not [row for row in store.merges() if row.joined]


def test_two_dois_that_the_record_does_not_name_stay_two_papers(store: SqlStore) -> None:
    put(store, replace(PREPRINT, doi="10.2/preprint"))
    put(store, replace(PUBLISHED, twins=("acl:2021.x-1.1",)))
    named = replace(BOTH, doi=None, twins=("acl:2021.x-1.1",))
    put(store, named)
    assert len(papers(store)) == 2
    # Whoever names one of them says that it is the same work.
    put(store, replace(named, doi="10.1/x", raw_hash="9"))
    assert len(papers(store)) == 1


def test_undone_there_are_two_again_at_their_addresses_for_good(store: SqlStore) -> None:
    put(store, PUBLISHED)
    old = address(store, "10.1/x")
    put(store, PREPRINT)
    put(store, BOTH)
    put(store, replace(PREPRINT, source="hf_daily", raw_hash="7"))  # since, and names it alone
    service = MergeService(store=store)
    (row,) = [row for row in service.of(None) if row.joined]
    done = service.undo(row.number)
    assert (done.left, done.paper) == (old, "2101.00001")
    assert papers(store) == {
        old: ["crossref"],
        "2101.00001": ["arxiv", "hf_daily", "openalex"],
    }
    assert (address(store, "10.1/x"), address(store, "2101.00001")) == (old, "2101.00001")
    assert store.forward("2101.00001") is None
    assert (kinds(store, old), kinds(store, "2101.00001")) == (["new"], ["new"])
    # No record that names both joins them again.
    put(store, replace(BOTH, raw_hash="5"))
    put(store, replace(BOTH, source="s2", raw_hash="6"))
    assert len(papers(store)) == 2
    with pytest.raises(InvalidValueError, match="was undone"):
        service.undo(row.number)
    assert store.problems() == []


def test_what_the_joining_told_is_taken_back_with_it(store: SqlStore) -> None:
    put(store, PREPRINT)
    put(store, PUBLISHED)
    put(store, replace(PREPRINT, doi="10.1/x", raw_hash="9"))
    service = MergeService(store=store)
    (row,) = [row for row in service.of(None) if row.joined]
    service.undo(row.number)
    assert kinds(store, "2101.00001") == ["new"]


def test_a_chain_is_taken_apart_in_any_order(store: SqlStore) -> None:
    third = replace(PUBLISHED, source="acl", source_id="2021.x-1.1", doi=None, raw_hash="4")
    put(store, replace(third, title="Compact Codes at ACL", twins=("acl:2021.x-1.1",)))
    put(store, PUBLISHED)
    put(store, PREPRINT)
    put(store, BOTH)  # the third is joined to the second
    put(store, replace(BOTH, source="s2", arxiv_id=None, twins=("acl:2021.x-1.1",)))
    assert len(papers(store)) == 1
    service = MergeService(store=store)
    first, second = [row for row in service.of(None) if row.joined]
    assert store.forward(first.joined) == store.forward(second.joined) != None  # noqa: E711
    service.undo(first.number)
    assert store.forward(second.joined) is not None
    service.undo(second.number)
    assert sorted(papers(store).values()) == [["acl"], ["arxiv", "openalex"], ["crossref", "s2"]]
    assert store.problems() == []


def test_indexes_are_told_what_is_gone_and_what_is_back(store: SqlStore) -> None:
    put(store, PUBLISHED)
    put(store, PREPRINT)
    seq = store.last_seq()
    put(store, BOTH)
    told = store.changes(after=seq, limit=9)
    assert [(row.key, row.is_gone) for row in told][-2:] == [(2, True), (1, False)]
    assert [row.seq for row in told] == sorted({row.seq for row in told})
    assert told[-1].seq == store.last_seq()
    assert store.changes(after=seq, limit=1) == told[:1]
    seq = store.last_seq()
    MergeService(store=store).undo(next(r.number for r in store.merges() if r.joined))
    assert {(row.key, row.is_gone) for row in store.changes(after=seq, limit=9)} == {
        (1, False),
        (2, False),
    }


def test_a_joined_papers_number_and_address_are_given_to_no_other(store: SqlStore) -> None:
    put(store, PUBLISHED)
    put(store, replace(PREPRINT, arxiv_id=None, doi="10.9/z"))
    gone = address(store, "10.9/z")
    put(store, replace(PUBLISHED, twins=("doi:10.9/z",), raw_hash="9"))
    assert store.forward(gone) is not None
    put(store, replace(PREPRINT, source_id="n", arxiv_id=None, authors=("Cy Dot",), abstract=""))
    (other,) = store.papers_after(1, limit=9)
    assert (other.key, other.id) == (3, f"{gone}-3")
