"""Saved queries: what a reader wants to be told of, through which outlets."""

from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args
from urllib.parse import parse_qs, urlencode, urlsplit

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.events import EVENT_KINDS
from broadsheet.model.query import Query, parse_query

SavedKind = Literal["search", "follows", "collection", "events"]
SAVED_KINDS: tuple[SavedKind, ...] = get_args(SavedKind)
OF_FOLLOWED = "followed"
OF_SAVED = "saved"
NEWS_DAYS = 45
"""A paper that was listed longer ago is no news, whenever it comes into the library."""

MOST_QUERIES = 200
_LONGEST_NAME = 80
_LONGEST_ADDRESS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuery:
    """What a reader wants to be told of.

    Args:
        key: its row; never shown.
        id: random; stands in addresses.
        reader: key of the reader.
        kind: `search`, by words, meaning and filters; `follows`, what the reader follows;
            `collection`, what is put into one; `events`, what happens to papers.
        asked: `q` (an address's query string) of a search; `id` of a collection; `kinds` and
            `of` (`saved` or `followed`) of events.
        mail: whether its papers stand in the reader's digest.
        has_feed: whether it has a private feed.
        hook: the webhook's address, or empty.
        hook_secret: signs what is sent there.
        repeats: whether it may bring a paper that another has brought.
        reached: number of the last event that it has looked at.
    """

    key: int
    id: str
    reader: int
    name: str
    kind: SavedKind
    asked: dict[str, Any] = field(default_factory=dict)
    mail: bool = True
    has_feed: bool = False
    hook: str = ""
    hook_secret: str = ""
    repeats: bool = False
    reached: int = 0
    created_at: str = ""

    @property
    def query(self) -> Query:
        """The search of a saved search."""
        return parse_query(parse_qs(str(self.asked.get("q", ""))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A paper that a saved query has brought.

    Args:
        number: ascends; 0 before it is kept.
        query, reader, paper: their keys.
        score: orders what came together; higher is better.
        why: the reason, as it is shown.
        at: when it was brought, ISO in UTC.
    """

    query: int
    reader: int
    paper: int
    score: float
    why: str
    number: int = 0
    at: str = ""


def saved_name(text: str) -> str:
    """Return a saved query's name.

    Raises:
        InvalidValueError: it is empty or too long.
    """
    name = " ".join(text.replace("\0", " ").split())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise InvalidValueError(f"A saved query's name has 1 to {_LONGEST_NAME} characters.")
    return name


def check_asked(kind: str, asked: dict[str, Any]) -> tuple[SavedKind, dict[str, Any]]:
    """Return a kind and what it asks, in normal form.

    Raises:
        InvalidValueError: no such kind, or it cannot ask that; the message names what.
    """
    if kind not in SAVED_KINDS:
        raise InvalidValueError(f"kind must be one of {', '.join(SAVED_KINDS)}; got {kind[:40]!r}.")
    if kind == "search":
        query = parse_query(parse_qs(str(asked.get("q", ""))))
        if not query.text and not query.filters:
            raise InvalidValueError("A saved search needs words or a filter.")
        kept = [pair for pair in query.to_params() if pair[0] not in ("sort", "page", "per_page")]
        return "search", {"q": urlencode(kept)}
    if kind == "collection":
        return "collection", {"id": str(asked.get("id", ""))[:64]}
    if kind == "events":
        return "events", _events(asked)
    return cast(SavedKind, kind), {}


def check_hook(address: str) -> str:
    """Return a webhook's address.

    Raises:
        InvalidValueError: it is no https (or http) address, or has a name and password in it.
    """
    address = address.strip()
    try:
        parts = urlsplit(address)
        is_fine = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
        _ = parts.port
    except ValueError:
        is_fine = False
    if not is_fine or len(address) > _LONGEST_ADDRESS or not address.isprintable():
        raise InvalidValueError("A webhook's address begins with https:// and holds no password.")
    return address


def _events(asked: dict[str, Any]) -> dict[str, Any]:
    kinds = [str(kind) for kind in asked.get("kinds", ())]
    for kind in kinds:
        if kind not in EVENT_KINDS:
            raise InvalidValueError(f"There is no event {kind[:40]!r}: {', '.join(EVENT_KINDS)}.")
    of = str(asked.get("of", OF_SAVED))
    if of not in (OF_SAVED, OF_FOLLOWED):
        raise InvalidValueError(f"of must be {OF_SAVED} or {OF_FOLLOWED}; got {of[:40]!r}.")
    if not kinds:
        raise InvalidValueError(f"Name the events: {', '.join(EVENT_KINDS)}.")
    return {"kinds": sorted(set(kinds)), "of": of}
