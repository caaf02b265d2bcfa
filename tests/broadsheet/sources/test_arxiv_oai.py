"""arXiv's OAI-PMH answers."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.broadsheet.sources.mutations import mutations, read_file

from broadsheet.model.errors import InvalidValueError, RestartError, RetryError, SourceError
from broadsheet.model.harvest import Answer, Fault, Page, Plan, Request
from broadsheet.model.importing import Reject
from broadsheet.model.paper import Record, Version
from broadsheet.sources.arxiv_oai import ArxivOai

PLAN = Plan(now=datetime(2026, 11, 22, tzinfo=UTC))
RAW = """<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/">
 <id>math/0309136</id><submitter>S</submitter>
 <version version="v2"><date>Sat, 30 Jan 2021 23:57:29 GMT</date><size>1kb</size>{kind}</version>
 <version version="v1"><date>Mon, 11 Jan 2021 20:31:27 GMT</date><size>1kb</size></version>
 <title>A wrapped
  title</title><authors>A. U. Thor (Institute, One), S. M{{\\"u}}ller and C. D</authors>
 <categories>math.GT math.MP 68T50</categories><comments>5 pages</comments>
 <journal-ref>J. Knots 8</journal-ref><doi>10.1002/SPE.2984</doi>
 <license>http://creativecommons.org/licenses/by/4.0/</license>
 <abstract>  Leading blanks &amp; hard
newlines.
</abstract></arXivRaw>"""
SPLIT = """<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2101.00001</id>
 <created>{created}</created><authors>
 <author><keyname>Big Collaboration</keyname></author>
 <author><keyname>:</keyname></author>
 <author><keyname>Thor</keyname><forenames>A. U.</forenames><suffix>Jr</suffix></author>
 </authors><title>T of t</title><categories>cs.CL</categories><abstract>x</abstract></arXiv>"""


def envelope(*records: str, token: str = "", error: str = "") -> bytes:
    inner = "".join(
        "<record><header><identifier>oai:arXiv.org:1</identifier>"
        f"<datestamp>2026-04-18</datestamp></header><metadata>{record}</metadata></record>"
        for record in records
    )
    body = error or f"<ListRecords>{inner}{token}</ListRecords>"
    return (
        '<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>2026-04-20T22:31:27Z</responseDate>{body}</OAI-PMH>"
    ).encode()


def raw(kind: str = "") -> str:
    return RAW.format(kind=f"<source_type>{kind}</source_type>" if kind else "")


@pytest.fixture
def oai(clock: Callable[[], datetime]) -> ArxivOai:
    return ArxivOai(clock=clock)


@pytest.fixture
def reader(oai: ArxivOai, reader_of: type[Any]) -> Any:
    return reader_of(oai)


def page(oai: ArxivOai, body: bytes, plan: Plan = PLAN) -> Page:
    answer = Answer(status=200, body=body, headers={})
    return oai.page(plan, Request(url="http://127.0.0.1/"), answer)


def test_every_element_lands_in_its_field(reader: Any) -> None:
    record = reader.only(envelope(raw()))
    assert record == Record(
        source="arxiv",
        source_id="math/0309136",
        title="A wrapped title",
        abstract="Leading blanks & hard newlines.",
        authors=("A. U. Thor", "S. Müller", "C. D"),
        categories=("math.GT", "math-ph"),
        submitted="2021-01-11",
        updated="2021-01-30",
        announced="2021-01-13",
        announced_as="expected",
        modified="2026-04-18",
        comment="5 pages",
        journal_ref="J. Knots 8",
        licence="http://creativecommons.org/licenses/by/4.0/",
        url="https://arxiv.org/abs/math/0309136",
        arxiv_id="math/0309136",
        doi="10.1002/spe.2984",
        versions=(Version(number=1, date="2021-01-11"), Version(number=2, date="2021-01-30")),
        raw_hash=record.raw_hash,
    )


@pytest.mark.parametrize(
    ("kind", "standing"), [("", ""), ("D", ""), ("A", ""), ("I", "withdrawn"), ("AI", "withdrawn")]
)
def test_the_last_versions_source_type_says_that_it_was_withdrawn(
    reader: Any, kind: str, standing: str
) -> None:
    assert reader.only(envelope(raw(kind))).standing == standing


def test_an_earlier_versions_source_type_does_not(reader: Any) -> None:
    text = raw().replace(
        "<size>1kb</size></version>\n <title>",
        "<size>1kb</size><source_type>I</source_type></version>\n <title>",
    )
    assert reader.only(envelope(text)).standing == ""


def test_the_same_record_has_the_same_hash_whatever_its_mark_up(reader: Any) -> None:
    other = raw().replace('version="v2"', "version='v2'")
    assert reader.only(envelope(raw())).raw_hash == reader.only(envelope(other)).raw_hash


def test_split_names_and_collaborations(reader: Any) -> None:
    record = reader.only(envelope(SPLIT.format(created="2021-01-01")))
    assert record.authors == ("Big Collaboration", "A. U. Thor Jr")


def test_created_is_the_first_versions_day_only_near_the_ids_month(reader: Any) -> None:
    near = reader.only(envelope(SPLIT.format(created="2020-12-31")))
    late = reader.only(envelope(SPLIT.format(created="2023-05-01")))
    assert (near.submitted, near.updated) == ("2020-12-31", None)
    assert (late.submitted, late.updated) == (None, "2023-05-01")


def test_a_record_that_is_none_is_refused_and_the_others_stay(reader: Any) -> None:
    items = reader.items(envelope(raw().replace("math/0309136", "0811.36489"), raw()))
    assert isinstance(items[0], Reject)
    assert items[0].reason == "id is not an arXiv id"
    assert items[1].record.arxiv_id == "math/0309136"
    assert items[1].resume == 2
    assert len(reader.items(envelope(raw(), raw()), start=1)) == 1


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><OAI-PMH>&b;</OAI-PMH>',
        b"<OAI-PMH",
        b"",
        b"<a>" * 400 + b"</a>" * 400,
    ],
)
def test_what_is_no_safe_xml_is_refused(reader: Any, oai: ArxivOai, body: bytes) -> None:
    assert "XML" in reader.reason(body)
    with pytest.raises(RetryError):
        page(oai, body)


def test_first_asks_for_a_set_from_a_day(oai: ArxivOai) -> None:
    plan = Plan(now=PLAN.now, selection=("cs:cs:CL",), since=date(2026, 11, 1))
    assert oai.first(plan).url == (
        "https://oaipmh.arxiv.org/oai?verb=ListRecords&metadataPrefix=arXivRaw"
        "&set=cs%3Acs%3ACL&from=2026-11-01"
    )
    assert "from" not in oai.first(PLAN).url


@pytest.mark.parametrize("selection", [("cs", "math"), ("cs CL",), ("",)])
def test_a_selection_that_is_no_set_is_refused(oai: ArxivOai, selection: tuple[str, ...]) -> None:
    with pytest.raises(InvalidValueError):
        oai.first(Plan(now=PLAN.now, selection=selection))


def test_a_token_is_sent_alone_and_as_it_came(oai: ArxivOai) -> None:
    token = "verb%3DListRecords%26skip%3D2000"
    found = page(oai, envelope(raw(), token=f"<resumptionToken>{token}</resumptionToken>"))
    assert found.next is not None
    assert found.next.url.endswith(
        "?verb=ListRecords&resumptionToken=verb%253DListRecords%2526skip%253D2000"
    )
    assert found.moment == "2026-04-20T22:31:27Z"
    assert page(oai, envelope(raw(), token="<resumptionToken/>")).next is None


def test_deleted_headers_are_named(oai: ArxivOai) -> None:
    gone = (
        '<record><header status="deleted"><identifier>oai:arXiv.org:2501.99999</identifier>'
        "<datestamp>2026-04-18</datestamp></header></record>"
    )
    body = envelope(raw()).replace(b"</ListRecords>", gone.encode() + b"</ListRecords>")
    assert page(oai, body).gone == ("2501.99999",)


def test_a_quiet_day_is_an_empty_page(oai: ArxivOai) -> None:
    found = page(oai, envelope(error='<error code="noRecordsMatch">none</error>'))
    assert found == Page(items=(), moment="2026-04-20T22:31:27Z")


def test_an_expired_token_begins_anew(oai: ArxivOai) -> None:
    with pytest.raises(RestartError, match="old token"):
        page(oai, envelope(error='<error code="badResumptionToken">old  token</error>'))


def test_any_other_error_is_a_refusal(oai: ArxivOai) -> None:
    with pytest.raises(SourceError, match=r"badArgument.*set"):
        page(oai, envelope(error='<error code="badArgument">set</error>'))


def test_a_page_of_another_kind_with_a_refusing_status_is_a_refusal(oai: ArxivOai) -> None:
    answer = Answer(status=404, body=b"<html><p>not here</html>", headers={})
    with pytest.raises(SourceError, match="arXiv refuses with HTTP 404") as e:
        oai.page(PLAN, Request(url="http://127.0.0.1/"), answer)
    assert not isinstance(e.value, RetryError)


def test_a_cut_body_is_asked_for_again(oai: ArxivOai) -> None:
    with pytest.raises(RetryError):
        page(oai, envelope(raw(), raw())[:-40])


def test_faults_keep_their_place_in_a_page(oai: ArxivOai) -> None:
    found = page(oai, envelope(raw().replace("<id>math/0309136</id>", ""), raw()))
    assert isinstance(found.items[0], Fault)
    assert found.items[0].reason == "no id"
    assert isinstance(found.items[1], Record)


def test_damaged_answers_never_raise(tmp_path: Path) -> None:
    for data in mutations(envelope(raw("I"), SPLIT.format(created="2021-01-01")), 300):
        read_file(tmp_path / "answer.xml", data)
