"""What was done: signing in, failing to, roles, tokens."""

from typing import Any

import msgspec
from sqlalchemy import func, insert, select

from broadsheet.store.database import Database
from broadsheet.store.reader_schema import audit, readers


class SqlTrail(Database):
    """What was done, as it is kept (`model.reader_ports.Trail`)."""

    def note(self, action: str, *, reader: int | None, detail: dict[str, Any]) -> None:
        """Keep that it was done now."""
        said = msgspec.json.encode(detail).decode()
        values = {"at": self.now(), "reader": reader, "action": action, "detail": said}
        with self._changing() as connection:
            connection.execute(insert(audit).values(**values))

    def last(self, *, limit: int) -> list[dict[str, Any]]:
        """Return the newest first: `at`, `action`, `reader` (an id, or empty), `detail`."""
        who = func.coalesce(readers.c.id, "").label("reader")
        asked = select(audit.c.at, audit.c.action, who, audit.c.detail).join(
            readers, readers.c.key == audit.c.reader, isouter=True
        )
        with self._reading() as connection:
            rows = connection.execute(asked.order_by(audit.c.id.desc()).limit(limit)).all()
        return [{**row._mapping, "detail": msgspec.json.decode(row.detail)} for row in rows]
