"""One paper out of several records."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from broadsheet.model import merging
from broadsheet.model.merging import merge, public_id, slug, text_hash
from broadsheet.model.paper import Record, Version

ARXIV = Record(
    source="arxiv",
    source_id="1706.03762",
    title="Attention is all you need",
    abstract="From arXiv.",
    authors=("Ashish V", "Noam S"),
    categories=("cs.CL", "cs.LG"),
    submitted="2017-06-12",
    updated="2023-08-02",
    arxiv_id="1706.03762",
    comment="15 pages",
    versions=(Version(number=1, date="2017-06-12"),),
)
ACL = Record(
    source="acl",
    source_id="P17-1001",
    title="Attention Is All You Need",
    abstract="From the venue.",
    authors=("Ashish Vaswani",),
    submitted="2017-12",
    venue="NeurIPS 2017",
    doi="10.1/x",
)
SHELF = Record(
    source="shelf", source_id="s", title="attention", summary="In our words.", submitted="2017"
)
PORTAL = Record(source="portal", source_id="p", title="ATTENTION", abstract="Cut off")


def test_each_field_comes_from_who_is_trusted_for_it() -> None:
    merged = merge([PORTAL, SHELF, ARXIV, ACL])
    assert merged.title == "Attention Is All You Need"
    assert merged.abstract == "From arXiv."
    assert merged.summary == "In our words."
    assert merged.authors == ("Ashish V", "Noam S")
    assert merged.categories == ("cs.CL", "cs.LG")
    assert (merged.venue, merged.doi, merged.arxiv_id) == ("NeurIPS 2017", "10.1/x", "1706.03762")
    assert (merged.submitted, merged.updated, merged.day) == (
        "2017-06-12",
        "2023-08-02",
        "2017-06-12",
    )


def test_a_less_trusted_source_fills_what_the_others_leave_empty() -> None:
    merged = merge([replace(ARXIV, abstract="", authors=(), title="Attention, again"), PORTAL])
    assert (merged.title, merged.abstract, merged.authors) == ("Attention, again", "Cut off", ())


def test_of_one_source_the_record_updated_last_speaks_and_the_longest_list() -> None:
    newer = replace(ARXIV, title="Newer", updated="2024-01-01", authors=("A V",))
    for records in ([ARXIV, newer], [newer, ARXIV]):
        merged = merge(records)
        assert (merged.title, merged.updated) == ("Newer", "2024-01-01")
        assert merged.authors == ("Ashish V", "Noam S")


@pytest.mark.parametrize(
    ("days", "earliest"),
    [
        (["2018-07", "2017-06-12"], "2017-06-12"),
        (["2017", "2017-06-12"], "2017-06-12"),
        (["2017", "2018-01-01"], "2017"),
        ([None, "2018"], "2018"),
        ([None, None], None),
    ],
)
def test_the_earliest_submission_counts_the_more_exact_before_the_less(
    days: list[str | None], earliest: str | None
) -> None:
    records = [replace(SHELF, source_id=f"{n}", submitted=day) for n, day in enumerate(days)]
    assert merge(records).submitted == earliest


def test_the_announced_day_is_the_day() -> None:
    merged = merge([ARXIV, replace(SHELF, announced="2017-06-13")])
    assert (merged.day, merged.day_number) == ("2017-06-13", 20170613)
    assert merge([PORTAL]).day_number == 0


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([ARXIV, ACL], r"1706\.03762"),
        ([ACL], "P17-1001"),
        ([replace(ACL, source_id="../etc")], "attention-is-all-you-need-[0-9a-f]{6}"),
        ([replace(SHELF, title="Über große Bäume")], "uber-gro-e-baume-[0-9a-f]{6}"),
        ([replace(SHELF, title="注意力")], "[0-9a-f]{6}"),
    ],
)
def test_public_ids(records: list[Record], expected: str) -> None:
    assert re.fullmatch(expected, public_id(merge(records), records))


def test_a_slug_ends_at_a_word() -> None:
    assert slug("one two three four", longest=11) == "one-two"
    assert slug("x" * 100, longest=11) == "x" * 11


def test_equal_texts_share_a_hash_whatever_their_blanks() -> None:
    assert text_hash("Some Text.") == text_hash("some text. ") != text_hash("other")
    assert text_hash("") == ""


texts = st.sampled_from(["", "one", "two words"])
days = st.sampled_from([None, "2017", "2018-05", "2018-05-03"])
records = st.builds(
    Record,
    source=st.sampled_from(["arxiv", "acl", "shelf", "portal", "else"]),
    source_id=st.just("x"),
    title=st.sampled_from(["A", "B"]),
    abstract=texts,
    summary=texts,
    authors=st.sampled_from([(), ("A",), ("A", "B")]),
    submitted=days,
    updated=days,
    announced=days,
    venue=texts,
    doi=st.sampled_from([None, "10.1/x"]),
)


@given(records)
def test_one_record_says_the_same_alone_and_twice(record: Record) -> None:
    assert merge([record]) == merge([record, record])


@given(st.lists(records, min_size=1, max_size=5))
def test_nothing_that_some_record_says_is_lost(batch: list[Record]) -> None:
    merged = merge(batch)
    for name in merging.PRECEDENCE:
        assert bool(getattr(merged, name)) == any(getattr(r, name) for r in batch)
        assert getattr(merged, name) in [getattr(r, name) for r in batch]
