"""Records that no rule decides, and what a judge is asked about them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from broadsheet.judging import TrainedJudge
from broadsheet.model.importing import Located
from broadsheet.model.merging import Merged, Opinion
from broadsheet.model.paper import Record
from broadsheet.model.query import Filters
from broadsheet.services.doubtful import contradict, keys_near, may_be_compared
from broadsheet.services.importing import ImportService
from broadsheet.services.merges import MergeService
from broadsheet.services.taking import take
from broadsheet.sources import FileSources
from broadsheet.store import SqlStore, open_store

TITLE = "On the growth of rather small trees"
STORED = Record(
    source="arxiv",
    source_id="2101.00001",
    title=TITLE,
    abstract="One text.",
    authors=("Ada Quill", "Bo Tanaka"),
    submitted="2016-01-04",
    arxiv_id="2101.00001",
    raw_hash="1",
)
# Six years apart: the rule of title, author and year says nothing.
DOUBTFUL = replace(
    STORED,
    source="crossref",
    source_id="10.1/x",
    submitted="2022",
    abstract="Another text.",
    arxiv_id=None,
    doi="10.1/x",
    raw_hash="2",
)


class Says:
    """A judge that says one thing of all, and keeps what it was asked."""

    def __init__(self, is_one: bool = True) -> None:
        self.is_one = is_one
        self.asked: list[tuple[Merged, Merged]] = []

    def judge(self, pairs: Sequence[tuple[Merged, Merged]]) -> list[Opinion]:
        self.asked += pairs
        return [Opinion(likely=0.9, is_one=self.is_one, grounds="it seems so") for _ in pairs]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with closing(open_store(folder=tmp_path / "library")) as store:
        yield store


def put(store: SqlStore, judge: Says, *records: Record) -> None:
    located = [Located(record=r, line=n, resume=n) for n, r in enumerate(records, 1)]
    with store.writing() as writing:
        name = records[0].raw_hash
        take(writing, located, origin=name, file=name, fingerprint=name, judge=judge)


def papers(store: SqlStore) -> list[int]:
    """Return how many records each paper has."""
    return sorted(len(p.sources) for p in store.listing(Filters(), limit=100).papers)


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_what_no_rule_decides_is_judged(store: SqlStore, is_one_batch: bool) -> None:
    judge = Says()
    for batch in [[STORED, DOUBTFUL]] if is_one_batch else [[STORED], [DOUBTFUL]]:
        put(store, judge, *batch)
    (row,) = MergeService(store=store).of(None)
    assert (row.rule, row.evidence, row.source) == ("judge", "it seems so", "crossref")
    assert [(a.abstract, b.abstract) for a, b in judge.asked] == [("Another text.", "One text.")]
    assert papers(store) == [2]


def test_a_judges_merge_can_be_undone(store: SqlStore) -> None:
    put(store, Says(), STORED, DOUBTFUL)
    MergeService(store=store).undo(1)
    put(store, Says(), replace(DOUBTFUL, raw_hash="3"))
    assert papers(store) == [1, 2]


def test_a_no_leaves_two_papers(store: SqlStore) -> None:
    put(store, Says(is_one=False), STORED, DOUBTFUL)
    assert papers(store) == [1, 1]
    assert MergeService(store=store).of(None) == []


def test_a_rule_that_decides_comes_first(store: SqlStore) -> None:
    judge = Says()
    put(store, judge, STORED)
    put(store, judge, replace(DOUBTFUL, submitted="2016"))
    assert judge.asked == []
    assert papers(store) == [2]


def test_a_title_without_its_name_is_asked_about(store: SqlStore) -> None:
    judge = Says()
    put(store, judge, STORED)
    put(store, judge, replace(DOUBTFUL, title=f"Grow: {TITLE}"))
    assert [(a.title, b.title) for a, b in judge.asked] == [(f"Grow: {TITLE}", TITLE)]


@pytest.mark.parametrize(
    "changed",
    [
        {"arxiv_id": "2101.00002"},
        {"source": "arxiv", "source_id": "2101.00002"},
        {"authors": (), "abstract": ""},
        {"title": "Trees that are rather small, and their growth"},
    ],
)
def test_whom_a_judge_is_never_asked_about(store: SqlStore, changed: dict[str, object]) -> None:
    judge = Says()
    put(store, judge, STORED)
    put(store, judge, replace(DOUBTFUL, **changed))  # type: ignore[arg-type]
    assert judge.asked == []
    assert papers(store) == [1, 1]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"doi": "10.1/x"}, {"doi": "10.1/y"}, True),
        ({"doi": "10.1/x"}, {"doi": "10.2/x"}, False),
        ({"twins": ("acl:P18-1001",)}, {"twins": ("acl:P18-1002",)}, True),
        ({"twins": ("acl:P18-1001",)}, {"twins": ("s2:7",)}, False),
        ({"source": "s"}, {"source": "s"}, True),
        ({"source": "bibtex"}, {"source": "bibtex"}, False),
    ],
)
def test_which_identifiers_contradict(
    one: dict[str, object], other: dict[str, object], expected: bool
) -> None:
    first = Record(**{"source": "a", "source_id": "1", "title": TITLE} | one)  # type: ignore[arg-type]
    second = Record(**{"source": "b", "source_id": "2", "title": TITLE} | other)  # type: ignore[arg-type]
    assert contradict(first, [second]) is expected
    assert contradict(second, [first]) is expected


def test_under_a_common_title_names_do_not_tell() -> None:
    bare = replace(DOUBTFUL, abstract="")
    assert may_be_compared(bare, [STORED], is_common=False)
    assert not may_be_compared(bare, [STORED], is_common=True)
    assert may_be_compared(DOUBTFUL, [STORED], is_common=True)


def test_which_titles_are_near() -> None:
    assert keys_near("Grow: on small and tall trees") == (
        "growonsmallandtalltrees",
        "onsmallandtalltrees",
    )
    assert keys_near("Grow: on trees") == ("growontrees",)
    assert keys_near("???") == ()


@pytest.mark.parametrize("name", ["Erratum", "Addendum to", "Reply", "Publisher Correction"])
def test_what_is_said_about_a_paper_is_not_the_paper(name: str) -> None:
    assert len(keys_near(f"{name}: {TITLE}")) == 1


def test_an_import_joins_by_the_judge_and_says_so(store: SqlStore, tmp_path: Path) -> None:
    text = (
        "We measure how small trees grow in poor soil over nine years, and find that their height "
        "follows the rain of the year before. A model with two parameters explains most of it."
    )
    rows = [
        {
            "source": "arxiv",
            "id": "2101.00001",
            "title": f"Growing: {TITLE}",
            "abstract": text,
            "authors": ["Ada Quill", "Bo Tanaka"],
            "submitted": "2021-01-04",
        },
        {
            "source": "venue",
            "id": "7",
            "title": f"Growing: {TITLE}",
            "abstract": f"In this paper, {text}",
            "authors": ["Bo Tanaka", "Ada Quill"],
            "submitted": "2022",
        },
        {
            "source": "venue",
            "id": "8",
            "title": f"Growing: {TITLE}",
            "abstract": "A compiler for query languages is described, and we prove that it ends.",
            "authors": ["Chi Okafor"],
            "submitted": "2004",
        },
    ]
    file = tmp_path / "papers.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")

    def clock() -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    service = ImportService(
        store=store,
        sources=FileSources(clock=clock),
        clock=clock,
        rejects_folder=tmp_path / "rejects",
        judge=TrainedJudge(),
    )
    report = service.run([file])
    assert (report.new_records, report.new_papers, report.rejected) == (3, 2, 0)
    (row,) = MergeService(store=store).of(None)
    assert (row.rule, row.source_id) == ("judge", "7")
    assert row.evidence.startswith("judged 0.9")
