"""What every source of arXiv papers has in common: its dates, its address, its standing."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from broadsheet.model.announcing import listing_day
from broadsheet.model.paper import Version
from broadsheet.sources.xml_documents import before_entries, root_name

ATOM = "{http://www.w3.org/2005/Atom}"
ARXIV = "{http://arxiv.org/schemas/atom}"
_MOMENT = re.compile(
    r"(?:[A-Z][a-z]{2}, *)?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2})"
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
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
    if match is None or match[2] not in _MONTHS:
        return None
    day, _, year, hour, minute, second = match.groups()
    try:
        submitted = datetime(
            int(year), _MONTHS[match[2]], int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
    except ValueError:
        return None
    return listing_day(submitted).isoformat()


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
