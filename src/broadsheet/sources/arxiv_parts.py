"""What every source of arXiv papers has in common: its dates, its address, its standing."""

import re
from datetime import date
from functools import lru_cache

from broadsheet.model.announcing import listing_days
from broadsheet.model.errors import SourceError
from broadsheet.model.paper import Version
from broadsheet.sources.fields import iso_of_words
from broadsheet.sources.xml_documents import before_entries, root_name

ATOM = "{http://www.w3.org/2005/Atom}"
ARXIV = "{http://arxiv.org/schemas/atom}"
_MOMENT = re.compile(
    r"(?:[A-Z][a-z]{2}, *)?(\d{1,2} [A-Z][a-z]{2} \d{4}) ((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)",
    re.ASCII,
)
_WITHDRAWN = "I"  # among the letters of a version's source type
_QUERY_FEED = re.compile(rb"//(?:export\.)?arxiv\.org/(?:api/|<)")
_ANNOUNCING_FEED = re.compile(rb"//rss\.arxiv\.org/")


def address(arxiv_id: str) -> str:
    """Return the address of a paper's page."""
    return f"https://arxiv.org/abs/{arxiv_id}"


def is_query_feed(head: bytes) -> bool:
    """Whether a beginning is that of an answer of arXiv's query API."""
    is_atom = root_name(head) == f"{ATOM}feed"
    return is_atom and _QUERY_FEED.search(before_entries(head)) is not None


def is_announcing_feed(head: bytes) -> bool:
    """Whether a beginning is that of one of arXiv's daily feeds, RSS or Atom."""
    is_feed = root_name(head) in ("rss", f"{ATOM}feed")
    return is_feed and _ANNOUNCING_FEED.search(before_entries(head)) is not None


def expected_listing(moment: str) -> str | None:
    """Return the day under which a first version is listed, from its RFC 822 moment in GMT."""
    match = _MOMENT.match(moment.strip())
    listing = _listing_of(match[1]) if match else None
    if match is None or listing is None:
        return None
    deadline, in_time, late = listing
    return late if match[2] > deadline else in_time


@lru_cache(maxsize=20_000)
def _listing_of(day: str) -> tuple[str, str, str] | None:
    """Return a day's deadline in UTC, and when is listed what is in time and what is late."""
    try:
        deadline, in_time, late = listing_days(date.fromisoformat(iso_of_words(day)))
    except (ValueError, OverflowError):
        return None
    return deadline.isoformat(), in_time.isoformat(), late.isoformat()


@lru_cache(maxsize=20_000)  # most papers have one alone, and many the same day
def version(number: str, day: str) -> Version:
    """Return a version of a number in digits.

    Raises:
        SourceError: it is no number.
    """
    if not (number.isascii() and number.isdigit() and len(number) <= 4):
        raise SourceError("a version is not numbered")
    return Version(number=int(number), date=day)


def updated(versions: tuple[Version, ...]) -> str | None:
    """Return the day of the last version where it is not the first."""
    return versions[-1].date if len(versions) > 1 else None


def is_withdrawn(source_type: str) -> bool:
    """Whether a version's source type says that the paper was withdrawn."""
    return _WITHDRAWN in source_type


@lru_cache(maxsize=4_096)
def month_of(arxiv_id: str) -> str | None:
    """Return the month in which an id was given out, as `2021-05`; None for what is no id."""
    digits = arxiv_id.rpartition("/")[2][:4]
    if len(digits) < 4 or not digits.isdigit():
        return None
    year, month = int(digits[:2]), int(digits[2:])
    century = 1900 if "/" in arxiv_id and year > 90 else 2000
    return f"{century + year}-{month:02d}" if 1 <= month <= 12 else None
