"""Zotero's RDF and its CSV."""

import csv
import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.broadsheet.sources.mutations import mutations, read_file

from broadsheet.model.paper import Imprint, Record
from broadsheet.sources.zotero import Zotero

HEAD = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:z="http://www.zotero.org/namespaces/export#" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:bib="http://purl.org/net/biblio#" xmlns:foaf="http://xmlns.com/foaf/0.1/"
 xmlns:link="http://purl.org/rss/1.0/modules/link/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/">
"""
PERSONS = """<rdf:Seq><rdf:li><foaf:Person><foaf:surname>Thor</foaf:surname>
 <foaf:givenName>A. U.</foaf:givenName></foaf:Person></rdf:li>
 <rdf:li><foaf:Person><foaf:surname>The Knot Group</foaf:surname></foaf:Person>
 </rdf:li></rdf:Seq>"""
ARTICLE = f"""<bib:Article rdf:about="https://example.org/knots">
 <z:itemType>journalArticle</z:itemType>
 <dcterms:isPartOf rdf:resource="urn:issn:1234-5678"/>
 <bib:authors>{PERSONS}</bib:authors>
 <dcterms:isReferencedBy rdf:resource="#item_7"/><link:link rdf:resource="#item_8"/>
 <dc:subject>knots</dc:subject>
 <dc:subject><z:AutomaticTag><rdf:value>braids</rdf:value></z:AutomaticTag></dc:subject>
 <dc:subject><dcterms:LCC><rdf:value>QA612</rdf:value></dcterms:LCC></dc:subject>
 <dc:title>On &lt;i&gt;Knots&lt;/i&gt;</dc:title><dcterms:abstract>We tie
 knots.</dcterms:abstract><dc:date>June 12, 2017</dc:date><z:language>en</z:language>
 <dc:identifier><dcterms:URI><rdf:value>https://example.org/knots</rdf:value></dcterms:URI></dc:identifier>
 <dc:rights>CC BY 4.0</dc:rights><bib:pages>12-23</bib:pages>
 <dc:publisher><foaf:Organization><foaf:name>Knot</foaf:name></foaf:Organization></dc:publisher>
 <dc:description>arXiv: 1706.03762 [math.GT]
PMID: 1234567
tex.ids: x</dc:description></bib:Article>
<bib:Journal rdf:about="urn:issn:1234-5678"><prism:volume>8</prism:volume>
 <prism:number>1</prism:number><dc:title>Journal of Knots</dc:title>
 <dc:identifier>DOI 10.1000/KNOTS.8</dc:identifier><dc:identifier>ISSN 1234-5678</dc:identifier>
</bib:Journal>
<bib:Memo rdf:about="#item_7"><rdf:value>&lt;p&gt;a note&lt;/p&gt;</rdf:value></bib:Memo>
<z:Attachment rdf:about="#item_8"><z:itemType>attachment</z:itemType><dc:title>PDF</dc:title>
</z:Attachment>
<z:Collection rdf:about="#collection_1"><dc:title>Topology</dc:title></z:Collection>"""
ROW = {
    "Key": "AB12CD34",
    "Item Type": "journalArticle",
    "Publication Year": "2017",
    "Author": "Thor, A. U.; The Knot Group",
    "Title": "On <i>Knots</i>",
    "Publication Title": "Journal of Knots",
    "ISBN": "",
    "ISSN": "1234-5678",
    "DOI": "10.1000/KNOTS.8",
    "Url": "https://example.org/knots",
    "Abstract Note": "We tie\nknots.",
    "Date": "2017-06-12",
    "Pages": "12-23",
    "Issue": "1",
    "Volume": "8",
    "Publisher": "Knot",
    "Language": "en",
    "Rights": "CC BY 4.0",
    "Extra": "arXiv: 1706.03762 [math.GT]\nPMID: 1234567",
    "Notes": "<p>a note</p>",
    "Manual Tags": "knots",
    "Automatic Tags": "braids; ",
    "Editor": "",
    "Number": "",
    "Conference Name": "",
}


@pytest.fixture
def zotero(clock: Callable[[], datetime], reader_of: type[Any]) -> Any:
    return reader_of(Zotero(clock=clock))


def rdf(*items: str) -> bytes:
    return f"{HEAD}{''.join(items)}</rdf:RDF>".encode()


def table(*changes: dict[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, ROW, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(ROW | change for change in changes or ({},))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


@pytest.mark.parametrize("data", [rdf(ARTICLE), table()])
def test_every_field_lands_from_either_export(zotero: Any, data: bytes) -> None:
    record = zotero.only(data)
    assert zotero.source.recognises(data)
    assert record == Record(
        source="zotero",
        source_id="10.1000/knots.8",
        title="On Knots",
        abstract="We tie knots.",
        authors=("A. U. Thor", "The Knot Group"),
        categories=("math.GT",),
        submitted="2017-06-12",
        venue="Journal of Knots",
        licence="CC BY 4.0",
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
            publisher="Knot",
            language="en",
        ),
        raw_hash=record.raw_hash,
    )


def test_both_exports_have_the_same_hash(zotero: Any) -> None:
    assert zotero.only(rdf(ARTICLE)).raw_hash == zotero.only(table()).raw_hash


@pytest.mark.parametrize(
    ("item", "kind", "venue"),
    [
        (
            "<rdf:Description><z:itemType>conferencePaper</z:itemType><dc:title>T</dc:title>"
            "<dcterms:isPartOf><bib:Journal><dc:title>Proc. of Knots 2017</dc:title></bib:Journal>"
            "</dcterms:isPartOf></rdf:Description>",
            "paper-conference",
            "Proc. of Knots 2017",
        ),
        (
            "<rdf:Description><z:itemType>conferencePaper</z:itemType><dc:title>T</dc:title>"
            "<bib:presentedAt><bib:Conference><dc:title>KNOTS 2017</dc:title></bib:Conference>"
            "</bib:presentedAt></rdf:Description>",
            "paper-conference",
            "KNOTS 2017",
        ),
        (
            "<bib:BookSection><z:itemType>bookSection</z:itemType><dc:title>T</dc:title>"
            "<dcterms:isPartOf><bib:Series><dc:title>S</dc:title></bib:Series></dcterms:isPartOf>"
            "<dcterms:isPartOf><bib:Book><dc:title>A Book</dc:title></bib:Book></dcterms:isPartOf>"
            "</bib:BookSection>",
            "chapter",
            "A Book",
        ),
        ("<bib:Thesis><dc:title>T</dc:title></bib:Thesis>", "thesis", ""),
        ("<bib:Report><dc:title>T</dc:title></bib:Report>", "report", ""),
        (
            "<bib:Document><z:itemType>preprint</z:itemType><dc:title>T</dc:title></bib:Document>",
            "article",
            "",
        ),
    ],
)
def test_kinds_and_venues(zotero: Any, item: str, kind: str, venue: str) -> None:
    record = zotero.only(rdf(item))
    assert (record.imprint.kind, record.venue) == (kind, venue)


def test_a_document_of_the_web_is_an_item_without_a_kind(zotero: Any) -> None:
    record = zotero.only(rdf("<bib:Document><dc:title>T</dc:title></bib:Document>"))
    assert record.imprint is None


def test_a_book_has_its_isbn_and_its_editors(zotero: Any) -> None:
    item = (
        f"<bib:Book><z:itemType>book</z:itemType><dc:title>T</dc:title><bib:editors>{PERSONS}"
        "</bib:editors><dc:identifier>ISBN 0-306-40615-2</dc:identifier></bib:Book>"
    )
    row = {"Item Type": "book", "Author": "", "Editor": "Thor, A. U.", "ISBN": "0306406152"}
    for data in (rdf(item), table(row)):
        record = zotero.only(data)
        assert record.authors[0] == "A. U. Thor"
        assert "isbn:9780306406157" in record.twins


@pytest.mark.parametrize(
    ("extra", "ids"),
    [
        ("DOI: 10.1000/x", (None, "10.1000/x")),
        ("arXiv:2301.00001 [cs]\nComment: 10 pages", ("2301.00001", None)),
        ("see arXiv: 2301.00001", (None, None)),
        ("Citation Key: thor2017\nDOI: none", (None, None)),
    ],
)
def test_the_extra_field_may_name_the_work(
    zotero: Any, extra: str, ids: tuple[str | None, str | None]
) -> None:
    record = zotero.only(table({"DOI": "", "Extra": extra}))
    assert (record.arxiv_id, record.doi) == ids


@pytest.mark.parametrize("kind", ["attachment", "note", "annotation", ""])
def test_attachments_and_notes_are_no_papers(zotero: Any, kind: str) -> None:
    assert zotero.items(table({"Item Type": kind})) == []


def test_without_a_date_the_year_is_taken(zotero: Any) -> None:
    assert zotero.only(table({"Date": ""})).submitted == "2017"


def test_what_breaks_a_rule_is_refused_and_the_others_stay(zotero: Any) -> None:
    found = zotero.items(table({"Title": ""}, {}))
    assert found[0].reason == "no title"
    assert found[1].record.title == "On Knots"
    assert len(zotero.items(table({}, {}), start=1)) == 1
    assert zotero.reason(rdf("<bib:Article><dc:title/></bib:Article>")) == "no title"


def test_columns_may_come_in_any_order_and_number(zotero: Any) -> None:
    data = (
        b'"Key","Item Type","Publication Year","Title"\r\n"A","report","2017","T","more"\r\n"B"\r\n'
    )
    assert zotero.only(data).title == "T"


def test_a_note_may_be_long(zotero: Any) -> None:
    assert zotero.only(table({"Notes": "x" * 200_000})).title == "On Knots"


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + rdf(ARTICLE),
        rdf(ARTICLE)[:-20],
        rdf("<bib:Book>" * 400 + "</bib:Book>" * 400),
    ],
)
def test_what_is_no_safe_xml_is_refused(zotero: Any, data: bytes) -> None:
    assert "XML" in zotero.reason(data)


def test_a_container_may_be_the_item_itself(zotero: Any) -> None:
    item = (
        '<bib:Article rdf:about="#a"><dc:title>T</dc:title>'
        '<dcterms:isPartOf rdf:resource="#a"/></bib:Article>'
    )
    assert zotero.only(rdf(item)).venue == ""


def test_recognises_its_namespaces_and_its_header(zotero: Any) -> None:
    recognises = zotero.source.recognises
    assert recognises(b"\xef\xbb\xbf" + rdf(ARTICLE))
    assert not recognises(rdf(ARTICLE).replace(b"zotero.org", b"a").replace(b"/net/biblio", b""))
    assert not recognises(b"<a>http://www.zotero.org/namespaces/export#</a>")
    assert not recognises(b'"Key","Value"\n"a","b"\n')
    assert not recognises(b'"Title","Key","Item Type","Publication Year","Author"\n')


def test_damaged_files_never_raise(tmp_path: Path) -> None:
    for seed in (rdf(ARTICLE), table({}, {"Item Type": "book"})):
        for data in mutations(seed, 100):
            read_file(tmp_path / "library", data)
