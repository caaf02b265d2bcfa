"""Sets of names as flat numbers."""

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError
from typecase.data.label_sets import check_label_matrix, read_label_sets


def test_names_are_sorted_and_rows_are_flat() -> None:
    sets = read_label_sets([{"b", "a"}, [], ("c", "a", "a")], name="labels")

    assert sets.names == ["a", "b", "c"]
    assert sets.numbers.tolist() == [0, 1, 0, 2]
    assert sets.offsets.tolist() == [0, 2, 2, 4]
    assert sets.matrix().astype(int).tolist() == [[1, 1, 0], [0, 0, 0], [1, 0, 1]]


def test_given_names_keep_their_order_and_refuse_others() -> None:
    assert read_label_sets([["a"]], name="labels", names=["b", "a"]).numbers.tolist() == [1]
    with pytest.raises(InvalidInputError, match="'c', which was not there"):
        read_label_sets([["c"]], name="labels", names=["b", "a"])


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        (["ab"], r"labels\[0\] must be a set of strings, got one string"),
        ([[1]], r"labels\[0\] must hold names, got 1"),
        ([[""]], r"labels\[0\] must hold names, got ''"),
        ([3], "a collection of strings for each row"),
        (None, "a collection of strings for each row, got NoneType"),
        ([["a"]], "2 rows, 1 sets"),
    ],
)
def test_what_is_no_set_a_row_is_refused(sets: object, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        read_label_sets(sets, name="labels", n=2)  # type: ignore[arg-type]


def test_a_matrix_of_zeros_and_ones_is_booleans() -> None:
    assert check_label_matrix([[0, 1.0]], name="labels").tolist() == [[False, True]]


@pytest.mark.parametrize("labels", [[[0, 2]], [0, 1], [["a"]], np.zeros((2, 2)), np.zeros((1, 3))])
def test_a_matrix_of_anything_else_is_refused(labels: object) -> None:
    with pytest.raises(InvalidInputError, match="labels must"):
        check_label_matrix(labels, name="labels", n=1, n_labels=2)  # type: ignore[arg-type]
