"""Readers: made, found, changed."""

import secrets
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from broadsheet.model.errors import InvalidValueError, NotAllowedError
from broadsheet.model.readers import Reader, Role, reader_name_key
from broadsheet.store.database import Database
from broadsheet.store.reader_schema import invitations, passkeys, readers, sessions

_ID_BYTES = 12


class SqlAccounts(Database):
    """Readers as they are kept (`model.reader_ports.Accounts`)."""

    def by_key(self, key: int) -> Reader | None:
        """Return the reader of a key."""
        return self._one(readers.c.key == key)

    def by_id(self, id: str) -> Reader | None:
        """Return the reader of an id."""
        return self._one(readers.c.id == id)

    def by_name(self, name: str) -> Reader | None:
        """Return the reader whose name this is, in any spelling, or whose mail address."""
        if "@" in name:
            return self._one(readers.c.email_key == name.casefold())
        return self._one(readers.c.name_key == reader_name_key(name))

    def by_outside_id(self, outside_id: str) -> Reader | None:
        """Return the reader whom an OpenID provider knows so."""
        return self._one(and_(readers.c.outside_id == outside_id, readers.c.outside_id != ""))

    def set_outside_id(self, key: int, outside_id: str) -> None:
        """Keep that a provider knows a reader so; an empty text is nobody's.

        Raises:
            InvalidValueError: it is another reader's.
        """
        others = select(readers.c.key).where(readers.c.outside_id == outside_id)
        with self._changing() as connection:
            if outside_id and connection.scalar(others.where(readers.c.key != key)) is not None:
                raise InvalidValueError("Another reader signs in so.")
            _change(connection, key, outside_id=outside_id)

    def outside_id_of(self, key: int) -> str:
        """Return what a provider knows a reader by, or an empty text."""
        with self._reading() as connection:
            asked = select(readers.c.outside_id).where(readers.c.key == key)
            return connection.scalar(asked) or ""

    def first_reader(self) -> Reader | None:
        """Return who was there first: of the admins who may come in, else of all."""
        with self._reading() as connection:
            return _first_of(connection)

    def first_or_new_reader(self, *, name: str, role: Role) -> Reader:
        """Return who was there first; where nobody was, a reader of this name who now is."""
        with self._changing() as connection:
            values = {**_whose(name, "", ""), **_address("", "")}
            return _first_of(connection) or self._added(connection, role=role, **values)

    def all_readers(self) -> list[Reader]:
        """Return all readers, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(select(readers).order_by(readers.c.key)).all()
        return [reader_of(row) for row in rows]

    def add_reader(
        self,
        *,
        name: str,
        role: Role,
        email: str = "",
        password: str = "",
        outside_id: str = "",
    ) -> Reader:
        """Keep a new reader.

        Raises:
            InvalidValueError: the name or the address is taken.
        """
        with self._changing() as connection:
            values = {**_whose(name, password, outside_id), **_address(email, "")}
            return self._added(connection, role=role, **values)

    def sign_up(
        self, *, name: str, password: str = "", outside_id: str = "", invitation: str = ""
    ) -> Reader:
        """Keep a new reader, the first of whom becomes admin.

        Raises:
            InvalidValueError: the name is taken.
            NotAllowedError: there is no such invitation, or it is used up or too old.
        """
        values = _whose(name, password, outside_id)
        with self._changing() as connection:
            if not _anyone_can_sign_in(connection):
                return self._handed_over(connection, values)
            made = self._added(connection, role="reader", **values, **_address("", ""))
            if invitation:
                self._use_up(connection, invitation, made)
        return made

    def anyone_can_sign_in(self) -> bool:
        """Return whether any reader has a password, a passkey or a provider."""
        with self._reading() as connection:
            return _anyone_can_sign_in(connection)

    def password_of(self, key: int) -> str:
        """Return the hash of a reader's password, or an empty text."""
        with self._reading() as connection:
            asked = select(readers.c.password).where(readers.c.key == key)
            return connection.scalar(asked) or ""

    def set_password(self, key: int, password: str, *, keep_session: str | None = "") -> None:
        """Keep the hash of a password and end the reader's sessions but the one to keep."""
        with self._changing() as connection:
            _change(connection, key, password=password)
            if keep_session is not None:
                mine, kept = sessions.c.reader == key, sessions.c.token_hash == keep_session
                connection.execute(delete(sessions).where(mine, ~kept))

    def rename(self, key: int, name: str) -> None:
        """Give a reader another name.

        Raises:
            InvalidValueError: it is taken.
        """
        name_key = reader_name_key(name)
        with self._changing() as connection:
            _refuse_taken(connection, name_key, "", but=key)
            _change(connection, key, name=name, name_key=name_key)

    def set_zone(self, key: int, zone: str) -> None:
        """Keep a reader's time zone."""
        with self._changing() as connection:
            _change(connection, key, zone=zone)

    def propose_address(self, key: int, address: str) -> None:
        """Keep an address which is not known to be the reader's, or none.

        It stands in nobody's way: only a confirmed one has a key.
        """
        with self._changing() as connection:
            _change(connection, key, email=address, email_key="", email_confirmed_at="")

    def confirm_address(self, key: int, address: str) -> None:
        """Keep that an address is the reader's.

        Raises:
            InvalidValueError: it is another's.
        """
        with self._changing() as connection:
            _refuse_taken(connection, "", address.casefold(), but=key)
            _change(connection, key, **_address(address, self.now()))

    def set_role(self, key: int, role: Role) -> None:
        """Change what a reader may do.

        Raises:
            NotAllowedError: nobody would be admin.
        """
        with self._changing() as connection:
            _change(connection, key, role=role)
            refuse_without_admin(connection)

    def set_disabled(self, key: int, disabled: bool) -> None:
        """Shut a reader out and end their sessions, or let them in again.

        Raises:
            NotAllowedError: nobody would be admin.
        """
        with self._changing() as connection:
            _change(connection, key, disabled_at=self.now() if disabled else "")
            refuse_without_admin(connection)
            connection.execute(delete(sessions).where(sessions.c.reader == key))

    def _one(self, condition: ColumnElement[bool]) -> Reader | None:
        with self._reading() as connection:
            row = connection.execute(select(readers).where(condition)).first()
        return reader_of(row) if row is not None else None

    def _added(self, connection: Connection, **values: Any) -> Reader:
        _refuse_taken(connection, values["name_key"], values["email_key"])
        row = {
            "id": secrets.token_urlsafe(_ID_BYTES),
            "zone": "UTC",
            "choices": "{}",
            "seq": 0,
            "created_at": self.now(),
            "disabled_at": "",
        }
        made = connection.execute(insert(readers).values(**row, **values).returning(readers))
        return reader_of(made.one())

    def _handed_over(self, connection: Connection, values: dict[str, Any]) -> Reader:
        """Return the admin, who is new or was the one reader of single mode."""
        present = connection.execute(select(readers).order_by(readers.c.key)).all()
        if len(present) != 1:
            return self._added(connection, role="admin", **values, **_address("", ""))
        key = present[0].key
        _refuse_taken(connection, values["name_key"], "", but=key)
        _change(connection, key, role="admin", disabled_at="", **values)
        return reader_of(connection.execute(select(readers).where(readers.c.key == key)).one())

    def _use_up(self, connection: Connection, invitation: str, reader: Reader) -> None:
        is_open = and_(
            invitations.c.token_hash == invitation,
            invitations.c.used_by.is_(None),
            invitations.c.expires_at > self.now(),
        )
        used = connection.execute(update(invitations).where(is_open).values(used_by=reader.key))
        if used.rowcount != 1:
            raise NotAllowedError("This invitation is used up or too old; ask for another.")


def reader_of(row: Any) -> Reader:
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


def refuse_without_admin(connection: Connection) -> None:
    """End a change after which readers are there and nobody of them may see to the library.

    Raises:
        NotAllowedError: that is so.
    """
    may_come_in = readers.c.disabled_at == ""
    admins = select(readers.c.key).where(readers.c.role == "admin", may_come_in).limit(1)
    if connection.scalar(select(readers.c.key).limit(1)) is None:
        return
    if connection.scalar(admins) is None:
        raise NotAllowedError("Nobody would be admin: make another reader admin first.")


def _anyone_can_sign_in(connection: Connection) -> bool:
    known = or_(readers.c.password != "", readers.c.outside_id != "")
    if connection.scalar(select(readers.c.key).where(known).limit(1)) is not None:
        return True
    return connection.scalar(select(passkeys.c.id).limit(1)) is not None


def _whose(name: str, password: str, outside_id: str) -> dict[str, Any]:
    name_key = reader_name_key(name)
    return {"name": name, "name_key": name_key, "password": password, "outside_id": outside_id}


def _address(address: str, confirmed_at: str) -> dict[str, Any]:
    key = address.casefold()
    return {"email": address, "email_key": key, "email_confirmed_at": confirmed_at}


def _change(connection: Connection, key: int, **values: Any) -> None:
    """Set columns of a reader, whose pages may look different from now on."""
    changed = update(readers).where(readers.c.key == key)
    connection.execute(changed.values(**values, seq=readers.c.seq + 1))


def _first_of(connection: Connection) -> Reader | None:
    may_come_in = and_(readers.c.role == "admin", readers.c.disabled_at == "")
    asked = select(readers).order_by(may_come_in.desc(), readers.c.key).limit(1)
    row = connection.execute(asked).first()
    return reader_of(row) if row is not None else None


def _refuse_taken(connection: Connection, name_key: str, email_key: str, *, but: int = 0) -> None:
    others = select(readers.c.key).where(readers.c.key != but)
    if name_key and connection.scalar(others.where(readers.c.name_key == name_key)) is not None:
        raise InvalidValueError("Another reader has this name; choose another.")
    if email_key and connection.scalar(others.where(readers.c.email_key == email_key)) is not None:
        raise InvalidValueError("Another reader has this mail address.")
