"""Sets of names, one a row, as flat numbers: the labels of rows, the concepts of documents."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import as_array
from typecase.base.errors import InvalidInputError

Sets = Sequence[Collection[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSets:
    """The sets of n rows."""

    names: list[str]
    """By number, sorted unless they were given."""
    numbers: NDArray[np.int64]
    """(total,), those of a row rising."""
    offsets: NDArray[np.int64]
    """(n + 1,), where the numbers of each row begin."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def rows(self) -> NDArray[np.int64]:
        """Return the row of each number, (total,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def matrix(self) -> NDArray[np.bool_]:
        """Return which row has which name, (n, n_names)."""
        found = np.zeros((len(self), len(self.names)), dtype=np.bool_)
        found[self.rows(), self.numbers] = True
        return found


def read_label_sets(
    sets: Sets, *, name: str, n: int | None = None, names: Sequence[str] | None = None
) -> LabelSets:
    """Return sets of names as numbers.

    Args:
        sets: a collection of strings for each row; it may be empty.
        name: of the argument, for messages.
        n: how many rows there must be.
        names: the only names allowed, in their order; None takes all that come.

    Raises:
        InvalidInputError: not one collection of strings a row, or a name that is not among names.
    """
    try:
        read = [_names_of(one, row, name) for row, one in enumerate(sets)]
    except TypeError:
        raise InvalidInputError(
            f"{name} must be a collection of strings for each row, got {type(sets).__name__}."
        ) from None
    if n is not None and len(read) != n:
        raise InvalidInputError(f"{name} must have one set a row: {n} rows, {len(read)} sets.")
    known = sorted({one for row in read for one in row}) if names is None else list(names)
    number = {one: place for place, one in enumerate(known)}
    if unknown := next((one for row in read for one in row if one not in number), None):
        raise InvalidInputError(f"{name} holds {unknown!r}, which was not there in fit.")
    numbers = [sorted(number[one] for one in row) for row in read]
    return LabelSets(
        names=known,
        numbers=np.array([place for row in numbers for place in row], dtype=np.int64),
        offsets=np.cumsum([0, *map(len, numbers)], dtype=np.int64),
    )


def check_label_matrix(
    labels: ArrayLike, *, name: str, n: int | None = None, n_labels: int | None = None
) -> NDArray[np.bool_]:
    """Return labels as (n, n_labels) booleans.

    Raises:
        InvalidInputError: neither booleans nor zeros and ones, or another shape.
    """
    array = as_array(labels, name)
    if array.ndim != 2:
        raise InvalidInputError(f"{name} must be (n, n_labels), got shape {array.shape}.")
    if n is not None and len(array) != n:
        raise InvalidInputError(f"{name} must have {n} rows, got {len(array)}.")
    if n_labels is not None and array.shape[1] != n_labels:
        raise InvalidInputError(f"{name} must have {n_labels} columns, got {array.shape[1]}.")
    if array.dtype != np.bool_ and not (array.dtype.kind in "iuf" and np.isin(array, (0, 1)).all()):
        raise InvalidInputError(f"{name} must be booleans, or zeros and ones.")
    return array.astype(np.bool_)


def _names_of(one: Iterable[str], row: int, name: str) -> set[str]:
    if isinstance(one, str | bytes):
        raise InvalidInputError(f"{name}[{row}] must be a set of strings, got one string.")
    found = set(one)
    if wrong := next((item for item in found if not isinstance(item, str) or not item), None):
        raise InvalidInputError(f"{name}[{row}] must hold names, got {wrong!r}.")
    if "" in found:
        raise InvalidInputError(f"{name}[{row}] must hold names, got ''.")
    return found
