"""Marks and acts: what each reader makes of papers.

A field of a mark (vote, saved, read, never) is what its act that stands says. A new act of the
field comes in the place of the one that stands, which is marked undone and counts no more; undoing
an act lets the one before it stand again. So at most one act of a field stands, and any number can
be undone one after the other.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy import update as sql_update
from sqlalchemy.dialects.sqlite import insert as upsert

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.marks import (
    FIELDS,
    MOST_TAGS,
    NOTHING,
    Change,
    Field,
    Listed,
    Mark,
    MarkedPaper,
    Opening,
    TagCount,
)
from broadsheet.store.asked import all_rows, one_value
from broadsheet.store.database import Database
from broadsheet.store.lists import list_text, named_list, one_of
from broadsheet.store.reader_schema import acts, marks, readers, tags
from broadsheet.store.schema import papers

_COLUMNS: dict[Field, str] = {
    "vote": "vote",
    "saved": "saved_at",
    "read": "read_at",
    "never": "never_at",
}
_DAY = len("2026-11-22")
_TAGS = (
    select(tags.c.paper, tags.c.tag)
    .where(tags.c.reader == bindparam("of"), named_list(tags.c.paper, "keys"))
    .order_by(tags.c.tag)
)
_MAY_BE_OPENED = select(readers.c.key).where(
    readers.c.key == bindparam("of"),
    exists().where(papers.c.key == bindparam("which")),
    ~exists().where(
        acts.c.reader == bindparam("of"),
        acts.c.paper == bindparam("which"),
        acts.c.kind == "open",
        acts.c.at >= bindparam("today"),
    ),
)
_NEVER = (
    select(marks.c.paper)
    .where(marks.c.reader == bindparam("of"), marks.c.never_at != "")
    .order_by(marks.c.paper)
)
_ADD_ACT = insert(acts)
_MARKS = select(marks).where(marks.c.reader == bindparam("of"), named_list(marks.c.paper, "keys"))


class SqlMarks(Database):
    """Marks as they are kept (`model.mark_ports.Marks`)."""

    def of(self, reader: int, papers: Sequence[int]) -> Mapping[int, Mark]:
        """Return the marks of those papers that have any; two questions for any number."""
        with self._reading() as connection:
            return _marks(connection, reader, papers)

    def change(
        self,
        reader: int,
        paper: int,
        changes: Sequence[Change] = (),
        *,
        note: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> tuple[Change, ...]:
        """Make changes to a mark; return those that changed anything, each of which is an act."""
        with self._changing() as connection:
            mark = _marks(connection, reader, [paper]).get(paper, NOTHING)
            done = [
                change for change in changes if _act(connection, reader, paper, change, self.now())
            ]
            is_new_note = note is not None and note != mark.note
            if is_new_note:
                _set(connection, reader, paper, self.now(), note=note)
            is_new_tags = tags is not None and _retag(
                connection, reader, paper, mark.tags, tags, self.now()
            )
            if done or is_new_note or is_new_tags:
                raise_seq(connection, reader)
        return tuple(done)

    def undo(self, reader: int, paper: int, change: Change) -> bool:
        """Undo a change that stands, so that what stood before it stands again."""
        with self._changing() as connection:
            act = _standing(connection, reader, paper, FIELDS[change][0])
            if act is None or act.kind != change:
                return False
            _mark_undone(connection, act.id, self.now())
            before = _stand_again(connection, act.instead_of) if act.instead_of else None
            kind, at = (before.kind, before.at) if before is not None else (None, "")
            _set(connection, reader, paper, self.now(), **_values(FIELDS[change][0], kind, at))
            raise_seq(connection, reader)
        return True

    def stands(self, reader: int, paper: int, change: Change) -> bool:
        """Whether a change was the last of its field, and has not been undone."""
        with self._reading() as connection:
            act = _standing(connection, reader, paper, FIELDS[change][0])
        return act is not None and act.kind == change

    def opened(self, openings: Sequence[Opening]) -> int:
        """Keep which papers were opened, each once a day; return how many were not yet today."""
        with self._reading() as connection:
            # Most often none is new; then nobody has to wait for the one who writes.
            new = [one for one in openings if _is_new(connection, one, self.now())]
        if not new:
            return 0
        n_kept = 0
        with self._changing() as connection:
            for one in new:
                if _is_new(connection, one, self.now()):
                    _add_act(connection, one.reader, one.paper, "open", self.now(), place=one.place)
                    n_kept += 1
        return n_kept

    def tag(self, reader: int, paper: int, tag: str) -> bool:
        """Put a tag on a paper; return whether it was not there."""
        with self._changing() as connection:
            old = _marks(connection, reader, [paper]).get(paper, NOTHING).tags
            changed = _retag(connection, reader, paper, old, [*old, tag], self.now())
            if changed:
                raise_seq(connection, reader)
        return changed

    def untag(self, reader: int, paper: int, tag: str) -> bool:
        """Take a tag off a paper; return whether it was there."""
        with self._changing() as connection:
            old = _marks(connection, reader, [paper]).get(paper, NOTHING).tags
            rest = [other for other in old if other != tag]
            changed = _retag(connection, reader, paper, old, rest, self.now())
            if changed:
                raise_seq(connection, reader)
        return changed

    def never(self, reader: int) -> Sequence[int]:
        """Return the papers that a reader never wants to see again, ascending."""
        with self._reading() as connection:
            return [row[0] for row in all_rows(connection, _NEVER, {"of": reader})]

    def listed(
        self, reader: int, kind: Listed, *, limit: int, offset: int = 0, after: str = ""
    ) -> list[MarkedPaper]:
        """Return papers of a list of marks, what came last first."""
        at = _since(kind)
        chosen = select(marks.c.paper, at.label("since")).where(_is_listed(reader, kind))
        if after:
            moment, _, id = after.partition(" ")
            key = select(papers.c.key).where(papers.c.id == id).scalar_subquery()
            chosen = chosen.where(or_(at < moment, and_(at == moment, marks.c.paper < key)))
        chosen = chosen.order_by(at.desc(), marks.c.paper.desc()).limit(limit).offset(offset)
        with self._reading() as connection:
            return [MarkedPaper(key=key, at=since) for key, since in connection.execute(chosen)]

    def count(self, reader: int, kind: Listed) -> int:
        """Return how many papers a list of marks has."""
        with self._reading() as connection:
            return connection.scalar(select(func.count()).where(_is_listed(reader, kind))) or 0

    def tags(self, reader: int) -> list[TagCount]:
        """Return a reader's tags, in their order."""
        chosen = select(tags.c.tag, func.count()).where(tags.c.reader == reader)
        with self._reading() as connection:
            rows = connection.execute(chosen.group_by(tags.c.tag).order_by(tags.c.tag))
            return [TagCount(tag=tag, papers=n) for tag, n in rows]

    def tagged(
        self, reader: int, tag: str | None, *, limit: int, offset: int = 0
    ) -> list[MarkedPaper]:
        """Return the papers that bear a tag, what was tagged last first; None is any tag."""
        chosen = select(tags.c.paper, tags.c.at).where(tags.c.reader == reader)
        if tag is not None:
            chosen = chosen.where(tags.c.tag == tag)
        page = chosen.order_by(tags.c.at.desc(), tags.c.paper.desc()).limit(limit).offset(offset)
        with self._reading() as connection:
            return [MarkedPaper(key=key, at=at) for key, at in connection.execute(page)]


def raise_seq(connection: Connection, reader: int) -> None:
    """Let whatever was kept for a reader be made anew."""
    connection.execute(
        sql_update(readers).where(readers.c.key == reader).values(seq=readers.c.seq + 1)
    )


def _marks(connection: Connection, reader: int, papers: Sequence[int]) -> dict[int, Mark]:
    values = {"of": reader, "keys": list_text(papers)}
    names: dict[int, list[str]] = defaultdict(list)
    for key, tag in all_rows(connection, _TAGS, values):
        names[key].append(tag)
    rows = {row.paper: row for row in all_rows(connection, _MARKS, values)}
    return {key: _mark(rows.get(key), names.get(key, ())) for key in rows.keys() | names.keys()}


def _mark(row: Any, names: Sequence[str]) -> Mark:
    if row is None:
        return Mark(tags=tuple(names))
    return Mark(
        vote=row.vote,
        saved_at=row.saved_at,
        read_at=row.read_at,
        never_at=row.never_at,
        note=row.note,
        tags=tuple(names),
    )


def _act(connection: Connection, reader: int, paper: int, change: Change, now: str) -> bool:
    """Make one change; return False where it is so already."""
    field, value = FIELDS[change]
    act = _standing(connection, reader, paper, field)
    standing: Change | None = act.kind if act is not None else None
    if (FIELDS[standing][1] if standing is not None else 0) == value:
        return False
    if act is not None:
        _mark_undone(connection, act.id, now)
    _add_act(connection, reader, paper, change, now, instead_of=act.id if act else None)
    _set(connection, reader, paper, now, **_values(field, change, now))
    return True


def _standing(connection: Connection, reader: int, paper: int, field: Field) -> Row[Any] | None:
    """Return the act of a field that stands; there is at most one."""
    kinds = [change for change, (of, _) in FIELDS.items() if of == field]
    return connection.execute(
        select(acts).where(
            acts.c.reader == reader,
            acts.c.paper == paper,
            acts.c.kind.in_(kinds),
            acts.c.undone_at == "",
        )
    ).first()


def _add_act(
    connection: Connection,
    reader: int,
    paper: int,
    kind: str,
    now: str,
    *,
    place: int = 0,
    instead_of: int | None = None,
) -> None:
    row = {"reader": reader, "paper": paper, "kind": kind, "place": place, "at": now}
    connection.execute(_ADD_ACT, {**row, "undone_at": "", "instead_of": instead_of})


def _mark_undone(connection: Connection, act: int, now: str) -> None:
    connection.execute(sql_update(acts).where(acts.c.id == act).values(undone_at=now))


def _stand_again(connection: Connection, act: int) -> Row[Any]:
    connection.execute(sql_update(acts).where(acts.c.id == act).values(undone_at=""))
    return connection.execute(select(acts).where(acts.c.id == act)).one()


def _values(field: Field, change: Change | None, at: str) -> dict[str, object]:
    """Return the column of a field as an act of that moment leaves it."""
    value = FIELDS[change][1] if change is not None else 0
    return {_COLUMNS[field]: value if field == "vote" else at if value else ""}


def _set(connection: Connection, reader: int, paper: int, now: str, **values: object) -> None:
    empty = {"vote": 0, "saved_at": "", "read_at": "", "never_at": "", "note": ""}
    values["changed_at"] = now
    connection.execute(
        upsert(marks)
        .values(reader=reader, paper=paper, **{**empty, **values})
        .on_conflict_do_update(index_elements=["reader", "paper"], set_=values)
    )


def _retag(
    connection: Connection,
    reader: int,
    paper: int,
    old: Sequence[str],
    new: Sequence[str],
    now: str,
) -> bool:
    """Make a paper's tags the new ones; return whether anything changed."""
    wanted = dict.fromkeys(new)
    if len(wanted) > MOST_TAGS:
        raise InvalidValueError(f"A paper has at most {MOST_TAGS} tags; take one off first.")
    gone = [tag for tag in old if tag not in wanted]
    come = [tag for tag in wanted if tag not in old]
    if gone:
        own = and_(tags.c.reader == reader, tags.c.paper == paper)
        connection.execute(delete(tags).where(own, one_of(tags.c.tag, gone)))
    if come:
        rows = [{"reader": reader, "tag": tag, "paper": paper, "at": now} for tag in come]
        connection.execute(insert(tags), rows)
    return bool(gone or come)


def _is_new(connection: Connection, one: Opening, now: str) -> bool:
    """Whether reader and paper are there, and the one has not opened the other today."""
    asked = {"of": one.reader, "which": one.paper, "today": now[:_DAY]}
    return one_value(connection, _MAY_BE_OPENED, asked) is not None


def _since(kind: Listed) -> ColumnElement[str]:
    """Return since when a mark is in a list; of votes and notes only the last change is known."""
    columns: dict[str, ColumnElement[str]] = {
        "saved": marks.c.saved_at,
        "read": marks.c.read_at,
        "never": marks.c.never_at,
    }
    return columns.get(kind, marks.c.changed_at)


def _is_listed(reader: int, kind: Listed) -> ColumnElement[bool]:
    own = marks.c.reader == reader
    if kind == "voted":
        return and_(own, marks.c.vote != 0)
    if kind == "noted":
        return and_(own, marks.c.note != "")
    return and_(own, _since(kind) != "")
