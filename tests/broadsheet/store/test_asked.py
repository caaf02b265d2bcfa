"""Questions that are put to the driver itself."""

import pytest
from sqlalchemy import bindparam, func, select

from broadsheet.model.errors import StoreError
from broadsheet.store.asked import all_rows, one_value
from broadsheet.store.schema import papers


def put(store, items):
    with store.writing() as writing:
        writing.put(items)


_TITLES = select(papers.c.key, papers.c.title).where(papers.c.key <= bindparam("most"))
_COUNT = select(func.count()).select_from(papers)


@pytest.fixture
def connection(store, assigned):
    put(store, assigned(3))
    with store.reader.begin() as connection:
        yield connection


def test_rows_are_named_as_they_were_asked_for(connection):
    rows = all_rows(connection, _TITLES.order_by(papers.c.key), {"most": 2})
    assert [(row.key, row.title) for row in rows] == [tuple(row) for row in rows]
    assert [row.key for row in rows] == [1, 2]


def test_rows_are_those_of_the_other_way(connection):
    assert (
        all_rows(connection, _TITLES, {"most": 3}) == connection.execute(_TITLES, {"most": 3}).all()
    )


def test_one_value_is_that_of_the_first_row_or_none(connection):
    assert one_value(connection, _COUNT) == 3
    assert one_value(connection, _TITLES, {"most": 0}) is None


def test_a_value_that_is_missing_is_named(connection):
    with pytest.raises(KeyError, match="most"):
        all_rows(connection, select(papers.c.id).where(papers.c.key == bindparam("most")))


def test_a_list_of_values_is_refused(connection):
    with pytest.raises(ValueError, match="parameter of its own"):
        all_rows(connection, select(papers.c.id).where(papers.c.key.in_([1, 2])))


def test_it_sees_the_snapshot_of_its_connection(store, assigned, connection):
    assert one_value(connection, _COUNT) == 3
    put(store, assigned(1, first=3))
    assert one_value(connection, _COUNT) == 3


def test_an_error_is_the_rooms_own(store):
    broken = select(func.no_such_function())
    with pytest.raises(StoreError, match="no such function"), store._reading() as connection:
        all_rows(connection, broken)
