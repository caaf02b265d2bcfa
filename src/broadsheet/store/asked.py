"""Questions of every page, put to the driver itself.

SQLAlchemy takes longer to put such a question and to hand its rows on than SQLite takes to answer
it. So it spells each once, and the driver is asked with that text; what is asked seldom, and what
changes anything, goes through it as ever.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, Connection, Dialect, Select

Question = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]


def all_rows(
    connection: Connection, question: Question, values: Mapping[str, Any] | None = None
) -> list[Any]:
    """Return the rows of the answer, named tuples of its columns as the database has them.

    Args:
        question: one that lives on, with `bindparam` for what differs: it is spelled once. It has
            no list of values (`in_`); see `lists.named_list`.
        values: of its parameters.
    """
    spelled = _spelled(question, connection.dialect)
    return list(map(spelled.row, put(connection, spelled.text, spelled.filled(values))))


def one_value(
    connection: Connection, question: Question, values: Mapping[str, Any] | None = None
) -> Any:
    """Return the first column of the first row, or None; see `all_rows`."""
    spelled = _spelled(question, connection.dialect)
    found = put(connection, spelled.text, spelled.filled(values))
    return found[0][0] if found else None


def put(connection: Connection, text: str, values: Sequence[Any] = ()) -> list[Sequence[Any]]:
    """Put SQL to the driver as it stands, and return the rows as it has them."""
    driver: Any = connection.connection.driver_connection
    found: list[Sequence[Any]] = driver.execute(text, values).fetchall()
    return found


class _Spelled(NamedTuple):
    text: str
    names: Sequence[str]
    given: Mapping[str, Any]
    row: Callable[[Sequence[Any]], Any]

    def filled(self, values: Mapping[str, Any] | None) -> list[Any]:
        """Return the values of all parameters in their order."""
        all_of_them = {**self.given, **(values or {})}
        return [all_of_them[name] for name in self.names]


@lru_cache(maxsize=1024)
def _spelled(question: Question, dialect: Dialect) -> _Spelled:
    made = question.compile(dialect=dialect)
    if made.post_compile_params:
        raise ValueError(f"Each value of a list needs a parameter of its own: {made}")
    columns = tuple([column.key or "" for column in question.selected_columns])
    row: Any = namedtuple("_Row", columns, rename=True)  # type: ignore[misc]
    given = {name: bind.effective_value for name, bind in made.binds.items() if not bind.required}
    return _Spelled(str(made), made.positiontup or (), given, row._make)
