"""Tokens: what programs show in place of a reader."""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from broadsheet.model.credentials import Asker, Token, scopes_of
from broadsheet.model.errors import (
    InvalidValueError,
    NotAllowedError,
    NotFoundError,
    SignInNeededError,
    StoreBusyError,
)
from broadsheet.model.reader_ports import Tokens
from broadsheet.model.readers import Reader, label
from broadsheet.services.audit import AuditService
from broadsheet.services.secret import new_secret, secret_hash

PREFIX = "bs_"
_BEARER = "bearer "
MOST = 50
LASTS_DAYS = (30, 90, 365, 0)
_NOTED_EVERY = timedelta(minutes=10)


class TokenService:
    """Makes, finds and takes back tokens.

    Args:
        tokens: keeps them by their hash.
        audit: keeps that one was made or taken back.
        clock: the present moment in UTC.
    """

    def __init__(
        self, *, tokens: Tokens, audit: AuditService, clock: Callable[[], datetime]
    ) -> None:
        self.tokens = tokens
        self.audit = audit
        self.clock = clock

    def make(self, reader: Reader, *, name: str, scopes: Iterable[str], days: int) -> str:
        """Return a new token, which nobody can show again.

        Args:
            days: how long it lasts; 0 until it is taken back.

        Raises:
            InvalidValueError: it has no name, no scope, or there are too many.
            NotAllowedError: only an admin's programs may do what an admin does.
        """
        chosen = scopes_of(scopes)
        if "admin" in chosen and not reader.is_admin:
            raise NotAllowedError("Only an admin's token can have the scope admin.")
        if days not in LASTS_DAYS:
            raise InvalidValueError(f"A token lasts for one of {LASTS_DAYS} days; got {days}.")
        if len(self.tokens.of(reader.key)) >= MOST:
            raise InvalidValueError(f"You have {MOST} tokens; take one back first.")
        secret, id = new_secret(PREFIX), secrets.token_urlsafe(9)
        end = (self.clock() + timedelta(days=days)).isoformat(timespec="seconds") if days else ""
        self.tokens.add(
            secret_hash(secret),
            id=id,
            reader=reader.key,
            name=label(name),
            scopes=chosen,
            expires_at=end,
        )
        self.audit.note("token made", reader, token=id, scopes=list(chosen))
        return secret

    def shown(self, secret: str) -> Asker:
        """Return whose token a program shows; see `asker`.

        Raises:
            SignInNeededError: it is none, has expired or was taken back.
        """
        asker = self.asker(secret)
        if asker is None:
            raise SignInNeededError("This token is none of ours, has expired or was taken back.")
        return asker

    def asker(self, secret: str) -> Asker | None:
        """Return whose token it is and what it may do, or None; use is noted now and then."""
        if not secret.startswith(PREFIX):
            return None
        found = self.tokens.find(secret_hash(secret))
        if found is None:
            return None
        reader, token = found
        self._note_use(secret, token)
        scopes = set(token.scopes) if reader.is_admin else set(token.scopes) - {"admin"}
        return Asker(reader=reader, scopes=frozenset(scopes))

    def of(self, reader: Reader) -> list[Token]:
        """Return a reader's tokens, newest first."""
        return self.tokens.of(reader.key)

    def revoke(self, reader: Reader, id: str) -> None:
        """Take one of a reader's back.

        Raises:
            NotFoundError: there is none of this id.
        """
        if not self.tokens.remove(reader.key, id):
            raise NotFoundError("This token has been taken back already.")
        self.audit.note("token revoked", reader, token=id)

    def _note_use(self, secret: str, token: Token) -> None:
        last = datetime.fromisoformat(token.used_at) if token.used_at else None
        if last is not None and self.clock() - last < _NOTED_EVERY:
            return
        try:
            self.tokens.touch(secret_hash(secret))
        except StoreBusyError:
            return  # who reads need not wait for who writes


def bearer_of(authorization: str) -> str | None:
    """Return the secret that an Authorization header shows, None where it shows none that way."""
    if not authorization.lower().startswith(_BEARER):
        return None
    return authorization[len(_BEARER) :].strip()
