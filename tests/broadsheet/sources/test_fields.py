"""Fields that every format checks alike."""

from datetime import UTC, datetime

import pytest

from broadsheet.model.errors import SourceError
from broadsheet.model.paper import Imprint, Record
from broadsheet.sources.documents import with_hash
from broadsheet.sources.fields import (
    MAX_KEYWORDS,
    clean_keywords,
    day_of_milliseconds,
    imprint_of,
    known_counts,
    latest_day,
)
from broadsheet.sources.venues import is_preprint_server

LATEST = latest_day(lambda: datetime(2026, 11, 22, tzinfo=UTC))


def test_milliseconds_are_days_in_utc() -> None:
    assert day_of_milliseconds(1_700_000_000_000, "cdate", LATEST) == "2023-11-14"
    assert day_of_milliseconds(None, "cdate", LATEST) is None
    with pytest.raises(SourceError, match="cdate is not a date"):
        day_of_milliseconds(10**40, "cdate", LATEST)


def test_counts_are_those_that_can_be_stored() -> None:
    assert known_counts(a=0, b=None, c=-1, d=2**63 - 1, e=2**63) == (("a", 0), ("d", 2**63 - 1))


def test_keywords_are_clean_few_and_short() -> None:
    assert clean_keywords([" a\n b", "", "a b", "x" * 101, "c"]) == ("a b", "c")
    assert len(clean_keywords(f"{n}" for n in range(500))) == MAX_KEYWORDS


def test_an_imprint_of_nothing_is_none() -> None:
    assert imprint_of() is None
    assert imprint_of(pages="1 – 11") == Imprint(pages="1-11")
    with pytest.raises(SourceError, match="imprint over 300 characters"):
        imprint_of(volume="x" * 301)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("arXiv.org", True), ("CoRR 2017", True), ("bioRxiv", True), ("Nature", False), ("", False)],
)
def test_preprint_servers_are_no_venues(name: str, is_one: bool) -> None:
    assert is_preprint_server(name) is is_one
    assert is_preprint_server(f"Annals of {name}") is False


def test_a_hash_is_of_what_is_said() -> None:
    def hash_of_record(**fields: object) -> str:
        said = {"source": "s", "source_id": "1", "title": "T"} | fields
        return with_hash(Record(**said)).raw_hash  # type: ignore[arg-type]

    same = hash_of_record(counts=(("citations", 1),), modified="2026-01-01", raw_hash="x")
    assert same == hash_of_record()
    assert hash_of_record(title="U") != hash_of_record()
    assert hash_of_record(abstract="T") != hash_of_record(summary="T")
