"""Saved queries: kept, and put to what is new."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import msgspec

from broadsheet.model.errors import InvalidValueError, NotFoundError, QueryError
from broadsheet.model.events import StoredEvent
from broadsheet.model.language import as_words
from broadsheet.model.letters import Letter
from broadsheet.model.paper import Paper
from broadsheet.model.ports import Clock, Reading, Stop
from broadsheet.model.query import Filters, Query, Ranked
from broadsheet.model.readers import Reader
from broadsheet.model.reasons import Why
from broadsheet.model.saved import (
    MOST_QUERIES,
    NEWS_DAYS,
    OF_SAVED,
    Delivery,
    SavedQuery,
    check_asked,
    check_hook,
    saved_name,
)
from broadsheet.model.saved_ports import Percolating, SavedQueries
from broadsheet.services.secret import new_secret, secret_hash
from broadsheet.services.signed_names import new_signing_secret

log = logging.getLogger(__name__)

_EVENTS_A_STEP = 2_000
_QUERIES_A_STEP = 500
_MOST_A_STEP = 100
PAGE = 50
_FEED = 100


class AlertService:
    """Keeps saved queries and puts them to what is new.

    Args:
        reading: the papers and their events.
        saved: saved queries and what they have brought.
        percolating: says which papers answer which query.
        clock: the present moment.
        address: the paper's public address, for webhooks.
    """

    def __init__(
        self,
        *,
        reading: Reading,
        saved: SavedQueries,
        percolating: Percolating,
        clock: Clock,
        address: str = "",
    ) -> None:
        self.reading = reading
        self.saved = saved
        self.percolating = percolating
        self.clock = clock
        self.address = address

    def of(self, reader: Reader) -> list[SavedQuery]:
        """Return a reader's saved queries, oldest first."""
        return self.saved.of_reader(reader.key)

    def one(self, reader: Reader, id: str) -> SavedQuery:
        """Return a reader's saved query.

        Raises:
            NotFoundError: the reader has none of that id.
        """
        found = self.saved.one(reader.key, id)
        if found is None:
            raise NotFoundError("You have no such saved query.")
        return found

    def save(
        self,
        reader: Reader,
        *,
        name: str,
        kind: str,
        asked: dict[str, object],
        mail: bool = True,
        hook: str = "",
        repeats: bool = False,
    ) -> SavedQuery:
        """Keep a query: from now on it looks at everything that is new.

        Raises:
            InvalidValueError: it asks for nothing, or for what cannot be; or there are too many.
        """
        if len(self.saved.of_reader(reader.key)) >= MOST_QUERIES:
            raise InvalidValueError(f"{MOST_QUERIES} queries are saved; remove one first.")
        checked, what = check_asked(kind, asked)
        return self.saved.add(
            SavedQuery(
                key=0,
                id="",
                reader=reader.key,
                name=saved_name(name),
                kind=checked,
                asked=what,
                mail=mail,
                hook=check_hook(hook) if hook else "",
                hook_secret=new_signing_secret() if hook else "",
                repeats=repeats,
                reached=self.reading.last_event(),
            )
        )

    def change(
        self, query: SavedQuery, *, name: str, mail: bool, hook: str, repeats: bool
    ) -> SavedQuery:
        """Change a query's name and outlets; a new webhook gets a new secret.

        Raises:
            InvalidValueError: a name or an address that cannot be.
        """
        secret = query.hook_secret if hook == query.hook else (new_signing_secret() if hook else "")
        changed = replace(
            query,
            name=saved_name(name),
            mail=mail,
            hook=check_hook(hook) if hook else "",
            hook_secret=secret,
            repeats=repeats,
        )
        self.saved.change(changed)
        return changed

    def followed(self, reader: Reader) -> list[tuple[str, str]]:
        """Return kind and value of what a reader follows."""
        return self.saved.followed([reader.key])[reader.key]

    def open_feed(self, query: SavedQuery) -> str:
        """Give a query a private feed, or its feed a new address; return the address's secret."""
        secret = new_secret()
        self.saved.change(replace(query, has_feed=True), feed_hash=secret_hash(secret))
        return secret

    def close_feed(self, query: SavedQuery) -> None:
        """Take a query's private feed away: its address leads nowhere from now on."""
        self.saved.change(replace(query, has_feed=False))

    def remove(self, query: SavedQuery) -> None:
        """Forget a query and what it has brought."""
        self.saved.remove(query)

    def brought(
        self, query: SavedQuery, *, before: int | None = None, limit: int = PAGE
    ) -> list[tuple[Delivery, Paper]]:
        """Return what a query has brought, newest first."""
        found = self.saved.deliveries(query.key, before=before, limit=limit)
        papers = {p.key: p for p in self.reading.papers([d.paper for d in found])}
        return [(d, papers[d.paper]) for d in found if d.paper in papers]

    def feed(self, secret: str) -> tuple[SavedQuery, list[tuple[Delivery, Paper]]]:
        """Return a private feed's query and its latest papers.

        Raises:
            NotFoundError: the secret opens no feed.
        """
        query = self.saved.of_feed(secret_hash(secret))
        if query is None:
            raise NotFoundError("There is no such feed; its owner may have closed it.")
        return query, self.brought(query, limit=_FEED)

    def run(self, *, stop: Stop | None = None) -> int:
        """Put every saved query to what it has not looked at; return how much was brought."""
        n_brought = 0
        last = self.reading.last_event()
        while (start := self.saved.furthest_behind(last)) is not None:
            events = self.reading.events(after=start, limit=_EVENTS_A_STEP)
            reached = events[-1].number if len(events) == _EVENTS_A_STEP else last
            n_brought += self._step(events, reached, stop)
            if stop is not None and stop():
                break
        return n_brought

    def _step(self, events: Sequence[StoredEvent], reached: int, stop: Stop | None) -> int:
        """Put all queries that are behind to some events; return how much was brought."""
        n_brought, after = 0, 0
        news = _News(self.reading, events, horizon=self._horizon())
        while queries := self.saved.behind(reached, after=after, limit=_QUERIES_A_STEP):
            after = queries[-1].key
            found = self._found(queries, news)
            n_brought += self.saved.deliver(
                queries, found, reached=reached, calls=partial(self._calls, queries, reached)
            )
            if stop is not None and stop():
                break
        return n_brought

    def _horizon(self) -> str:
        return (self.clock() - timedelta(days=NEWS_DAYS)).date().isoformat()

    def _found(self, queries: Sequence[SavedQuery], news: "_News") -> list[Delivery]:
        found = [*self._of_searches(queries, news), *self._of_events(queries, news)]
        for query in queries:
            if query.kind == "collection":
                keys = self.saved.put_in(
                    query.asked["id"], reader=query.reader, since=query.created_at
                )
                found += [_delivery(query, _plain_hit(key), "put in by others") for key in keys]
        return found

    def _of_searches(self, queries: Sequence[SavedQuery], news: "_News") -> Iterable[Delivery]:
        followers = [q.reader for q in queries if q.kind == "follows"]
        followed = self.saved.followed(followers) if followers else {}
        asked: list[tuple[SavedQuery, Query, str]] = []
        for query in queries:
            if query.kind == "search":
                asked += [(query, said, "") for said in _readable(query)]
            elif query.kind == "follows":
                asked += [(query, *_as_query(*item)) for item in followed[query.reader]]
        for reached, group in _by_reached(asked).items():
            papers = news.papers_after(reached)
            hits = self.percolating.percolate([query for _, query, _ in group], papers)
            for (saved, _, why), own in zip(group, hits, strict=True):
                for hit in own[:_MOST_A_STEP]:
                    yield _delivery(saved, hit, why or str(hit.why))

    def _of_events(self, queries: Sequence[SavedQuery], news: "_News") -> Iterable[Delivery]:
        watching = [query for query in queries if query.kind == "events"]
        readers = sorted({query.reader for query in watching})
        if not readers:
            return
        saved = self.saved.saved_papers(readers)
        followed = self.saved.followed(readers)
        for query in watching:
            told = news.events_after(query.reached, kinds=query.asked["kinds"])
            if query.asked["of"] == OF_SAVED:
                mine = [(e, p) for e, p in told if p.key in saved[query.reader]]
            else:
                mine = [(e, p) for e, p in told if _is_followed(p, followed[query.reader])]
            for event, paper in mine:
                why = f"{event.event.kind}{f', {event.event.at}' if event.event.at else ''}"
                yield _delivery(query, _plain_hit(paper.key), why)

    def _calls(
        self, queries: Sequence[SavedQuery], reached: int, found: Sequence[Delivery]
    ) -> list[Letter]:
        """Return one call of a webhook for each query that has one and has found something."""
        own: dict[int, list[Delivery]] = defaultdict(list)
        for delivery in found:
            own[delivery.query].append(delivery)
        called = [query for query in queries if query.hook and own[query.key]]
        if not called:
            return []
        keys = [delivery.paper for query in called for delivery in own[query.key]]
        papers = {paper.key: paper for paper in self.reading.papers(keys)}
        now = self.clock().isoformat(timespec="seconds")
        return [
            Letter(
                key=f"hook:{query.id}:{reached}",
                channel="hook",
                to=query.hook,
                body=msgspec.json.encode(
                    {
                        "type": "papers.found",
                        "timestamp": now,
                        "data": {
                            "query": {"id": query.id, "name": query.name},
                            "papers": [
                                self._said(papers[d.paper], d)
                                for d in own[query.key]
                                if d.paper in papers
                            ],
                        },
                    }
                ),
                query=query.key,
            )
            for query in called
        ]

    def _said(self, paper: Paper, delivery: Delivery) -> dict[str, object]:
        return {
            "id": paper.id,
            "title": paper.title,
            "authors": [author.name for author in paper.authors],
            "day": paper.day,
            "url": f"{self.address}/paper/{paper.id}" if self.address else "",
            "why": delivery.why,
        }


class _News:
    """What has happened of late, with the papers; each is read once, and only when asked for."""

    def __init__(self, reading: Reading, events: Sequence[StoredEvent], *, horizon: str) -> None:
        self.reading = reading
        self.events = events
        self.horizon = horizon
        self._papers: dict[str, Paper] | None = None

    def papers_after(self, number: int) -> list[Paper]:
        """Return the papers that are new since the event of a number, each once."""
        ids = [e.paper for e in self.events if e.number > number and self._is_news(e)]
        papers = self._all()
        return [papers[id] for id in dict.fromkeys(ids) if id in papers]

    def events_after(self, number: int, *, kinds: Iterable[str]) -> list[tuple[StoredEvent, Paper]]:
        """Return events of some kinds since the one of a number, with their papers."""
        wanted, papers = set(kinds), self._all()
        return [
            (e, papers[e.paper])
            for e in self.events
            if e.number > number and e.event.kind in wanted and e.paper in papers
        ]

    def _is_news(self, event: StoredEvent) -> bool:
        return event.event.kind == "new" and (event.event.at or "") >= self.horizon

    def _all(self) -> dict[str, Paper]:
        if self._papers is None:
            ids = {e.paper for e in self.events if e.event.kind != "new" or self._is_news(e)}
            self._papers = {paper.id: paper for paper in self.reading.papers_of(sorted(ids))}
        return self._papers


def _readable(query: SavedQuery) -> list[Query]:
    """Return the search of a saved query; none where an older library kept what is no search."""
    try:
        return [query.query]
    except QueryError as e:
        log.warning("a saved search cannot be read: %s", e)
        return []


def _as_query(kind: str, value: str) -> tuple[Query, str]:
    """Return what something that is followed asks for, and how it is named as a reason."""
    if kind == "author":
        return Query(filters=Filters(authors=(value,))), f"author {value}"
    if kind == "category":
        return Query(filters=Filters(categories=(value,))), f"category {value}"
    return Query(text=as_words(value)), ""


def _is_followed(paper: Paper, followed: Iterable[tuple[str, str]]) -> bool:
    authors = {author.key for author in paper.authors}
    return any(
        value in (authors if kind == "author" else paper.categories) for kind, value in followed
    )


def _by_reached(
    asked: Iterable[tuple[SavedQuery, Query, str]],
) -> dict[int, list[tuple[SavedQuery, Query, str]]]:
    groups: dict[int, list[tuple[SavedQuery, Query, str]]] = defaultdict(list)
    for item in asked:
        groups[item[0].reached].append(item)
    return groups


def _plain_hit(key: int) -> Ranked:
    return Ranked(key=key, score=0.0, why=Why())


def _delivery(query: SavedQuery, hit: Ranked, why: str) -> Delivery:
    return Delivery(query=query.key, reader=query.reader, paper=hit.key, score=hit.score, why=why)
