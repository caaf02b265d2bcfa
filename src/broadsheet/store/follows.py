"""What readers follow."""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.follows import MOST_FOLLOWS, Follow, FollowKind
from broadsheet.store.database import Database
from broadsheet.store.marks import raise_seq
from broadsheet.store.reader_schema import follows


class SqlFollows(Database):
    """Follows as they are kept (`model.mark_ports.Follows`)."""

    def of(self, reader: int) -> list[Follow]:
        """Return what a reader follows, by kind and name."""
        chosen = select(follows).where(follows.c.reader == reader)
        with self._reading() as connection:
            rows = connection.execute(chosen.order_by(follows.c.kind, follows.c.name))
            return [Follow(kind=r.kind, value=r.value, name=r.name, at=r.at) for r in rows]

    def follows(self, reader: int, kind: FollowKind, value: str) -> bool:
        """Whether a reader follows something."""
        chosen = select(follows.c.at).where(
            follows.c.reader == reader, follows.c.kind == kind, follows.c.value == value
        )
        with self._reading() as connection:
            return connection.scalar(chosen) is not None

    def add(self, reader: int, *, kind: FollowKind, value: str, name: str) -> bool:
        """Follow something; return whether it was not followed."""
        row = {"reader": reader, "kind": kind, "value": value, "name": name, "at": self.now()}
        own = select(func.count()).where(follows.c.reader == reader)
        with self._changing() as connection:
            if (connection.scalar(own) or 0) >= MOST_FOLLOWS:
                raise InvalidValueError(f"A reader follows at most {MOST_FOLLOWS} things.")
            done = connection.execute(insert(follows).values(row).on_conflict_do_nothing())
            if done.rowcount:
                raise_seq(connection, reader)
        return bool(done.rowcount)

    def remove(self, reader: int, *, kind: FollowKind, value: str) -> bool:
        """Follow it no longer; return whether it was followed."""
        with self._changing() as connection:
            done = connection.execute(
                delete(follows).where(
                    follows.c.reader == reader, follows.c.kind == kind, follows.c.value == value
                )
            )
            if done.rowcount:
                raise_seq(connection, reader)
        return bool(done.rowcount)
