"""Passkeys: public keys of readers' devices."""

from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from broadsheet.model.credentials import Passkey
from broadsheet.model.errors import InvalidValueError
from broadsheet.store.database import Database
from broadsheet.store.reader_schema import passkeys


class SqlPasskeys(Database):
    """Passkeys as they are kept (`model.reader_ports.Passkeys`)."""

    def add(self, *, id: str, reader: int, public_key: bytes, sign_count: int, name: str) -> None:
        """Keep a new one.

        Raises:
            InvalidValueError: it is there already.
        """
        values = {"id": id, "reader": reader, "public_key": public_key, "sign_count": sign_count}
        with self._changing() as connection:
            if connection.scalar(select(passkeys.c.id).where(passkeys.c.id == id)) is not None:
                raise InvalidValueError("This passkey is there already.")
            row = {**values, "name": name, "created_at": self.now(), "used_at": ""}
            connection.execute(insert(passkeys).values(**row))

    def find(self, id: str) -> Passkey | None:
        """Return the passkey of a credential id."""
        with self._reading() as connection:
            row = connection.execute(select(passkeys).where(passkeys.c.id == id)).first()
        return _passkey(row) if row is not None else None

    def of(self, reader: int) -> list[Passkey]:
        """Return a reader's, oldest first."""
        mine = select(passkeys).where(passkeys.c.reader == reader)
        with self._reading() as connection:
            rows = connection.execute(mine.order_by(passkeys.c.created_at, passkeys.c.id)).all()
        return [_passkey(row) for row in rows]

    def used(self, id: str, *, sign_count: int) -> None:
        """Keep that it was used now."""
        values = {"used_at": self.now(), "sign_count": sign_count}
        with self._changing() as connection:
            connection.execute(update(passkeys).where(passkeys.c.id == id).values(**values))

    def remove(self, reader: int, id: str) -> bool:
        """Forget one of a reader's; return whether there was one."""
        this = delete(passkeys).where(passkeys.c.reader == reader, passkeys.c.id == id)
        with self._changing() as connection:
            return bool(connection.execute(this).rowcount)


def _passkey(row: Row[Any]) -> Passkey:
    return Passkey(**row._mapping)
