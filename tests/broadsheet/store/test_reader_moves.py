"""What readers made of a paper goes with it into the paper that it becomes part of."""

from sqlalchemy import insert, select

from broadsheet.store import SqlAccounts
from broadsheet.store.reader_moves import follow
from broadsheet.store.reader_schema import acts, marks, tags

EMPTY = dict.fromkeys(("saved_at", "read_at", "never_at", "note", "changed_at"), "")


def test_marks_tags_and_acts_go_along(library, paper):
    kept, gone = library.add(paper(1, "One"), paper(2, "Two"))
    accounts = SqlAccounts.beside(library.store)
    ada, bea = (accounts.add_reader(name=n, role="reader").key for n in ("Ada", "Bea"))
    with library.store._changing() as connection:
        put = connection.execute
        both = {**EMPTY, "saved_at": "2021-02", "note": "of the second"}
        put(insert(marks).values({**both, "reader": ada, "paper": gone, "vote": 1}))
        first = {**EMPTY, "note": "of the first"}
        put(insert(marks).values({**first, "reader": ada, "paper": kept, "vote": -1}))
        put(insert(marks).values({**both, "reader": bea, "paper": gone, "vote": 1}))
        for number in (kept, gone):
            put(insert(tags).values(reader=ada, tag="t", paper=number, at=""))
        put(insert(tags).values(reader=ada, tag="only", paper=gone, at=""))
        act = {"reader": ada, "kind": "up", "place": 0, "at": "", "undone_at": ""}
        put(insert(acts).values(paper=gone, **act))
        follow(connection, gone=gone, kept=kept)
        found = put(select(marks).order_by(marks.c.reader)).all()
        tagged = put(select(tags.c.tag, tags.c.paper).order_by(tags.c.tag)).all()
        acted = put(select(acts.c.paper)).scalars().all()
    assert [(row.reader, row.paper) for row in found] == [(ada, kept), (bea, kept)]
    assert (found[0].vote, found[0].saved_at, found[0].note) == (-1, "2021-02", "of the first")
    assert (found[1].vote, found[1].note) == (1, "of the second")
    assert [tuple(row) for row in tagged] == [("only", kept), ("t", kept)]
    assert acted == [kept]
