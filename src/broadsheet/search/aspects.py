"""Papers by one aspect: the same task, another method. Heads over the vectors that are stored.

`aspect_heads/` holds a head for task, method and dataset, made by `python -m bench.aspects --ship`;
`aspect_heads.md` says of what, and docs/reference/aspects.md how well they do. Nothing is embedded
again: a head maps the vector that a paper has anyway.

A search over very many papers need not map them all. `query` gives one vector for the index of
the vectors themselves; some thousand candidates of it are then put in order by `scores`.
"""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from broadsheet.model.errors import InvalidValueError, LibraryError, SettingsError
from broadsheet.search.unit import unit
from typecase.base.checks import check_vectors
from typecase.base.errors import InvalidInputError, TypecaseError
from typecase.spaces.specialized import SpecializedEmbeddings

SHIPPED = Path(__file__).with_name("aspect_heads")
OTHERNESS = 0.25
_STORED = 0.5
_FLOOR = 1e-12

Floats = NDArray[np.float32]


class Aspects:
    """Heads of one model's vectors.

    Args:
        model_id: of the model whose vectors come.
        folder: of the heads and their card.

    Raises:
        SettingsError: the heads belong to another model; its vectors have no aspects.
        LibraryError: the card cannot be read.
    """

    def __init__(self, *, model_id: str, folder: Path = SHIPPED) -> None:
        self.folder = folder
        self.card = _card(folder)
        if self.card["model_id"] != model_id:
            raise SettingsError(
                f"There are no aspects for the model {model_id}: the heads are of "
                f"{self.card['model_id']}. Use that model, or train heads for this one."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The aspects that there are."""
        return tuple(self.card["facets"])

    def vectors(self, aspect: str, x: ArrayLike) -> Floats:
        """Return the vectors of an aspect, (n, n_dims), rows of length 1, for stored ones.

        Args:
            x: (n, dim), of papers, or of queries: a name that is typed lies near its papers.

        Raises:
            InvalidValueError: there is no such aspect, or x is not (n, dim).
            LibraryError: the heads cannot be read.
        """
        return self._head(aspect).transform(self._checked(x, "x"))

    def scores(
        self,
        asked: ArrayLike,
        x: ArrayLike,
        *,
        same: Sequence[str],
        different: Sequence[str] = (),
        otherness: float = OTHERNESS,
    ) -> Floats:
        """Return how well candidates share some aspects with what is asked and not others, (n,).

        Half the cosine of the stored vectors and half the mean cosine in the spaces of `same`,
        less `otherness` times the mean cosine in those of `different`. Each is a cosine to the
        mean of what is asked. Measured: half and half does better than either alone.

        Args:
            asked: (m, dim), the vectors of one paper or of several, or of a query.
            x: (n, dim), of the candidates.
            same: aspects, at least one.
            different: aspects, such as `method` for the same task by another method.
            otherness: 0 or more.

        Raises:
            InvalidValueError: an aspect is not there or is asked for both ways, or the vectors
                have the wrong shape.
            LibraryError: the heads cannot be read.
        """
        shares = _shares(same, different, otherness)
        rows, q = self._checked(x, "x"), self._checked(asked, "asked", min_rows=1)
        parts = [_STORED * (rows @ _middle(q))]
        for aspect, share in shares:
            head = self._head(aspect)
            parts.append(share * (head.transform(rows) @ _middle(head.transform(q))))
        return np.asarray(np.sum(parts, axis=0), dtype=np.float32)

    def chance(self, asked: ArrayLike, mean: Floats) -> float:
        """Return what `scores` gives to a paper by chance, where nothing is to be different.

        Heads are centred, so that by chance their cosines are 0; the stored vectors' are not.

        Args:
            asked: (m, dim), as for `scores`.
            mean: the mean of the stored vectors, (dim,).
        """
        return float(_STORED * (mean @ _middle(self._checked(asked, "asked", min_rows=1))))

    def query(
        self,
        asked: ArrayLike,
        *,
        same: Sequence[str],
        different: Sequence[str] = (),
        otherness: float = OTHERNESS,
    ) -> Floats:
        """Return a vector, (dim,), whose inner products with stored vectors find candidates.

        The heads are linear: <head(x), y> is <x, m> with m = head^T y, but for a constant. What is
        left out is that each head makes papers differently long, so take some thousand
        candidates by it and put them in order by `scores`.

        Raises:
            As `scores`.
        """
        shares = _shares(same, different, otherness)
        q = self._checked(asked, "asked", min_rows=1)
        parts = [_STORED * _middle(q)]
        for aspect, share in shares:
            head = self._head(aspect)
            back = head.carried_back(_middle(head.transform(q))[None])[0]
            parts.append(share * back / max(float(head.lengths(q).mean()), _FLOOR))
        return unit(np.sum(parts, axis=0))

    def _checked(self, x: ArrayLike, name: str, *, min_rows: int = 0) -> Floats:
        dim = next(iter(self._heads.values())).dim_
        try:
            return check_vectors(x, name=name, dim=dim, min_rows=min_rows)
        except InvalidInputError as e:
            raise InvalidValueError(str(e)) from e

    def _head(self, aspect: str) -> SpecializedEmbeddings:
        if aspect not in self.names:
            raise InvalidValueError(
                f"There is no aspect {aspect!r}; there are {', '.join(self.names)}."
            )
        return self._heads[aspect]

    @cached_property
    def _heads(self) -> dict[str, SpecializedEmbeddings]:
        try:
            return {n: SpecializedEmbeddings.load(self.folder / n) for n in self.names}
        except TypecaseError as e:
            raise _unreadable(self.folder) from e


def _shares(
    same: Sequence[str], different: Sequence[str], otherness: float
) -> list[tuple[str, float]]:
    """Return how much each aspect counts."""
    if not same:
        raise InvalidValueError("Name at least one aspect that is to be the same.")
    if both := sorted(set(same) & set(different)):
        raise InvalidValueError(f"{both[0]} cannot be both the same and different.")
    if not 0 <= otherness < np.inf:
        raise InvalidValueError(f"otherness must be 0 or more, got {otherness}.")
    return [
        *((aspect, (1 - _STORED) / len(same)) for aspect in same),
        *((aspect, -otherness / len(different)) for aspect in different),
    ]


def _middle(x: Floats) -> Floats:
    """Return the mean direction of rows, (dim,)."""
    return unit(x.mean(axis=0))


def _card(folder: Path) -> dict[str, Any]:
    try:
        card: dict[str, Any] = json.loads((folder / "card.json").read_text("utf-8"))
        if not (isinstance(card["model_id"], str) and isinstance(card["facets"], dict)):
            raise TypeError("model_id and facets are missing")
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise _unreadable(folder) from e
    return card


def _unreadable(folder: Path) -> LibraryError:
    return LibraryError(
        f"The heads of aspects at {folder} cannot be read. Install broadsheet anew."
    )
