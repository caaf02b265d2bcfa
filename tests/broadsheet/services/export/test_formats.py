"""Formats: their names and endings, and several papers in one file."""

import io
import json
import sys

import bibtexparser
import pytest
import rispy
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.broadsheet.services.export.examples import ANY_PAPER, BARE, JOURNAL, PAPER

from broadsheet.model.errors import InvalidValueError, MissingExtraError
from broadsheet.services.export.formats import (
    BIBTEX,
    CSL_JSON,
    FORMATS,
    JSON_LINES,
    PARQUET,
    RIS,
    format_named,
    format_of_file,
)

THREE = [PAPER, BARE, replace(JOURNAL, venue="", day="2017")]


def written(form, papers) -> str:
    out = io.BytesIO()
    form.write(papers, out)
    return out.getvalue().decode()


def test_formats_are_found_by_name_and_by_ending():
    for form in FORMATS:
        assert format_named(form.name) is form
        assert format_of_file(f"My.Papers.{form.ending.upper()}") is form
    assert format_of_file("papers.json") is None
    assert format_of_file("bib") is None
    with pytest.raises(InvalidValueError, match="bibtex, ris, csl, jsonl, parquet"):
        format_named("word")


def test_a_bibtex_file_has_an_entry_a_paper_with_keys_that_differ():
    library = bibtexparser.parse_string(written(BIBTEX, THREE))
    assert library.failed_blocks == []
    assert [entry.key for entry in library.entries] == [
        "vaswani2017attention",
        "anonymoustitle",
        "vaswani2017attentiona",
    ]


def test_a_ris_file_has_a_record_a_paper():
    text = written(RIS, THREE)
    assert "\n" not in text.replace("\r\n", "")
    assert [entry["title"] for entry in rispy.loads(text)] == [paper.title for paper in THREE]


def test_a_csl_file_is_one_list():
    items = json.loads(written(CSL_JSON, THREE))
    assert [item["title"] for item in items] == [paper.title for paper in THREE]


def test_an_exchange_file_has_a_line_a_paper():
    lines = written(JSON_LINES, THREE).splitlines()
    assert [json.loads(line)["title"] for line in lines] == [paper.title for paper in THREE]


def test_no_papers_are_an_empty_file_that_is_still_of_its_format():
    assert written(BIBTEX, []) == written(RIS, []) == written(JSON_LINES, []) == ""
    assert json.loads(written(CSL_JSON, [])) == []


def test_without_pyarrow_parquet_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "broadsheet.services.export.parquet_pyarrow", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'broadsheet\[parquet\]'"):
        PARQUET.write([PAPER], io.BytesIO())


@settings(max_examples=50, deadline=None)
@given(st.lists(ANY_PAPER, max_size=4))
def test_any_papers_are_as_many_records(papers):
    bib = bibtexparser.parse_string(written(BIBTEX, papers))
    assert (len(bib.entries), bib.failed_blocks) == (len(papers), [])
    assert len(rispy.loads(written(RIS, papers))) == len(papers)
    assert len(json.loads(written(CSL_JSON, papers))) == len(papers)
    assert written(JSON_LINES, papers).count("\n") == len(papers)
