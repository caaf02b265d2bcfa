"""Few values that belong to the library: the keys that sign, what its admin has chosen."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from broadsheet.store.database import Database
from broadsheet.store.reader_schema import kept

_VALUE = select(kept.c.value).where(kept.c.name == bindparam("of"))
_decode = msgspec.json.Decoder(dict[str, object]).decode


class SqlKept(Database):
    """Values by their names (`model.reader_ports.Kept`, `model.trend_ports.Kept`)."""

    def get_or_set(self, name: str, value: str) -> str:
        """Return what is kept under a name; where there is nothing, `value`, kept from now on."""
        asked = {"of": name}
        with self._reading() as connection:
            found = connection.scalar(_VALUE, asked)
        if found is not None:
            return str(found)
        with self._changing() as connection:
            put = insert(kept).values(name=name, value=value).on_conflict_do_nothing()
            connection.execute(put)
            return str(connection.execute(_VALUE, asked).scalar_one())

    def value(self, name: str) -> Mapping[str, object] | None:
        """Return what is kept under a name."""
        with self._reading() as connection:
            text = connection.scalar(_VALUE, {"of": name})
        return _decode(text) if text is not None else None

    def keep(self, name: str, value: Mapping[str, object] | None) -> None:
        """Keep a value in place of the one before; None forgets it."""
        with self._changing() as connection:
            connection.execute(delete(kept).where(kept.c.name == name))
            if value is not None:
                text = msgspec.json.encode(value).decode()
                connection.execute(insert(kept).values(name=name, value=text))
