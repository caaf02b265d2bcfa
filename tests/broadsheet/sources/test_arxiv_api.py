"""arXiv's query API."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.broadsheet.sources.mutations import mutations, read_file

from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import Answer, Fault, Page, Plan, Request
from broadsheet.model.paper import Record, Version
from broadsheet.sources.arxiv_api import ArxivApi

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
ENTRY = """<entry><id>http://arxiv.org/abs/math.GT/0309136v2</id><title>A wrapped
  title</title><updated>2021-01-30T23:57:29Z</updated>
 <link href="https://arxiv.org/pdf/math/0309136v2" rel="related" type="application/pdf"/>
 <summary>  Leading blanks &amp; hard
newlines.
</summary>
 <category term="math.GT" scheme="http://arxiv.org/schemas/atom"/><category term="math.MP"/>
 <category term="68T50; I.2.7"/><published>2021-01-11T20:31:27Z</published>
 <arxiv:comment>5 pages</arxiv:comment><arxiv:primary_category term="cs.LG"/>
 <arxiv:journal_ref>J. Knots 8</arxiv:journal_ref><arxiv:doi>10.1002/SPE.2984 10.1/x</arxiv:doi>
 <author><name>A. U. Thor</name><arxiv:affiliation>Inst</arxiv:affiliation></author>
 <author><name>S. M{\\"u}ller</name></author></entry>"""
ERROR = """<entry><id>https://arxiv.org/api/errors#incorrect_id</id><title>Error</title>
 <summary>incorrect id  format</summary></entry>"""


def feed(*entries: str, total: int | str | None = None) -> bytes:
    said = len(entries) if total is None else total
    return (
        '<?xml version="1.0"?><feed xmlns:o="http://a9.com/-/spec/opensearch/1.1/"'
        ' xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">'
        "<id>https://arxiv.org/api/x</id><updated>2026-04-12T22:09:26Z</updated>"
        f"<o:totalResults>{said}</o:totalResults>{''.join(entries)}</feed>"
    ).encode()


def entry(name: str) -> str:
    return ENTRY.replace("math.GT/0309136v2", name)


def plan(*selection: str, since: date | None = None) -> Plan:
    return Plan(now=NOW, selection=selection, since=since)


def asked(request: Request | None) -> dict[str, str]:
    assert request is not None
    words = parse_qs(urlsplit(request.url).query, keep_blank_values=True)
    return {key: value[0] for key, value in words.items()}


@pytest.fixture
def api(clock: Callable[[], datetime]) -> ArxivApi:
    return ArxivApi(clock=clock)


@pytest.fixture
def reader(api: ArxivApi, reader_of: type[Any]) -> Any:
    return reader_of(api)


def page(api: ArxivApi, body: bytes, asking: Plan, request: Request, status: int = 200) -> Page:
    return api.page(asking, request, Answer(status=status, body=body, headers={}))


def first_page(api: ArxivApi, body: bytes, asking: Plan, status: int = 200) -> Page:
    return page(api, body, asking, api.first(asking), status)


def test_every_element_lands_in_its_field(reader: Any) -> None:
    record = reader.only(feed(ENTRY))
    assert record == Record(
        source="arxiv",
        source_id="math/0309136",
        title="A wrapped title",
        abstract="Leading blanks & hard newlines.",
        authors=("A. U. Thor", "S. Müller"),
        categories=("cs.LG", "math.GT", "math-ph"),
        submitted="2021-01-11",
        updated="2021-01-30",
        announced="2021-01-13",
        announced_as="expected",
        comment="5 pages",
        journal_ref="J. Knots 8",
        url="https://arxiv.org/abs/math/0309136",
        arxiv_id="math/0309136",
        doi="10.1002/spe.2984",
        versions=(Version(number=1, date="2021-01-11"), Version(number=2, date="2021-01-30")),
        raw_hash=record.raw_hash,
    )


def test_a_first_version_is_no_update(reader: Any) -> None:
    record = reader.only(feed(entry("2101.00001v1")))
    assert record.updated is None
    assert record.versions == (Version(number=1, date="2021-01-11"),)


def test_without_a_version_number_the_dates_tell(reader: Any) -> None:
    record = reader.only(feed(entry("2101.00001")))
    assert (record.updated, record.versions) == ("2021-01-30", ())
    same = entry("2101.00001").replace("2021-01-30", "2021-01-11")
    assert reader.only(feed(same)).updated is None


def test_an_archive_with_a_v_and_a_slash_keeps_both(reader: Any) -> None:
    assert reader.only(feed(entry("solv-int/9901001v1"))).arxiv_id == "solv-int/9901001"


def test_names_are_matched_by_their_namespace(reader: Any) -> None:
    other = feed(ENTRY).replace(b"arxiv:", b"z:").replace(b"xmlns:arxiv", b"xmlns:z")
    assert reader.only(other) == reader.only(feed(ENTRY))


def test_a_record_that_is_none_is_refused_and_the_others_stay(reader: Any) -> None:
    items = reader.items(feed(entry("0811.36489v1"), ENTRY.replace("published", "p"), ENTRY))
    assert items[0].reason == "id is not an arXiv id"
    assert items[1].record.submitted is None
    assert items[2].record.arxiv_id == "math/0309136"
    assert reader.reason(feed(ENTRY.replace("2021-01-11", "2029-01-11"))) == (
        "published is more than a year in the future"
    )


def test_an_error_feed_is_no_paper_and_not_empty(reader: Any, api: ArxivApi) -> None:
    assert reader.reason(feed(ERROR)) == "arXiv refuses: incorrect id format"
    for status in (200, 400):
        with pytest.raises(SourceError, match="incorrect id format") as raised:
            first_page(api, feed(ERROR, total=0), plan("2101.00001"), status)
        assert not isinstance(raised.value, RetryError)


def test_recognises_its_own_feeds_only(api: ArxivApi) -> None:
    assert api.recognises(feed())
    assert api.recognises(feed(ERROR).replace(b"https://arxiv.org/api/x", b"https://arxiv.org/"))
    assert not api.recognises(feed(ENTRY).replace(b"<id>https://arxiv.org/api/x</id>", b""))
    assert not api.recognises(b"<feed><id>https://arxiv.org/api/x</id></feed>")
    assert not api.recognises(b'{"id": "https://arxiv.org/api/x"}')


def test_ids_are_asked_for_with_their_number(api: ArxivApi) -> None:
    request = api.first(plan("2101.00001v3", "arXiv:2101.00001", "math.GT/0309136"))
    assert request.url == (
        "https://export.arxiv.org/api/query?id_list=2101.00001%2Cmath%2F0309136&max_results=2"
    )


def test_many_ids_are_asked_for_by_the_hundred(api: ArxivApi) -> None:
    ids = [f"2101.{n:05d}" for n in range(1, 251)]
    request: Request | None = api.first(plan(*ids))
    sizes, seen = [], []
    while request is not None:
        words = asked(request)
        sizes.append(words["max_results"])
        seen += words["id_list"].split(",")
        request = page(api, feed(entry(seen[-1])), plan(*ids), request).next
    assert sizes == ["100", "100", "50"]
    assert seen == ids


def test_missing_ids_are_left_out_and_none_at_all_is_an_empty_page(api: ArxivApi) -> None:
    asking = plan("2101.00001", "2101.99999")
    found = first_page(api, feed(entry("2101.00001v1")), asking)
    assert [item.source_id for item in found.items if isinstance(item, Record)] == ["2101.00001"]
    assert found.next is None
    assert first_page(api, feed(), asking) == Page(
        items=(), moment="2026-04-12T22:09:26+00:00", total=0
    )


def test_a_search_is_paged_to_its_end(api: ArxivApi) -> None:
    asking = plan("cat:cs.CL")
    request = api.first(asking)
    assert asked(request) == {
        "search_query": "cat:cs.CL",
        "start": "0",
        "max_results": "100",
        "sortBy": "submittedDate",
        "sortOrder": "descending",
    }
    found = page(api, feed(ENTRY, ENTRY, total=3), asking, request)
    assert found.total == 3
    assert found.next is not None
    assert asked(found.next)["start"] == "2"
    assert page(api, feed(ENTRY, total=3), asking, found.next).next is None


def test_a_search_since_a_day_says_so_in_gmt(api: ArxivApi) -> None:
    words = asked(api.first(plan("cat:cs.CL OR cat:cs.LG", since=date(2026, 11, 20))))
    assert words["search_query"] == (
        "(cat:cs.CL OR cat:cs.LG) AND submittedDate:[202611200000 TO 202611221030]"
    )


def test_bare_words_are_asked_for_as_a_phrase(api: ArxivApi) -> None:
    assert asked(api.first(plan('dense "retrieval')))["search_query"] == 'all:"dense  retrieval"'


def test_a_page_that_is_empty_by_mistake_is_asked_for_again(api: ArxivApi) -> None:
    with pytest.raises(RetryError, match="empty"):
        first_page(api, feed(total=3), plan("cat:cs.CL"))


def test_what_the_server_will_not_give_is_told(api: ArxivApi) -> None:
    request = Request(url="http://127.0.0.1/?search_query=x&start=29999")
    found = page(api, feed(ENTRY, total=40_000), plan("cat:cs.CL"), request)
    assert found.next is None
    assert found.items[-1] == Fault(reason="over 30,000 results: search for less at a time")


@pytest.mark.parametrize(
    "selection",
    [(), ("",), (" ",), ("2101.00001", "cat:cs.CL"), ("a:b", "c:d"), ("2101.1",), ("a:" * 1001,)],
)
def test_what_is_neither_ids_nor_one_search_is_refused(
    api: ArxivApi, selection: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidValueError):
        api.first(plan(*selection))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Rate exceeded.",
        b"<html><body>busy</body></html>",
        feed(ENTRY)[:-40],
        feed(ENTRY, total="many"),
        b"<a>" * 10_000,
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + feed(),
    ],
)
def test_a_broken_answer_is_asked_for_again_unless_refused(api: ArxivApi, body: bytes) -> None:
    with pytest.raises(RetryError):
        first_page(api, body, plan("cat:cs.CL"))
    with pytest.raises(SourceError, match="HTTP 403") as raised:
        first_page(api, body, plan("cat:cs.CL"), 403)
    assert not isinstance(raised.value, RetryError)


def test_another_server_may_be_named(api: ArxivApi) -> None:
    asking = Plan(now=NOW, selection=("2101.00001",), base="http://127.0.0.1:9/q")
    assert api.first(asking).url.startswith("http://127.0.0.1:9/q?id_list=")


def test_the_hash_tells_what_changed_and_not_how_it_is_spelt(reader: Any) -> None:
    one = reader.only(feed(ENTRY)).raw_hash
    spelt = feed(ENTRY.replace('term="math.GT" scheme', "scheme='x' term='math.GT' x"))
    assert reader.only(spelt).raw_hash == one
    assert reader.only(feed(ENTRY.replace('"math.GT"', '"math.AG"'))).raw_hash != one


def test_damaged_answers_never_raise(tmp_path: Path) -> None:
    for data in mutations(feed(ENTRY, entry("2101.00001v1")), 250):
        read_file(tmp_path / "answer.xml", data)


@pytest.mark.shared
def test_recorded_answers_are_read(api: ArxivApi, reader: Any, shared_data: Path) -> None:
    folder = shared_data / "samples" / "arxiv_api"
    found = {p.name: reader.items(p.read_bytes()) for p in sorted(folder.glob("*.xml"))}
    assert all(api.recognises(p.read_bytes()) for p in folder.glob("*.xml"))
    assert {name: len(items) for name, items in found.items()} == {
        "empty_feed.xml": 0,
        "error_http400_bad_id.xml": 1,
        "id_list_missing_only.xml": 0,
        "id_list_one_missing.xml": 1,
        "old_style_id_affiliations_journalref.xml": 1,
        "old_style_id_with_version.xml": 1,
        "page_start5_max10.xml": 10,
        "single_v1_comment.xml": 1,
    }
    assert found["error_http400_bad_id.xml"][0].reason.endswith("incorrect id format for abc")
    old = found["old_style_id_affiliations_journalref.xml"][0].record
    assert (old.arxiv_id, old.submitted) == ("astro-ph/0601001", "2006-01-02")
    assert old.journal_ref == "ActaAstron.56:1-50,2006"
    assert old.authors[2] == "B. Scott Gaudi"
    second = found["page_start5_max10.xml"][1].record
    assert [v.number for v in second.versions] == [1, 2]
    assert second.updated == "2025-08-12"


@pytest.mark.shared
@pytest.mark.slow
def test_recorded_answers_never_raise_however_damaged(tmp_path: Path, shared_data: Path) -> None:
    for sample in sorted((shared_data / "samples" / "arxiv_api").glob("*.xml")):
        for data in mutations(sample.read_bytes(), 2_000):
            read_file(tmp_path / "answer.xml", data)
