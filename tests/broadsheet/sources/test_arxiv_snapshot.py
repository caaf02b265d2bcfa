"""arXiv's metadata snapshot."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from broadsheet.model.paper import Record, Version
from broadsheet.sources.arxiv_snapshot import ArxivSnapshot

ROW: dict[str, object] = {
    "id": "math.GT/0309136",
    "submitter": "S. Ubmitter",
    "authors": "A. U. Thor (Institute One), S. E. Cond, Jr",
    "title": "A wrapped\n  title",
    "comments": None,
    "journal-ref": "J. Knots 8 (2021)",
    "doi": "10.1002/SPE.2984",
    "report-no": None,
    "categories": "math.GT math.MP cs.SY",
    "license": "http://creativecommons.org/licenses/by/4.0/",
    "abstract": "  Leading blanks, hard\nnewlines and $\\alpha'$ math.\n",
    "versions": [
        {"created": "Sat, 30 Jan 2021 23:57:29 GMT", "version": "v2"},
        {"created": "Mon, 11 Jan 2021 20:31:27 GMT", "version": "v1"},
    ],
    "update_date": "2022-11-07",
    "authors_parsed": [["Thor", "A. U.", "", "Institute One"], ["Cond", "S. E.", "Jr"]],
}


@pytest.fixture
def snapshot(clock: Callable[[], datetime], reader_of: type[Any]) -> Any:
    return reader_of(ArxivSnapshot(clock=clock))


def line(**changes: object) -> bytes:
    return json.dumps(ROW | changes).encode()


def test_every_key_lands_in_its_field(snapshot: Any) -> None:
    record = snapshot.only(line())
    assert record == Record(
        source="arxiv",
        source_id="math/0309136",
        title="A wrapped title",
        abstract="Leading blanks, hard newlines and $\\alpha'$ math.",
        authors=("A. U. Thor", "S. E. Cond Jr"),
        categories=("math.GT", "math-ph", "eess.SY"),
        submitted="2021-01-11",
        updated="2021-01-30",
        announced="2021-01-13",
        announced_as="expected",
        journal_ref="J. Knots 8 (2021)",
        licence="http://creativecommons.org/licenses/by/4.0/",
        url="https://arxiv.org/abs/math/0309136",
        arxiv_id="math/0309136",
        doi="10.1002/spe.2984",
        versions=(Version(number=1, date="2021-01-11"), Version(number=2, date="2021-01-30")),
        raw_hash=record.raw_hash,
    )


def test_without_parsed_authors_the_free_text_is_read(snapshot: Any) -> None:
    record = snapshot.only(line(authors_parsed=None))
    assert record.authors == ("A. U. Thor", "S. E. Cond Jr")


def test_one_version_is_no_update_and_without_versions_the_date_of_the_row_is(
    snapshot: Any,
) -> None:
    one = [{"created": "Mon, 11 Jan 2021 20:31:27 GMT", "version": "v1"}]
    assert snapshot.only(line(versions=one)).updated is None
    assert snapshot.only(line(versions=[])).updated == "2022-11-07"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": None}, "no id"),
        ({"id": "1234"}, "id is not an arXiv id"),
        ({"title": ""}, "no title"),
        ({"categories": ["cs.CL"]}, "wrong type in categories"),
        ({"versions": [{"version": "v1", "created": "soon"}]}, "a version's date is not a date"),
        (
            {"versions": [{"version": "v1", "created": "Mon, 11 Jan 2029 20:31:27 GMT"}]},
            "a version's date is more than a year in the future",
        ),
        (
            {"versions": [{"version": "v1", "created": "Mon, 41 Jan 2021 20:31:27 GMT"}]},
            "a version's date is not a date",
        ),
        (
            {"versions": [{"version": "x", "created": "Mon, 11 Jan 2021 20:31:27 GMT"}]},
            "a version is not numbered",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_reason(
    snapshot: Any, changes: dict[str, object], why: str
) -> None:
    assert snapshot.reason(line(**changes)) == why


def test_recognises_its_own_keys_only(snapshot: Any) -> None:
    assert snapshot.source.recognises(b"\xef\xbb\xbf" + line())
    assert not snapshot.source.recognises(b'{"title": "x", "id": "1706.03762"}')
    assert not snapshot.source.recognises(b"<html>authors_parsed")


@pytest.mark.shared
def test_the_recorded_sample_is_read(snapshot: Any, shared_data: Path) -> None:
    sample = shared_data / "samples" / "arxiv_snapshot" / "kaggle_snapshot_2lines.jsonl"
    found = snapshot.items(sample.read_bytes())
    records = [item.record for item in found]
    assert [r.arxiv_id for r in records] == ["2101.11408", "hep-th/9901001"]
    assert records[1].authors == ("A. U. Thor", "S. E. Cond Jr")
