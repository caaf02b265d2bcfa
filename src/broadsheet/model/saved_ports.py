"""What saved queries and mail need of the outside."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Protocol

from broadsheet.model.letters import Digest, Envelope, Letter, Subscription
from broadsheet.model.paper import Paper
from broadsheet.model.query import Query, Ranked
from broadsheet.model.saved import Delivery, SavedQuery


class SavedQueries(Protocol):
    """Saved queries and what they have brought. Each method is one transaction."""

    def of_reader(self, reader: int) -> list[SavedQuery]:
        """Return a reader's saved queries, oldest first."""
        ...

    def one(self, reader: int, id: str) -> SavedQuery | None:
        """Return a reader's saved query by its id; another reader's is none."""
        ...

    def of_feed(self, feed_hash: str) -> SavedQuery | None:
        """Return the saved query of a private feed's token, by its SHA-256."""
        ...

    def behind(self, number: int, *, after: int, limit: int) -> list[SavedQuery]:
        """Return queries, by ascending key after one, that have not looked at an event yet."""
        ...

    def add(self, query: SavedQuery) -> SavedQuery:
        """Keep a new query; its key, id and moment are given here."""
        ...

    def change(self, query: SavedQuery, *, feed_hash: str | None = None) -> None:
        """Keep a query's name, outlets and choices; the feed's token where one is given."""
        ...

    def remove(self, query: SavedQuery) -> None:
        """Forget a query and what it has brought."""
        ...

    def furthest_behind(self, number: int) -> int | None:
        """Return the least event that a query has looked at, of those before a number."""
        ...

    def deliver(
        self,
        queries: Sequence[SavedQuery],
        found: Sequence[Delivery],
        *,
        reached: int,
        calls: Callable[[Sequence[Delivery]], Sequence[Letter]] = lambda kept: (),
    ) -> int:
        """Keep what queries have found up to an event, with what tells their webhooks.

        What a reader has been brought before, or has read or refused, is left out unless the query
        repeats. Queries that another process has moved on meanwhile are left alone.

        Args:
            calls: returns the calls of webhooks for what is kept.
        """
        ...

    def deliveries(self, query: int, *, before: int | None = None, limit: int) -> list[Delivery]:
        """Return what a query has brought, newest first."""
        ...

    def unmailed(self, reader: int) -> list[Delivery]:
        """Return what a reader's queries with mail have brought and no letter has told."""
        ...

    def saved_papers(self, readers: Sequence[int]) -> Mapping[int, set[int]]:
        """Return the keys of the papers that readers have saved."""
        ...

    def followed(self, readers: Sequence[int]) -> Mapping[int, list[tuple[str, str]]]:
        """Return kind and value of what readers follow."""
        ...

    def put_in(self, collection: str, *, reader: int, since: str) -> list[int]:
        """Return the keys of papers that others have put, since a moment, into a collection.

        None when the reader may not see it.
        """
        ...

    def hook_secret(self, query: int) -> str:
        """Return what signs the calls of a query's webhook; empty when it is gone."""
        ...


class Post(Protocol):
    """Subscriptions and the outbox. Each method is one transaction."""

    def subscription(self, id: str) -> Subscription | None:
        """Return a subscription by its id."""
        ...

    def subscription_of(
        self, *, reader: int | None = None, address: str = ""
    ) -> Subscription | None:
        """Return the newest live or unconfirmed subscription of a reader, or of an address."""
        ...

    def live(self, *, after: int = 0, limit: int = 1000) -> list[Subscription]:
        """Return subscriptions that get letters, by ascending key after one."""
        ...

    def subscribe(self, subscription: Subscription, letters: Sequence[Letter]) -> Subscription:
        """Keep a new subscription with the letter that asks to confirm it."""
        ...

    def change(self, subscription: Subscription) -> None:
        """Keep when and what a subscription sends, and whether it is confirmed or ended."""
        ...

    def issue(
        self,
        subscription: Subscription,
        day: date,
        letter: Letter | None,
        *,
        papers: Sequence[int] = (),
        deliveries: Sequence[int] = (),
    ) -> bool:
        """Put an issue into the outbox and keep what it tells; False when it was done before.

        Args:
            letter: None when there is nothing to tell.
            papers: keys of the papers that it tells.
            deliveries: numbers of the deliveries that it tells.
        """
        ...

    def mailed(self, subscription: int, papers: Sequence[int]) -> set[int]:
        """Return those of some papers that a subscription has been told of."""
        ...

    def put(self, letters: Sequence[Letter]) -> int:
        """Put letters into the outbox; those whose key is there are left out."""
        ...

    def claim(self, *, limit: int, lease_s: float) -> list[Letter]:
        """Take letters that are due, oldest first; nobody else takes them for so long."""
        ...

    def begin(self, letter: Letter, *, sent: Letter | None = None) -> bool:
        """Mark a letter that was taken as `sending`; False when it is somebody else's by now.

        Args:
            sent: one that has gone out before it: kept with the same write to the disk.
        """
        ...

    def sent(self, letter: Letter) -> None:
        """Keep that a letter has gone out."""
        ...

    def failed(self, letter: Letter, trouble: str, *, again_in_s: float | None) -> None:
        """Keep why a letter was not sent; it is tried again, or dead when never."""
        ...

    def unsure(self, letter: Letter, trouble: str) -> None:
        """Keep that a letter may have arrived: it is not tried again."""
        ...

    def revive(self, key: str) -> bool:
        """Queue a dead letter once more; False when there is none of this key."""
        ...

    def forsake(self, *, older_than_s: float) -> int:
        """Mark as unsure what was left at `sending` by a process that ended."""
        ...

    def bounced(self, subscription: int, *, most: int) -> None:
        """Count a letter that came back; end the subscription after so many in a row."""
        ...

    def returned(self, message_id: str, trouble: str, *, most: int) -> str | None:
        """Keep that a letter came back after it was sent; return its key.

        None when there is no such letter among the sent ones. When as many as `most` of the last
        letters of its subscription have come back, the subscription ends.
        """
        ...

    def letters(self, state: str, *, limit: int = 100) -> list[Letter]:
        """Return letters of a state, newest first, without their bodies."""
        ...

    def count_letters(self) -> dict[str, int]:
        """Return the number of letters of each state."""
        ...

    def secret(self) -> bytes:
        """Return the library's own key, made when it is first asked for; 32 random bytes."""
        ...


class Percolating(Protocol):
    """Finds, among new papers, those that saved searches would want."""

    def percolate(self, queries: Sequence[Query], papers: Sequence[Paper]) -> list[list[Ranked]]:
        """Return for each query those of the papers that answer it, best first."""
        ...


class LetterPress(Protocol):
    """Sets letters: text and HTML, with the headers that mail needs."""

    def digest(self, digest: Digest, envelope: Envelope) -> bytes:
        """Return a digest as a message."""
        ...

    def note(self, envelope: Envelope, *, lines: Sequence[str], link: str, action: str) -> bytes:
        """Return a short letter: a few sentences and one link."""
        ...

    def subject(self, digest: Digest) -> str:
        """Return what stands in a digest's subject."""
        ...


class Mailer(Protocol):
    """Hands messages over."""

    def send(self, message: bytes, *, to: str, begin: Callable[[], None]) -> None:
        """Hand a message to the mail server.

        Args:
            begin: called when nothing but the message is left to say: from then on it may arrive.

        Raises:
            LetterRefusedError: it is refused for good.
            LetterUnsureError: the connection broke when it may have been taken.
            LetterError: it was not taken; to be tried again.
        """
        ...

    def close(self) -> None:
        """Give back the connection."""
        ...


class Hooks(Protocol):
    """Posts to webhooks."""

    def post(self, letter: Letter, *, secret: str) -> None:
        """Post a letter's body, signed; it may come twice, under the same id.

        Raises:
            LetterRefusedError: it is refused for good.
            LetterError: it was not taken; to be tried again.
        """
        ...
