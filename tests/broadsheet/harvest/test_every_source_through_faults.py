"""Every source that is asked over the network, in two pages, while its server fails all the time.

Each source has a server of a few lines that speaks as much of its protocol as two pages take. What
is put in is known, so a paper too few, one too many or a wrong one is seen.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.broadsheet.harvest.servers import Reply, Server, serving

from broadsheet.model.query import Filters
from broadsheet.services.harvesting import HarvestService
from broadsheet.sources import HttpWeb, all_wires
from broadsheet.store import open_store
from broadsheet.store.store import SqlStore

NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
SINCE = date(2026, 11, 19)
TITLES = {f"2611.0000{n}": f"A study of matter {n}" for n in (1, 2, 3, 4)}
PAGES = (tuple(TITLES)[:2], tuple(TITLES)[2:])

FAULTS = {
    "503": Reply(status=503, headers={"Retry-After": "7"}),
    "429": Reply(status=429),
    "500": Reply(status=500, body=b'{"message": "oops"}'),
    "html": Reply(body=b"<html><title>Maintenance</title></html>"),
    "empty": Reply(body=b""),
    "cut": Reply(body=b"[" + b" " * 500, cut=100),
    "slow": Reply(body=b"[]" + b" " * 100, pause_s=0.5),
    "gzip": Reply(body=b"nonsense", headers={"Content-Encoding": "gzip"}),
    "null": Reply(body=b"null"),
    "other": Reply(body=b'{"error": "Internal error. Please try again."}', status=502),
}


@dataclass(frozen=True)
class Spoken:
    """A protocol: which of the two pages a request asks for, and the page."""

    asked: Callable[[str, dict[str, str]], int]
    page: Callable[[int], bytes]
    selection: tuple[str, ...] = ()

    def __call__(self, path: str, headers: dict[str, str]) -> Reply:
        words = {k: v[0] for k, v in parse_qs(urlsplit(path).query).items()}
        return Reply(body=self.page(self.asked(urlsplit(path).path, words)))


def cursor(path: str, words: dict[str, str]) -> int:
    return int(words.get("cursor") == "second")


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def each(at: int, made: Callable[[str, str], Any]) -> list[Any]:
    return [made(name, TITLES[name]) for name in PAGES[at]]


def oai(at: int) -> bytes:
    def made(name: str, title: str) -> str:
        return (
            f"<record><header><identifier>oai:arXiv.org:{name}</identifier>"
            "<datestamp>2026-11-20</datestamp></header><metadata>"
            f'<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{name}</id>'
            '<version version="v1">'
            f"<date>Thu, 19 Nov 2026 10:00:00 GMT</date></version><title>{title}</title>"
            "<authors>Ada Thor</authors><categories>cs.CL</categories><abstract>On it.</abstract>"
            "</arXivRaw></metadata></record>"
        )

    token = "" if at else "<resumptionToken>second</resumptionToken>"
    return (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        "<responseDate>2026-11-20T12:00:00Z</responseDate>"
        f"<ListRecords>{''.join(each(at, made))}{token}</ListRecords></OAI-PMH>"
    ).encode()


def atom_search(at: int) -> bytes:
    def made(name: str, title: str) -> str:
        return (
            f"<entry><id>http://arxiv.org/abs/{name}v1</id><title>{title}</title>"
            "<updated>2026-11-19T10:00:00Z</updated><published>2026-11-19T10:00:00Z</published>"
            '<summary>On it.</summary><category term="cs.CL"/>'
            "<author><name>Ada Thor</name></author></entry>"
        )

    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>arXiv Query</title>'
        '<o:totalResults xmlns:o="http://a9.com/-/spec/opensearch/1.1/">4</o:totalResults>'
        f"{''.join(each(at, made))}</feed>"
    ).encode()


def daily_feed(_: int) -> bytes:
    def made(name: str, title: str) -> str:
        return (
            f"<item><title>{title}</title><link>https://arxiv.org/abs/{name}</link>"
            f"<description>arXiv:{name}v1 Announce Type: new\nAbstract: On it.</description>"
            f'<guid isPermaLink="false">oai:arXiv.org:{name}v1</guid><category>cs.CL</category>'
            '<a:announce_type xmlns:a="http://arxiv.org/schemas/atom">new</a:announce_type>'
            "<pubDate>Fri, 20 Nov 2026 00:00:00 -0500</pubDate></item>"
        )

    items = "".join([*each(0, made), *each(1, made)])
    return (
        '<rss version="2.0"><channel><title>cs.CL updates on arXiv.org</title>'
        "<lastBuildDate>Fri, 20 Nov 2026 05:00:11 +0000</lastBuildDate>"
        f"{items}</channel></rss>"
    ).encode()


def journal(at: int) -> bytes:
    def made(name: str, title: str) -> str:
        return f"<item><title>{title}</title><link>https://j.example/{name}</link></item>"

    inner = "".join(each(at, made))
    return f'<rss version="2.0"><channel><title>J</title>{inner}</channel></rss>'.encode()


def anthology(at: int) -> bytes:
    def made(name: str, title: str) -> str:
        return (
            f'<paper id="{name[-1]}"><title>{title}</title><author><first>Ada</first>'
            f"<last>Thor</last></author><url>2026.knot{at}-long.{name[-1]}</url></paper>"
        )

    return (
        f'<collection id="2026.knot{at}"><volume id="long"><meta><booktitle>Knots</booktitle>'
        f"<year>2026</year></meta>{''.join(each(at, made))}</volume></collection>"
    ).encode()


def openalex(at: int) -> bytes:
    def made(name: str, title: str) -> dict[str, Any]:
        return {
            "id": f"https://openalex.org/W{name[-1]}",
            "title": title,
            "publication_date": "2026-11-19",
            "type": "article",
            "authorships": [{"author": {"display_name": "Ada Thor"}}],
        }

    following = None if at else "second"
    return as_json({"meta": {"count": 4, "next_cursor": following}, "results": each(at, made)})


def crossref(at: int) -> bytes:
    def made(name: str, title: str) -> dict[str, Any]:
        return {
            "DOI": f"10.1000/{name}",
            "type": "journal-article",
            "title": [title],
            "issued": {"date-parts": [[2026, 11, 19]]},
            "author": [{"given": "Ada", "family": "Thor"}],
        }

    message = {"total-results": 4, "items": each(at, made)} | (
        {} if at else {"next-cursor": "second"}
    )
    return as_json({"status": "ok", "message-type": "work-list", "message": message})


def scholar(at: int) -> bytes:
    def made(name: str, title: str) -> dict[str, Any]:
        return {
            "paperId": name.replace(".", "").rjust(40, "0"),
            "corpusId": int(name[-1]),
            "externalIds": {"ArXiv": name, "CorpusId": int(name[-1])},
            "title": title,
            "year": 2026,
            "authors": [{"authorId": "1", "name": "Ada Thor"}],
        }

    return as_json({"total": 4, "data": each(at, made)} | ({} if at else {"token": "second"}))


def daily(at: int) -> bytes:
    def made(name: str, title: str) -> dict[str, Any]:
        paper = {
            "id": name,
            "title": title,
            "summary": "On it.",
            "authors": [{"name": "Ada Thor"}],
            "publishedAt": "2026-11-18T02:08:18.000Z",
            "submittedOnDailyAt": f"2026-11-{19 + at}T02:15:00.000Z",
            "upvotes": 3,
        }
        return {"paper": paper, "title": title, "publishedAt": "2026-11-18T02:08:18.000Z"}

    return as_json(each(at, made))


def openreview(at: int) -> bytes:
    def made(name: str, title: str) -> dict[str, Any]:
        venue = f"KNOT.cc/202{6 - at}/Conference"
        content = {"title": title, "authors": ["Ada Thor"], "venueid": venue, "venue": "KNOT 2026"}
        return {
            "id": f"aB_3-{name[-1]}",
            "forum": f"aB_3-{name[-1]}",
            "invitations": [f"{venue}/-/Submission"],
            "cdate": 1_795_100_000_000,
            "tcdate": 1_795_100_000_000,
            "tmdate": 1_795_100_000_000,
            "content": {key: {"value": value} for key, value in content.items()},
        }

    return as_json({"notes": each(at, made), "count": 2})


SPOKEN = {
    "arxiv": Spoken(lambda path, words: int("resumptionToken" in words), oai),
    "arxiv_api": Spoken(
        lambda path, words: int(words.get("start", "0") != "0"), atom_search, ("cat:cs.CL",)
    ),
    "arxiv_rss": Spoken(lambda path, words: 0, daily_feed, ("cs.CL",)),
    "acl": Spoken(
        lambda path, words: int("knot1" in path), anthology, ("2026.knot0", "2026.knot1")
    ),
    "openalex": Spoken(cursor, openalex, ("type:preprint",)),
    "crossref": Spoken(cursor, crossref, ("prefix:10.1000",)),
    "semantic_scholar": Spoken(lambda path, words: int("token" in words), scholar, ("matter",)),
    "hf_daily": Spoken(lambda path, words: int(words["date"] == "2026-11-20"), daily),
    "openreview": Spoken(
        lambda path, words: int("2025" in str(words)),
        openreview,
        ("KNOT.cc/2026/Conference", "KNOT.cc/2025/Conference"),
    ),
    "feed": Spoken(lambda path, words: int(path == "/second"), journal, ("/first", "/second")),
}


@dataclass
class Desk:
    """A library, the server of one source, and the service between them; no pause is slept."""

    source: str
    store: SqlStore
    server: Server

    def run(self) -> Any:
        service = HarvestService(
            store=self.store,
            wires=all_wires(lambda: NOW),
            described=[],
            web=HttpWeb(
                contact="desk@example.org",
                inside=[self.server.base.removeprefix("http://")],
                read_s=0.25,
            ),
            clock=lambda: NOW,
            wait=lambda seconds: False,
            bases={self.source: self.server.base},
        )
        chosen = SPOKEN[self.source].selection
        if self.source == "feed":
            chosen = tuple(self.server.base + path for path in chosen)
        return service.run(self.source, selection=chosen, since=SINCE)

    def titles(self) -> list[str]:
        return sorted(paper.title for paper in self.store.listing(Filters(), limit=99).papers)


@pytest.fixture(params=sorted(SPOKEN))
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    source = request.param
    with closing(open_store(folder=tmp_path)) as store, serving(SPOKEN[source]) as server:
        yield Desk(source, store, server)


def test_the_table_has_every_source_that_can_be_asked() -> None:
    assert set(SPOKEN) == set(all_wires(lambda: NOW))


def test_between_faults_of_all_kinds_every_paper_comes_in_once(desk: Desk) -> None:
    kinds = list(FAULTS.values())
    desk.server.faults = kinds[:5]
    first = desk.run()
    assert (first.is_complete, first.trouble) == (True, "")
    assert desk.titles() == sorted(TITLES.values())
    assert first.new_papers == 4
    desk.server.faults = kinds[5:]
    again = desk.run()
    assert (again.is_complete, again.new_papers, again.changed) == (True, 0, 0)
    assert desk.titles() == sorted(TITLES.values())
    assert not desk.server.faults


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(set(FAULTS) - {"slow"}))
def test_a_fault_that_stays_is_told_and_stores_nothing(desk: Desk, kind: str) -> None:
    desk.server.faults = [FAULTS[kind]] * 40
    report = desk.run()
    assert not report.is_complete
    assert report.trouble
    assert desk.titles() == []
    desk.server.faults = []
    assert desk.run().new_papers == 4
    assert desk.titles() == sorted(TITLES.values())
