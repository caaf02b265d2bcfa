"""One statement for many rows, without the toolkit's work for each row.

`Connection.execute` builds a dictionary for every row of every batch, which costs as much as
the database itself. Here a statement is compiled once and its rows go to the driver as tuples.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Update


class Bulk:
    """A statement with named parameters, run for many rows.

    Args:
        statement: an insert, update or delete of plain texts and numbers.
        names: the parameters in the order in which rows give them.
    """

    def __init__(self, *, statement: Insert | Update | Delete, names: Sequence[str]) -> None:
        self.statement = statement
        self.names = tuple(names)
        self._compiled: dict[str, tuple[str, tuple[int, ...]]] = {}

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run the statement for each row; none is fine."""
        if not rows:
            return
        if not connection.dialect.positional:
            named = [dict(zip(self.names, row, strict=True)) for row in rows]
            connection.execute(self.statement, named)
            return
        sql, order = self._compile(connection)
        if order != tuple(range(len(self.names))):
            rows = [tuple([row[i] for i in order]) for row in rows]
        connection.exec_driver_sql(sql, list(rows))

    def _compile(self, connection: Connection) -> tuple[str, tuple[int, ...]]:
        name = connection.dialect.name
        if name not in self._compiled:
            compiled = self.statement.compile(
                dialect=connection.dialect, column_keys=list(self.names)
            )
            order = tuple(self.names.index(n) for n in compiled.positiontup or ())
            self._compiled[name] = (str(compiled), order)
        return self._compiled[name]
