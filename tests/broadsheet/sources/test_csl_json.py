"""CSL-JSON."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.broadsheet.sources.mutations import mutations, read_file

from broadsheet.model.paper import Imprint, Record
from broadsheet.sources.csl_json import CslJson

ROW: dict[str, Any] = {
    "id": "thorKnots2017",
    "citation-key": "thorKnots2017",
    "type": "article-journal",
    "title": "On <i>Knots</i> &amp; Braids",
    "abstract": "<jats:title>Abstract</jats:title><jats:p>We tie knots.</jats:p>",
    "container-title": "Journal of Knots",
    "author": [
        {"family": "Thor", "given": "A. U."},
        {
            "family": "Cruz",
            "given": "Juan",
            "dropping-particle": "de",
            "non-dropping-particle": "la",
            "suffix": "Jr.",
        },
        {"literal": "The Knot Group"},
        {"name": "Another Group", "sequence": "additional"},
    ],
    "issued": {"date-parts": [["2017", 6, 12]]},
    "volume": "8",
    "issue": 1,
    "page": "12–23",
    "publisher": "Knot & Sons",
    "language": "en-US",
    "DOI": "10.1000/KNOTS.8",
    "URL": "https://example.org/knots",
    "PMID": "1234567",
    "ISSN": "1234-5678",
    "note": "arXiv: 1706.03762 [math.GT]\nCitation Key: thorKnots2017",
    "keyword": "knots, braids",
    "accessed": {"date-parts": [[2024, 1, 1]]},
}


@pytest.fixture
def csl(clock: Callable[[], datetime], reader_of: type[Any]) -> Any:
    return reader_of(CslJson(clock=clock))


def row(**changes: Any) -> bytes:
    return json.dumps(ROW | changes).encode()


def test_every_key_lands(csl: Any) -> None:
    record = csl.only(row())
    assert record == Record(
        source="csl",
        source_id="10.1000/knots.8",
        title="On Knots & Braids",
        abstract="We tie knots.",
        authors=("A. U. Thor", "Juan de la Cruz Jr.", "The Knot Group", "Another Group"),
        categories=("math.GT",),
        submitted="2017-06-12",
        venue="Journal of Knots",
        url="https://example.org/knots",
        arxiv_id="1706.03762",
        doi="10.1000/knots.8",
        twins=("pubmed:1234567",),
        keywords=("knots", "braids"),
        imprint=Imprint(
            kind="article-journal",
            volume="8",
            issue="1",
            pages="12-23",
            publisher="Knot & Sons",
            language="en",
        ),
        raw_hash=record.raw_hash,
    )


def test_the_hash_is_the_same_in_any_order_of_keys(csl: Any) -> None:
    turned = json.dumps(dict(reversed(ROW.items()))).encode()
    assert csl.only(turned).raw_hash == csl.only(row()).raw_hash


@pytest.mark.parametrize(
    "data",
    [
        b"[" + row() + b"," + row(DOI="10.1000/2") + b"]",
        b'{"items": [' + row() + b"," + row(DOI="10.1000/2") + b"]}",
        row() + b"\n" + row(DOI="10.1000/2") + b"\n",
    ],
)
def test_lists_objects_with_items_and_lines(csl: Any, data: bytes) -> None:
    assert csl.source.recognises(data)
    assert [item.record.doi for item in csl.items(data)] == ["10.1000/knots.8", "10.1000/2"]


@pytest.mark.parametrize(
    ("issued", "day"),
    [
        ({"date-parts": [[2017]]}, "2017"),
        ({"date-parts": [[2017, 2, 30]]}, "2017-02"),
        ({"date-parts": [["2017", ""]]}, "2017"),
        ({"date-parts": [[2017, 1], [2017, 2]]}, "2017-01"),
        ({"date-parts": [[None]]}, None),
        ({"date-parts": [[]]}, None),
        ({"date-parts": []}, None),
        ({"date-parts": [None]}, None),
        ({"date-parts": 7}, None),
        ({"raw": "June 12, 2017"}, "2017-06-12"),
        ({"literal": "in press"}, None),
        ("2017-06", "2017-06"),
        (None, None),
    ],
)
def test_dates(csl: Any, issued: Any, day: str | None) -> None:
    assert csl.only(row(issued=issued)).submitted == day


def test_a_date_of_nothing_gives_way_to_crossrefs_others(csl: Any) -> None:
    changes = {
        "issued": {"date-parts": [[None]]},
        "published-online": {"date-parts": [[2001, 2]]},
    }
    assert csl.only(row(**changes)).submitted == "2001-02"


def test_crossrefs_variant(csl: Any) -> None:
    record = csl.only(
        row(
            type="proceedings-article",
            title=["A Title", "another"],
            **{"container-title": ["Proc. of Knots"], "is-referenced-by-count": 9},
            license=[{"URL": "https://creativecommons.org/licenses/by/4.0/"}],
            subject=["Topology"],
            keyword=None,
            note=None,
            relation={
                "has-preprint": [
                    {"id-type": "doi", "id": "10.1101/2017.1"},
                    {"id-type": "arxiv", "id": "1706.03762"},
                ]
            },
        )
    )
    assert (record.title, record.venue) == ("A Title", "Proc. of Knots 2017")
    assert record.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert record.keywords == ("Topology",)
    assert record.arxiv_id == "1706.03762"
    assert "doi:10.1101/2017.1" in record.twins
    assert record.counts == ()


def test_a_retraction_is_a_standing(csl: Any) -> None:
    assert csl.only(row(**{"updated-by": [{"type": "retraction"}]})).standing == "retracted"
    assert csl.only(row(**{"updated-by": [{"type": "correction"}]})).standing == ""


def test_a_preprint_of_zotero(csl: Any) -> None:
    record = csl.only(
        row(type="article", number="arXiv:2301.00001", publisher="arXiv", DOI=None, note=None)
    )
    assert (record.arxiv_id, record.venue, record.imprint.kind) == ("2301.00001", "", "article")


def test_a_book_without_authors_has_its_editors(csl: Any) -> None:
    editors = [{"family": "Thor", "given": "A."}]
    assert csl.only(row(type="book", author=None, editor=editors)).authors == ("A. Thor",)
    assert csl.only(row(author=None, editor=editors)).authors == ()


def test_what_breaks_a_rule_is_refused_and_the_others_stay(csl: Any) -> None:
    found = csl.items(b"[" + row(title=None) + b",7," + row() + b"]")
    assert (found[0].reason, found[0].excerpt) == ("no title", "thorKnots2017")
    assert found[1].record.title == "On Knots & Braids"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"[" * 10_000 + b"]" * 10_000, "nested too deeply"),
        (b'{"title": "x"', "invalid JSON"),
        (row(title="a\0b"), "NUL in the text"),
        (b"", "invalid JSON"),
    ],
)
def test_what_is_no_json_is_refused(csl: Any, data: bytes, why: str) -> None:
    assert csl.reason(data) == why


@pytest.mark.parametrize("key", sorted(ROW))
@pytest.mark.parametrize(
    "value", ["null", "[]", "{}", "[[[]]]", "-1", "1e999", "9" * 400, "true", '[null, 1, "x", {}]']
)
def test_any_value_may_stand_under_any_key(csl: Any, tmp_path: Path, key: str, value: str) -> None:
    data = row(**{key: "HERE"}).replace(b'"HERE"', value.encode())
    read_file(tmp_path / "library.json", data)
    csl.items(data)


def test_recognises_csl_and_no_other_json(csl: Any) -> None:
    recognises = csl.source.recognises
    assert recognises(b"\xef\xbb\xbf[" + row() + b"]")
    assert not recognises(b'{"title": "T", "type": "article", "authors": [{"family": "A"}]}')
    assert not recognises(b'{"status": "ok", "message-type": "work", "message": ' + row() + b"}")
    assert not recognises(row(title=["T"]))
    assert not recognises(row(type="ConferencePaper"))
    assert not recognises(b"x = " + row())


def test_damaged_files_never_raise(tmp_path: Path) -> None:
    for data in mutations(b"[" + row() + b"," + row(type="chapter") + b"]", 200):
        read_file(tmp_path / "library.json", data)


@pytest.mark.shared
def test_the_recorded_sample_is_read(csl: Any, shared_data: Path) -> None:
    sample = shared_data / "samples" / "csl" / "crossref_citeproc.json"
    record = csl.only(sample.read_bytes())
    assert record.title == "The Structure of Ordinary Water"
    assert record.authors == ("Henry S. Frank",)
    assert (record.submitted, record.venue) == ("1970-08-14", "Science")
    assert record.doi == "10.1126/science.169.3946.635"
    assert record.abstract.startswith("The train of thought")
    assert record.imprint == Imprint(
        kind="article-journal",
        volume="169",
        issue="3946",
        pages="635-641",
        publisher="American Association for the Advancement of Science (AAAS)",
        language="en",
    )


@pytest.mark.shared
@pytest.mark.slow
def test_damaged_samples_never_raise(tmp_path: Path, shared_data: Path) -> None:
    for sample in sorted((shared_data / "samples" / "csl").iterdir()):
        for data in mutations(sample.read_bytes(), 2_000):
            read_file(tmp_path / sample.name, data)
