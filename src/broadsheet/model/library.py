"""What a library holds, and how its parts are."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

from broadsheet.model.paper import Author, Paper

LIBRARY_FILE = "broadsheet.sqlite"
"""The database in a library's folder; a folder that holds it is a library."""


class Revision(NamedTuple):
    """What changes whenever a page may: the last change's number, today, and the later's second.

    `at` is None while that is not known, or not over. `also` is what else a page hangs on.
    """

    seq: int
    today: date
    at: datetime | None
    also: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Rows in the database."""

    papers: int
    source_records: int
    authors: int
    rejected: int
    newest_day: str | None
    oldest_day: str | None
    sources: tuple[tuple[str, int], ...] = ()
    events: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexState:
    """How far the derived indexes are behind the database.

    Args:
        words_indexed: papers that a search by words finds.
        embedded: papers whose present text has a vector of the model of the settings.
        model: the id of the encoder whose vectors are searched, with everything that makes them
            what they are.
        building: the id of the model of the settings while its vectors are being made beside.
    """

    words_indexed: int
    embedded: int
    model: str
    building: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of `doctor`: what was looked at, how it is, what to do."""

    name: str
    state: Literal["ok", "warning", "error"]
    detail: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A category, venue, source or day with the number of its papers."""

    name: str
    papers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorEntry:
    """An author's page heading: the commonest spelling, and how many papers bear it."""

    author: Author
    papers: int
    coauthors: tuple[tuple[Author, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Papers newest first, one page of them, and how many there are in all."""

    papers: tuple[Paper, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow:
    """A paper as the indexes need it. `seq` grows with every change of a paper.

    Args:
        is_gone: whether there is no such paper any more; then only key and seq say something.
    """

    key: int
    seq: int
    id: str
    title: str
    abstract: str
    summary: str
    authors: tuple[str, ...]
    author_keys: tuple[str, ...]
    categories: tuple[str, ...]
    venue: str
    sources: tuple[str, ...]
    day_number: int
    arxiv_id: str
    doi: str
    flags: tuple[str, ...] = ()
    is_gone: bool = False
