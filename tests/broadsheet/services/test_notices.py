"""A notice that takes another work back is an event of the paper that it names."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from broadsheet.model.importing import Located
from broadsheet.model.paper import Record
from broadsheet.services.taking import take
from broadsheet.store import open_store
from broadsheet.store.store import SqlStore

PAPER = Record(
    source="crossref", source_id="10.1/x", title="On matter that never was", doi="10.1/x"
)
NOTICE = Record(
    source="crossref",
    source_id="10.1/n",
    title="Retraction: On matter that never was",
    doi="10.1/n",
    submitted="2026-11-20",
    takes_back=(("retracted", "doi:10.1/x"),),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with closing(open_store(folder=tmp_path)) as store:
        yield store


def put(store: SqlStore, *records: Record, origin: str = "f") -> None:
    located = [
        Located(record=replace(r, raw_hash=f"{hash(r)}"), line=n, resume=n)
        for n, r in enumerate(records, 1)
    ]
    with store.writing() as writing:
        take(writing, located, origin=origin, file=origin, fingerprint=f"{records}")


def state(store: SqlStore, ref: str) -> tuple[str, list[tuple[str, str | None, object]]]:
    paper = store.paper(ref)
    assert paper is not None
    told = [told.event for told in store.events(paper=paper.id)]
    return paper.standing, [(e.kind, e.at, e.detail.get("notice")) for e in told]


RETRACTED = ("retracted", [("new", None, None), ("retracted", "2026-11-20", "crossref:10.1/n")])


@pytest.mark.parametrize(
    "batches", [[[PAPER], [NOTICE]], [[NOTICE], [PAPER]], [[PAPER, NOTICE]], [[NOTICE, PAPER]]]
)
def test_a_notice_counts_whenever_it_comes(store: SqlStore, batches: list[list[Record]]) -> None:
    for batch in batches:
        put(store, *batch)
    assert state(store, "10.1/x") == RETRACTED
    # The notice itself is a paper in good standing.
    assert state(store, "10.1/n") == ("", [("new", "2026-11-20", None)])


def test_it_is_told_once_and_stays(store: SqlStore) -> None:
    put(store, PAPER)
    put(store, NOTICE)
    seq = store.last_seq()
    put(store, replace(NOTICE, abstract="More words."))
    put(store, replace(PAPER, abstract="New words."))
    put(store, replace(PAPER, source="openalex", source_id="W1"))
    assert state(store, "10.1/x") == RETRACTED
    assert store.last_seq() > seq


def test_what_weighs_more_counts(store: SqlStore) -> None:
    put(store, replace(PAPER, standing="retracted"))
    put(store, replace(NOTICE, takes_back=(("withdrawn", "doi:10.1/x"),)))
    assert state(store, "10.1/x")[0] == "retracted"
    assert [kind for kind, *_ in state(store, "10.1/x")[1]] == ["new", "retracted"]


def test_a_notice_of_nothing_here_waits(store: SqlStore) -> None:
    put(store, replace(NOTICE, takes_back=(("retracted", "doi:10.9/unknown"),)))
    put(store, PAPER)
    assert state(store, "10.1/x") == ("", [("new", None, None)])
