"""The ACL Anthology's collections."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.broadsheet.sources.mutations import mutations, read_file

from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import Answer, Fault, Page, Plan, Request
from broadsheet.model.importing import Reject
from broadsheet.model.paper import Imprint, Record, Version
from broadsheet.sources.acl_anthology import AclAnthology
from broadsheet.sources.anthology_ids import full_id, year_of

PLAN = Plan(now=datetime(2026, 11, 22, tzinfo=UTC), selection=("2026.knot", "P18"))
META = """<meta>
 <booktitle>Proceedings of the 8th <fixed-case>K</fixed-case>not Meeting</booktitle>
 <editor id="e-one"><first>Edith</first><last>One</last></editor>
 <publisher>Knot Society</publisher><address>Harbour</address>
 <isbn>979-8-89176-390-6</isbn><month>July</month><year>2026</year>
 <venue>ws</venue><venue>knot</venue></meta>"""
PAPER = """<paper id="{id}">
 <!-- https://aclanthology.org/2026.knot-long.{id}/ -->
 <title><fixed-case>O</fixed-case>n <i>tying</i> <tex-math>\\alpha_1</tex-math> knots</title>
 <author id="a-thor" orcid="0000-0000-0000-0001" openreview="~A_Thor1"><first>A. U.</first>
  <last>Thor</last><affiliation>Harbour</affiliation></author>
 <author><last>Mononym</last></author>
 <pages>1–12</pages>
 <abstract>We tie.<par/>See <url>https://example.org</url> and <b>x<tt>y</tt></b>.</abstract>
 {link}<bibkey>thor-mononym-2026-tying</bibkey>
 <doi>10.18653/v1/2026.KNOT-long.{id}</doi>{more}</paper>"""
PDF = '<pdf hash="96890ff2"/>'
URL = '<url hash="96890ff2">2026.knot-long.1</url>'


def paper(more: str = "", *, id: str = "1", link: str = PDF) -> str:
    return PAPER.format(more=more, id=id, link=link)


def collection(
    *papers: str,
    id: str = "2026.knot",
    volume: str = 'id="long" type="proceedings" ingest-date="2026-06-22"',
    meta: str = META,
) -> bytes:
    inner = "".join(papers)
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        f'<collection id="{id}"><volume {volume}>{meta}{inner}</volume></collection>'
    ).encode()


@pytest.fixture
def acl(clock: Callable[[], datetime]) -> AclAnthology:
    return AclAnthology(clock=clock)


@pytest.fixture
def reader(acl: AclAnthology, reader_of: type[Any]) -> Any:
    return reader_of(acl)


def page(acl: AclAnthology, body: bytes, *, status: int = 200, name: str = "2026.knot") -> Page:
    request = Request(url=f"http://127.0.0.1/xml/{name}.xml")
    plan = Plan(now=PLAN.now, selection=PLAN.selection, base="http://127.0.0.1/xml")
    return acl.page(plan, request, Answer(status=status, body=body, headers={}))


def test_every_element_lands_in_its_field(reader: Any) -> None:
    record = reader.only(collection(paper()))
    assert record == Record(
        source="acl",
        source_id="2026.knot-long.1",
        title="On tying $\\alpha_1$ knots",
        abstract="We tie. See https://example.org and xy.",
        authors=("A. U. Thor", "Mononym"),
        submitted="2026-07",
        announced="2026-06-22",
        venue="KNOT 2026",
        journal_ref="Proceedings of the 8th Knot Meeting",
        licence="https://creativecommons.org/licenses/by/4.0/",
        url="https://aclanthology.org/2026.knot-long.1/",
        doi="10.18653/v1/2026.knot-long.1",
        twins=("acl:2026.knot-long.1",),
        imprint=Imprint(kind="paper-conference", pages="1-12", publisher="Knot Society"),
        raw_hash=record.raw_hash,
    )


def test_the_older_schema_says_the_same(reader: Any) -> None:
    assert reader.only(collection(paper(link=URL))) == reader.only(collection(paper()))


def test_front_matter_is_a_book_by_its_editors(reader: Any) -> None:
    front = (
        f"<frontmatter>{PDF}<bibkey>b</bibkey><doi>10.18653/v1/2026.knot-long.0</doi></frontmatter>"
    )
    record = reader.only(collection(front))
    assert (record.source_id, record.authors) == ("2026.knot-long.0", ("Edith One",))
    assert record.title == "Proceedings of the 8th Knot Meeting"
    assert record.doi == "10.18653/v1/2026.knot-long.0"
    assert record.twins == ("acl:2026.knot-long.0", "isbn:9798891763906")
    assert record.imprint.kind == "book"
    assert record.journal_ref == ""


def test_a_journal_of_before_2020(reader: Any) -> None:
    meta = (
        "<meta><booktitle>Knot Linguistics, Volume 15, Number 1, March 1989</booktitle>"
        "<month>March</month><year>1989</year><venue>cl</venue>"
        "<journal-volume>15</journal-volume><journal-issue>1</journal-issue></meta>"
    )
    element = '<paper id="4"><title>A Review</title><pages>53-55</pages></paper>'
    data = collection(element, id="J89", volume='id="1" type="journal"', meta=meta)
    record = reader.only(data)
    assert record == Record(
        source="acl",
        source_id="J89-1004",
        title="A Review",
        submitted="1989-03",
        venue="CL 1989",
        journal_ref="Knot Linguistics, Volume 15, Number 1, March 1989",
        licence="https://creativecommons.org/licenses/by-nc-sa/3.0/",
        url="https://aclanthology.org/J89-1004/",
        twins=("acl:J89-1004",),
        imprint=Imprint(kind="article-journal", volume="15", issue="1", pages="53-55"),
        raw_hash=record.raw_hash,
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("2026.acl", "long", "1"), "2026.acl-long.1"),
        (("2022.naloma", "1", "0"), "2022.naloma-1.0"),
        (("P18", "1", "1"), "P18-1001"),
        (("J89", "1", "0"), "J89-1000"),
        (("W19", "52", "1"), "W19-5201"),
        (("W04", "1", "7"), "W04-0107"),
        (("C69", "01", "2"), "C69-0102"),
        (("D19", "1", "2"), "D19-1002"),
        (("D19", "50", "2"), "D19-5002"),
    ],
)
def test_full_ids_of_both_styles(parts: tuple[str, str, str], expected: str) -> None:
    assert full_id(*parts) == expected


@pytest.mark.parametrize(
    "parts",
    [
        ("", "", ""),
        ("P18", "x", "1"),
        ("P18", "1", "x"),
        ("P18", "1", "-1"),
        ("9", "1", "1"),
        ("P1٨", "1", "1"),
        ("2026." + "x" * 31, "1", "1"),
    ],
)
def test_parts_that_make_no_id_are_refused(parts: tuple[str, str, str]) -> None:
    with pytest.raises(SourceError, match="no Anthology id"):
        full_id(*parts)


def test_a_collections_id_has_a_year() -> None:
    assert [year_of(name) for name in ("2026.acl", "P18", "J89", "C65", "x")] == [
        "2026",
        "2018",
        "1989",
        "1965",
        "",
    ]


@pytest.mark.parametrize(
    ("year", "licence"), [("2015", "by-nc-sa/3.0"), ("2016", "by/4.0"), ("1952", "by-nc-sa/3.0")]
)
def test_the_licence_goes_by_year(reader: Any, year: str, licence: str) -> None:
    record = reader.only(collection(paper(), meta=META.replace("2026", year)))
    assert record.licence == f"https://creativecommons.org/licenses/{licence}/"


@pytest.mark.parametrize(
    ("month", "day"),
    [("May", "2026-05"), ("September 5-8", "2026-09"), ("June-July", "2026-06"), ("", "2026")],
)
def test_months_are_words(reader: Any, month: str, day: str) -> None:
    assert reader.only(collection(paper(), meta=META.replace("July", month))).submitted == day


def test_what_came_in_years_later_was_not_announced_then(reader: Any) -> None:
    record = reader.only(collection(paper(), meta=META.replace("2026", "1989")))
    assert (record.submitted, record.announced) == ("1989-07", None)
    own = paper().replace('<paper id="1">', '<paper id="1" ingest-date="2026-08-02">')
    assert reader.only(collection(own)).announced == "2026-08-02"


def test_a_retracted_paper_stays_with_its_standing(reader: Any) -> None:
    more = '<retracted date="2026-08-06">Meant for another <i>track</i>.</retracted>'
    record = reader.only(collection(paper(more)))
    assert (record.standing, record.comment) == ("retracted", "Meant for another track.")


def test_a_removed_paper_is_left_out_with_its_reason(reader: Any, acl: AclAnthology) -> None:
    more = '<removed date="2026-08-06">Not the authors\' own.</removed>'
    data = collection(paper(more), paper(id="2"))
    found = reader.items(data)
    assert isinstance(found[0], Reject)
    assert found[0].reason == "removed from the Anthology"
    assert "Not the authors' own." in found[0].excerpt
    assert found[1].record.source_id == "2026.knot-long.2"
    assert page(acl, data).gone == ("2026.knot-long.1",)


def test_revisions_are_versions(reader: Any) -> None:
    more = (
        '<revision id="2" href="x" hash="b" date="2026-09-03">Fixed a knot.</revision>'
        '<revision id="1" href="x" hash="a"/>'
    )
    record = reader.only(collection(paper(more)))
    assert record.versions == (Version(number=1), Version(number=2, date="2026-09-03"))
    assert record.updated == "2026-09-03"
    assert record.raw_hash != reader.only(collection(paper())).raw_hash


def test_the_language_is_told_where_it_is_another(reader: Any) -> None:
    assert reader.only(collection(paper("<language>fra</language>"))).imprint.language == "fra"
    assert reader.only(collection(paper("<language>Klingon</language>"))).imprint.language == ""


def test_a_paper_needs_no_abstract_author_or_venue(reader: Any) -> None:
    meta = "<meta><booktitle>Notes on Knots</booktitle></meta>"
    bare = '<paper id="9"><title>Briefly Noted</title></paper>'
    record = reader.only(collection(bare, id="W19", volume='id="3"', meta=meta))
    assert (record.source_id, record.submitted, record.venue) == (
        "W19-0309",
        "2019",
        "Notes on Knots",
    )
    assert (record.abstract, record.authors) == ("", ())
    assert reader.only(collection(bare, meta="")).venue == "KNOT 2026"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (collection('<paper id="1"><title/></paper>'), "no title"),
        (collection("<paper><title>T</title></paper>"), "no Anthology id"),
        (collection(paper('<revision id="two"/>')), "a revision is not numbered"),
        (collection(paper('<revision id="2" date="soon"/>')), "a revision's date is not a date"),
        (collection(paper(), meta=META.replace("2026", "MMXXVI")), "year is not a date"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_reason(reader: Any, data: bytes, why: str) -> None:
    assert reader.reason(data) == why


def test_first_asks_for_the_first_collection(acl: AclAnthology) -> None:
    assert acl.first(PLAN).url == (
        "https://raw.githubusercontent.com/acl-org/acl-anthology/master/data/xml/2026.knot.xml"
    )


@pytest.mark.parametrize(
    "selection", [(), ("",), ("acl",), ("2026.acl", "../x"), ("2026.acl-long",)]
)
def test_a_selection_that_names_no_collection_is_refused(
    acl: AclAnthology, selection: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidValueError):
        acl.first(Plan(now=PLAN.now, selection=selection))


def test_one_page_a_collection(acl: AclAnthology) -> None:
    first = page(acl, collection(paper(), paper(id="2")))
    assert first.total == len(first.items) == 2
    assert first.next == Request(url="http://127.0.0.1/xml/P18.xml", accept="application/xml")
    assert page(acl, collection(paper()), name="P18").next is None


def test_a_collection_that_does_not_exist_is_an_empty_page(acl: AclAnthology) -> None:
    found = page(acl, b"404: Not Found", status=404)
    assert found.items == ()
    assert found.next is not None


def test_a_refusal_is_an_error(acl: AclAnthology) -> None:
    with pytest.raises(SourceError, match="403") as caught:
        page(acl, b"no", status=403)
    assert not isinstance(caught.value, RetryError)


@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", collection(paper())[:-30], b"<!DOCTYPE html><html>", b"{}"]
)
def test_a_body_that_is_no_collection_is_asked_for_again(acl: AclAnthology, body: bytes) -> None:
    with pytest.raises(RetryError):
        page(acl, body)


def test_faults_keep_their_place_in_a_page(acl: AclAnthology) -> None:
    found = page(acl, collection("<paper><title>T</title></paper>", paper()))
    assert isinstance(found.items[0], Fault)
    assert isinstance(found.items[1], Record)


def test_recognises_collections_of_the_anthology_only(acl: AclAnthology) -> None:
    assert acl.recognises(collection(paper()))
    assert acl.recognises(b"<collection id='J89'><volume id='1'>")
    assert not acl.recognises(b'<collection id="mine"><record/></collection>')
    assert not acl.recognises(b'<a><collection id="J89"/></a>')


def test_damaged_collections_never_raise(acl: AclAnthology, tmp_path: Path) -> None:
    more = '<retracted date="2026-08-06">x</retracted><revision id="1"/><revision id="2"/>'
    seed = collection(f"<frontmatter>{PDF}</frontmatter>", paper(more), paper("<removed/>", id="2"))
    for data in mutations(seed, 200):
        read_file(tmp_path / "2026.knot.xml", data)
        try:
            page(acl, data)
        except SourceError:
            continue


@pytest.mark.shared
def test_the_recorded_sample_is_read(reader: Any, shared_data: Path) -> None:
    sample = shared_data / "samples" / "acl" / "2022.naloma_excerpt_old_url_schema.xml"
    front, record = (item.record for item in reader.items(sample.read_bytes()))
    assert front.authors == ("Aikaterini-Lida Kalouli",)
    assert record.source_id == "2022.naloma-1.3"
    assert record.title == "Learning Knowledge with Neural DTS"
    assert record.authors == ("Daisuke Bekki", "Ribeka Tanaka", "Yuta Takahashi")
    assert (record.submitted, record.announced) == ("2022-08", "2022-11-22")
    assert record.imprint == Imprint(
        kind="paper-conference",
        pages="17-25",
        publisher="Association for Computational Linguistics",
        language="fra",
    )


@pytest.mark.shared
@pytest.mark.slow
def test_damaged_samples_never_raise(tmp_path: Path, shared_data: Path) -> None:
    for sample in sorted((shared_data / "samples" / "acl").iterdir()):
        for data in mutations(sample.read_bytes(), 2_000):
            read_file(tmp_path / sample.name, data)
