"""What readers have made of a paper goes with it when it becomes part of another.

It stays there when the two are told apart again: nobody can say which of them was meant.
"""

from sqlalchemy import Connection, Table, and_, case, delete, exists, select, update

from broadsheet.store.reader_schema import (
    acts,
    collection_papers,
    deliveries,
    mailed,
    marks,
    tags,
)

_ONCE: dict[Table, tuple[str, ...]] = {
    marks: ("reader",),
    tags: ("reader", "tag"),
    collection_papers: ("collection",),
    deliveries: ("query", "why"),
    mailed: ("subscription",),
}
"""Tables that have a paper once for each of these columns."""


def follow(connection: Connection, *, gone: int, kept: int) -> None:
    """Give what readers have made of one paper to another; what both have stays once."""
    _join_marks(connection, gone, kept)
    connection.execute(update(acts).where(acts.c.paper == gone).values(paper=kept))
    for table, columns in _ONCE.items():
        other = table.alias()
        same = [other.c[name] == table.c[name] for name in columns]
        there = exists().where(other.c.paper == kept, *same)
        mine = table.c.paper == gone
        connection.execute(update(table).where(mine, ~there).values(paper=kept))
        connection.execute(delete(table).where(mine))


def _join_marks(connection: Connection, gone: int, kept: int) -> None:
    """Fill what a reader's marks of the paper that is kept leave open."""
    old = marks.alias()
    theirs = and_(old.c.reader == marks.c.reader, old.c.paper == gone)
    values = {}
    for name in ("saved_at", "read_at", "never_at", "note"):
        given = select(old.c[name]).where(theirs).scalar_subquery()
        values[name] = case((marks.c[name] == "", given), else_=marks.c[name])
    vote = select(old.c.vote).where(theirs).scalar_subquery()
    values["vote"] = case((marks.c.vote == 0, vote), else_=marks.c.vote)
    connection.execute(
        update(marks).where(marks.c.paper == kept, exists().where(theirs)).values(values)
    )
