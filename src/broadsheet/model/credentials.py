"""What opens a door: sessions, passkeys, tokens, invitations. None of these holds its secret."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.readers import Reader

Scope = Literal["read", "mark", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser in which a reader has signed in.

    Args:
        id: by which its reader can end it; opens nothing.
        agent: what the browser said of itself when it came.
    """

    id: str
    agent: str
    created_at: str
    used_at: str
    expires_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A key of a reader's device.

    Args:
        id: the credential's, base64url.
        public_key: COSE.
        sign_count: how often the device has signed; 0 where it does not count.
    """

    id: str
    reader: int
    public_key: bytes
    sign_count: int
    name: str
    created_at: str
    used_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a program shows in place of its reader."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: str
    used_at: str
    expires_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Lets one person sign up, once.

    Args:
        used_by: the name of who did, or empty.
    """

    id: str
    note: str
    created_at: str
    expires_at: str
    used_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """A reader, and what the way in which they came lets them do."""

    reader: Reader
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Somebody for whom a provider vouches.

    Args:
        id: the provider and what it knows them by; never another's.
        names: by which they go there, the best first.
        email: an address that the provider has seen to be theirs, or empty.
    """

    id: str
    names: tuple[str, ...]
    email: str


def scopes_of(words: Iterable[str]) -> tuple[Scope, ...]:
    """Return scopes in their own order, each once.

    Raises:
        InvalidValueError: one is unknown, or there is none.
    """
    asked = set(words)
    if unknown := sorted(asked.difference(SCOPES)):
        raise InvalidValueError(f"{unknown[0][:40]!r} is no scope. There are: {', '.join(SCOPES)}.")
    if not asked:
        raise InvalidValueError(f"A token needs a scope at least, of: {', '.join(SCOPES)}.")
    return tuple(scope for scope in SCOPES if scope in asked)
