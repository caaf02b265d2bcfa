"""Passwords: which are taken, how they are kept and compared."""

import threading
import unicodedata
from functools import cached_property
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.readers import reader_name_key

SHORTEST = 10
LONGEST = 500
UNSET = "!"  # of a reader who has been added and has yet to choose one
_AT_ONCE = 2

# Long enough and yet among the first that anyone tries: those with ten characters or more of the
# lists that are tried, what stands in a row on keyboards, what this page itself suggests.
_WORDS = """
    1q2w3e4r5t 1qaz2wsx3edc qwertyuiop qwertyuiop123 qwerty1234 qwerty12345 qwerty123456
    asdfghjkl1 asdfghjklö asdfghjkl; zxcvbnm123 zxcvbnm,./ qazwsxedcrfv azertyuiop qwertzuiop
    password12 password123 password1234 password12345 passwordpassword passw0rd12 passw0rd123
    p@ssw0rd123 p@ssword123 mypassword mypassword1 changeme123 changemenow letmein123 letmein1234
    welcome123 welcome1234 iloveyou12 iloveyou123 iloveyou1234 administrator admin12345 admin123456
    rootroot12 superman123 batman12345 football123 football1234 baseball123 basketball sunshine123
    princess123 dragon12345 master12345 monkey12345 michael123 jennifer123 jordan12345 starwars123
    trustno1234 correcthorse correcthorsebatterystaple abcdefghij abcdefghijk abcdef12345 abc1234567
    abcd123456 abcde12345 a123456789 aa12345678 q123456789 newspaper1 newspapers broadsheet
    broadsheet1 broadsheet123 geheim12345 passwort123 passwort1234 motdepasse motdepasse1
    contraseña contrasena1 wachtwoord wachtwoord1
"""
_COMMON = frozenset(_WORDS.split())


class Passwords:
    """Hashes with Argon2id and compares, in the same time whether there is one or not.

    A comparison takes 64 MiB and a tenth of a second by intention, so few run at once: many
    requests make a queue and not a machine without memory.

    Args:
        hasher: says what a hash costs; the parameters of RFC 9106, section 4, for less memory.
    """

    def __init__(self, *, hasher: PasswordHasher | None = None) -> None:
        self.hasher = hasher or PasswordHasher()
        self._turn = threading.BoundedSemaphore(_AT_ONCE)

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        with self._turn:
            return self.hasher.hash(_same(password))

    def fits(self, kept: str, password: str) -> bool:
        """Return whether a password is the one that is kept; for none kept, no, just as slowly."""
        known = is_set(kept)
        try:
            with self._turn:
                self.hasher.verify(kept if known else self._nobodys, _same(password))
        except (VerificationError, InvalidHashError):
            return False
        return known

    def is_stale(self, kept: str) -> bool:
        """Return whether a hash was made with other parameters than new ones are."""
        return self.hasher.check_needs_rehash(kept)

    @cached_property
    def _nobodys(self) -> str:
        return self.hasher.hash("nobody has this password")


def is_set(kept: str) -> bool:
    """Return whether what is kept is a password's hash."""
    return kept not in ("", UNSET)


def check_password(password: str, *, names: tuple[str, ...]) -> None:
    """Refuse a password that is guessed soon.

    Args:
        names: what stands beside it: the reader's name and address, the paper's title.

    Raises:
        InvalidValueError: it is too short, too long, very common or a name.
    """
    said = _same(password)
    if len(said) < SHORTEST:
        raise InvalidValueError(f"A password has at least {SHORTEST} characters.")
    if len(said) > LONGEST:
        raise InvalidValueError(f"A password has at most {LONGEST} characters.")
    if _is_common(said.casefold()):
        raise InvalidValueError("This password is among the first that are tried; take another.")
    mine = {reader_name_key(part) for name in names for part in (name, name.partition("@")[0])}
    if reader_name_key(said) in mine or reader_name_key(said.rstrip("0123456789!.")) in mine:
        raise InvalidValueError("A name is no password; take another.")


def _is_common(said: str) -> bool:
    """Whether it is in the list, turns few characters over and over, or counts up or down."""
    if said in _COMMON or len(set(said)) < 4:
        return True
    steps = {ord(b) - ord(a) for a, b in pairwise(said)}
    return steps <= {1, -9} or steps <= {-1, 9}


def _same(password: str) -> str:
    """Return what the ways to type a password share (NIST SP 800-63B, section 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password[: LONGEST * 4])
