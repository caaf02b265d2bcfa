"""Which paper a record is of."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.model.query import Filters
from broadsheet.services.identity import places
from broadsheet.store import SqlStore, open_store

LONG = "On the growth of rather small trees"
Import = Callable[..., list[int]]


def said(title: str = LONG, **fields: object) -> Record:
    """A record; its id is made of everything else it says."""
    values: dict[str, object] = {"source": "s", "source_id": repr((title, fields)), "title": title}
    return Record(**(values | fields))  # type: ignore[arg-type]


def take(store: SqlStore, records: Sequence[Record], origin: str = "a") -> None:
    """Put records in as one batch."""
    with store.writing() as writing:
        found = places(writing, records)
        writing.put(
            [
                Assigned(
                    record=r, origin=origin, fingerprint="f", line=n, paper=p.paper, group=p.group
                )
                for n, (r, p) in enumerate(zip(records, found, strict=True))
            ]
        )


def papers_of(store: SqlStore, records: Sequence[Record]) -> list[int]:
    """Return the paper key of each record."""
    found = {}
    for paper in store.listing(Filters(), limit=1_000).papers:
        found.update({(s.source, s.source_id): paper.key for s in paper.sources})
    return [found[r.source, r.source_id] for r in records]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(folder=tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=["one batch", "one by one"])
def import_(request: pytest.FixtureRequest, store: SqlStore) -> Import:
    """Takes records in and returns the number of the paper of each, counted from 0."""

    def run(*records: Record) -> list[int]:
        if request.param == "one batch":
            take(store, records)
        else:
            for number, record in enumerate(records):
                take(store, [record], origin=f"{number}")
        keys = papers_of(store, records)
        order = list(dict.fromkeys(keys))
        return [order.index(key) for key in keys]

    return run


def test_one_arxiv_id_is_one_paper_whatever_the_title(import_: Import) -> None:
    assert import_(said(arxiv_id="2301.00001"), said("New title", arxiv_id="2301.00001")) == [0, 0]


def test_one_doi_is_one_paper(import_: Import) -> None:
    assert import_(said(doi="10.1/x"), said("Another one", doi="10.1/x")) == [0, 0]


def test_two_arxiv_ids_are_two_papers_whatever_else_is_the_same(import_: Import) -> None:
    both: dict[str, object] = {
        "authors": ("Ada L",),
        "submitted": "2023",
        "abstract": "Same.",
        "doi": "10.1/x",
    }
    first = said(arxiv_id="2301.00001", **both)
    assert import_(first, said(arxiv_id="2301.00002", **both)) == [0, 1]


def test_a_title_joins_when_first_authors_and_years_agree(import_: Import) -> None:
    assert import_(
        said(authors=("Ada Lovelace", "B"), submitted="2020-05"),
        said(LONG.upper() + ".", authors=("LOVELACE, A.",), submitted="2022"),
    ) == [0, 0]


@pytest.mark.parametrize(
    "other",
    [
        said(authors=("Bob Malone",), submitted="2020"),
        said(authors=("Ada Lovelace",), submitted="2023"),
        said(LONG + " and others", authors=("Ada Lovelace",), submitted="2020"),
    ],
    ids=["other author", "three years on", "other title"],
)
def test_a_title_does_not_join_otherwise(import_: Import, other: Record) -> None:
    assert import_(said(authors=("Ada Lovelace",), submitted="2020"), other) == [0, 1]


def test_a_side_without_authors_joins_by_a_long_title(import_: Import) -> None:
    assert import_(said(authors=("Ada L",), submitted="2020"), said(source="portal")) == [0, 0]


def test_a_side_without_authors_joins_neither_of_two(import_: Import) -> None:
    assert import_(
        said(arxiv_id="2301.00001", authors=("Ada L",)),
        said(arxiv_id="2301.00002", authors=("Bob M",)),
        said(source="portal"),
        said(source="portal", source_id="again"),
    ) == [0, 1, 2, 2]


def test_a_side_without_authors_joins_the_one_of_two_with_its_text(import_: Import) -> None:
    assert import_(
        said(arxiv_id="2301.00001", authors=("Ada L",), abstract="One text."),
        said(arxiv_id="2301.00002", authors=("Bob M",), abstract="Another text."),
        said(source="portal", abstract="another  TEXT.".replace("  ", " ")),
    ) == [0, 1, 1]


def test_a_column_without_authors_comes_back_every_year(import_: Import) -> None:
    assert import_(said(submitted="1980"), said(submitted="1981")) == [0, 1]
    assert import_(said("x " + LONG, submitted="1980"), said("x " + LONG, submitted="1980-01")) == [
        0,
        1,
    ]


@pytest.mark.parametrize("title", ["Short title", "Editorial", "Introduction to the special issue"])
def test_a_short_or_common_title_joins_only_with_the_same_text(import_: Import, title: str) -> None:
    author = ("Ada L",)
    assert import_(
        said(title, authors=author, submitted="2020", abstract="One text."),
        said(title, authors=author, submitted="2020", abstract="Another text."),
        said(title, authors=author, submitted="2021", abstract="One text."),
        said(title, authors=author, submitted="2020"),
    ) == [0, 1, 0, 2]


@pytest.mark.parametrize(
    ("title", "papers"),
    [
        ("Pointer Networks", [0, 0]),
        ("Transformers", [0, 1]),
        ("On a graph", [0, 1]),
        ("Book reviews", [0, 1]),
    ],
)
def test_a_short_title_joins_what_has_nothing_else_when_it_tells_enough(
    import_: Import, title: str, papers: list[int]
) -> None:
    shelf = said(title, authors=("Ada L",), submitted="2015")
    assert import_(shelf, said(title, source="portal")) == papers


def test_a_short_title_that_two_papers_bear_joins_neither(import_: Import) -> None:
    assert import_(
        said("Pointer Networks", authors=("Ada L",), submitted="2015"),
        said("Pointer Networks", authors=("Bob M",), submitted="2016"),
        said("Pointer Networks", source="portal"),
    ) == [0, 1, 2]


def test_a_paper_that_gains_an_arxiv_id_is_told_from_another_by_it(import_: Import) -> None:
    assert import_(
        said(doi="10.1/x"),
        said(doi="10.1/x", arxiv_id="2301.00001"),
        said(doi="10.1/x", arxiv_id="2301.00002"),
    ) == [0, 0, 1]


titles = st.sampled_from([LONG, "Short title", "Editorial"])
records = st.builds(
    said,
    titles,
    authors=st.sampled_from([(), ("Ada L",), ("Bob M", "Ada L")]),
    submitted=st.sampled_from([None, "2020", "2021-05", "2024"]),
    arxiv_id=st.sampled_from([None, None, "2301.00001", "2301.00002"]),
    doi=st.sampled_from([None, None, "10.1/x", "10.1/y"]),
    abstract=st.sampled_from(["", "One text.", "Another text."]),
)


@pytest.mark.slow
@given(st.lists(records, min_size=1, max_size=6, unique_by=lambda r: r.source_id))
@settings(max_examples=40, deadline=None)
def test_no_two_arxiv_ids_ever_share_a_paper(
    tmp_path_factory: pytest.TempPathFactory, batch: list[Record]
) -> None:
    store = open_store(folder=tmp_path_factory.mktemp("library"))
    take(store, batch)
    keys = papers_of(store, batch)
    of_paper: dict[int, set[str]] = {}
    for record, key in zip(batch, keys, strict=True):
        if record.arxiv_id:
            of_paper.setdefault(key, set()).add(record.arxiv_id)
    assert all(len(found) == 1 for found in of_paper.values())
    assert len({next(iter(found)) for found in of_paper.values()}) == len(of_paper)
    store.close()
