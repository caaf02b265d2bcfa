"""Digests: what each subscription is told, when, and once."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from broadsheet.model.letters import (
    EVERY_DAY,
    Chapter,
    Digest,
    Envelope,
    Letter,
    Subscription,
    Told,
)
from broadsheet.model.paper import Paper
from broadsheet.model.ports import Clock, Reading, Stop
from broadsheet.model.saved import Delivery, SavedQuery
from broadsheet.model.saved_ports import LetterPress, Post, SavedQueries
from broadsheet.model.zones import zone_of
from broadsheet.services.fields import category_name
from broadsheet.services.subscribing import MailHouse, SubscribingService, message_id

log = logging.getLogger(__name__)

_A_QUERY = 15
_A_SECTION = 10
_LOOKED_AT = 60
_WEEK = 7


class TrendingNow(Protocol):
    """Says which papers readers turn to."""

    def top(self, category: str, *, since: date, until: date, limit: int) -> list[Told]:
        """Return papers listed between two days (both included), best first, with the reason."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A digest that is ready, with what is to be kept once it is sent."""

    digest: Digest
    papers: tuple[int, ...]
    deliveries: tuple[int, ...]


class DigestService:
    """Makes the digests that are due and puts them into the outbox.

    Args:
        post: subscriptions and the outbox.
        saved: what saved queries have brought.
        reading: the papers.
        trending: what readers turn to.
        subscribing: gives the addresses that end subscriptions.
        press: sets the letters.
        house: how this paper writes; None when it sends no mail.
        clock: the present moment.
    """

    def __init__(
        self,
        *,
        post: Post,
        saved: SavedQueries,
        reading: Reading,
        trending: TrendingNow,
        subscribing: SubscribingService,
        press: LetterPress | None,
        house: MailHouse | None,
        clock: Clock,
    ) -> None:
        self.post = post
        self.saved = saved
        self.reading = reading
        self.trending = trending
        self.subscribing = subscribing
        self.press = press
        self.house = house
        self.clock = clock

    def run(self, *, stop: Stop | None = None) -> int:
        """Put every issue that is due into the outbox; return how many letters that were."""
        if self.house is None:
            return 0
        now, n_letters = self.clock(), 0
        trending = _Remembered(self.trending)
        for subscription in self._live():
            if stop is not None and stop():
                break
            day = subscription.due(now)
            if day is not None:
                n_letters += self._issue(subscription, day, trending)
        if n_letters:
            log.info("digests made letters=%d", n_letters)
        return n_letters

    def issue(
        self, subscription: Subscription, day: date, *, trending: TrendingNow | None = None
    ) -> Issue:
        """Return what a subscription would be told on a day; keeps nothing.

        Args:
            trending: says what trends, in place of the service's own.
        """
        trending = trending or self.trending
        chapters: list[Chapter] = []
        deliveries: list[int] = []
        papers: list[int] = []
        if subscription.reader is not None:
            found = self.saved.unmailed(subscription.reader)
            queries = {q.key: q for q in self.saved.of_reader(subscription.reader)}
            mailed = self.post.mailed(subscription.key, [d.paper for d in found])
            deliveries = [d.number for d in found]
            chapters = self._of_queries(queries, found, mailed)
            papers = [told.paper.key for chapter in chapters for told in chapter.papers]
        for category in subscription.sections:
            chapter = self._of_section(trending, subscription, category, day, papers)
            if chapter is not None:
                chapters.append(chapter)
                papers += [told.paper.key for told in chapter.papers]
        digest = Digest(
            day=day,
            is_weekly=subscription.weekday != EVERY_DAY,
            chapters=tuple(chapters),
            stop=self.subscribing.stop_link(subscription),
            settings=f"{self._house.address}/subscribe" if subscription.reader else "",
        )
        return Issue(digest=digest, papers=tuple(papers), deliveries=tuple(deliveries))

    def letter(self, subscription: Subscription, issue: Issue, *, key: str = "") -> Letter:
        """Return an issue as a letter to the subscription's address."""
        house, digest = self._house, issue.digest
        assert self.press is not None  # noqa: S101  (there is a house)
        key = key or f"digest:{subscription.id}:{digest.day.isoformat()}"
        envelope = Envelope(
            sender=house.sender,
            to=subscription.address,
            subject=self.press.subject(digest),
            message_id=message_id(key, house),
            date=self.clock(),
            list_id=f"digest.{house.domain}",
            stop=digest.stop,
        )
        return Letter(
            key=key,
            channel="mail",
            to=subscription.address,
            body=self.press.digest(digest, envelope),
            subscription=subscription.key,
        )

    def today(self, subscription: Subscription) -> date:
        """Return the day it is where a subscription is read."""
        return self.clock().astimezone(zone_of(subscription.zone)).date()

    @property
    def _house(self) -> MailHouse:
        return self.house or MailHouse(title="", address="", sender="")

    def _issue(self, subscription: Subscription, day: date, trending: TrendingNow) -> int:
        issue = self.issue(subscription, day, trending=trending)
        is_said = bool(issue.digest.chapters) or subscription.when_empty
        letter = self.letter(subscription, issue) if is_said else None
        done = self.post.issue(
            subscription, day, letter, papers=issue.papers, deliveries=issue.deliveries
        )
        return int(done and letter is not None)

    def _live(self) -> Iterable[Subscription]:
        after = 0
        while found := self.post.live(after=after):
            yield from found
            after = found[-1].key

    def _of_queries(
        self, queries: dict[int, SavedQuery], found: Sequence[Delivery], mailed: set[int]
    ) -> list[Chapter]:
        papers = {p.key: p for p in self.reading.papers([d.paper for d in found])}
        told: set[int] = set(mailed)
        chapters = []
        for key, query in queries.items():
            own = [d for d in found if d.query == key and d.paper in papers]
            fresh = [d for d in own if query.repeats or d.paper not in told][:_A_QUERY]
            told.update(d.paper for d in fresh)
            if fresh:
                chapters.append(_chapter(query, fresh, papers, self._house.address))
        return chapters

    def _of_section(
        self,
        trending: TrendingNow,
        subscription: Subscription,
        category: str,
        day: date,
        told: Sequence[int],
    ) -> Chapter | None:
        is_weekly = subscription.weekday != EVERY_DAY
        since = day - timedelta(days=_WEEK if is_weekly else 1)
        found = trending.top(category, since=since, until=day, limit=_LOOKED_AT)
        mailed = self.post.mailed(subscription.key, [item.paper.key for item in found])
        skipped = mailed | set(told)
        fresh = [item for item in found if item.paper.key not in skipped][:_A_SECTION]
        if not fresh:
            return None
        heading = f"Trending in {category_name(category)}" if category else "Trending"
        address = f"{self._house.address}{f'/c/{category}' if category else '/trending'}"
        return Chapter(heading=heading, address=address, papers=tuple(fresh))


class _Remembered:
    """What trends, asked once for all issues of a run: most ask for the same sections."""

    def __init__(self, trending: TrendingNow) -> None:
        self.trending = trending
        self._known: dict[tuple[str, date, date, int], list[Told]] = {}

    def top(self, category: str, *, since: date, until: date, limit: int) -> list[Told]:
        asked = category, since, until, limit
        if asked not in self._known:
            self._known[asked] = self.trending.top(category, since=since, until=until, limit=limit)
        return self._known[asked]


def _chapter(
    query: SavedQuery, found: Sequence[Delivery], papers: dict[int, Paper], address: str
) -> Chapter:
    return Chapter(
        heading=query.name,
        address=f"{address}/queries/{query.id}",
        papers=tuple(Told(paper=papers[d.paper], why=d.why) for d in found),
    )
