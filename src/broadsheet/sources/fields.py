"""Fields that every format checks alike: bounds, dates, identifiers, addresses."""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice

from broadsheet.model.dates import check_date
from broadsheet.model.errors import InvalidValueError, SourceError
from broadsheet.model.identifiers import arxiv_id, doi, title_key
from broadsheet.model.paper import Imprint
from broadsheet.model.ports import Clock
from broadsheet.sources.clean import clean_text

LIMITS = {
    "title": 2_000,
    "abstract": 100_000,
    "summary": 20_000,
    "comments": 10_000,
    "journal_ref": 2_000,
    "venue": 300,
    "licence": 300,
    "url": 2_000,
    "id": 300,
    "imprint": 300,
}
MAX_KEYWORDS = 50
_LONGEST_KEYWORD = 100
_LARGEST_COUNT = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_AND_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]\d")
_RFC_822 = re.compile(r"(?:[A-Z][a-z]{2}, )?(\d{1,2} [A-Z][a-z]{2} \d{4})\b", re.ASCII)
_DASHES = re.compile("\\s*[-\u2010-\u2015\u2212]+\\s*")
_LONGEST_DATE = 60
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def bounded_text(text: str | None, name: str) -> str:
    """Return a field cleaned; empty for None.

    Raises:
        SourceError: it is longer than the field may be, or holds a NUL.
    """
    if not text:
        return ""
    if len(text) > LIMITS[name]:
        raise SourceError(f"{name} over {LIMITS[name]:,} characters")
    return clean_text(text)


def fitting_text(text: str | None, name: str) -> str:
    """Return a field cleaned; empty where it is too long for what it should say."""
    return bounded_text(text, name) if text and len(text) <= LIMITS[name] else ""


def clean_keywords(texts: Iterable[str]) -> tuple[str, ...]:
    """Return keywords cleaned, each once, the first 50; over 100 characters is no keyword."""
    short = (text for text in islice(texts, 1_000) if len(text) <= _LONGEST_KEYWORD)
    cleaned = (clean_text(text) for text in short)
    return tuple(dict.fromkeys(word for word in cleaned if word))[:MAX_KEYWORDS]


def page_range(text: str | None) -> str:
    """Return first and last page joined by one hyphen, whichever dash stands there."""
    return _DASHES.sub("-", fitting_text(text, "imprint"))


def required_title(text: str | None) -> str:
    """Return a title cleaned.

    Raises:
        SourceError: there is none, or it is over 2,000 characters.
    """
    title = bounded_text(text, "title")
    if not (title[:1].isalnum() or any(c.isalnum() for c in title)):
        raise SourceError("no title")
    return title


def latest_day(clock: Clock) -> str:
    """Return the last day that a date may name: one year from now."""
    return (clock() + timedelta(days=366)).date().isoformat()


@lru_cache(maxsize=20_000)
def partial_date(text: str, name: str, latest: str) -> str:
    """Return a partial ISO date; of a moment its day.

    Raises:
        SourceError: it is not in the calendar, or later than `latest`.
    """
    if len(text) > _LONGEST_DATE:
        raise SourceError(f"{name} is not a date")
    moment = _DAY_AND_TIME.match(text)
    try:
        day = check_date(moment[1] if moment else text.strip())
    except InvalidValueError as e:
        raise SourceError(f"{name} is not a date") from e
    if day > latest:
        raise SourceError(f"{name} is more than a year in the future")
    return day


def rfc_822_date(text: str, name: str, latest: str) -> str:
    """Return the day of `Mon, 11 Jan 2021 20:31:27 GMT` as `2021-01-11`.

    Raises:
        SourceError: it has no such form, is not in the calendar, or later than `latest`.
    """
    match = _RFC_822.match(text.strip()) if len(text) <= _LONGEST_DATE else None
    day = iso_of_words(match[1]) if match else ""
    if not day:
        raise SourceError(f"{name} is not a date")
    return partial_date(day, name, latest)


@lru_cache(maxsize=20_000)  # there are far fewer days than moments
def iso_of_words(text: str) -> str:
    """Return `11 Jan 2021` as `2021-01-11`, in the calendar or not; "" where there is no month."""
    day, month, year = text.split(" ")
    return f"{year}-{_MONTHS.index(month) + 1:02d}-{int(day):02d}" if month in _MONTHS else ""


def day_of_milliseconds(number: int | None, name: str, latest: str) -> str | None:
    """Return the day in UTC of milliseconds since 1970; None for None.

    Raises:
        SourceError: it is not in the calendar, or later than `latest`.
    """
    if number is None:
        return None
    try:
        moment = _EPOCH + timedelta(milliseconds=number)
    except OverflowError as e:
        raise SourceError(f"{name} is not a date") from e
    return partial_date(moment.date().isoformat(), name, latest)


def known_counts(**named: int | None) -> tuple[tuple[str, int], ...]:
    """Return the counts that a source gives; what can be no count is left out."""
    return tuple((k, n) for k, n in named.items() if n is not None and 0 <= n <= _LARGEST_COUNT)


def imprint_of(
    *,
    kind: str = "",
    volume: str = "",
    issue: str = "",
    pages: str = "",
    publisher: str = "",
    language: str = "",
) -> Imprint | None:
    """Return how a paper was published, cleaned; None where nothing is said.

    Raises:
        SourceError: a part is over 300 characters.
    """
    made = Imprint(
        kind=kind,
        volume=bounded_text(volume, "imprint"),
        issue=bounded_text(issue, "imprint"),
        pages=_DASHES.sub("-", bounded_text(pages, "imprint")),
        publisher=bounded_text(publisher, "imprint"),
        language=bounded_text(language, "imprint"),
    )
    return None if made == Imprint() else made


def known_ids(arxiv: str | None, dois: str | None) -> tuple[str | None, str | None]:
    """Return the arXiv id and the DOI in normal form; arXiv's own DOIs count as arXiv ids.

    Of several DOIs in one field the first is taken; what is no DOI is left out.

    Raises:
        SourceError: arxiv is given and is no arXiv id.
    """
    eprint = arxiv_id(arxiv) if arxiv else None
    if arxiv and eprint is None:
        raise SourceError("arxiv is not an arXiv id")
    first = dois.split()[0] if dois and dois.split() else ""
    number = doi(first) if first else None
    if number and (twin := arxiv_id(number)):
        return eprint or twin, None
    return eprint, number


def web_address(text: str | None) -> str:
    """Return an http or https address, else an empty string."""
    address = bounded_text(text, "url")
    return address if address.startswith(("http://", "https://")) and " " not in address else ""


def made_id(title: str, authors: tuple[str, ...], submitted: str | None) -> str:
    """Return an id made of what tells a record that has none from others."""
    said = "\0".join((title_key(title) or title, *authors[:1], (submitted or "")[:4]))
    return f"title:{hashlib.blake2b(said.encode(), digest_size=8).hexdigest()}"
