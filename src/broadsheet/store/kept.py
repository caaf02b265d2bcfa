"""Few values that belong to the library: what its admin has chosen."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import delete, insert, select

from broadsheet.store.database import Database
from broadsheet.store.reader_schema import kept

_decode = msgspec.json.Decoder(dict[str, object]).decode


class SqlKept(Database):
    """Values by name (`model.trend_ports.Kept`)."""

    def value(self, name: str) -> Mapping[str, object] | None:
        """Return what is kept under a name."""
        with self._reading() as connection:
            text = connection.scalar(select(kept.c.value).where(kept.c.name == name))
        return _decode(text) if text is not None else None

    def keep(self, name: str, value: Mapping[str, object] | None) -> None:
        """Keep a value in place of the one before; None forgets it."""
        with self._changing() as connection:
            connection.execute(delete(kept).where(kept.c.name == name))
            if value is not None:
                text = msgspec.json.encode(value).decode()
                connection.execute(insert(kept).values(name=name, value=text))
