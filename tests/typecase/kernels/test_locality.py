import numpy as np
import pytest

from typecase.kernels.locality import proximity_graph, random_walk, snowball

# queries 0, 1, 2 share rows in a chain; 3 and 4 share row 5; 5 is alone
ROWS_OF = np.array([[0, 1], [1, 2], [2, 3], [4, 5], [5, 5], [6, 6]])
GRAPH = proximity_graph(ROWS_OF, 8)
SAMPLERS = [snowball, random_walk]


def test_the_graph_knows_the_queries_of_a_row() -> None:
    assert GRAPH.queries_at(1).tolist() == [0, 1]
    assert GRAPH.queries_at(6).tolist() == [5, 5]
    assert GRAPH.queries_at(7).tolist() == []
    for row in range(8):
        wanted = [q for q, rows in enumerate(ROWS_OF) for r in rows if r == row]
        assert GRAPH.queries_at(row).tolist() == wanted


@pytest.mark.parametrize("sample", SAMPLERS)
def test_queries_that_are_linked_come_first(sample: object) -> None:
    for seed in range(20):
        assert set(sample(GRAPH, 0, 3, np.random.default_rng(seed))) == {0, 1, 2}  # type: ignore[operator]
        assert set(sample(GRAPH, 4, 2, np.random.default_rng(seed))) == {3, 4}  # type: ignore[operator]


@pytest.mark.parametrize("sample", SAMPLERS)
def test_all_queries_are_found_past_the_end_of_a_part(sample: object) -> None:
    for start in range(6):
        found = sample(GRAPH, start, 6, np.random.default_rng(start))  # type: ignore[operator]
        assert found[0] == start
        assert sorted(found.tolist()) == [0, 1, 2, 3, 4, 5]


def test_a_snowball_takes_whole_waves() -> None:
    """From the middle of a chain, both neighbours come before what is two steps away."""
    chain = proximity_graph(np.array([[i, i + 1] for i in range(9)]), 10)
    for seed in range(10):
        found = snowball(chain, 4, 7, np.random.default_rng(seed)).tolist()
        assert [set(found[:1]), set(found[1:3]), set(found[3:5]), set(found[5:])] == [
            {4},
            {3, 5},
            {2, 6},
            {1, 7},
        ]


def test_a_walk_reaches_the_neighbours_equally_often() -> None:
    chain = proximity_graph(np.array([[i, i + 1] for i in range(3)]), 4)
    rng = np.random.default_rng(0)
    second = [int(random_walk(chain, 1, 2, rng)[1]) for _ in range(400)]
    assert 150 < second.count(0) < 250
