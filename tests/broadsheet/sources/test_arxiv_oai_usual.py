"""arXiv's usual spelling of records, read without a tree: the same records as with one."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.broadsheet.sources.mutations import mutations

from broadsheet.model.errors import SourceError
from broadsheet.model.harvest import Answer, Fault, Page, Plan, Request
from broadsheet.sources import arxiv_oai
from broadsheet.sources.arxiv_oai import ArxivOai
from broadsheet.sources.arxiv_oai_usual import usual_records

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RECORD = """<record>
<header>
 <identifier>oai:arXiv.org:2101.0000{n}</identifier>
 <datestamp>2026-04-18</datestamp>
 <setSpec>cs</setSpec>
 <setSpec>math</setSpec>
</header>
<metadata>
 <arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/" xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>
 <id>2101.0000{n}</id><submitter>A &amp; B</submitter>
 <version version="v1"><date>Mon, 11 Jan 2021 20:31:27 GMT</date><size>1kb</size></version>
 <version version='v2'><date>Sat, 30 Jan 2021 23:57:29 GMT</date>
 <source_type>I</source_type></version><title>If a &lt; b &#38; c</title>
 <authors>A. U. Thor (X), S. M\\"uller</authors>
 <categories>math.GT math-ph</categories><comments>5 pages</comments><msc-class>57M</msc-class>
 <doi>10.1002/SPE.2984</doi><license>http://a.org/</license><abstract>  Some &#xE9;,
  more.
</abstract></arXivRaw>
</metadata>
</record>
"""


def document(*records: str, before: str = "", after: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        "<responseDate>2026-04-20T22:31:27Z</responseDate>"
        f"{before}<ListRecords>\n{''.join(records)}</ListRecords>{after}</OAI-PMH>"
    ).encode()


USUAL = document(*(RECORD.format(n=n) for n in range(1, 4)))


def page(body: bytes) -> Page | str:
    answer = Answer(status=200, body=body, headers={})
    try:
        found = ArxivOai(clock=lambda: NOW).page(Plan(now=NOW), Request(url="http://x/"), answer)
    except SourceError as e:
        return type(e).__name__
    # Of what is no record the two show another part.
    items = [replace(x, excerpt="") if isinstance(x, Fault) else x for x in found.items]
    return replace(found, items=tuple(items))


def page_by_a_tree(body: bytes, monkeypatch: pytest.MonkeyPatch) -> Page | str:
    with monkeypatch.context() as patched:
        patched.setattr(arxiv_oai, "usual_records", lambda data: (data, []))
        return page(body)


def test_the_records_are_those_of_a_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(usual_records(USUAL)[1]) == 3
    found = page(USUAL)
    assert isinstance(found, Page)
    assert found == page_by_a_tree(USUAL, monkeypatch)
    assert found.items[0].title == "If a < b & c"
    assert found.items[0].abstract == "Some é, more."
    assert found.items[0].standing == "withdrawn"


@pytest.mark.parametrize(
    ("usual", "unusual"),
    [
        ("5 pages", "<![CDATA[5 pages]]>"),
        ("5 pages", "5 <i>pages</i>"),
        ("5 pages", "5 &nbsp; pages"),
        ("5 pages", "5 &#0; pages"),
        ("5 pages", "5 &pages"),
        ("5 pages", "5 ]]> pages"),
        ("5 pages", "5 \x07 pages"),
        ("5 pages", "5\r\npages"),
        ("<id>", "<id xml:lang='en'>"),
        ("</id>", "</title>"),
        ("<title>", "<!-- x --><title>"),
        ("<title>", "<orcid>1</orcid><title>"),
        ("OAI/arXivRaw/", "OAI/other/"),
        ("<arXivRaw ", "<arXivRaw x:y='1' "),
        ('version="v1"', "version=\"v1'"),
        ("</record>", ""),
        ("UTF-8", "ISO-8859-1"),
        ("<ListRecords>", "<!-- <ListRecords>"),
        ("<ListRecords>", "<?a <ListRecords>"),
        (
            "<record>",
            '<record><header status="deleted"><identifier>1</identifier></header></record><record>',
        ),
    ],
)
def test_whatever_is_unusual_is_left_to_a_tree(
    usual: str, unusual: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = USUAL.replace(usual.encode(), unusual.encode(), 1)
    assert body != USUAL
    assert usual_records(body) == (body, [])
    assert page(body) == page_by_a_tree(body, monkeypatch)


def test_references_make_no_mark_up() -> None:
    forged = USUAL.replace(b"<date>Mon", b"<date>&lt;/date>&lt;/version>Mon", 1)
    (first, *_) = usual_records(forged)[1]
    assert [number for number, _, _ in first.versions] == ["1", "2"]


@pytest.mark.parametrize("seed", [USUAL, USUAL.replace(b"\n", b"").replace(b"> ", b">")])
def test_damaged_pages_are_read_as_by_a_tree(seed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0
    for body in mutations(seed, 400):
        read += bool(usual_records(body)[1])
        assert page(body) == page_by_a_tree(body, monkeypatch), body
    assert read > 20


@pytest.mark.shared
def test_real_pages_are_usual(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared_data / "samples" / "arxiv_oai" / "listrecords_arXivRaw_4of1000.xml"
    body = path.read_bytes()
    assert len(usual_records(body)[1]) == 4
    assert page(body) == page_by_a_tree(body, monkeypatch)


@pytest.mark.parametrize("piece", ["<record>", "<record><header>", "</record>", "<version ", " <"])
def test_many_pieces_of_records_take_no_time(piece: str) -> None:
    body = document(RECORD.format(n=1), piece * 100_000, RECORD.format(n=2))
    assert usual_records(body) == (body, [])
