"""Checks at the public border: the one form that the engine works with, or a sentence."""

from pathlib import Path

import numpy as np
import pytest

from typecase.base.checks import (
    check_choice,
    check_count,
    check_ids,
    check_rng,
    check_texts,
    check_vectors,
)
from typecase.base.errors import InvalidInputError


def test_vectors_in_the_right_form_are_not_copied() -> None:
    x = np.ones((3, 2), dtype=np.float32)
    assert check_vectors(x) is x


@pytest.mark.parametrize(
    "x",
    [
        [[1, 2], [3, 4]],
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        np.array([[1, 2], [3, 4]], dtype=np.float16),
        np.asfortranarray(np.array([[1, 2], [3, 4]], dtype=np.float32)),
        np.array([[1, 0, 2], [3, 0, 4]], dtype=np.float32)[:, ::2],
        np.array([[1, 2], [3, 4]], dtype=">f4"),
    ],
    ids=["list", "float64", "float16", "fortran", "strided", "big endian"],
)
def test_vectors_are_brought_into_one_form(x: object) -> None:
    vectors = check_vectors(x)
    assert vectors.dtype == np.float32
    assert vectors.flags.c_contiguous
    assert vectors.tolist() == [[1, 2], [3, 4]]


def test_a_read_only_memory_map_is_not_copied(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((3, 2), dtype=np.float32))
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert np.shares_memory(check_vectors(x), x)


def test_large_finite_numbers_are_finite() -> None:
    x = np.full((4, 4), 3e38, dtype=np.float32)
    assert check_vectors(x) is x


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([1.0, 2.0], r"\(n, dim\), got shape \(2,\). Put one vector into a list"),
        (np.ones((1, 2, 3)), "got shape"),
        ([[1.0], [1.0, 2.0]], "rows of one length"),
        ([["a"]], "real numbers"),
        ([[1j]], "real numbers"),
        ([[None]], "real numbers"),
        (np.ones((2, 0)), "at least one column"),
        ([[1.0], [np.nan]], "row 1 is not"),
        ([[np.inf]], "row 0 is not"),
        ([[1e300]], "row 0 is not"),
    ],
)
def test_bad_vectors_are_refused(x: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        check_vectors(x)


def test_a_wrong_dim_and_too_few_rows_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="must have 3 columns, got 2"):
        check_vectors([[1, 2]], dim=3)
    with pytest.raises(InvalidInputError, match="at least 2 rows, got 1"):
        check_vectors([[1, 2]], min_rows=2)


def test_ids_become_int64() -> None:
    assert check_ids(np.array([3, 1], dtype=np.uint8)).dtype == np.int64
    assert check_ids([]).tolist() == []


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([1, 1], "1 comes twice"),
        ([-1], "0 or more"),
        ([1.0], "whole numbers"),
        ([True], "whole numbers"),
        ([[1]], "one-dimensional"),
        (np.array([2**63], dtype=np.uint64), "fit into int64"),
    ],
)
def test_bad_ids_are_refused(ids: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        check_ids(ids)


def test_ids_must_be_one_a_row() -> None:
    with pytest.raises(InvalidInputError, match="3 rows, 2 ids"):
        check_ids([1, 2], n=3)


def test_ids_past_32_bits_are_kept() -> None:
    assert check_ids([2**31, 2**63 - 1]).tolist() == [2**31, 2**63 - 1]


@pytest.mark.parametrize("value", [0, 11, 2.0, True, "3", None])
def test_a_count_is_a_whole_number_in_range(value: object) -> None:
    with pytest.raises(InvalidInputError, match="n must be"):
        check_count(value, name="n", maximum=10)
    assert check_count(np.int32(3), name="n") == 3


def test_a_generator_is_passed_on_and_a_seed_makes_one() -> None:
    rng = np.random.default_rng(1)
    assert check_rng(rng) is rng
    assert check_rng(5).integers(1 << 30) == check_rng(np.int64(5)).integers(1 << 30)
    with pytest.raises(InvalidInputError, match="random_state"):
        check_rng(-1)


def test_a_choice_lists_what_there_is() -> None:
    with pytest.raises(InvalidInputError, match="metric must be one of ip, cosine, got 'l2'"):
        check_choice("l2", ("ip", "cosine"), name="metric")


def test_one_string_is_not_a_list_of_texts() -> None:
    assert check_texts(iter(["a", ""])) == ["a", ""]
    with pytest.raises(InvalidInputError, match="put one string into a list"):
        check_texts("abc")
    with pytest.raises(InvalidInputError, match=r"texts\[1\] must be a string, got NoneType"):
        check_texts(["a", None])
