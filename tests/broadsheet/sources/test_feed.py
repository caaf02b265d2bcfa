"""The feeds of journals."""

import builtins
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.broadsheet.sources.mutations import mutations, read_file

from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import Answer, Page, Plan
from broadsheet.model.paper import Imprint, Record
from broadsheet.sources.feed import MAX_FEED_BYTES, Feed

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ADDRESS = "https://j.example/rss"
SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:p="http://prismstandard.org/namespaces/basic/2.0/"'
)
RDF_ITEM = """<item rdf:about="https://j.example/a"><title><![CDATA[H<sub>2</sub>O &amp;
 <i>x</i>]]></title><link>https://j.example/a?b=1&amp;copy=2</link>
 <dc:creator>A. U. Thor</dc:creator><dc:creator>Third, B.</dc:creator><dc:date>2026-03</dc:date>
 <dc:identifier>1234-5678</dc:identifier><dc:identifier>doi:10.1000/XYZ</dc:identifier>
 <dc:identifier>other</dc:identifier><p:volume>3</p:volume><p:number>2</p:number>
 <p:startingPage>1</p:startingPage><p:endingPage>9</p:endingPage>
 <description>&lt;p&gt;One&lt;/p&gt;&lt;p&gt;two &amp;lt; three&lt;/p&gt;</description></item>"""
RSS_ITEM = """<item><title>T of t</title><guid isPermaLink="false">x-1</guid>
 <link>https://j.example/1</link><author>a@j.example (A. U. Thor)</author>
 <pubDate>Fri, 20 Nov 2026 00:00:00 +0900</pubDate><p:doi>10.1000/abc</p:doi>
 <p:publicationName>J. of Things</p:publicationName>
 <description>Words.</description><content:encoded>More.</content:encoded></item>"""
ATOM_ENTRY = """<entry><title type="html">T &lt;b&gt;two&lt;/b&gt;</title><id>tag:j,1</id>
 <link rel="alternate" href="https://j.example/1"/><link rel="related" href="https://x.example/"/>
 <author><name>A. U. Thor</name><email>a@j.example</email></author><author><name>B C</name></author>
 <published>2026-11-19</published><updated>2026-11-20T01:00:00+09:00</updated>
 <summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>A <i>w</i>ord</p><p>or
 two</p></div></summary></entry>"""


def rdf(*items: str, journal: str = "<p:publicationName>J. of Things</p:publicationName>") -> bytes:
    return (
        f'<?xml version="1.0"?><rdf:RDF xmlns="http://purl.org/rss/1.0/" {SPACES}'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel rdf:about="x">'
        f"<title>J</title>{journal}<items><rdf:Seq/></items></channel>{''.join(items)}</rdf:RDF>"
    ).encode()


def rss(*items: str) -> bytes:
    inner = "".join(items)
    return f'<rss {SPACES} version="2.0"><channel><title>J</title>{inner}</channel></rss>'.encode()


def atom(*entries: str) -> bytes:
    inner = "".join(entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>J</title>{inner}</feed>'.encode()


def item(**elements: str) -> str:
    said = {"title": "T", "link": "https://j.example/1"} | elements
    inner = "".join(f"<{k.replace('_', ':')}>{v}</{k.replace('_', ':')}>" for k, v in said.items())
    return f"<item>{inner}</item>"


@pytest.fixture
def feed(clock: Callable[[], datetime]) -> Feed:
    return Feed(clock=clock)


@pytest.fixture
def reader(feed: Feed, reader_of: type[Any]) -> Any:
    return reader_of(feed)


def page(feed: Feed, body: bytes, *more: str, status: int = 200) -> Page:
    plan = Plan(now=NOW, selection=(ADDRESS, *more))
    return feed.page(plan, feed.first(plan), Answer(status=status, body=body, headers={}))


def test_every_element_of_rdf_lands_in_its_field(reader: Any) -> None:
    record = reader.only(rdf(RDF_ITEM))
    assert record == Record(
        source="feed",
        source_id="10.1000/xyz",
        title="H2O & x",
        abstract="One two < three",
        authors=("A. U. Thor", "B. Third"),
        submitted="2026-03",
        venue="J. of Things",
        url="https://j.example/a?b=1&copy=2",
        doi="10.1000/xyz",
        imprint=Imprint(volume="3", issue="2", pages="1-9"),
        raw_hash=record.raw_hash,
    )


def test_every_element_of_rss_lands_in_its_field(reader: Any) -> None:
    record = reader.only(rss(RSS_ITEM))
    assert record == Record(
        source="feed",
        source_id="10.1000/abc",
        title="T of t",
        abstract="Words.",
        authors=("A. U. Thor",),
        submitted="2026-11-20",
        venue="J. of Things",
        url="https://j.example/1",
        doi="10.1000/abc",
        raw_hash=record.raw_hash,
    )


def test_every_element_of_atom_lands_in_its_field(reader: Any) -> None:
    record = reader.only(atom(ATOM_ENTRY))
    assert record == Record(
        source="feed",
        source_id="tag:j,1",
        title="T two",
        abstract="A word or two",
        authors=("A. U. Thor", "B C"),
        submitted="2026-11-19",
        updated="2026-11-20",
        url="https://j.example/1",
        raw_hash=record.raw_hash,
    )


def test_an_atom_entrys_change_is_no_publication(reader: Any) -> None:
    record = reader.only(atom(ATOM_ENTRY.replace("published", "p")))
    assert (record.submitted, record.updated) == (None, "2026-11-20")


@pytest.mark.parametrize(
    ("elements", "source_id", "number"),
    [
        ({"guid": "https://doi.org/10.1000/A.b"}, "10.1000/a.b", "10.1000/a.b"),
        ({"dc_identifier": "doi: 10.1000/x", "guid": "g"}, "10.1000/x", "10.1000/x"),
        ({"guid": "g"}, "g", None),
        ({}, "https://j.example/1", None),
        ({"link": "https://doi.org/10.1000/x"}, "10.1000/x", "10.1000/x"),
    ],
)
def test_the_id_is_the_doi_or_the_guid_or_the_link(
    reader: Any, elements: dict[str, str], source_id: str, number: str | None
) -> None:
    record = reader.only(rss(item(**elements)))
    assert (record.source_id, record.doi) == (source_id, number)


def test_arxivs_papers_are_known_as_such(reader: Any) -> None:
    assert reader.only(rss(item(p_doi="10.48550/arXiv.2301.00001"))).arxiv_id == "2301.00001"
    linked = reader.only(rss(item(link="https://arxiv.org/abs/2301.00001v2")))
    assert (linked.arxiv_id, linked.url) == ("2301.00001", "https://arxiv.org/abs/2301.00001v2")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Fri, 20 Nov 2026 23:00:00 -0800", "2026-11-20"),
        ("20 Nov 26 10:00 GMT", "2026-11-20"),
        ("2026-11", "2026-11"),
        ("soon", None),
        ("2026-02-31", None),
        ("9" * 90, None),
    ],
)
def test_a_day_is_the_one_that_is_written(reader: Any, text: str, day: str | None) -> None:
    assert reader.only(rss(item(pubDate=text))).submitted == day


@pytest.mark.parametrize("text", ["Fri, 20 Nov 2099 23:00:00 GMT", "2099", "Tue Nov 20 2099"])
def test_a_day_far_in_the_future_is_refused(reader: Any, text: str) -> None:
    reason = reader.reason(rss(item(pubDate=text)))
    assert reason == "a date is more than a year in the future"


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("Ann Lee, Bo Chen and C. D. Eng", ("Ann Lee", "Bo Chen", "C. D. Eng")),
        ("Lee, A.; Chen, B.", ("A. Lee", "B. Chen")),
        ("Lee, Ann", ("Ann Lee",)),
        ("Ann Lee (Inst, One), Bo Chen", ("Ann Lee", "Bo Chen")),
        ("a@j.example", ()),
        ("a@j.science (Ann Lee)", ("Ann Lee",)),
        ("Ann Lee &lt;ann@j.museum&gt;", ("Ann Lee",)),
        ("mailto:a@b Ann Lee", ("Ann Lee",)),
    ],
)
def test_names_are_told_apart_and_addresses_of_e_mail_go(
    reader: Any, said: str, names: tuple[str, ...]
) -> None:
    for element in ("dc_creator", "author"):
        record = reader.only(rss(item(**{element: said})))
        assert record.authors == names
        assert "@" not in repr(record)


@pytest.mark.parametrize(
    "text",
    [
        "<![CDATA[A<script>alert(1)</script><img src=x onerror=alert(1)> word]]>",
        "A&lt;style&gt;alert&lt;/style&gt; &lt;a href='javascript:alert(1)'&gt;word&lt;/a&gt;",
        '<b xmlns="">A <script>alert(1)</script>word</b>',
        "A&amp;#12; word",
    ],
)
def test_nothing_but_words_is_left_of_a_page(reader: Any, text: str) -> None:
    record = reader.only(rss(item(title=text, description=text)))
    assert (record.title, record.abstract) == ("A word", "A word")
    assert not reader.only(rss(item(link="javascript:alert(1)", guid="g"))).url


def test_a_record_that_is_none_keeps_its_place(reader: Any) -> None:
    items = reader.items(rss(item(title=""), "<item><title>T</title></item>", RSS_ITEM))
    assert [i.reason for i in items[:2]] == ["no title", "no id"]
    assert items[2].record.doi == "10.1000/abc"


def test_the_hash_tells_what_changed_and_not_how_it_is_spelt(reader: Any) -> None:
    one = reader.only(rss(RSS_ITEM)).raw_hash
    assert (
        reader.only(
            rss(RSS_ITEM).replace(b"<p:", b"<z:").replace(b"/p:", b"/z:").replace(b":p=", b":z=")
        ).raw_hash
        == one
    )
    assert reader.only(rss(RSS_ITEM.replace("Words", "Other"))).raw_hash != one


def test_reading_opens_no_file_and_no_connection(
    reader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = rss(RSS_ITEM, item(guid="file:///etc/passwd", link="file:///etc/passwd"))
    expected = reader.items(body)

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("something was opened")

    with monkeypatch.context() as patched:
        patched.setattr(builtins, "open", refuse)
        patched.setattr(socket, "socket", refuse)
        assert reader.items(body) == expected
        names = (b"/etc/passwd", b"http://127.0.0.1/feed", b"file:///etc/passwd")
        assert ["XML" in reader.reason(name) for name in names] == [True] * 3


HOSTILE = {
    "one author": rss(item(author="a" * 1_000_000)),
    "addresses": rss(item(author="a.@" * 300_000)),
    "categories": rss(f"<item><title>T</title>{'<category>a</category>' * 60_000}</item>"),
    "tags": rss(item(description="&lt;a " * 200_000)),
    "comments": rss(item(description="&lt;!--" * 200_000)),
    "depth": rss("<a>" * 100_000),
    "entries": rss("<item/>" * 100_000),
    "dates": rss(item(pubDate="1-" * 500_000)),
    "attributes": rss("<x " + " ".join(f"a{n}='1'" for n in range(60_000)) + "/>"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_feed_that_is_made_to_be_slow_is_not(reader: Any, name: str) -> None:
    """The run as a whole has a limit; a square of these sizes would not end within it."""
    reader.items(HOSTILE[name])


def test_a_feed_that_is_too_large_is_refused(feed: Feed, reader: Any) -> None:
    body = rss(RSS_ITEM) + b" " * MAX_FEED_BYTES
    assert reader.reason(body) == "a feed over 20,000,000 bytes"
    with pytest.raises(SourceError, match="20,000,000"):
        page(feed, body)
    assert reader.reason(HOSTILE["entries"]) == "over 5,000 entries"


def test_each_feed_is_asked_for_in_turn(feed: Feed) -> None:
    other = "http://k.example/feed"
    plan = Plan(now=NOW, selection=(ADDRESS, other, ADDRESS))
    answer = Answer(status=200, body=rss(RSS_ITEM), headers={})
    request = feed.first(plan)
    assert request.url == ADDRESS
    following = feed.page(plan, request, answer).next
    assert following is not None
    assert following.url == other
    assert feed.page(plan, following, answer).next is None


@pytest.mark.parametrize(
    "selection",
    [(), ("",), ("file:///etc/passwd",), (ADDRESS, "ftp://x"), ("j.example",), ("http://" * 999,)],
)
def test_only_addresses_of_the_web_are_asked(feed: Feed, selection: tuple[str, ...]) -> None:
    with pytest.raises(InvalidValueError):
        feed.first(Plan(now=NOW, selection=selection))


def test_a_feed_without_entries_is_an_empty_page(feed: Feed) -> None:
    assert [page(feed, body).items for body in (rss(), rdf(), atom())] == [(), (), ()]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body/></html>",
        b"<rss/>",
        b"{}",
        rss(RSS_ITEM)[:-30],
        b"<a>" * 10_000,
        b'<!DOCTYPE rss [<!ENTITY b "c">]>' + rss(RSS_ITEM),
        b"\0",
    ],
)
def test_a_broken_answer_is_asked_for_again_unless_refused(feed: Feed, body: bytes) -> None:
    with pytest.raises(RetryError):
        page(feed, body)
    with pytest.raises(SourceError, match="HTTP 410") as raised:
        page(feed, body, status=410)
    assert not isinstance(raised.value, RetryError)


def test_recognises_feeds_that_are_not_arxivs(feed: Feed) -> None:
    assert all(feed.recognises(body) for body in (rdf(RDF_ITEM), rss(RSS_ITEM), atom(ATOM_ENTRY)))
    assert feed.recognises(b"\xef\xbb\xbf\n" + rss())
    assert feed.recognises(b'<feed xmlns="http://purl.org/atom/ns#" version="0.3"/>')
    others = (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
        b"<feed/>",
        b"<html><rss/></html>",
        b"<rss><channel><link>http://rss.arxiv.org/rss/cs.CL</link></channel></rss>",
        b'<feed xmlns="http://www.w3.org/2005/Atom"><id>http://arxiv.org/api/x</id></feed>',
    )
    assert not any(feed.recognises(body) for body in others)


def test_damaged_feeds_never_raise(tmp_path: Path) -> None:
    for seed in (rdf(RDF_ITEM), rss(RSS_ITEM, RSS_ITEM), atom(ATOM_ENTRY)):
        for data in mutations(seed, 150):
            read_file(tmp_path / "feed.xml", data)


@pytest.mark.shared
def test_no_other_sample_is_taken_for_a_feed(feed: Feed, shared_data: Path) -> None:
    samples = [path for path in (shared_data / "samples").glob("*/*") if path.is_file()]
    assert len(samples) > 40
    assert [path.name for path in samples if feed.recognises(path.read_bytes())] == []


@pytest.mark.shared
@pytest.mark.slow
def test_recorded_atom_and_rss_never_raise_however_damaged(reader: Any, shared_data: Path) -> None:
    folders = [shared_data / "samples" / name for name in ("arxiv_api", "arxiv_rss")]
    for sample in sorted(path for folder in folders for path in folder.glob("*.xml")):
        for data in mutations(sample.read_bytes(), 500):
            reader.items(data)
