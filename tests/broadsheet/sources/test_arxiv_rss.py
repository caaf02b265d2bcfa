"""arXiv's daily feeds."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.broadsheet.sources.mutations import mutations, read_file

from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import Answer, Fault, Page, Plan
from broadsheet.model.paper import Record, Version
from broadsheet.sources.arxiv_rss import ArxivRss

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PLAN = Plan(now=NOW, selection=("cs.CL",))
SPACES = (
    'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:atom="http://www.w3.org/2005/Atom"'
)
ITEM = """<item><title>A wrapped
  title</title><link>https://arxiv.org/abs/2401.00001</link>
 <description>arXiv:2401.00001v{version} Announce Type: {kind}&#32;
Abstract: Of $x &lt; y$ and
more.</description>
 <guid isPermaLink="false">oai:arXiv.org:2401.00001v{version}</guid>
 <category>cs.CL</category><category>math.MP</category><category>68T50</category>
 <pubDate>Fri, 20 Nov 2026 00:00:00 -0500</pubDate>
 <arxiv:announce_type>{kind}</arxiv:announce_type>
 <dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>
 <arxiv:DOI>10.1000/XYZ</arxiv:DOI><arxiv:journal_reference>J. 1 (2026)</arxiv:journal_reference>
 <dc:creator>A. U. Thor (Inst, One), S. E. Cond, Jr., B. Third</dc:creator></item>"""
ENTRY = """<entry><id>oai:arXiv.org:math/0309136v1</id><title>T of t</title>
 <updated>2026-11-20T05:01:00+00:00</updated><published>2026-11-20T00:00:00-05:00</published>
 <link href="https://arxiv.org/abs/math/0309136" rel="alternate" type="text/html"/>
 <summary>arXiv:math/0309136v1 Announce Type: new
Abstract: Words.</summary><category term="math.GT"/>
 <arxiv:announce_type>new</arxiv:announce_type><dc:creator>A B</dc:creator></entry>"""


def rss(*items: str, title: str = "cs.CL updates on arXiv.org") -> bytes:
    return (
        f'<?xml version="1.0"?><rss {SPACES} version="2.0"><channel><title>{title}</title>'
        "<link>http://rss.arxiv.org/rss/cs.CL</link><description>Some  words</description>"
        "<lastBuildDate>Fri, 20 Nov 2026 05:00:11 +0000</lastBuildDate>"
        "<pubDate>Fri, 20 Nov 2026 00:00:00 -0500</pubDate>"
        f"<skipDays><day>Saturday</day></skipDays>{''.join(items)}</channel></rss>"
    ).encode()


def atom(*entries: str) -> bytes:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {SPACES}>'
        "<id>https://rss.arxiv.org/atom/cs.CL</id><title>cs.CL updates on arXiv.org</title>"
        f"<updated>2026-11-20T05:00:11+00:00</updated>{''.join(entries)}</feed>"
    ).encode()


def item(kind: str = "new", version: int = 1, name: str = "2401.00001") -> str:
    return ITEM.format(kind=kind, version=version).replace("2401.00001", name)


@pytest.fixture
def source(clock: Callable[[], datetime]) -> ArxivRss:
    return ArxivRss(clock=clock)


@pytest.fixture
def reader(source: ArxivRss, reader_of: type[Any]) -> Any:
    return reader_of(source)


def page(source: ArxivRss, body: bytes, status: int = 200) -> Page:
    answer = Answer(status=status, body=body, headers={})
    return source.page(PLAN, source.first(PLAN), answer)


def test_every_element_lands_in_its_field(reader: Any) -> None:
    record = reader.only(rss(item()))
    assert record == Record(
        source="arxiv",
        source_id="2401.00001",
        title="A wrapped title",
        abstract="Of $x < y$ and more.",
        authors=("A. U. Thor", "S. E. Cond Jr.", "B. Third"),
        categories=("cs.CL", "math-ph"),
        announced="2026-11-20",
        announced_as="new",
        journal_ref="J. 1 (2026)",
        licence="http://creativecommons.org/licenses/by/4.0/",
        url="https://arxiv.org/abs/2401.00001",
        arxiv_id="2401.00001",
        doi="10.1000/xyz",
        versions=(Version(number=1),),
        raw_hash=record.raw_hash,
    )


@pytest.mark.parametrize("kind", ["cross", "replace", "replace-cross"])
def test_only_a_new_paper_is_first_announced_that_day(reader: Any, kind: str) -> None:
    record = reader.only(rss(item(kind, 3)))
    assert record.announced_as == kind
    assert (record.announced, record.modified) == (None, "2026-11-20")
    assert record.versions == (Version(number=3),)


def test_an_unknown_kind_is_none_and_the_text_tells_where_the_element_is_missing(
    reader: Any,
) -> None:
    record = reader.only(rss(item("absonly")))
    assert (record.announced_as, record.announced, record.modified) == ("", None, "2026-11-20")
    told = item("cross").replace("<arxiv:announce_type>cross</arxiv:announce_type>", "")
    assert reader.only(rss(told)).announced_as == "cross"


def test_the_day_is_that_of_new_york_whatever_the_zone_it_is_written_in(reader: Any) -> None:
    there = "Fri, 20 Nov 2026 00:00:00 -0500"
    for text in ("Fri, 20 Nov 2026 05:00:00 +0000", "Sat, 21 Nov 2026 04:59:00 GMT"):
        assert reader.only(rss(item().replace(there, text))).announced == "2026-11-20"
    assert reader.only(rss(item().replace(f"<pubDate>{there}</pubDate>", ""))).announced == (
        "2026-11-20"
    )
    assert reader.reason(rss(item().replace("20 Nov 2026", "20 Nov 2029"))) == (
        "a day is more than a year in the future"
    )


def test_atom_is_read_alike(reader: Any) -> None:
    record = reader.only(atom(ENTRY))
    assert (record.arxiv_id, record.announced, record.abstract) == (
        "math/0309136",
        "2026-11-20",
        "Words.",
    )
    assert record.categories == ("math.GT",)
    undated = ENTRY.replace("<published>2026-11-20T00:00:00-05:00</published>", "")
    assert reader.only(atom(undated)).announced == "2026-11-20"


def test_a_paper_listed_twice_comes_once_as_what_it_was_first(reader: Any) -> None:
    items = reader.items(
        rss(item("cross"), item("replace", 2, "2401.00002"), item("new"), item("cross"))
    )
    assert [(i.record.arxiv_id, i.record.announced_as) for i in items] == [
        ("2401.00002", "replace"),
        ("2401.00001", "new"),
    ]


def test_a_quiet_day_is_an_empty_page(source: ArxivRss) -> None:
    assert page(source, rss()) == Page(items=(), moment="2026-11-20T05:00:11+00:00")
    assert page(source, atom()) == Page(items=(), moment="2026-11-20T05:00:11+00:00")


def test_an_error_feed_is_a_refusal_and_not_a_quiet_day(source: ArxivRss, reader: Any) -> None:
    body = rss(title="Feed error for query: http://rss.arxiv.org/rss/cs.XX")
    for status in (200, 400):
        with pytest.raises(SourceError, match="arXiv refuses: Some words"):
            page(source, body, status)
    assert reader.reason(body) == "arXiv refuses: Some words"


def test_a_full_feed_says_that_it_is_cut(source: ArxivRss) -> None:
    found = page(source, rss(*(item(name=f"2401.{n:05d}") for n in range(1, 2_001))))
    assert len(found.items) == 2_001
    assert found.items[-1] == Fault(reason="a feed is cut at 2,000 items: name fewer categories")


def test_a_record_that_is_none_keeps_its_place(reader: Any) -> None:
    items = reader.items(rss(item(name="x"), item().replace("guid", "g").replace("link>", "l>")))
    assert [i.reason for i in items] == ["id is not an arXiv id", "no id"]
    assert reader.only(rss(item().replace("guid", "g"))).arxiv_id == "2401.00001"


def test_all_categories_are_asked_for_at_once(source: ArxivRss) -> None:
    plan = Plan(now=NOW, selection=("cs.CL", "math", "cond-mat.str-el", "cs.CL"))
    assert source.first(plan).url == "https://rss.arxiv.org/rss/cs.CL+math+cond-mat.str-el"
    other = Plan(now=NOW, selection=("cs.CL",), base="http://127.0.0.1:9/atom")
    assert source.first(other).url == "http://127.0.0.1:9/atom/cs.CL"


@pytest.mark.parametrize("selection", [(), ("",), ("cs.CL+cs.LG",), ("../x",), ("CS",)])
def test_a_selection_that_is_no_category_is_refused(
    source: ArxivRss, selection: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidValueError):
        source.first(Plan(now=NOW, selection=selection))


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><body/></html>", rss(item())[:-30], b"<rss></rss>", b"<a>" * 10_000, b"\0"],
)
def test_a_broken_answer_is_asked_for_again_unless_refused(source: ArxivRss, body: bytes) -> None:
    with pytest.raises(RetryError):
        page(source, body)
    with pytest.raises(SourceError, match="HTTP 404") as raised:
        page(source, body, 404)
    assert not isinstance(raised.value, RetryError)


def test_recognises_its_own_feeds_only(source: ArxivRss) -> None:
    assert source.recognises(rss())
    assert source.recognises(atom(ENTRY))
    named = b"<description>see http://rss.arxiv.org/rss/cs.CL</description>"
    other = b"<rss><channel><title>J</title><item>" + named + b"</item></channel></rss>"
    assert not source.recognises(other)
    assert not source.recognises(b"<html>http://rss.arxiv.org/</html>")


def test_damaged_feeds_never_raise(tmp_path: Path) -> None:
    for seed in (rss(item(), item("cross", 2, "2401.00002")), atom(ENTRY)):
        for data in mutations(seed, 150):
            read_file(tmp_path / "feed.xml", data)


@pytest.mark.shared
def test_the_samples_are_read(source: ArxivRss, reader: Any, shared_data: Path) -> None:
    folder = shared_data / "samples" / "arxiv_rss"
    record = reader.only((folder / "rss2_ASSEMBLED_from_arxiv_docs.xml").read_bytes())
    assert (record.arxiv_id, record.doi) == ("2203.01250", "10.5802/jep.257")
    assert (record.announced_as, record.modified) == ("replace-cross", "2024-08-23")
    assert record.authors == ("Antonin Monteil", "Paul Pegon")
    assert record.journal_ref.startswith("Journal de l'École")
    assert record.abstract.startswith("We consider first order")
    empty = (folder / "rss2_weekend_empty_SYNTHETIC.xml").read_bytes()
    assert reader.items(empty) == []
    assert source.recognises(empty)


@pytest.mark.shared
@pytest.mark.slow
def test_the_samples_never_raise_however_damaged(tmp_path: Path, shared_data: Path) -> None:
    for sample in sorted((shared_data / "samples" / "arxiv_rss").glob("*.xml")):
        for data in mutations(sample.read_bytes(), 2_000):
            read_file(tmp_path / "feed.xml", data)
