"""Tokens of programs."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select, update

from broadsheet.model.credentials import Scope, Token
from broadsheet.model.readers import Reader
from broadsheet.store.accounts import reader_of
from broadsheet.store.database import Database
from broadsheet.store.reader_schema import readers, tokens


class SqlTokens(Database):
    """Tokens as they are kept (`model.reader_ports.Tokens`)."""

    def add(
        self,
        token_hash: str,
        *,
        id: str,
        reader: int,
        name: str,
        scopes: Sequence[Scope],
        expires_at: str,
    ) -> None:
        """Keep a new one; an empty `expires_at` is never."""
        with self._changing() as connection:
            connection.execute(
                insert(tokens).values(
                    token_hash=token_hash,
                    id=id,
                    reader=reader,
                    name=name,
                    scopes=" ".join(scopes),
                    created_at=self.now(),
                    used_at="",
                    expires_at=expires_at,
                )
            )

    def find(self, token_hash: str) -> tuple[Reader, Token] | None:
        """Return one that has not expired, of a reader who may come in."""
        columns = [column.label(f"token_{column.name}") for column in tokens.c]
        lives = or_(tokens.c.expires_at == "", tokens.c.expires_at > self.now())
        asked = (
            select(readers, *columns)
            .join(tokens, tokens.c.reader == readers.c.key)
            .where(tokens.c.token_hash == token_hash, lives, readers.c.disabled_at == "")
        )
        with self._reading() as connection:
            row = connection.execute(asked).first()
        return None if row is None else (reader_of(row), _token(row, "token_"))

    def touch(self, token_hash: str) -> None:
        """Keep that it is in use now."""
        this = update(tokens).where(tokens.c.token_hash == token_hash)
        with self._changing() as connection:
            connection.execute(this.values(used_at=self.now()))

    def of(self, reader: int) -> list[Token]:
        """Return a reader's, newest first."""
        mine = select(tokens).where(tokens.c.reader == reader)
        with self._reading() as connection:
            rows = connection.execute(mine.order_by(tokens.c.created_at.desc(), tokens.c.id)).all()
        return [_token(row) for row in rows]

    def remove(self, reader: int, id: str) -> bool:
        """Forget one of a reader's; return whether there was one."""
        this = delete(tokens).where(tokens.c.reader == reader, tokens.c.id == id)
        with self._changing() as connection:
            return bool(connection.execute(this).rowcount)


def _token(row: Row[Any], prefix: str = "") -> Token:
    names = ("id", "name", "created_at", "used_at", "expires_at")
    values = {name: row._mapping[prefix + name] for name in names}
    return Token(scopes=tuple(row._mapping[f"{prefix}scopes"].split()), **values)
