"""How often something may be tried, by whom and from where."""

import ipaddress
from dataclasses import dataclass

from broadsheet.model.errors import TooManyTriesError
from broadsheet.model.reader_ports import Attempts
from broadsheet.services.secret import name_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many tries in so many seconds."""

    what: str
    most: int
    window_s: int


SIGN_IN_BY_NAME = Limit(what="sign in by name", most=20, window_s=900)
SIGN_IN_BY_ADDRESS = Limit(what="sign in by address", most=60, window_s=900)
SIGN_UP_BY_ADDRESS = Limit(what="sign up by address", most=20, window_s=3600)
PASSWORD_BY_READER = Limit(what="password by reader", most=10, window_s=900)
LETTERS_BY_READER = Limit(what="letters by reader", most=5, window_s=3600)


class Limits:
    """Counts tries. What is tried is counted before it is, so that many at once gain nothing.

    Args:
        attempts: keeps the counts, under hashes of names and addresses.
    """

    def __init__(self, *, attempts: Attempts) -> None:
        self.attempts = attempts

    def count(self, limit: Limit, who: str) -> None:
        """Count one more try.

        Raises:
            TooManyTriesError: there were too many of late.
        """
        tries, left_s = self.attempts.count(name_hash(limit.what, who), window_s=limit.window_s)
        if tries > limit.most:
            minutes = -(-left_s // 60)
            wait = "in a minute" if minutes == 1 else f"in {minutes} minutes"
            raise TooManyTriesError(f"Tried too often; try again {wait}.", after_s=left_s)

    def forget(self, limit: Limit, who: str) -> None:
        """Begin anew, after a try that was right."""
        self.attempts.forget(name_hash(limit.what, who))


def network_of(address: str) -> str:
    """Return whom an address stands for: itself, or its /64 where one customer has so many."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
