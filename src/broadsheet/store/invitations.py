"""Invitations. One is used up where the reader is made (`store.accounts`), in one transaction."""

from sqlalchemy import delete, func, insert, select

from broadsheet.model.credentials import Invitation
from broadsheet.store.database import Database
from broadsheet.store.reader_schema import invitations, readers


class SqlInvitations(Database):
    """Invitations as they are kept (`model.reader_ports.Invitations`)."""

    def add(self, token_hash: str, *, id: str, made_by: int, note: str, expires_at: str) -> None:
        """Keep a new one."""
        values = {"token_hash": token_hash, "id": id, "made_by": made_by, "note": note}
        values |= {"created_at": self.now(), "expires_at": expires_at, "used_by": None}
        with self._changing() as connection:
            connection.execute(insert(invitations).values(**values))

    def is_open(self, token_hash: str) -> bool:
        """Return whether it can be used."""
        asked = select(invitations.c.id).where(
            invitations.c.token_hash == token_hash,
            invitations.c.used_by.is_(None),
            invitations.c.expires_at > self.now(),
        )
        with self._reading() as connection:
            return connection.scalar(asked) is not None

    def all(self) -> list[Invitation]:
        """Return all, newest first."""
        c = invitations.c
        user = func.coalesce(readers.c.name, "").label("used_by")
        asked = select(c.id, c.note, c.created_at, c.expires_at, user).join(
            readers, readers.c.key == c.used_by, isouter=True
        )
        with self._reading() as connection:
            rows = connection.execute(asked.order_by(c.created_at.desc(), c.id)).all()
        return [Invitation(**row._mapping) for row in rows]

    def remove(self, id: str) -> bool:
        """Forget one that is not used up; return whether there was one."""
        unused = invitations.c.used_by.is_(None)
        with self._changing() as connection:
            this = delete(invitations).where(invitations.c.id == id, unused)
            return bool(connection.execute(this).rowcount)
