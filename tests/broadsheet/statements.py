"""What the database is asked, as it is asked."""

from collections.abc import Iterator, Sequence
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
    put = asked.put

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    def noted(connection: Connection, text: str, values: Sequence[Any] = ()) -> Any:
        found.append(text)
        return put(connection, text, values)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with patch.object(asked, "put", noted):
            yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)
