"""CSL-JSON items: types, names, dates, and nothing that is not known."""

import json

import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from tests.broadsheet.services.export.examples import ANY_PAPER, BARE, JOURNAL, PAPER, named

from broadsheet.model.paper import Imprint
from broadsheet.services.export.csl_json import csl_item


def test_a_preprint_is_an_article_with_its_whole_date():
    assert csl_item(PAPER) == {
        "id": "1706.03762",
        "type": "article",
        "title": "Attention Is All You Need",
        "author": [
            {"family": "Vaswani", "given": "Ashish"},
            {"family": "Shazeer", "given": "Noam"},
        ],
        "issued": {"date-parts": [[2017, 6, 12]]},
        "archive": "arXiv",
        "archive_location": "1706.03762",
        "URL": "https://arxiv.org/abs/1706.03762",
        "abstract": "Not in the entry.",
    }


def test_an_article_says_where_it_stands():
    item = csl_item(JOURNAL)
    said = {
        "type": "article-journal",
        "container-title": "Journal of Things",
        "volume": "12",
        "issue": "3",
        "page": "101-120",
        "publisher": "Things & Sons",
        "language": "en",
        "DOI": "10.1000/a--b_(c)",
        "keyword": "attention, sequence, models",
        "note": "Retracted",
        "issued": {"date-parts": [[2018]]},
    }
    assert said.items() <= item.items()


@pytest.mark.parametrize(
    ("paper", "parts"),
    [
        (replace(PAPER, submitted="2017"), [[2017]]),
        (replace(PAPER, submitted="2017-06"), [[2017, 6]]),
        (replace(PAPER, submitted=None, day="2017-07-01"), [[2017, 7, 1]]),
        # That of a preprint is not that of the proceedings.
        (replace(PAPER, venue="NeurIPS 2017"), [[2017]]),
        (replace(PAPER, venue="NeurIPS 2017", arxiv_id=None), [[2017, 6, 12]]),
        (replace(PAPER, venue="ICLR 2018", arxiv_id=None), [[2018]]),
    ],
)
def test_a_date_is_as_exact_as_it_is_known(paper, parts):
    assert csl_item(paper)["issued"] == {"date-parts": parts}


def test_without_a_date_nothing_is_issued():
    assert "issued" not in csl_item(replace(PAPER, submitted=None, day=None))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (
            "Jan van der Berg",
            {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"},
        ),
        (
            "Martin Luther King, Jr.",
            {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
        ),
        ("ATLAS Collaboration", {"literal": "ATLAS Collaboration"}),
        ("王小明", {"literal": "王小明"}),
        ("王 小明", {"family": "王", "given": "小明"}),
    ],
)
def test_names_are_in_parts_or_whole(name, parts):
    assert csl_item(replace(PAPER, authors=named(name)))["author"] == [parts]


def test_a_report_has_a_number_and_a_book_its_isbn():
    report = csl_item(replace(PAPER, imprint=Imprint(kind="report", issue="TR-1")))
    assert (report["number"], report.get("issue")) == ("TR-1", None)
    book = csl_item(replace(BARE, imprint=Imprint(kind="book"), twins=("isbn:9780306406157",)))
    assert (book["type"], book["ISBN"]) == ("book", "9780306406157")


def test_a_title_alone_is_an_item():
    assert csl_item(BARE) == {
        "id": "a-title-alone-1a2b3c",
        "type": "article",
        "title": "A title alone",
    }


@settings(max_examples=150, deadline=None)
@given(ANY_PAPER)
def test_any_paper_is_an_item_of_texts_lists_and_numbers(paper):
    item = csl_item(paper)
    assert json.loads(json.dumps(item)) == item
    assert all(item.values())
    assert all("\n" not in value for value in item.values() if isinstance(value, str))
