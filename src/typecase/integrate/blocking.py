"""Pairs worth judging: records that share rare words or names, the most alike first."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from typecase.integrate.record_views import Names, Text, View

_RARE_WORDS = 6
_PREFIX = 12


def near_pairs(
    views: Sequence[Sequence[View]], *, field: int, n_near: int, most: int
) -> NDArray[np.int64]:
    """Return pairs of rows, (n_pairs, 2), lower row first, sorted.

    Args:
        views: of each record.
        field: the place of the text, or of the names, by which records are found.
        n_near: partners kept for each record, by the weight of the words that are shared.
        most: a word that stands in more records than this finds nobody; so does the beginning
            of a text without its blanks, which finds texts whose words are run together.
    """
    texts = [view[field] for view in views]
    keys = [_keys(value) for value in texts]
    counts = Counter(key for own in keys for key in own)
    holders: dict[str, list[int]] = defaultdict(list)
    for row, own in enumerate(keys):
        for key in _rarest(own, counts):
            if counts[key] <= most:
                holders[key].append(row)
    weight = {key: math.log(1 + len(views) / counts[key]) for key in holders}
    found: set[tuple[int, int]] = set()
    for row, own in enumerate(keys):
        shared: dict[int, float] = defaultdict(float)
        for key in _rarest(own, counts):
            for other in holders.get(key, ()):
                shared[other] += weight[key]
        shared.pop(row, None)
        best = sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))[:n_near]
        found.update((min(row, other), max(row, other)) for other, _ in best)
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _keys(value: View) -> tuple[str, ...]:
    if isinstance(value, Names):
        return tuple(dict.fromkeys(value.keys))
    if not isinstance(value, Text):
        return ()
    packed = value.plain.replace(" ", "")
    return (*dict.fromkeys(value.words), f"^{packed[:_PREFIX]}", f"${packed[-_PREFIX:]}")


def _rarest(keys: Sequence[str], counts: Counter[str]) -> list[str]:
    return sorted(keys, key=lambda key: (counts[key], key))[:_RARE_WORDS]
