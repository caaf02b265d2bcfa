"""How alike two values are, as numbers from 0 to 1; what is missing is a feature of its own."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from typecase.integrate.contract import Kind
from typecase.integrate.record_views import Names, Text, View

N_FEATURES: Mapping[Kind, int] = {"text": 7, "names": 7, "number": 5}
_FAR = 5.0


def features_of(one: Sequence[View], other: Sequence[View], kinds: Sequence[Kind]) -> list[float]:
    """Return the features of a pair of records, those of its fields one after another."""
    found: list[float] = []
    for a, b, kind in zip(one, other, kinds, strict=True):
        if a is None or b is None:
            found += [1.0, *[0.0] * (N_FEATURES[kind] - 1)]
        elif isinstance(a, Text) and isinstance(b, Text):
            found += [0.0, *_texts(a, b)]
        elif isinstance(a, Names) and isinstance(b, Names):
            found += [0.0, *_names(a, b)]
        elif isinstance(a, float) and isinstance(b, float):
            found += [0.0, *_numbers(a, b)]
    return found


def n_features(kinds: Sequence[Kind]) -> int:
    """Return how many features a pair has."""
    return sum(N_FEATURES[kind] for kind in kinds)


def all_features(
    views: Sequence[Sequence[View]], pairs: NDArray[np.int64], kinds: Sequence[Kind]
) -> NDArray[np.float32]:
    """Return the features of pairs of rows, (n_pairs, n_features) float32."""
    found = np.empty((len(pairs), n_features(kinds)), dtype=np.float32)
    for row, (a, b) in enumerate(pairs.tolist()):
        found[row] = features_of(views[a], views[b], kinds)
    return found


def _texts(a: Text, b: Text) -> list[float]:
    shared = len(a.grams & b.grams)
    fewest, most = sorted((len(a.grams), len(b.grams)))
    words = set(a.words) & set(b.words)
    shorter, longer = sorted((len(a.plain), len(b.plain)))
    return [
        float(a.plain == b.plain),
        shared / (fewest + most - shared),
        shared / fewest,
        len(words) / min(len(set(a.words)), len(set(b.words))),
        _common_prefix(a.plain, b.plain) / shorter,
        shorter / longer,
    ]


def _common_prefix(a: str, b: str) -> int:
    if a == b:
        return len(a)
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[:middle] == b[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _names(a: Names, b: Names) -> list[float]:
    keys, families = set(a.keys), set(a.families)
    shared = len(keys & set(b.keys))
    known = len(families & set(b.families))
    fewest, most = sorted((len(a.keys), len(b.keys)))
    return [
        float(a.keys[0] == b.keys[0]),
        _alike(a.families[0], b.families[0]),
        shared / max(1, min(len(keys), len(set(b.keys)))),
        known / max(1, min(len(families), len(set(b.families)))),
        fewest / most,
        float(a.keys == b.keys),
    ]


def _alike(a: str, b: str) -> float:
    """Return the share of two-letter runs that two words have in common (Dice)."""
    if a == b:
        return 1.0
    one = {a[i : i + 2] for i in range(len(a) - 1)}
    other = {b[i : i + 2] for i in range(len(b) - 1)}
    return 2 * len(one & other) / max(1, len(one) + len(other))


def _numbers(a: float, b: float) -> list[float]:
    apart = abs(a - b)
    return [float(apart == 0), float(apart <= 1), float(apart <= 2), min(1.0, apart / _FAR)]
