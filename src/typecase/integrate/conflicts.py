"""One value out of several: what most say, and those say who are most often right."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from typecase.integrate.contract import Kind
from typecase.integrate.record_views import Names, Text, View
from typecase.integrate.similarity import features_of

_ROUNDS = 5
_START = 0.8


def resolve(
    views: Sequence[Sequence[View]],
    groups: NDArray[np.int64],
    sources: Sequence[Hashable],
    kinds: Sequence[Kind],
) -> tuple[NDArray[np.int64], Mapping[Hashable, tuple[float, ...]]]:
    """Return which record gives each field of each group, and how far each source is trusted.

    A value's support is the trust of all who say something like it, in the measure in which it
    is like it. A source's trust in a field is the mean support of its values, as a share of the
    best in their groups. Both are found in turns.

    Args:
        views: of each record, by field.
        groups: (n,), from 0 on.
        sources: (n,), who says each record.

    Returns:
        (n_groups, n_fields) rows, -1 where no record has the field; and a trust for each field.
    """
    n_groups, n_fields = int(groups.max(initial=-1)) + 1, len(kinds)
    members: list[list[int]] = [[] for _ in range(n_groups)]
    for row, group in enumerate(groups.tolist()):
        members[group].append(row)
    chosen = np.full((n_groups, n_fields), -1, dtype=np.int64)
    trust: dict[Hashable, list[float]] = {name: [_START] * n_fields for name in sources}
    for field in range(n_fields):
        alike = [_alike(views, rows, field, kinds[field]) for rows in members]
        for _ in range(_ROUNDS):
            shares: dict[Hashable, list[float]] = defaultdict(list)
            for group, (rows, likeness) in enumerate(alike):
                if not rows:
                    continue
                support = likeness @ np.array([trust[sources[row]][field] for row in rows])
                chosen[group, field] = rows[int(np.argmax(support))]
                if len(rows) > 1:
                    for row, value in zip(rows, support / support.max(), strict=True):
                        shares[sources[row]].append(float(value))
            for name, values in shares.items():
                trust[name][field] = float(np.mean(values))
    return chosen, {name: tuple(values) for name, values in trust.items()}


def _alike(
    views: Sequence[Sequence[View]], rows: Sequence[int], field: int, kind: Kind
) -> tuple[list[int], NDArray[np.float64]]:
    """Return the rows that have the field, and how alike their values are, in pairs."""
    having = [row for row in rows if views[row][field] is not None]
    likeness = np.eye(len(having))
    for i, a in enumerate(having):
        for j in range(i):
            value = _likeness(views[a][field], views[having[j]][field], kind)
            likeness[i, j] = likeness[j, i] = value
    return having, likeness


def _likeness(a: View, b: View, kind: Kind) -> float:
    found = features_of([a], [b], [kind])
    if isinstance(a, Text):
        return found[2]
    return found[3] if isinstance(a, Names) else found[1]
