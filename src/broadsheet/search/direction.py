"""Where a search points to: one vector made of all that papers are to be near to, or far from.

The vector is a sum of parts, so that the cosine of a paper is a sum, too: what each part of the
search gives to it can be told exactly.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.language.tree import Soft
from broadsheet.search.unit import unit
from typecase.spaces.projection import without

Vector = NDArray[np.float32]

_MOST_STRENGTH = 2.0
_SHORT = 1e-6


class Pull(NamedTuple):
    """One part of a search with its vector, of any length.

    Args:
        soft: the part; None for the words of the search as one text.
        weight: below 0 for what papers are to be far from.
    """

    soft: Soft | None
    weight: float
    vector: Vector


class Direction(NamedTuple):
    """The vector of a search, of length 1, and the parts that it is the sum of."""

    q: Vector
    softs: tuple[Soft | None, ...]
    parts: NDArray[np.float32]
    """(n_parts, dim)."""


def direction(pulls: Sequence[Pull], mean: Vector) -> Direction | None:
    """Return the sum of what pulls, less what lies in the directions that push away.

    What is unwanted is taken off by projection: of the search, that share is removed which lies
    in the direction in which the unwanted differs from the mean paper. A weight of -1 removes it
    whole, -0.5 half of it; a search that has nothing of it stays as it is.

    Returns None where nothing pulls, or where nothing is left.

    Source:
        Ham et al., "DECOR: Decomposition and Projection of Text Embeddings for Text-to-Image
        Customization", 2024. Differs: one direction for each unwanted part, about the mean
        of the papers, which all vectors share.
    """
    wanted = [pull for pull in pulls if pull.weight > 0]
    if not wanted:
        return None
    parts = [np.float32(pull.weight) * unit(pull.vector) for pull in wanted]
    q = np.sum(parts, axis=0)
    length = float(np.linalg.norm(q))
    if length < _SHORT:
        return None
    parts, q = [part / np.float32(length) for part in parts], q / np.float32(length)
    softs = [pull.soft for pull in wanted]
    for pull in pulls:
        if pull.weight < 0:
            away = _away(q, pull, mean)
            parts.append(away)
            softs.append(pull.soft)
            q = q + away
    length = float(np.linalg.norm(q))
    if length < _SHORT:
        return None
    return Direction(
        q / np.float32(length),
        tuple(softs),
        np.stack(parts).astype(np.float32) / np.float32(length),
    )


def _away(q: Vector, pull: Pull, mean: Vector) -> Vector:
    """Return what must be added to q to have nothing of a direction."""
    unwanted = unit(unit(pull.vector) - mean)
    above = q - mean
    if above @ unwanted <= 0:
        return np.zeros_like(q)
    strength = min(-pull.weight, _MOST_STRENGTH)
    away: Vector = without(above[None], unwanted[None], strength=strength)[0] - above
    return away
