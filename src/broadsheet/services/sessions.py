"""Sessions: a reader's browsers, how long they are known, and how to end that."""

from collections.abc import Callable
from datetime import datetime, timedelta

from broadsheet.model.credentials import Session
from broadsheet.model.errors import NotFoundError, StoreBusyError
from broadsheet.model.reader_ports import Sessions
from broadsheet.model.readers import Reader
from broadsheet.services.secret import new_secret, secret_hash

UNUSED = timedelta(days=30)
LONGEST = timedelta(days=180)
_NOTED_EVERY = timedelta(minutes=10)
_LONGEST_AGENT = 200


class SessionService:
    """Begins, finds and ends sessions.

    A session ends 30 days after its last use and 180 days after its beginning.

    Args:
        sessions: keeps them by the hash of their secret.
        clock: the present moment in UTC.
    """

    def __init__(self, *, sessions: Sessions, clock: Callable[[], datetime]) -> None:
        self.sessions = sessions
        self.clock = clock

    def begin(self, reader: Reader, *, agent: str) -> str:
        """Begin a session and return its secret, for the browser's cookie alone."""
        secret = new_secret()
        said = "".join(c for c in agent if c.isprintable())[:_LONGEST_AGENT]
        until = _kept(self.clock() + UNUSED)
        self.sessions.add(secret_hash(secret), reader=reader.key, agent=said, expires_at=until)
        return secret

    def reader_of(self, secret: str) -> Reader | None:
        """Return whose session it is, or None; it is prolonged, and that is noted now and then."""
        if not secret:
            return None
        found = self.sessions.find(secret_hash(secret))
        if found is None:
            return None
        reader, session = found
        if self.clock() - datetime.fromisoformat(session.used_at) >= _NOTED_EVERY:
            self._prolong(secret, session)
        return reader

    def current(self, secret: str) -> Session | None:
        """Return the session of a secret."""
        found = self.sessions.find(secret_hash(secret))
        return None if found is None else found[1]

    def of(self, reader: Reader) -> list[Session]:
        """Return a reader's sessions, last used first."""
        return self.sessions.of(reader.key)

    def end(self, secret: str) -> None:
        """End one."""
        self.sessions.end(secret_hash(secret))

    def end_by_id(self, reader: Reader, id: str) -> None:
        """End one of a reader's.

        Raises:
            NotFoundError: there is none of this id.
        """
        if not self.sessions.end_by_id(reader.key, id):
            raise NotFoundError("This session has ended already.")

    def end_others(self, reader: Reader, secret: str) -> int:
        """End all of a reader's sessions but one; return how many."""
        return self.sessions.end_others(reader.key, secret_hash(secret))

    def _prolong(self, secret: str, session: Session) -> None:
        end = datetime.fromisoformat(session.created_at) + LONGEST
        until = _kept(min(self.clock() + UNUSED, end))
        try:
            self.sessions.touch(secret_hash(secret), expires_at=until)
        except StoreBusyError:
            return  # who reads need not wait for who writes


def _kept(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
