"""The sets of labels within a bound, in order of their cost, without a look at all 2^n of them.

Costs are whole numbers, so that a sum is the same in whatever order it is made.
"""

import heapq
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Found = tuple[int, tuple[int, ...]]
"""A cost, and the labels, rising."""

_Ints = NDArray[np.int64]


def sets_by_cost(absent: _Ints, present: _Ints, most: int) -> Iterator[Found]:
    """Yield every set of labels that costs at most so much, cheapest first.

    A set costs the sum of `present` over its labels and of `absent` over the others. The cheapest
    set takes each label the cheaper way; any other set is that one with some labels flipped, and
    each flip adds what the dearer way costs more. With flips sorted by that, a set of flips has
    two next ones: one more flip, or its last flip moved on by one. Both cost at least as much,
    so that whatever comes after a set that is too dear is too dear as well.

    Args:
        absent: (n_labels,) whole numbers of 0 or more: what it costs to leave a label out.
        present: (n_labels,): what it costs to take it in.
        most: the bound.
    """
    base = frozenset(np.flatnonzero(present < absent).tolist())
    dearer = np.abs(present - absent)
    order: list[int] = np.argsort(dearer, kind="stable").tolist()
    steps = dearer[order].tolist()
    least = int(np.minimum(absent, present).sum())
    heap: list[tuple[int, tuple[int, ...]]] = [(least, ())] if least <= most else []
    while heap:
        cost, flips = heapq.heappop(heap)
        yield cost, tuple(sorted(base.symmetric_difference([order[flip] for flip in flips])))
        following = flips[-1] + 1 if flips else 0
        if following == len(steps):
            continue
        if (more := cost + steps[following]) <= most:
            heapq.heappush(heap, (more, (*flips, following)))
        if flips and (moved := cost - steps[flips[-1]] + steps[following]) <= most:
            heapq.heappush(heap, (moved, (*flips[:-1], following)))


def in_order(
    found: Iterator[Found], extra: Callable[[tuple[int, ...]], int], most: int
) -> Iterator[Found]:
    """Yield sets by their cost with an extra; what is then too dear is left out.

    Args:
        found: sets, cheapest first.
        extra: what a set costs besides; below 0 leaves the set out.
    """
    waiting: list[Found] = []
    for cost, labels in found:
        while waiting and waiting[0][0] <= cost:
            yield heapq.heappop(waiting)
        added = extra(labels)
        if added >= 0 and cost + added <= most:
            heapq.heappush(waiting, (cost + added, labels))
    while waiting:
        yield heapq.heappop(waiting)
