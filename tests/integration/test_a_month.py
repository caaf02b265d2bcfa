"""A month of papers, day by day, over servers that speak their protocols and often fail.

What is put in is known: papers, versions, cross-lists, withdrawals, features, code, publications.
At the end the library holds exactly that, each event once, and another round adds nothing.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.broadsheet.harvest.servers import Reply, Server, serving

from broadsheet.model.announcing import listing_day
from broadsheet.model.query import Filters
from broadsheet.services.harvesting import HarvestService
from broadsheet.sources import HttpWeb, all_wires
from broadsheet.store import open_store
from broadsheet.store.store import SqlStore

FIRST = date(2026, 11, 2)
DAYS = 30
N_PAPERS = 60
PAGE = 7
SOURCES = (
    ("arxiv", ()),
    ("arxiv_rss", ("cs.CL",)),
    ("hf_daily", ()),
    ("crossref", ("prefix:10.1000",)),
    ("openalex", ("type:article",)),
    ("feed", ("/journal",)),
    ("acl", ("2026.matter",)),
    ("openreview", ("MATTER.cc/2026/Conference",)),
    ("semantic_scholar", ("matter",)),
    ("arxiv_api", ("cat:cs.CL",)),
)
VENUES = {
    "crossref": "Journal of Matter",
    "acl": "MATTER 2026",
    "openreview": "KNOTS 2026",
}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


@dataclass
class Life:
    """One paper and what will happen to it, by day."""

    number: int
    submitted: datetime
    replaced: list[date] = field(default_factory=list)
    crossed: date | None = None
    withdrawn: date | None = None
    featured: date | None = None
    published: date | None = None

    @property
    def by(self) -> str:
        """Who tells first that it was published: a journal or one of two meetings."""
        return ("crossref", "acl", "openreview")[self.number % 3] if self.published else ""

    @property
    def id(self) -> str:
        return f"2611.{self.number:05d}"

    @property
    def title(self) -> str:
        return f"A careful study of matter number {self.number}"

    @property
    def listed(self) -> date:
        return listing_day(self.submitted)

    def versions(self, day: date) -> list[datetime]:
        later = [at(d) for d in self.replaced if d <= day]
        return [self.submitted, *later]

    def changed(self, day: date) -> date | None:
        """The day of its last change until a day; None before it is there."""
        days = [self.listed, *self.replaced, self.crossed, self.withdrawn]
        past = [d for d in days if d is not None and d <= day]
        return max(past) if self.listed <= day else None


def at(day: date, hour: int = 15) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def rfc(moment: datetime) -> str:
    day = f"{WEEK[moment.weekday()]}, {moment.day} {MONTHS[moment.month - 1]}"
    return f"{day} {moment:%Y %H:%M:%S} GMT"


def lives(rng: random.Random) -> list[Life]:
    made = []
    for number in range(1, N_PAPERS + 1):
        submitted = at(FIRST + timedelta(days=rng.randrange(DAYS - 10)), rng.randrange(24))
        life = Life(number, submitted)
        later = [life.listed + timedelta(days=d) for d in range(1, 40)]
        days = iter(sorted(rng.sample([d for d in later if d < FIRST + timedelta(days=DAYS)], 4)))
        life.replaced = [next(days) for _ in range(rng.choice((0, 0, 1, 2)))]
        if rng.random() < 0.3:
            life.crossed = next(days)
        elif rng.random() < 0.3:
            life.withdrawn = next(days)
            life.replaced.append(life.withdrawn)
        if rng.random() < 0.3:
            life.featured = life.listed + timedelta(days=1)
        if rng.random() < 0.3:
            life.published = life.listed + timedelta(days=3)
        made.append(life)
    return made


@dataclass
class World:
    """The sources on one day."""

    lives: list[Life]
    day: date = FIRST

    def oai(self, path: str, headers: dict[str, str]) -> Reply:
        words = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        token = words.get("resumptionToken", "")
        first, skip = token.split("|") if token else (words["from"], "0")
        here = sorted(
            (changed.isoformat(), life.id, life)
            for life in self.lives
            if (changed := life.changed(self.day)) is not None and changed.isoformat() >= first
        )
        body = "".join(self._raw(life, changed) for changed, _, life in here[int(skip) :][:PAGE])
        if int(skip) + PAGE < len(here):
            body += f"<resumptionToken>{first}|{int(skip) + PAGE}</resumptionToken>"
        inner = f"<ListRecords>{body}</ListRecords>" if here else '<error code="noRecordsMatch"/>'
        moment = at(self.day, 12).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Reply(
            body=f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
            f"<responseDate>{moment}</responseDate>{inner}</OAI-PMH>".encode()
        )

    def _raw(self, life: Life, changed: str) -> str:
        gone = life.withdrawn is not None and life.withdrawn <= self.day
        moments = life.versions(self.day)
        versions = "".join(
            f'<version version="v{n}"><date>{rfc(moment)}</date>'
            f"<source_type>{'I' if gone and n == len(moments) else 'D'}</source_type></version>"
            for n, moment in enumerate(moments, 1)
        )
        return (
            f"<record><header><identifier>oai:arXiv.org:{life.id}</identifier>"
            f"<datestamp>{changed}</datestamp></header><metadata>"
            f'<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{life.id}</id>{versions}'
            f"<title>{life.title}</title><authors>Ada Quill, Bo Ek</authors>"
            f"<categories>{self._categories(life)}</categories>"
            f"<abstract>Text {len(moments)} of {life.number}.</abstract></arXivRaw>"
            "</metadata></record>"
        )

    def _categories(self, life: Life) -> str:
        crossed = life.crossed is not None and life.crossed <= self.day
        return "cs.CL cs.IR" if crossed else "cs.CL"

    def rss(self, path: str, headers: dict[str, str]) -> Reply:
        kinds = [
            (life, kind)
            for life in self.lives
            for kind, days in (
                ("new", [life.listed]),
                ("replace", life.replaced),
                ("cross", [life.crossed]),
            )
            if self.day in days
        ]
        items = "".join(self._item(life, kind) for life, kind in kinds)
        return Reply(
            body='<rss xmlns:arxiv="http://arxiv.org/schemas/atom" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel>'
            "<title>cs.CL updates on arXiv.org</title><link>http://rss.arxiv.org/rss/cs.CL</link>"
            f"<description>x</description>{items}</channel></rss>".encode()
        )

    def _item(self, life: Life, kind: str) -> str:
        version = len(life.versions(self.day))
        categories = "".join(
            f"<category>{code}</category>" for code in self._categories(life).split()
        )
        midnight = f"{WEEK[self.day.weekday()]}, {self.day.day} {MONTHS[self.day.month - 1]}"
        return (
            f"<item><title>{life.title}</title><link>https://arxiv.org/abs/{life.id}</link>"
            f"<description>arXiv:{life.id}v{version} Announce Type: {kind}\n"
            f"Abstract: Text {version} of {life.number}.</description>"
            f'<guid isPermaLink="false">oai:arXiv.org:{life.id}v{version}</guid>{categories}'
            f"<pubDate>{midnight} {self.day.year} 00:00:00 -0500</pubDate>"
            f"<arxiv:announce_type>{kind}</arxiv:announce_type>"
            "<dc:creator>Ada Quill, Bo Ek</dc:creator></item>"
        )

    def hf(self, path: str, headers: dict[str, str]) -> Reply:
        day = date.fromisoformat(parse_qs(urlsplit(path).query)["date"][0])
        rows = [
            {
                "paper": {
                    "id": life.id,
                    "title": life.title,
                    "summary": "Text.",
                    "authors": [{"name": "Ada Quill"}, {"name": "Bo Ek"}],
                    "publishedAt": life.submitted.isoformat(),
                    "submittedOnDailyAt": at(day).isoformat(),
                    "upvotes": (self.day - day).days + life.number,
                    "githubRepo": f"https://github.com/quill/{life.number}",
                }
            }
            for life in self.lives
            if life.featured == day and day <= self.day
        ]
        return Reply(body=json.dumps(rows).encode(), headers={"ETag": f'"{self.day}{day}"'})

    def crossref(self, path: str, headers: dict[str, str]) -> Reply:
        words = parse_qs(urlsplit(path).query)
        since = words["filter"][0].rpartition("from-index-date:")[2]
        skip = int(words["cursor"][0].replace("*", "0"))
        works = [
            {
                "DOI": f"10.1000/{life.number}",
                "title": [life.title.replace("careful", "most careful")],
                "container-title": ["Journal of Matter"],
                "author": [{"given": "Ada", "family": "Quill"}],
                "type": "journal-article",
                "issued": {"date-parts": [[2026, 11]]},
                "relation": {
                    "has-preprint": [{"id-type": "doi", "id": f"10.48550/arXiv.{life.id}"}]
                },
            }
            for life in self._published("crossref", since)
        ]
        message = {"items": works[skip : skip + 2], "next-cursor": f"{skip + 2}"}
        return Reply(body=json.dumps({"status": "ok", "message": message}).encode())

    def openalex(self, path: str, headers: dict[str, str]) -> Reply:
        words = parse_qs(urlsplit(path).query)
        since = words["filter"][0].rpartition("from_updated_date:")[2]
        journal = {"display_name": "Journal of Matter", "type": "journal"}
        works = [
            {
                "id": f"https://openalex.org/W{life.number}",
                "doi": f"https://doi.org/10.1000/{life.number}",
                "title": life.title,
                "publication_date": str(life.published),
                "type": "article",
                "authorships": [{"author": {"display_name": "Ada Quill"}}],
                "primary_location": {"source": journal},
                "locations": [{"landing_page_url": f"http://arxiv.org/abs/{life.id}"}],
                "cited_by_count": self.day.day,
            }
            for life in self._published("crossref", since)
        ]
        meta = {"count": len(works), "next_cursor": None}
        return Reply(body=json.dumps({"meta": meta, "results": works}).encode())

    def feed(self, path: str, headers: dict[str, str]) -> Reply:
        items = "".join(
            f"<item><title>{life.title}</title><link>https://j.example/{life.number}</link>"
            f"<p:doi>10.1000/{life.number}</p:doi>"
            "<p:publicationName>Journal of Matter</p:publicationName></item>"
            for life in self._published("crossref")
        )
        return Reply(
            body='<rss xmlns:p="http://prismstandard.org/namespaces/basic/2.0/" version="2.0">'
            f"<channel><title>J</title>{items}</channel></rss>".encode()
        )

    def acl(self, path: str, headers: dict[str, str]) -> Reply:
        papers = "".join(
            f'<paper id="{life.number}"><title>{life.title}</title><author><first>Ada</first>'
            "<last>Quill</last></author><author><first>Bo</first><last>Ek</last></author>"
            f"<url>2026.matter-long.{life.number}</url></paper>"
            for life in self._published("acl")
        )
        return Reply(
            body='<collection id="2026.matter"><volume id="long"><meta>'
            "<booktitle>Proceedings of the Matter Meeting</booktitle><year>2026</year></meta>"
            f"{papers}</volume></collection>".encode()
        )

    def openreview(self, path: str, headers: dict[str, str]) -> Reply:
        words = parse_qs(urlsplit(path).query)
        venue, after = words["content.venueid"][0], words.get("after", [""])[0]
        notes = [
            {
                "id": f"note{life.number:03d}",
                "forum": f"note{life.number:03d}",
                "invitations": [f"{venue}/-/Submission"],
                "cdate": int(life.submitted.timestamp() * 1000),
                "tmdate": int(at(life.published).timestamp() * 1000),
                "externalIds": [f"arxiv:{life.id}"],
                "content": {
                    "title": {"value": life.title},
                    "authors": {"value": ["Ada Quill", "Bo Ek"]},
                    "venue": {"value": VENUES["openreview"]},
                    "venueid": {"value": venue},
                },
            }
            for life in self._published("openreview")
            if life.published is not None and f"note{life.number:03d}" > after
        ]
        return Reply(body=json.dumps({"notes": notes[:3], "count": len(notes)}).encode())

    def semantic_scholar(self, path: str, headers: dict[str, str]) -> Reply:
        papers = [
            {
                "paperId": f"{life.number:040d}",
                "corpusId": life.number,
                "externalIds": {"ArXiv": life.id, "CorpusId": life.number},
                "title": life.title,
                "year": 2026,
                "authors": [{"authorId": "1", "name": "Ada Quill"}],
                "citationCount": life.number + self.day.day,
            }
            for life in self.lives
            if life.listed <= self.day
        ]
        skip = int(parse_qs(urlsplit(path).query).get("token", ["0"])[0])
        said: dict[str, object] = {"total": len(papers), "data": papers[skip : skip + 25]}
        if skip + 25 < len(papers):
            said["token"] = f"{skip + 25}"
        return Reply(body=json.dumps(said).encode())

    def arxiv_api(self, path: str, headers: dict[str, str]) -> Reply:
        words = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        here = sorted(
            (life for life in self.lives if life.listed <= self.day),
            key=lambda life: (life.submitted, life.id),
            reverse=True,
        )
        entries = "".join(map(self._entry, here[int(words["start"]) :][:PAGE]))
        return Reply(
            body='<feed xmlns="http://www.w3.org/2005/Atom"><title>arXiv Query</title>'
            '<o:totalResults xmlns:o="http://a9.com/-/spec/opensearch/1.1/">'
            f"{len(here)}</o:totalResults>{entries}</feed>".encode()
        )

    def _entry(self, life: Life) -> str:
        moments = life.versions(self.day)
        categories = "".join(
            f'<category term="{code}"/>' for code in self._categories(life).split()
        )
        return (
            f"<entry><id>http://arxiv.org/abs/{life.id}v{len(moments)}</id>"
            f"<title>{life.title}</title><updated>{moments[-1].isoformat()}</updated>"
            f"<published>{moments[0].isoformat()}</published>{categories}"
            f"<summary>Text {len(moments)} of {life.number}.</summary>"
            "<author><name>Ada Quill</name></author><author><name>Bo Ek</name></author></entry>"
        )

    def _published(self, by: str, since: str = "") -> list[Life]:
        return [
            life
            for life in self.lives
            if life.published is not None
            and life.by == by
            and since <= life.published.isoformat() <= self.day.isoformat()
        ]


def faults(rng: random.Random) -> list[Reply]:
    kinds = (
        Reply(status=503, headers={"Retry-After": "7"}),
        Reply(status=429),
        Reply(status=500, body=b"oops"),
        Reply(body=b"<html><body>maintenance</body></html>"),
        Reply(body=b"[{" + b" " * 300, cut=100),
        Reply(body=b""),
    )
    return [rng.choice(kinds) for _ in range(rng.choice((0, 0, 1, 2)))]


@dataclass
class Newsroom:
    """A library and the sources' servers; pauses are not slept."""

    store: SqlStore
    world: World
    servers: dict[str, Server]

    def sync(self, rng: random.Random | None) -> int:
        """Harvest every source; return how many records were new or changed."""
        bases = {name: server.base for name, server in self.servers.items()}
        now = at(self.world.day, 12)
        service = HarvestService(
            store=self.store,
            wires=all_wires(lambda: now),
            described=[],
            web=HttpWeb(inside=[base.removeprefix("http://") for base in bases.values()], read_s=5),
            clock=lambda: now,
            wait=lambda seconds: False,
            bases=bases,
        )
        changes = 0
        for name, selection in SOURCES:
            self.servers[name].faults = faults(rng) if rng else []
            if name == "feed":
                selection = tuple(bases[name] + path for path in selection)
            report = service.run(name, selection=selection)
            assert report.is_complete, report
            assert report.rejected == 0, report
            changes += report.new_records + report.changed
        return changes


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    world = World(lives(random.Random(11)))
    answering = {
        "arxiv": world.oai,
        "arxiv_rss": world.rss,
        "hf_daily": world.hf,
        "crossref": world.crossref,
        "openalex": world.openalex,
        "feed": world.feed,
        "acl": world.acl,
        "openreview": world.openreview,
        "semantic_scholar": world.semantic_scholar,
        "arxiv_api": world.arxiv_api,
    }
    with ExitStack() as stack:
        store = stack.enter_context(closing(open_store(folder=tmp_path)))
        servers = {name: stack.enter_context(serving(one)) for name, one in answering.items()}
        yield Newsroom(store, world, servers)


@pytest.mark.integration
@pytest.mark.slow
def test_a_month_ends_with_exactly_what_was_put_in(newsroom: Newsroom) -> None:
    rng = random.Random(5)
    for number in range(DAYS):
        newsroom.world.day = FIRST + timedelta(days=number)
        newsroom.sync(rng)
    store, world = newsroom.store, newsroom.world
    papers = {paper.id: paper for paper in store.listing(Filters(), limit=1000).papers}
    assert sorted(papers) == sorted(life.id for life in world.lives)
    for life in world.lives:
        paper = papers[life.id]
        moments = life.versions(world.day)
        assert [v.date for v in paper.versions] == [m.date().isoformat() for m in moments]
        assert paper.abstract == f"Text {len(moments)} of {life.number}."
        assert paper.announced == life.listed.isoformat()
        assert paper.submitted == life.submitted.date().isoformat()
        assert paper.standing == ("withdrawn" if life.withdrawn else "")
        assert paper.featured == (life.featured.isoformat() if life.featured else None)
        assert paper.venue == VENUES.get(life.by, "")
        assert paper.categories == (("cs.CL", "cs.IR") if life.crossed else ("cs.CL",))
    assert told(store) == expected(world.lives)
    before = store.last_seq()
    assert newsroom.sync(None) == 0
    assert store.last_seq() == before
    assert told(store) == expected(world.lives)


def told(store: SqlStore) -> Counter[tuple[str, str]]:
    return Counter((e.paper, e.event.kind) for e in store.events(limit=10_000))


def expected(lives: list[Life]) -> Counter[tuple[str, str]]:
    events: Counter[tuple[str, str]] = Counter()
    for life in lives:
        events[life.id, "new"] = 1
        events[life.id, "version"] = len(life.replaced)
        events[life.id, "cross-listed"] = life.crossed is not None
        events[life.id, "withdrawn"] = life.withdrawn is not None
        events[life.id, "featured"] = events[life.id, "code"] = life.featured is not None
        events[life.id, "published"] = life.published is not None
    return +events
