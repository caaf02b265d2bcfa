"""RIS records: tags, their values, and that another program reads them."""

from typing import Any

import pytest
import rispy
from hypothesis import given, settings
from msgspec.structs import replace
from tests.broadsheet.services.export.examples import ANY_PAPER, BARE, JOURNAL, PAPER, named

from broadsheet.model.paper import Imprint
from broadsheet.services.export.ris import ris


def test_a_preprint_is_unpublished_work_with_its_whole_date():
    assert ris(PAPER) == (
        "TY  - UNPB\r\n"
        "ID  - 1706.03762\r\n"
        "TI  - Attention Is All You Need\r\n"
        "AU  - Vaswani, Ashish\r\n"
        "AU  - Shazeer, Noam\r\n"
        "PY  - 2017\r\n"
        "DA  - 2017/06/12\r\n"
        "UR  - https://arxiv.org/abs/1706.03762\r\n"
        "AN  - arXiv:1706.03762\r\n"
        "AB  - Not in the entry.\r\n"
        "ER  - \r\n"
    )


def test_an_article_says_where_it_stands():
    lines = ris(JOURNAL).split("\r\n")
    assert lines[0] == "TY  - JOUR"
    for line in (
        "PY  - 2018",
        "T2  - Journal of Things",
        "VL  - 12",
        "IS  - 3",
        "SP  - 101",
        "EP  - 120",
        "PB  - Things & Sons",
        "LA  - en",
        "DO  - 10.1000/a--b_(c)",
        "KW  - attention",
        "KW  - sequence, models",
        "N1  - Retracted",
    ):
        assert line in lines
    assert not [line for line in lines if line.startswith("DA")]


@pytest.mark.parametrize(
    ("day", "tags"),
    [("2017", ["PY  - 2017"]), ("2017-06", ["PY  - 2017", "DA  - 2017/06"]), (None, [])],
)
def test_a_date_is_as_exact_as_it_is_known(day, tags):
    lines = ris(replace(PAPER, submitted=day, day=day)).split("\r\n")
    assert [line for line in lines if line[:2] in ("PY", "DA")] == tags


@pytest.mark.parametrize(
    ("kind", "tag"),
    [
        ("book", "BOOK"),
        ("chapter", "CHAP"),
        ("thesis", "THES"),
        ("report", "RPRT"),
        ("paper-conference", "CONF"),
        ("article-journal", "JOUR"),
        ("article", "UNPB"),
    ],
)
def test_the_kind_decides_the_type(kind, tag):
    assert ris(replace(PAPER, imprint=Imprint(kind=kind))).startswith(f"TY  - {tag}\r\n")


def test_an_article_number_is_a_first_page():
    lines = ris(replace(JOURNAL, imprint=Imprint(pages="e1001"))).split("\r\n")
    assert "SP  - e1001" in lines
    assert not [line for line in lines if line.startswith("EP")]


def test_a_title_alone_is_a_record():
    assert ris(BARE) == (
        "TY  - UNPB\r\nID  - a-title-alone-1a2b3c\r\nTI  - A title alone\r\nER  - \r\n"
    )


def read_back(text: str) -> dict[str, Any]:
    """The only record as another program reads it."""
    (entry,) = rispy.loads(text)
    return dict(entry)


@pytest.mark.parametrize(
    ("title", "read"),
    [
        (r"Decay of $\alpha$ \& \emph{more}", "Decay of α & more"),
        ("50% of {BERT} & a_b #1", "50% of BERT & a_b #1"),
        ("深度学习 と 注意", "深度学习 と 注意"),
        ("مقدمة في التعلم و עברית", "مقدمة في التعلم و עברית"),
        ("A\r\nER  - \r\nTY  - B", "A ER - TY - B"),
    ],
)
def test_titles_come_back_from_another_parser(title, read):
    assert read_back(ris(replace(PAPER, title=title)))["title"] == read


def test_authors_year_and_doi_come_back():
    names = ("Jan van der Berg", "Martin Luther King, Jr.", "ATLAS Collaboration", "王小明")
    entry = read_back(ris(replace(PAPER, authors=named(*names), doi="10.1000/a--b_c")))
    assert entry["authors"] == [
        "van der Berg, Jan",
        "King, Martin Luther, Jr.",
        "ATLAS Collaboration",
        "王小明",
    ]
    assert (entry["year"], entry["doi"]) == ("2017", "10.1000/a--b_c")
    assert entry["type_of_reference"] == "UNPB"


@settings(max_examples=150, deadline=None)
@given(ANY_PAPER)
def test_any_paper_is_one_record_of_tagged_lines(paper):
    text = ris(paper).encode("utf-8", "replace").decode()
    lines = text.splitlines()
    assert all(line[2:6] == "  - " for line in lines)
    assert [line[:2] for line in lines].count("TY") == 1
    assert (lines[0][:2], lines[-1]) == ("TY", "ER  - ")
    assert len(rispy.loads(text)) == 1
