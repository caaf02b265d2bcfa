"""A comparison as spans of codes of an ascending dictionary."""

import datetime
from typing import Any

from typecase.data.dictionaries import Dictionary, SortedStrings
from typecase.data.predicates import Isin, Leaf, Prefix, Range
from typecase.data.scalars import Scalar, day_number

Span = tuple[int, int]
"""The first code and the one past the last."""


def code_spans(leaf: Leaf, dictionary: Dictionary) -> list[Span]:
    """Return the codes of the values that match: ascending, apart from each other, none empty."""
    if not dictionary.n_values:
        return []
    spans = [span for span in _spans(leaf, dictionary) if span[0] < span[1]]
    return _merged(spans)


def as_number(scalar: Scalar) -> float:
    """Return a number as it is, a boolean as 0 or 1, a date as its days since 1970."""
    if isinstance(scalar, datetime.date):
        return day_number(scalar)
    if isinstance(scalar, str):
        raise TypeError("a string among numbers")
    return scalar


def _spans(leaf: Leaf, dictionary: Dictionary) -> list[Span]:
    if isinstance(leaf, Prefix):
        if not isinstance(dictionary, SortedStrings):
            raise TypeError("a prefix of numbers")
        return [dictionary.span_of_prefix(leaf.prefix)]
    if isinstance(leaf, Isin):
        values = [_comparable(value) for value in leaf.values]
        return [(dictionary.below(v), dictionary.below(v, inclusive=True)) for v in values]
    low, high = 0, dictionary.n_values
    if isinstance(leaf, Range) and leaf.low is not None:
        low = dictionary.below(_comparable(leaf.low), inclusive=leaf.low_open)
    if isinstance(leaf, Range) and leaf.high is not None:
        high = dictionary.below(_comparable(leaf.high), inclusive=not leaf.high_open)
    return [(low, high)]


def _comparable(scalar: Scalar) -> Any:
    return scalar if isinstance(scalar, str) else as_number(scalar)


def _merged(spans: list[Span]) -> list[Span]:
    out: list[Span] = []
    for low, high in spans:
        if out and out[-1][1] == low:
            out[-1] = (out[-1][0], high)
        else:
            out.append((low, high))
    return out
