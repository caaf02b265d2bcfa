"""What papers must meet, as clauses of the word index and as booleans over keys.

Conditions on fields are both. Conditions on words are clauses alone: which papers hold a word is
known to the word index, and it is asked about the few papers that are in question.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray
from tantivy import Occur, Query

from broadsheet.model.language.plan import (
    Among,
    Condition,
    Either,
    Every,
    Without,
    leaves,
)
from broadsheet.model.language.tree import Field, Words
from broadsheet.model.query import Filters
from broadsheet.search.analysis import terms_of
from broadsheet.search.word_clauses import all_of, filter_query, of_keys, side_by_side, unscored

Mask = NDArray[np.bool_]


def has_words(condition: Condition | None) -> bool:
    """Whether the word index alone can say who meets it."""
    return any(isinstance(leaf, Words) for leaf in leaves(condition))


def on_fields(condition: Condition | None) -> Condition | None:
    """Return the part of a condition that needs no word index; None where there is none."""
    if not has_words(condition):
        return condition
    if not isinstance(condition, Every):
        return None
    parts = tuple(part for part in condition.parts if not has_words(part))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Every(parts)


def query_of(condition: Condition) -> Query:
    """Return the papers that meet a condition, with any scores."""
    if isinstance(condition, Without):
        return Query.boolean_query(
            [(Occur.Must, Query.all_query()), (Occur.MustNot, query_of(condition.part))]
        )
    if isinstance(condition, Every):
        return Query.boolean_query([(Occur.Must, query_of(part)) for part in condition.parts])
    if isinstance(condition, Either):
        return Query.boolean_query([(Occur.Should, query_of(part)) for part in condition.parts])
    if isinstance(condition, Among):
        return of_keys(condition.keys) if condition.keys else Query.empty_query()
    if isinstance(condition, Words):
        return _holding(condition)
    return Query.boolean_query([(Occur.Should, filter_query(f)) for f in filters_of(condition)])


def clauses_of(condition: Condition | None) -> list[tuple[Occur, Query]]:
    """Return a condition as clauses that change no score."""
    return [] if condition is None else [(Occur.Must, unscored(query_of(condition)))]


def mask_of(condition: Condition, n: int, mask_of_filters: Callable[[Filters], Mask]) -> Mask:
    """Return which of n keys meet a condition on fields.

    Args:
        mask_of_filters: gives the keys that pass one filter, of any length.
    """
    if isinstance(condition, Without):
        return ~mask_of(condition.part, n, mask_of_filters)
    if isinstance(condition, Among):
        mask = np.zeros(n, dtype=bool)
        keys = np.asarray(condition.keys, dtype=np.int64)
        mask[keys[keys < n]] = True
        return mask
    if isinstance(condition, Every | Either):
        join = np.logical_and if isinstance(condition, Every) else np.logical_or
        parts = [mask_of(part, n, mask_of_filters) for part in condition.parts]
        return join.reduce(parts)  # type: ignore[no-any-return]
    assert isinstance(condition, Field)  # noqa: S101 (`on_fields` has left the words out)
    found = np.zeros(n, dtype=bool)
    for filters in filters_of(condition):
        part = mask_of_filters(filters)[:n]
        found[: len(part)] |= part
    return found


def filters_of(field: Field) -> Iterable[Filters]:
    """Return filters of which a paper must pass any."""
    if field.name in ("year", "announced"):
        spans = (value.partition("..") for value in field.values)
        return [Filters(since=first or None, until=last or None) for first, _, last in spans]
    return [_FILTERS[field.name](field.values)]


_FILTERS: dict[str, Callable[[tuple[str, ...]], Filters]] = {
    "cat": lambda values: Filters(categories=values),
    "author": lambda values: Filters(authors=values),
    "venue": lambda values: Filters(venues=values),
    "source": lambda values: Filters(sources=values),
    "is": lambda values: Filters(flags=values),
    "has": lambda values: Filters(flags=values),
}


def _holding(words: Words) -> Query:
    """Return the papers that hold all the words, or the phrase."""
    terms = terms_of(words.text)
    if not terms:
        return Query.empty_query()
    if words.kind == "phrase":
        return side_by_side(terms)
    return Query.boolean_query(all_of(dict.fromkeys(terms)))
