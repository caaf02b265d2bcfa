"""Sessions: browsers in which readers have signed in."""

import secrets
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from broadsheet.model.credentials import Session
from broadsheet.model.readers import Reader
from broadsheet.store.accounts import reader_of
from broadsheet.store.asked import all_rows
from broadsheet.store.database import Database
from broadsheet.store.reader_schema import readers, sessions

_ID_BYTES = 9

_SHOWN = (
    select(readers, *[column.label(f"session_{column.name}") for column in sessions.c])
    .join(sessions, sessions.c.reader == readers.c.key)
    .where(sessions.c.token_hash == bindparam("shown"), sessions.c.expires_at > bindparam("now"))
    .where(readers.c.disabled_at == "")
)


class SqlSessions(Database):
    """Sessions as they are kept (`model.reader_ports.Sessions`)."""

    def add(self, token_hash: str, *, reader: int, agent: str, expires_at: str) -> None:
        """Keep a new session, and forget those that have expired."""
        now = self.now()
        with self._changing() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            connection.execute(
                insert(sessions).values(
                    token_hash=token_hash,
                    id=secrets.token_urlsafe(_ID_BYTES),
                    reader=reader,
                    agent=agent,
                    created_at=now,
                    used_at=now,
                    expires_at=expires_at,
                )
            )

    def find(self, token_hash: str) -> tuple[Reader, Session] | None:
        """Return a session that has not expired, of a reader who may come in."""
        values = {"shown": token_hash, "now": self.now()}
        with self._reading() as connection:
            found = all_rows(connection, _SHOWN, values)
        return (reader_of(found[0]), _session(found[0], "session_")) if found else None

    def touch(self, token_hash: str, *, expires_at: str) -> None:
        """Keep that it is in use now."""
        this = sessions.c.token_hash == token_hash
        values = {"used_at": self.now(), "expires_at": expires_at}
        with self._changing() as connection:
            connection.execute(update(sessions).where(this).values(**values))

    def of(self, reader: int) -> list[Session]:
        """Return a reader's sessions, last used first."""
        mine = select(sessions).where(sessions.c.reader == reader)
        asked = mine.where(sessions.c.expires_at > self.now())
        order = (sessions.c.used_at.desc(), sessions.c.created_at.desc(), sessions.c.id)
        with self._reading() as connection:
            rows = connection.execute(asked.order_by(*order)).all()
        return [_session(row) for row in rows]

    def end(self, token_hash: str) -> None:
        """Forget one."""
        with self._changing() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))

    def end_by_id(self, reader: int, id: str) -> bool:
        """Forget one of a reader's; return whether there was one."""
        this = delete(sessions).where(sessions.c.reader == reader, sessions.c.id == id)
        with self._changing() as connection:
            return bool(connection.execute(this).rowcount)

    def end_others(self, reader: int, token_hash: str) -> int:
        """Forget all of a reader's but one; return how many."""
        others = delete(sessions).where(
            sessions.c.reader == reader, sessions.c.token_hash != token_hash
        )
        with self._changing() as connection:
            return connection.execute(others).rowcount


def _session(row: Any, prefix: str = "") -> Session:
    names = ("id", "agent", "created_at", "used_at", "expires_at")
    return Session(**{name: getattr(row, prefix + name) for name in names})
