"""Parquet files: their columns and rows, read by pyarrow."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.broadsheet.services.export.examples import ANY_PAPER, BARE, JOURNAL, PAPER

from broadsheet.model.paper import Imprint, SourceRef, Version

pytest.importorskip("pyarrow")

from pyarrow import parquet

from broadsheet.services.export import parquet_pyarrow
from broadsheet.services.export.parquet_pyarrow import SCHEMA, write_parquet


def rows_of(papers):
    out = io.BytesIO()
    write_parquet(papers, out)
    table = parquet.read_table(io.BytesIO(out.getvalue()))
    assert table.schema == SCHEMA
    return table.to_pylist()


def test_a_paper_is_a_row_with_all_that_is_known():
    source = SourceRef(source="arxiv", source_id="1", origin="/home/me", url="u", first_seen="f")
    paper = replace(
        JOURNAL,
        sources=(source,),
        versions=(Version(number=2, date="2017-06"), Version(number=3)),
        twins=("s2:17",),
    )
    (row,) = rows_of([paper])
    assert (row["id"], row["title"], row["day"]) == (paper.id, paper.title, "2017-06-12")
    assert row["authors"] == ["Ashish Vaswani", "Noam Shazeer"]
    assert (row["categories"], row["keywords"]) == (["cs.CL", "cs.LG"], list(paper.keywords))
    assert (row["twins"], row["standing"]) == (["s2:17"], "retracted")
    assert (row["kind"], row["volume"], row["pages"]) == ("article-journal", "12", "101-120")
    assert row["versions"] == [{"number": 2, "date": "2017-06"}, {"number": 3, "date": None}]
    assert row["sources"] == [{"source": "arxiv", "source_id": "1", "url": "u", "first_seen": "f"}]


def test_what_is_not_known_is_null_or_an_empty_list():
    (row,) = rows_of([BARE])
    known = {name for name, value in row.items() if value}
    assert known == {"id", "title"}
    assert (row["doi"], row["abstract"], row["kind"], row["authors"]) == (None, None, None, [])


def test_no_papers_are_a_file_without_rows():
    assert rows_of([]) == []


def test_papers_stay_in_order_over_row_groups(monkeypatch):
    monkeypatch.setattr(parquet_pyarrow, "_ROWS", 3)
    papers = [replace(PAPER, id=str(n), imprint=Imprint(volume=str(n))) for n in range(8)]
    assert [row["id"] for row in rows_of(papers)] == [str(n) for n in range(8)]


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY_PAPER, max_size=3))
def test_any_papers_are_as_many_rows(papers):
    assert len(rows_of(papers)) == len(papers)
