"""How often something was tried of late."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.sqlite import insert

from broadsheet.store.database import Database
from broadsheet.store.reader_schema import attempts


class SqlAttempts(Database):
    """Counts that begin anew when their time is over (`model.reader_ports.Attempts`)."""

    def count(self, name: str, *, window_s: int) -> tuple[int, int]:
        """Count once more; return how often by now, and for how many seconds that holds.

        A time begins with its first try; nothing prolongs it.
        """
        now = self.clock()
        until = (now + timedelta(seconds=window_s)).isoformat(timespec="seconds")
        with self._changing() as connection:
            connection.execute(delete(attempts).where(attempts.c.until <= self.now()))
            put = insert(attempts).values(name=name, count=1, until=until)
            again = put.on_conflict_do_update(
                index_elements=["name"], set_={"count": attempts.c.count + 1}
            )
            counted = again.returning(attempts.c.count, attempts.c.until)
            tries, held_until = connection.execute(counted).one()
        left = (datetime.fromisoformat(held_until) - now).total_seconds()
        return tries, max(1, round(left))

    def forget(self, name: str) -> None:
        """Begin anew."""
        with self._changing() as connection:
            connection.execute(delete(attempts).where(attempts.c.name == name))
