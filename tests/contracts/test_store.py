"""What every store must do, over every backend."""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broadsheet.model.importing import Reject
from broadsheet.model.importstate import Assigned, FileState
from broadsheet.model.library import Count
from broadsheet.model.paper import Author, Record, Version
from broadsheet.model.ports import Store
from broadsheet.model.query import Filters
from broadsheet.store import open_store

MOMENT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture(params=["sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(folder=tmp_path / "library", clock=lambda: MOMENT)
    yield opened
    opened.close()


def record(source_id: str, **fields: object) -> Record:
    values: dict[str, object] = {
        "source": "arxiv",
        "source_id": source_id,
        "title": f"Paper {source_id}",
        "arxiv_id": source_id if "." in source_id else None,
        "raw_hash": f"hash of {source_id}",
    }
    return Record(**(values | fields))  # type: ignore[arg-type]


def put(store: Store, records: Sequence[Record], *, origin: str = "a.jsonl", **to: int) -> int:
    """Put records in, each as a paper of its own unless `paper` names one."""
    with store.writing() as writing:
        return writing.put(
            [
                Assigned(
                    record=r,
                    origin=origin,
                    fingerprint=f"content of {origin}",
                    line=line,
                    paper=to.get("paper"),
                    group=line,
                )
                for line, r in enumerate(records, start=1)
            ]
        )


def ids(store: Store, **filters: object) -> list[str]:
    listing = store.listing(Filters(**filters), limit=100)  # type: ignore[arg-type]
    assert listing.total == len(listing.papers)
    keys = store.matching(Filters(**filters))  # type: ignore[arg-type]
    assert sorted(p.key for p in listing.papers) == list(keys)
    return [paper.id for paper in listing.papers]


def test_a_paper_comes_back_as_it_was_put(store: Store) -> None:
    said = record(
        "2301.00001",
        title="On Things",
        abstract="We study things.",
        summary="Things.",
        authors=("Jürgen Müller", "A. Third"),
        categories=("cs.CL", "stat.ML"),
        submitted="2023-01-01",
        updated="2023-02-03",
        venue="ACL 2023",
        comment="8 pages",
        journal_ref="J. Things 1",
        licence="CC0",
        url="https://arxiv.org/abs/2301.00001",
        doi="10.1/things",
        versions=(Version(number=1, date="2023-01-01"), Version(number=2)),
    )
    assert put(store, [said]) == 1
    paper = store.paper("2301.00001")
    assert paper is not None
    assert (paper.title, paper.abstract, paper.summary) == (
        "On Things",
        "We study things.",
        "Things.",
    )
    assert paper.authors == (
        Author(name="Jürgen Müller", key="jurgen-muller"),
        Author(name="A. Third", key="a-third"),
    )
    assert paper.categories == ("cs.CL", "stat.ML")
    assert (paper.day, paper.submitted, paper.updated) == ("2023-01-01", "2023-01-01", "2023-02-03")
    assert (paper.venue, paper.comment, paper.journal_ref) == ("ACL 2023", "8 pages", "J. Things 1")
    assert (paper.licence, paper.arxiv_id, paper.doi) == ("CC0", "2301.00001", "10.1/things")
    assert paper.versions == said.versions
    (source,) = paper.sources
    assert (source.source, source.source_id, source.origin) == ("arxiv", "2301.00001", "a.jsonl")
    assert (source.url, source.first_seen) == (said.url, "2026-11-22T09:30:00+00:00")


def test_a_paper_is_found_by_its_id_its_arxiv_id_and_its_doi(store: Store) -> None:
    put(store, [record("x", title="One Long Enough Title", doi="10.1/x")])
    (key,) = store.matching(Filters())
    put(store, [record("2301.00009", title="One Long Enough Title")], paper=key)
    by_arxiv = store.paper("2301.00009")
    by_doi = store.paper("10.1/x")
    assert by_arxiv is not None
    assert by_arxiv == by_doi == store.paper(by_arxiv.id)
    assert by_arxiv.id.startswith("one-long-enough-title-")
    assert store.paper("no such paper") is None


def test_papers_come_in_the_order_asked_for_and_absent_ones_are_left_out(store: Store) -> None:
    put(store, [record("2301.00001"), record("2301.00002")])
    assert [p.id for p in store.papers([2, 99, 1])] == ["2301.00002", "2301.00001"]
    assert store.papers([]) == []


def test_the_library_is_walked_through_by_key(store: Store) -> None:
    put(store, [record(f"2301.0000{i}") for i in range(1, 6)])
    first = store.papers_after(0, limit=3)
    assert [p.key for p in first] == [1, 2, 3]
    assert [p.id for p in store.papers_after(3, limit=3)] == ["2301.00004", "2301.00005"]
    assert store.papers_after(5, limit=3) == []


def test_twins_are_what_records_name_besides_its_own_ids(store: Store) -> None:
    twins = ("acl:P18-1001", "doi:10.1/x")
    put(store, [record("2301.00001", doi="10.1/x", twins=twins), record("bare")])
    other = record("W1", source="openalex", doi="10.1/y", twins=("openalex:W1", "arxiv:2301.00001"))
    put(store, [other], paper=1)
    named, bare = store.papers([1, 2])
    assert (named.arxiv_id, named.doi) == ("2301.00001", "10.1/x")
    assert named.twins == ("acl:P18-1001", "doi:10.1/y", "openalex:W1")
    assert bare.twins == ()


def test_lists_are_newest_first_and_ties_go_to_the_later_paper(store: Store) -> None:
    days = ["2023-05-01", "2023-05", "2023-05-02", None, "2023-05-01"]
    put(store, [record(f"2301.0000{i}", submitted=day) for i, day in enumerate(days)])
    expected = ["2301.00002", "2301.00004", "2301.00000", "2301.00001", "2301.00003"]
    assert ids(store) == expected
    page = store.listing(Filters(), limit=2, offset=1)
    assert ([p.id for p in page.papers], page.total) == (expected[1:3], 5)
    assert store.listing(Filters(), limit=2, offset=9).papers == ()


def test_categories_are_found_by_code_by_archive_and_by_cross_list(store: Store) -> None:
    put(
        store,
        [
            record("2301.00001", categories=("cs.CL",), submitted="2023-01-03"),
            record("2301.00002", categories=("math.CO", "cs.DM"), submitted="2023-01-02"),
            record("2301.00003", categories=("eess.SY",), submitted="2023-01-01"),
            record("2301.00004", categories=("math-ph",)),
        ],
    )
    assert ids(store, categories=("cs.CL",)) == ["2301.00001"]
    assert ids(store, categories=("cs",)) == ["2301.00001", "2301.00002", "2301.00003"]
    assert ids(store, categories=("cs.SY",)) == ["2301.00003"]
    assert ids(store, categories=("math",)) == ["2301.00002", "2301.00004"]
    assert ids(store, categories=("cs.DM", "math.CO")) == ["2301.00002"]
    assert ids(store, categories=("c",)) == []


def test_dates_bound_from_both_sides_as_exactly_as_they_are_given(store: Store) -> None:
    for number, day in enumerate(["2023-12-31", "2024", "2024-06", "2024-06-30", "2024-07-01"]):
        put(store, [record(f"2301.0000{number}", submitted=day)])
    put(store, [record("2301.00009")])
    assert ids(store, since="2024", until="2024") == [
        "2301.00004",
        "2301.00003",
        "2301.00002",
        "2301.00001",
    ]
    assert ids(store, since="2024-06", until="2024-06") == ["2301.00003", "2301.00002"]
    assert ids(store, until="2023") == ["2301.00000"]


def test_venues_are_found_without_case_and_without_their_year(store: Store) -> None:
    put(store, [record("2301.00001", venue="NeurIPS 2023"), record("2301.00002", venue="Nature")])
    put(store, [record("2301.00003", venue="NeurIPS Workshop 2023")])
    assert ids(store, venues=("neurips",)) == ["2301.00001"]
    assert ids(store, venues=("NEURIPS 2023",)) == ["2301.00001"]
    assert ids(store, venues=("neurips 2022",)) == []
    assert sorted(ids(store, venues=("nature", "NeurIPS"))) == ["2301.00001", "2301.00002"]


def test_filters_of_several_fields_must_all_pass(store: Store) -> None:
    put(
        store,
        [
            record("2301.00001", authors=("Ada L",), categories=("cs.CL",), submitted="2023-02"),
            record("2301.00002", authors=("Ada L",), categories=("cs.LG",), submitted="2023-03"),
            record("2301.00003", authors=("Bob M",), categories=("cs.CL",), source="other"),
        ],
    )
    assert ids(store, authors=("ada-l",)) == ["2301.00002", "2301.00001"]
    assert ids(store, authors=("ada-l",), categories=("cs.CL",)) == ["2301.00001"]
    assert ids(store, authors=("ada-l", "bob-m"), categories=("cs.CL",), since="2023") == [
        "2301.00001"
    ]
    assert ids(store, sources=("other",)) == ["2301.00003"]
    assert ids(store, sources=("arxiv",), until="2023-02") == ["2301.00001"]


def test_days_are_whole_days_only(store: Store) -> None:
    for number, day in enumerate(["2023-05-01", "2023-05-01", "2023-06", "2023-07-02", "2024"]):
        put(store, [record(f"2301.0000{number}", submitted=day)])
    assert store.newest_day(until="2030-01-01") == "2023-07-02"
    assert store.newest_day(until="2023-06-30") == "2023-05-01"
    assert store.newest_day(until="2023-04-30") is None
    assert store.next_day(after="2023-05-01") == "2023-07-02"
    assert store.next_day(after="2023-07-02") is None
    assert store.days(since="2023", until="2023-12-31") == [
        Count(name="2023-07-02", papers=1),
        Count(name="2023-05-01", papers=2),
    ]


def test_announced_is_the_day_before_submitted(store: Store) -> None:
    put(store, [record("2301.00001", submitted="2023-01-01", announced="2023-01-03")])
    assert store.days(since="2023", until="2023") == [Count(name="2023-01-03", papers=1)]


def test_counts_of_categories_venues_and_sources(store: Store) -> None:
    put(
        store,
        [
            record("2301.00001", categories=("cs.CL", "cs.LG"), venue="ACL 2023"),
            record("2301.00002", categories=("cs.CL",), venue="ACL 2023", source="acl"),
            record("2301.00003", venue="Nature"),
        ],
    )
    assert store.categories() == [Count(name="cs.CL", papers=2), Count(name="cs.LG", papers=1)]
    assert store.venues(limit=1) == [Count(name="ACL 2023", papers=2)]
    assert store.sources() == [Count(name="arxiv", papers=2), Count(name="acl", papers=1)]
    put(store, [record("2301.00004", categories=("cs.LG",))])
    assert store.categories() == [Count(name="cs.CL", papers=2), Count(name="cs.LG", papers=2)]


def test_an_author_has_the_commonest_spelling_and_those_written_with(store: Store) -> None:
    put(
        store,
        [
            record("2301.00001", authors=("Jurgen Muller", "Ada L")),
            record("2301.00002", authors=("Jürgen Müller", "Bob M", "Ada L")),
            record("2301.00003", authors=("Jürgen Müller",)),
        ],
    )
    entry = store.author("jurgen-muller")
    assert entry is not None
    assert (entry.author.name, entry.papers) == ("Jürgen Müller", 3)
    assert [(a.key, n) for a, n in entry.coauthors] == [("ada-l", 2), ("bob-m", 1)]
    assert store.author("nobody") is None


def test_seq_grows_with_every_change_that_an_index_or_a_page_must_see(store: Store) -> None:
    put(store, [record("2301.00001"), record("2301.00002")])
    assert [(r.key, r.seq) for r in store.changes(after=0, limit=10)] == [(1, 1), (2, 2)]
    put(store, [record("2301.00001", title="A new title", raw_hash="other")], paper=1)
    (row,) = store.changes(after=2, limit=10)
    assert (row.key, row.seq, row.title, store.last_seq()) == (1, 3, "A new title", 3)
    again = record("2301.00001", title="A new title", raw_hash="other")
    put(store, [again], paper=1)
    assert store.last_seq() == 3
    put(store, [again], origin="b.jsonl", paper=1)  # its page names the second file
    assert store.last_seq() == 4
    put(store, [record("p", source="portal", title="A new title", arxiv_id=None)], paper=1)
    (row,) = store.changes(after=4, limit=10)
    assert row.sources == ("arxiv", "portal")
    assert [r.seq for r in store.changes(after=0, limit=1)] == [2]


def test_a_changed_paper_is_found_by_what_it_says_now(store: Store) -> None:
    put(store, [record("2301.00001", categories=("cs.CL",), authors=("Ada L",), venue="ACL 2023")])
    now = record("2301.00001", categories=("cs.LG",), authors=("Bob M",), submitted="2023-01-01")
    put(store, [now], paper=1)
    assert ids(store, categories=("cs.CL",)) == []
    assert ids(store, authors=("ada-l",)) == []
    assert ids(store, venues=("acl",)) == []
    assert ids(store, categories=("cs",), since="2023") == ["2301.00001"]


def test_records_of_one_group_make_one_paper(store: Store) -> None:
    twins = [record("2301.00001"), record("p", source="portal", arxiv_id=None)]
    with store.writing() as writing:
        n_new = writing.put(
            [
                Assigned(record=r, origin="a", fingerprint="f", line=n, paper=None, group=7)
                for n, r in enumerate(twins)
            ]
        )
    assert n_new == 1
    (paper,) = store.listing(Filters(), limit=10).papers
    assert [s.source for s in paper.sources] == ["arxiv", "portal"]


def test_equal_titles_get_different_ids_that_stay(store: Store) -> None:
    put(store, [record("x", title="The same old title"), record("y", title="The same old title")])
    first, second = (paper.id for paper in store.papers([1, 2]))
    assert first.startswith("the-same-old-title-")
    assert second == f"{first}-2"
    put(store, [record("2301.00001", title="Another title now")], paper=1)
    found = store.paper("2301.00001")
    assert found is not None
    assert found.id == first


def test_identity_questions_answer_for_what_is_known(store: Store) -> None:
    said = record(
        "2301.00001",
        title="Graphs & trees",
        doi="10.1/x",
        authors=("Ada Lovelace",),
        submitted="2023-01",
    )
    put(store, [said])
    with store.writing() as writing:
        pairs = [("arxiv", "2301.00001"), ("doi", "10.1/x"), ("doi", "10.1/y")]
        assert writing.papers_by_identifier(pairs) == {pairs[0]: 1, pairs[1]: 1}
        assert writing.arxiv_ids([1, 2]) == {1: "2301.00001"}
        (match,) = writing.papers_by_title(["graphstrees", "other"])["graphstrees"]
        assert (match.paper, match.first_author, match.year) == (1, "lovelace", 2023)
        assert match.arxiv_id == "2301.00001"
        refs = [("arxiv", "2301.00001", "a.jsonl"), ("arxiv", "2301.00001", "b.jsonl")]
        known = writing.records(refs)
    assert list(known) == refs[:1]
    assert (known[refs[0]].paper, known[refs[0]].line) == (1, 1)
    assert known[refs[0]].fingerprint == "content of a.jsonl"


def test_touching_moves_a_record_without_changing_its_paper(store: Store) -> None:
    said = record("2301.00001")
    put(store, [said])
    moved = Assigned(record=said, origin="a.jsonl", fingerprint="newer", line=5, paper=1)
    with store.writing() as writing:
        writing.touch([moved])
        known = writing.records([("arxiv", "2301.00001", "a.jsonl")])
    (row,) = known.values()
    assert (row.fingerprint, row.line, store.last_seq()) == ("newer", 5, 1)


def test_a_transaction_that_raises_leaves_nothing(store: Store) -> None:
    one = Assigned(record=record("2301.00001"), origin="a", fingerprint="f", line=1, paper=None)
    with contextlib.suppress(ZeroDivisionError), store.writing() as writing:
        writing.put([one])
        writing.save_checkpoint(FileState(fingerprint="f", name="a", resume=1, done=False))
        _ = 1 / 0
    assert store.counts().papers == 0
    assert store.checkpoint("f") is None


def test_a_checkpoint_never_goes_back(store: Store) -> None:
    assert store.checkpoint("f") is None
    for resume, done in ((10, False), (5, False), (12, True), (11, False)):
        with store.writing() as writing:
            state = FileState(fingerprint="f", name="a", resume=resume, done=done, records=resume)
            writing.save_checkpoint(state)
    expected = FileState(fingerprint="f", name="a", resume=12, done=True, records=12)
    assert store.checkpoint("f") == expected


def test_a_refusal_is_kept_once(store: Store) -> None:
    refused = Reject(file="a.jsonl", line=3, reason="no title", excerpt="{}")
    for n_new in (1, 0):
        with store.writing() as writing:
            assert writing.add_rejects([refused], fingerprint="f") == n_new
    with store.writing() as writing:
        other = Reject(file="a.jsonl", line=4, reason="not UTF-8")
        assert writing.add_rejects([refused, other], fingerprint="f") == 1
    assert store.count_rejects("f") == 2
    assert store.counts().rejected == 2
    (first, kept), _ = store.rejects(fingerprint="f")
    assert kept == refused
    assert [r.line for _, r in store.rejects(after=first)] == [4]


def test_a_mended_file_takes_its_old_refusals_away(store: Store) -> None:
    refused = Reject(file="a.jsonl", line=3, reason="no title")
    with store.writing() as writing:
        writing.add_rejects([refused], fingerprint="old")
        writing.forget_rejects(file="a.jsonl", fingerprint="new")
    assert store.counts().rejected == 0


def test_counts_of_an_empty_and_of_a_filled_library(store: Store) -> None:
    empty = store.counts()
    assert (empty.papers, empty.source_records, empty.newest_day) == (0, 0, None)
    put(store, [record("2301.00001", authors=("Ada L", "Bob M"), submitted="2023-01-01")])
    put(store, [record("2301.00001")], origin="b.jsonl", paper=1)
    counts = store.counts()
    assert (counts.papers, counts.source_records, counts.authors) == (1, 2, 2)
    assert (counts.newest_day, counts.oldest_day) == ("2023-01-01", "2023-01-01")
    assert counts.sources == (("arxiv", 1),)
    assert store.problems() == []
