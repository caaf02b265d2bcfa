"""What the database is asked, as it is asked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from broadsheet.store import asked


@contextmanager
def collected() -> Iterator[list[str]]:
    """Collect every statement that a block asks, whether SQLAlchemy puts it or we do."""
    found: list[str] = []
    put = asked._put

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    def noted(connection: Connection, spelled: Any, values: Mapping[str, Any]) -> Any:
        found.append(spelled.text)
        return put(connection, spelled, values)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with patch.object(asked, "_put", noted):
            yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)
