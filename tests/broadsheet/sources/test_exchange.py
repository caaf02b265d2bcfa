"""Our exchange format."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Imprint, Record, Version
from broadsheet.sources.exchange import Exchange


@pytest.fixture
def exchange(clock: Callable[[], datetime], reader_of: type[Any]) -> Any:
    return reader_of(Exchange(clock=clock))


def row(**fields: object) -> bytes:
    return json.dumps({"title": "A title", **fields}).encode()


def test_every_key_lands_in_its_field(exchange: Any) -> None:
    record = exchange.only(
        row(
            id="arXiv:1706.03762v5",
            title="Attention\n  is",
            abstract="We  propose.",
            summary="A sum.",
            authors=["Ada L", {"given": "Bob", "family": "M"}, {"name": "C D"}],
            categories=["cs.CL", "cs.LG", "68T50", "I.2.7"],
            primary="cs.LG",
            date="2017-06-12",
            updated="2023-08-02T00:41:18Z",
            announced="2017-06-13",
            venue="NeurIPS",
            year=2017,
            comments="15 pages",
            journal_ref="NeurIPS 30",
            doi="https://doi.org/10.1000/ABC",
            url="https://example.org/x",
            licence="CC BY 4.0",
            versions=[{"version": 2, "date": "2017-06-19"}, {"version": "v1"}],
            modified="2024-01-02T03:04:05Z",
            featured="2017-06-20",
            standing="Withdrawn",
            code="https://example.org/code",
            keywords=["attention", " attention", "sequence  models", ""],
            twins=[
                "acl:P17-9999",
                "doi:10.1000/ABC",
                "doi:10.48550/arXiv.1706.99999",
                "s2:17",
            ],
            kind="paper-conference",
            volume=30,
            issue="2",
            pages="5998\u20136008",
            publisher="Curran",
            language="en",
            unknown={"a": [1]},
        ),
    )
    assert record == Record(
        source="arxiv",
        source_id="1706.03762",
        title="Attention is",
        abstract="We propose.",
        summary="A sum.",
        authors=("Ada L", "Bob M", "C D"),
        categories=("cs.LG", "cs.CL"),
        submitted="2017-06-12",
        updated="2023-08-02",
        announced="2017-06-13",
        venue="NeurIPS 2017",
        comment="15 pages",
        journal_ref="NeurIPS 30",
        licence="CC BY 4.0",
        url="https://example.org/x",
        arxiv_id="1706.03762",
        doi="10.1000/abc",
        versions=(Version(number=1), Version(number=2, date="2017-06-19")),
        modified="2024-01-02",
        featured="2017-06-20",
        standing="withdrawn",
        code="https://example.org/code",
        keywords=("attention", "sequence models"),
        twins=("acl:P17-9999", "arxiv:1706.99999", "s2:17"),
        imprint=Imprint(
            kind="paper-conference",
            volume="30",
            issue="2",
            pages="5998-6008",
            publisher="Curran",
            language="en",
        ),
        raw_hash=record.raw_hash,
    )
    assert len(record.raw_hash) == 32


@pytest.mark.parametrize(
    ("fields", "source", "source_id"),
    [
        ({"id": "1706.03762"}, "arxiv", "1706.03762"),
        ({"id": "math.GT/0309136"}, "arxiv", "math/0309136"),
        ({"id": "704.0047", "date": "2007-04-01"}, "arxiv", "704.0047"),
        ({"id": "P18-1001"}, "acl", "P18-1001"),
        ({"id": "acl:2020.acl-main.1"}, "acl", "2020.acl-main.1"),
        ({"id": "doi:10.1000/ABC"}, "doi", "10.1000/abc"),
        ({"id": "aistats1995:6f9255"}, "aistats", "aistats1995:6f9255"),
        ({"id": "3dv2025:T3QE"}, "3dv", "3dv2025:T3QE"),
        ({"id": "17"}, "file", "17"),
        ({"id": "17", "source": "My Shelf!"}, "my-shelf", "17"),
        ({"arxiv": "1706.03762", "source": "shelf"}, "shelf", "1706.03762"),
        ({"doi": "10.1000/abc"}, "file", "10.1000/abc"),
    ],
)
def test_source_and_id(
    exchange: Any, fields: dict[str, object], source: str, source_id: str
) -> None:
    record = exchange.only(row(**fields))
    assert (record.source, record.source_id) == (source, source_id)


def test_a_row_without_id_gets_one_made_of_what_it_says(exchange: Any) -> None:
    first = exchange.only(row(authors=["Ada L"], year=2001))
    again = exchange.only(row(authors=["Ada L"], year=2001, abstract="More."))
    later = exchange.only(row(authors=["Ada L"], year=2004))
    assert first.source_id.startswith("title:")
    assert first.source_id == again.source_id != later.source_id


def test_a_number_that_was_an_arxiv_id_is_mended(exchange: Any) -> None:
    record = exchange.only(row(id="1501.0403800000001", date="2014-12-16"))
    assert record.arxiv_id == "1501.04038"


def test_an_arxiv_doi_is_an_arxiv_id(exchange: Any) -> None:
    record = exchange.only(row(doi="10.48550/arXiv.2301.00001"))
    assert (record.arxiv_id, record.doi) == ("2301.00001", None)


@pytest.mark.parametrize(
    ("fields", "venue"),
    [
        ({"venue": "NeurIPS 2023", "year": 2023}, "NeurIPS 2023"),
        ({"venues": ["acl"], "year": 2018}, "ACL 2018"),
        ({"venues": "nips"}, "NeurIPS"),
        ({"venue": "ICLR", "year": 2023, "status": "Reject"}, ""),
        ({"venue": "Journal of Things"}, "Journal of Things"),
        ({"booktitle": "Proceedings of Things"}, ""),
    ],
)
def test_venues(exchange: Any, fields: dict[str, object], venue: str) -> None:
    assert exchange.only(row(**fields)).venue == venue


@pytest.mark.parametrize(
    ("fields", "submitted", "announced"),
    [
        ({"date": "2025-06", "listed": "2025-06-23"}, "2025-06", "2025-06-23"),
        ({"date": "2024-06", "listed": "2025-06-23"}, "2024-06", None),
        ({"listed": "2025-06-23"}, None, None),
        ({"year": 1952}, "1952", None),
        ({"year": "1952", "date": None}, "1952", None),
        ({"year": 2027, "date": "2027-11-22"}, "2027-11-22", None),
    ],
)
def test_dates(
    exchange: Any, fields: dict[str, object], submitted: str | None, announced: str | None
) -> None:
    record = exchange.only(row(**fields))
    assert (record.submitted, record.announced) == (submitted, announced)


def test_authors_in_one_string_are_split(exchange: Any) -> None:
    assert exchange.only(row(authors="Ada L and Bob M (X)")).authors == ("Ada L", "Bob M")
    assert exchange.only(row(authors=["A B, C D, E F, G H"])).authors == (
        "A B",
        "C D",
        "E F",
        "G H",
    )


def test_keywords_in_one_string_are_split(exchange: Any) -> None:
    assert exchange.only(row(keywords="a b; c,d;")).keywords == ("a b", "c", "d")


def test_what_is_no_identifier_is_no_twin(exchange: Any) -> None:
    twins = [
        "doi:none",
        "arxiv:x",
        "acl:1",
        "s2:",
        "s2:a b",
        "mine:1",
        "",
        ":",
        "isbn:9780306406157",
    ]
    assert exchange.only(row(twins=twins)).twins == ("isbn:9780306406157",)


def test_an_address_that_is_no_web_address_is_left_out(exchange: Any) -> None:
    assert exchange.only(row(url="javascript:alert(1)")).url == ""


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"title": "x"', "invalid JSON"),
        (b"nonsense", "invalid JSON"),
        (b'{"title": "x"} trailing', "invalid JSON"),
        (b"[1, 2]", "not an object"),
        (b'"text"', "not an object"),
        (b"null", "not an object"),
        (b'{"title": "caf\xe9"}', "not UTF-8"),
        (b'{"other": "\xff", "title": "x"}', "not UTF-8"),
        (b'{"title": "a\\u0000b"}', "NUL in the text"),
        (b'{"title": "a\x00b"}', "NUL in the text"),
        (b'{"title": "\\ud800"}', "invalid JSON"),
        (b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "nested too deeply"),
        (b"{}", "no title"),
        (b'{"title": null}', "no title"),
        (b'{"title": "  ... "}', "no title"),
        (b'{"title": 17}', "wrong type in title"),
        (b'{"title": "x", "authors": [1]}', "wrong type in authors"),
        (b'{"title": "x", "abstract": ["a"]}', "wrong type in abstract"),
        (b'{"title": "x", "id": 12}', "wrong type in id"),
        (b'{"title": "x", "year": 1.5}', "wrong type in year"),
        (b'{"title": "x", "year": ' + b"9" * 5_000 + b"}", "wrong type in year"),
        (row(title="x" * 2_001), "title over 2,000 characters"),
        (row(abstract="x" * 100_001), "abstract over 100,000 characters"),
        (row(abstract="x" * 2_000_000), "abstract over 100,000 characters"),
        (row(id="x" * 301), "id over 300 characters"),
        (row(authors=["x" * 1_001]), "an author's name over 1,000 characters"),
        (row(authors=["x"] * 10_001), "over 10,000 authors"),
        (row(year=20225), "year is not a date"),
        (row(date="20225-01-01"), "date is not a date"),
        (row(date="2021-02-30"), "date is not a date"),
        (row(date="1021-02-03"), "date is not a date"),
        (row(date="yesterday"), "date is not a date"),
        (row(date="2027-11-24"), "date is more than a year in the future"),
        (row(updated="2029"), "updated is more than a year in the future"),
        (row(arxiv="not an id"), "arxiv is not an arXiv id"),
        (row(versions=[{"version": "first"}]), "a version is not numbered"),
        (row(standing="good"), "standing is none of retracted, withdrawn"),
        (row(featured="soon"), "featured is not a date"),
        (row(modified="2021-13"), "modified is not a date"),
        (row(keywords=["x" * 301]), "keywords over 300 characters"),
        (row(keywords=["x"] * 201), "over 200 keywords"),
        (row(keywords={"a": 1}), "wrong type in keywords"),
        (row(twins="acl:P18-1001"), "wrong type in twins"),
        (row(twins=["x"] * 101), "over 100 twins"),
        (row(publisher="x" * 301), "publisher over 300 characters"),
        (row(volume=1.5), "wrong type in volume"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_reason(
    exchange: Any, line: bytes, why: str
) -> None:
    assert exchange.reason(line) == why


def test_the_rest_of_a_file_goes_in(exchange: Any) -> None:
    found = exchange.items(row() + b"\n{broken\n\n" + row(title="Another") + b"\n")
    assert [type(item) for item in found] == [Located, Reject, Located]
    assert [item.line for item in found] == [1, 2, 4]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'{"title": "x"}\n', True),
        (b'garbage\n{"id": 1, "title": "x"}\n', True),
        (b'{"name": "x"}\n', False),
        (b"# title\n", False),
        (b"\n" * 262_144, False),
    ],
)
def test_recognises(exchange: Any, head: bytes, expected: bool) -> None:
    assert exchange.source.recognises(head) is expected
