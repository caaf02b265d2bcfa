"""Lists of any length as one parameter of a question, so that its text never changes."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, select


def one_of(
    column: ColumnElement[Any], values: Sequence[int] | Sequence[str]
) -> ColumnElement[bool]:
    """Return the condition that column is one of the values."""
    items = func.json_each(msgspec.json.encode(values).decode()).table_valued("value")
    return column.in_(select(items.c.value))
