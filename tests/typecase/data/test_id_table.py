"""Ids and rows, both ways, in tables that change by being made anew."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from typecase.data.id_table import IdRun, IdTable
from typecase.data.row_bits import RowBits


def table_of(*ids: int) -> IdTable:
    return IdTable.of(np.array(ids, dtype=np.int64))


def found(table: IdTable, *ids: int) -> list[int]:
    return table.find(np.array(ids, dtype=np.int64)).tolist()


def test_ids_are_found_added_and_taken_out() -> None:
    table = table_of(30, 10, 20)
    assert found(table, 10, 11, 30, 99) == [1, -1, 0, -1]
    more = table.with_ids(np.array([40, 5]))
    assert found(more, 5, 10, 40) == [4, 1, 3]
    less = more.without_ids(np.array([20, 5]))
    assert found(less, 5, 20, 30) == [-1, -1, 0]
    assert (len(table), len(more), len(less)) == (3, 5, 3)
    assert less.live_ids().tolist() == [30, 10, 40]
    assert less.live_ids(2).tolist() == [40]


def test_an_empty_table_finds_nothing() -> None:
    assert found(table_of(), 0, 1) == [-1, -1]
    assert len(table_of()) == 0


def test_an_id_that_comes_back_stands_in_its_new_row() -> None:
    table = table_of(1, 2, 3).without_ids(np.array([2])).with_ids(np.array([2]))
    assert found(table, 1, 2, 3) == [0, 3, 2]
    assert table.ids.tolist() == [1, 2, 3, 2]
    assert found(table.without_ids(np.array([2])), 2) == [-1]


def test_ascending_ids_need_no_memory_of_their_own() -> None:
    ids = np.arange(0, 2_000, 2)
    run = IdTable.of(ids).runs[0]
    assert run.order is None
    assert np.shares_memory(run.ids, ids)


def test_adding_a_few_leaves_the_many_where_they_are() -> None:
    ids = np.random.default_rng(0).permutation(50_000)
    table = IdTable.of(ids)
    for i in range(40):
        table = table.with_ids(np.array([50_000 + 2 * i, 50_001 + 2 * i]))
    assert np.shares_memory(table.runs[0].ids, ids)
    assert len(table.runs) < 12
    assert found(table, 50_079, int(ids[17]), 50_080) == [50_079, 17, -1]


@pytest.mark.parametrize("bad", [-1, 1 << 40, -(1 << 62)])
def test_an_order_that_names_no_row_is_made_anew(bad: int) -> None:
    ids = np.random.default_rng(0).permutation(50)
    for place in range(1, 49):
        order = np.argsort(ids)
        order[place] = bad
        table = IdTable((IdRun.sorted_by(ids, order),), None)
        assert [found(table, i)[0] for i in ids.tolist()] == list(range(50))


def test_the_ids_of_rows_are_read_from_all_runs() -> None:
    table = IdTable.of(np.arange(100, 200)).with_ids(np.array([7, 3]))
    assert table.ids_at(np.array([101, 0, 100, 99])).tolist() == [3, 100, 7, 199]


Step = tuple[str, list[int]]
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "remove"]), st.lists(st.integers(0, 30), max_size=8)),
    max_size=25,
)


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_a_table_says_what_a_dict_says(steps: list[Step]) -> None:
    table, plain, n = table_of(), dict[int, int](), 0
    for kind, some in steps:
        chosen = [i for i in dict.fromkeys(some) if (i in plain) == (kind == "remove")]
        ids: NDArray[np.int64] = np.array(chosen, dtype=np.int64)
        if kind == "add":
            table = table.with_ids(ids)
            plain |= {i: n + place for place, i in enumerate(chosen)}
            n += len(chosen)
        else:
            table = table.without_ids(ids)
            plain = {i: row for i, row in plain.items() if i not in chosen}
        assert table.find(np.arange(31)).tolist() == [plain.get(i, -1) for i in range(31)]
        assert table.live_ids().tolist() == sorted(plain, key=lambda i: plain[i])
        assert (len(table), table.n_rows) == (len(plain), n)


def test_bits_follow_a_plain_list_and_old_ones_stay() -> None:
    rng = np.random.default_rng(5)
    bits, plain = RowBits.all_of(3), [True] * 3
    for _ in range(60):
        before, said = bits, bits.bools().tolist()
        n_new = int(rng.integers(0, 200))
        bits = bits.with_rows(n_new)
        plain += [True] * n_new
        gone = rng.integers(0, len(plain), 5)
        bits = bits.without(gone)
        for row in gone.tolist():
            plain[row] = False
        assert bits.bools().tolist() == plain
        assert bits.n_alive == sum(plain)
        assert bits.at(gone).any() == False  # noqa: E712 (a NumPy boolean)
        assert before.bools().tolist() == said
        again = RowBits.from_packed(bits.packed(), bits.n_rows)
        assert again.with_rows(9).bools().tolist() == [*plain, *[True] * 9]
        assert again.n_alive == bits.n_alive
    assert bits.bools(13, 90).tolist() == plain[13:90]
