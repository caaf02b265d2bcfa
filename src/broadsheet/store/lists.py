"""Lists of any length as one parameter of a question, so that its text never changes."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import BindParameter, ColumnElement, bindparam, func, select


def one_of(
    column: ColumnElement[Any], values: Sequence[int] | Sequence[str]
) -> ColumnElement[bool]:
    """Return the condition that column is one of the values."""
    return _among(column, list_text(values))


def named_list(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that column is one of the values of a parameter, given as `list_text`.

    For questions that are put into SQL once.
    """
    return _among(column, bindparam(name))


def list_text(values: Sequence[int] | Sequence[str]) -> str:
    """Return values as the one parameter that they are."""
    return msgspec.json.encode(values).decode()


def _among(column: ColumnElement[Any], values: str | BindParameter[str]) -> ColumnElement[bool]:
    items = func.json_each(values).table_valued("value")
    return column.in_(select(items.c.value))
