"""Entries of personal libraries as records."""

from typing import Any

import pytest

from broadsheet.model.errors import SourceError
from broadsheet.model.paper import Imprint, Record
from broadsheet.sources.citations import Citation, language_code, record_of


def made(**said: Any) -> Record:
    return record_of(Citation(**({"title": "T"} | said)), source="ris", latest="2027-11-22")


@pytest.mark.parametrize(
    "name",
    [
        "arXiv:1706.03762",
        "arXiv: 1706.03762v5 [cs]",
        "arXiv preprint arXiv:1706.03762",
        "arXiv e-prints, arXiv:1706.03762 (2017)",
        "CoRR abs/1706.03762",
        "CoRR, abs/1706.03762, 2017.",
        "https://arxiv.org/pdf/1706.03762v1.pdf",
        "https://doi.org/10.48550/arXiv.1706.03762",
        "https://huggingface.co/papers/1706.03762",
    ],
)
def test_every_way_of_naming_an_arxiv_paper(name: str) -> None:
    record = made(names=(name,))
    assert (record.arxiv_id, record.doi, record.twins) == ("1706.03762", None, ())
    assert record.source_id == "1706.03762"


@pytest.mark.parametrize(
    "name",
    ["1706.03762", "arXiv", "see also arXiv:1706.03762", "arXiv:1706.03762 and others", "10.1/x"],
)
def test_what_only_mentions_an_id_names_nothing(name: str) -> None:
    record = made(names=(name,))
    assert record.arxiv_id is None
    assert record.source_id.startswith("title:")


def test_what_cannot_be_seen_is_no_part_of_an_identifier() -> None:
    assert made(names=("10.1000/kn\0ots\u200b.8",)).doi == "10.1000/knots.8"


def test_old_ids_lose_their_class() -> None:
    record = made(names=("arXiv:math.GT/0309136 [math.GT]",))
    assert record.arxiv_id == "math/0309136"
    assert record.categories == ("math.GT",)


def test_every_other_identifier_is_a_twin() -> None:
    record = made(
        kind="book",
        isbn="0-306-40615-2 978-0-306-40615-7",
        names=(
            "doi:10.1000/A.1",
            "https://doi.org/10.1000/b.2",
            "PMID: 123456",
            "DBLP:conf/nips/VaswaniSPUJGKP17",
            "https://dblp.org/rec/journals/corr/abs-1706-03762.bib",
            "https://openreview.net/forum?id=B1xY-hRctX",
        ),
        url="https://www.aclweb.org/anthology/P18-1001",
    )
    assert record.doi == record.source_id == "10.1000/a.1"
    assert record.twins == (
        "doi:10.1000/b.2",
        "pubmed:123456",
        "dblp:conf/nips/VaswaniSPUJGKP17",
        "dblp:journals/corr/abs-1706-03762",
        "openreview:B1xY-hRctX",
        "acl:P18-1001",
        "isbn:9780306406157",
    )


def test_the_isbn_of_a_chapter_is_its_books() -> None:
    assert made(kind="chapter", isbn="0-306-40615-2").twins == ()


def test_without_identifiers_the_id_is_made_of_title_first_author_and_year() -> None:
    first = made(title="One title", authors=("A B", "C D"), date="June 2017")
    assert first.source_id == made(title="ONE Title.", authors=("A B",), date="2017").source_id
    assert first.source_id != made(title="One title", authors=("A B",), date="2018").source_id


@pytest.mark.parametrize("server", ["arXiv", "arXiv preprint arXiv:1706.03762", "CoRR", "bioRxiv"])
def test_a_preprint_server_is_no_venue(server: str) -> None:
    record = made(kind="article-journal", container=server)
    assert (record.venue, record.journal_ref) == ("", "")
    assert record.imprint == Imprint(kind="article")


@pytest.mark.parametrize(
    ("kind", "container", "venue"),
    [
        ("article-journal", "Nature", "Nature"),
        ("paper-conference", "NIPS", "NeurIPS 2017"),
        ("paper-conference", "Proceedings of ACL 2016", "Proceedings of ACL 2016"),
        ("chapter", "A Book", "A Book"),
        ("", "A Blog", ""),
        ("thesis", "A Series", ""),
    ],
)
def test_a_venue_is_where_papers_are_published(kind: str, container: str, venue: str) -> None:
    assert made(kind=kind, container=container, date="2017").venue == venue


def test_a_container_too_long_for_a_venue_is_kept_as_reference() -> None:
    record = made(kind="chapter", container="A Book " * 50)
    assert record.venue == ""
    assert record.journal_ref.startswith("A Book A Book")


def test_pages_have_one_hyphen_whatever_dash_stood_there() -> None:
    record = made(kind="report", pages="12–23", volume="218", issue="1--2", language="English")
    assert record.imprint == Imprint(
        kind="report", pages="12-23", volume="218", issue="1-2", language="en"
    )


def test_addresses_of_persons_are_not_kept() -> None:
    record = made(
        authors=("A. Thor <a.thor@example.org>", "B. Thor (b@example.org)", "c@example.org"),
        publisher="Press (E-mail: info@example.org)",
    )
    assert record.authors == ("A. Thor", "B. Thor")
    assert record.imprint == Imprint(publisher="Press")


def test_only_a_licence_is_one() -> None:
    assert made(rights="© 2020 Publisher").licence == ""
    assert made(rights="Creative Commons Attribution License").licence
    assert made(rights="CC BY 4.0").licence == "CC BY 4.0"


def test_keywords_are_clean_and_come_once() -> None:
    assert made(keywords=("*a", " a ", "", "x" * 101, "b;")).keywords == ("a", "b")


def test_an_address_is_one_of_the_web() -> None:
    assert made(url="file:///home/x.pdf").url == ""
    assert made(url="https://example.org/" + "x" * 2_000).url == ""
    assert made(url="https://example.org/1").url == "https://example.org/1"


def test_the_hash_changes_with_what_is_said() -> None:
    assert made().raw_hash == made().raw_hash
    assert made().raw_hash != made(pages="1").raw_hash


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"title": ""}, "no title"),
        ({"abstract": "x" * 100_001}, "abstract over 100,000 characters"),
        ({"date": "2031"}, "date is more than a year in the future"),
    ],
)
def test_what_breaks_a_rule_is_refused(said: dict[str, str], why: str) -> None:
    with pytest.raises(SourceError, match=why):
        made(**said)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("en-US", "en"),
        ("eng", "eng"),
        ("English", "en"),
        ("zh_CN", "zh"),
        ("Klingon", ""),
        ("", ""),
    ],
)
def test_language_code(text: str, code: str) -> None:
    assert language_code(text) == code
