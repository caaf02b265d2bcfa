"""Few values that belong to the library."""

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from broadsheet.store.database import Database
from broadsheet.store.reader_schema import kept


class SqlKept(Database):
    """Values by their names (`model.reader_ports.Kept`)."""

    def get_or_set(self, name: str, value: str) -> str:
        """Return what is kept under a name; where there is nothing, `value`, kept from now on."""
        asked = select(kept.c.value).where(kept.c.name == name)
        with self._reading() as connection:
            found = connection.scalar(asked)
        if found is not None:
            return str(found)
        with self._changing() as connection:
            put = insert(kept).values(name=name, value=value).on_conflict_do_nothing()
            connection.execute(put)
            return str(connection.execute(asked).scalar_one())
