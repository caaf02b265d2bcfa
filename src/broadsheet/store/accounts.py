"""Readers: made, found, changed."""

import secrets
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.readers import Reader, Role, reader_name_key
from broadsheet.store.database import Database
from broadsheet.store.reader_schema import readers

_ID_BYTES = 12


class SqlAccounts(Database):
    """Readers as they are kept (`model.reader_ports.Accounts`)."""

    def by_key(self, key: int) -> Reader | None:
        """Return the reader of a key."""
        with self._reading() as connection:
            row = connection.execute(select(readers).where(readers.c.key == key)).first()
        return reader_of(row) if row is not None else None

    def by_name(self, name: str) -> Reader | None:
        """Return the reader of a name, in any spelling of it."""
        wanted = select(readers).where(readers.c.name_key == reader_name_key(name))
        with self._reading() as connection:
            row = connection.execute(wanted).first()
        return reader_of(row) if row is not None else None

    def first_reader(self) -> Reader | None:
        """Return the reader who was there first."""
        with self._reading() as connection:
            row = connection.execute(select(readers).order_by(readers.c.key).limit(1)).first()
        return reader_of(row) if row is not None else None

    def add_reader(self, *, name: str, role: Role, email: str = "", password: str = "") -> Reader:
        """Keep a new reader.

        Raises:
            InvalidValueError: the name or the address is taken.
        """
        name_key, email_key = reader_name_key(name), email.casefold()
        with self._changing() as connection:
            _refuse_taken(connection, name_key, email_key)
            key = connection.execute(
                insert(readers)
                .values(
                    id=secrets.token_urlsafe(_ID_BYTES),
                    name=name,
                    name_key=name_key,
                    email=email,
                    email_key=email_key,
                    email_confirmed_at="",
                    password=password,
                    outside_id="",
                    role=role,
                    zone="UTC",
                    choices="{}",
                    seq=0,
                    created_at=self.now(),
                    disabled_at="",
                )
                .returning(readers.c.key)
            ).scalar_one()
            row = connection.execute(select(readers).where(readers.c.key == key)).one()
        return reader_of(row)


def reader_of(row: Row[Any]) -> Reader:
    """Return the reader of a row of `readers`."""
    return Reader(
        key=row.key,
        id=row.id,
        name=row.name,
        email=row.email,
        email_confirmed=bool(row.email_confirmed_at),
        role=row.role,
        zone=row.zone,
        choices=msgspec.json.decode(row.choices),
        seq=row.seq,
        created_at=row.created_at,
        disabled=bool(row.disabled_at),
    )


def _refuse_taken(connection: Connection, name_key: str, email_key: str) -> None:
    if connection.scalar(select(readers.c.key).where(readers.c.name_key == name_key)) is not None:
        raise InvalidValueError("Another reader has this name; choose another.")
    taken = select(readers.c.key).where(readers.c.email_key == email_key)
    if email_key and connection.scalar(taken) is not None:
        raise InvalidValueError("Another reader has this mail address.")
