"""Time zones: which there are, and which of them are offered to choose from."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from broadsheet.model.errors import InvalidValueError


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone.

    Raises:
        InvalidValueError: there is none of that name.
    """
    if name not in _names():
        raise InvalidValueError(f"There is no time zone {name[:40]!r}; write it as Europe/Berlin.")
    return ZoneInfo(name)


@cache
def zones_to_choose() -> tuple[str, ...]:
    """Return UTC, then the names of the zones that are places, in order."""
    places = (name for name in _names() if "/" in name and not name.startswith("Etc/"))
    return ("UTC", *sorted(places))


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())
