"""The library's counters: its name, the last change's number and when that was made."""

from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, or_, select
from sqlalchemy.dialects.sqlite import insert

from broadsheet.store.asked import all_rows, one_value
from broadsheet.store.schema import counters

_NAME_LETTERS = 15
_VALUE = select(counters.c.value).where(counters.c.name == bindparam("of"))
_LAST = select(counters.c.name, counters.c.value).where(
    or_(counters.c.name == "seq", counters.c.name == "changed_s")
)


def last_seq(connection: Connection) -> int:
    """Return the greatest `seq` given out."""
    return one_value(connection, _VALUE, {"of": "seq"}) or 0


def last_change(connection: Connection) -> tuple[int, datetime | None]:
    """Return the greatest `seq` given out, and the second in which it was, in one question."""
    found = {row.name: row.value for row in all_rows(connection, _LAST)}
    changed_s = found.get("changed_s")
    at = None if changed_s is None else datetime.fromtimestamp(changed_s, UTC)
    return found.get("seq", 0), at


def save_change(connection: Connection, seq: int, *, now: str) -> None:
    """Keep the greatest `seq`; where it has grown, the moment, too (ISO text in UTC)."""
    if seq == last_seq(connection):
        return
    moment = int(datetime.fromisoformat(now).timestamp())
    statement = insert(counters)
    connection.execute(
        statement.on_conflict_do_update(["name"], set_={"value": statement.excluded.value}),
        [{"name": "seq", "value": seq}, {"name": "changed_s", "value": moment}],
    )


def library_name(connection: Connection) -> str:
    """Return the library's name: 15 hexadecimal digits, drawn when it was made."""
    return f"{connection.scalar(_VALUE, {'of': 'library'}) or 0:0{_NAME_LETTERS}x}"
