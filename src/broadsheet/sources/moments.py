"""Moments as sources write them, in ISO 8601 or RFC 822, and their day in New York."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from broadsheet.model.announcing import arxiv_today
from broadsheet.sources.fields import partial_date

_LONGEST = 60
_YEARS = range(1500, 9_000)
_NOT_A_MOMENT = (ValueError, TypeError, IndexError, OverflowError)


def moment_of(text: str) -> datetime | None:
    """Return the moment that text is, aware (UTC where it names no zone), or None."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text.strip()[:_LONGEST])
        except _NOT_A_MOMENT:
            continue
        if moment.year in _YEARS:
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def new_york_day(
    text: str, name: str, latest: str, *, ahead: timedelta = timedelta(0)
) -> str | None:
    """Return the day in New York of a moment; of a mere date that date; None for no text.

    Args:
        ahead: by how much a day begins before midnight.

    Raises:
        SourceError: it is neither, or later than `latest`.
    """
    if not text.strip():
        return None
    moment = moment_of(text) if ":" in text else None
    day = arxiv_today(moment + ahead).isoformat() if moment else text
    return partial_date(day, name, latest)
