"""Filters as SQL: which papers pass, by the facets they are found by."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    select,
    text,
    tuple_,
    union,
)

from broadsheet.model.categories import filter_codes
from broadsheet.model.dates import first_number, last_number
from broadsheet.model.query import Filters
from broadsheet.store.lists import list_text, named_list
from broadsheet.store.schema import HIDDEN, facets, papers

Listed = Select[int, int] | CompoundSelect[int, int]
"""A question for keys and their days."""

_YEAR_AT_END = re.compile(r"\s+(?:19|20)\d\d\Z")


def facet_rows(
    *,
    author_keys: Iterable[str],
    categories: tuple[str, ...],
    sources: Iterable[str],
    venue: str,
    flags: Iterable[str],
) -> set[tuple[str, str]]:
    """Return every (kind, value) by which a filter finds a paper."""
    rows = {("author", key) for key in author_keys if key}
    rows |= {("category", code) for code in filter_codes(categories)}
    rows |= {("source", name) for name in sources}
    rows |= {("flag", flag) for flag in flags}
    if venue:
        key = venue_key(venue)
        rows |= {("venue", key), ("venue", _YEAR_AT_END.sub("", key))}
    return rows


def venue_key(venue: str) -> str:
    """Return what the spellings of one venue share."""
    return " ".join(venue.casefold().split())


class Chosen(NamedTuple):
    """A question for keys in the order in which papers are listed, and the values it is put with.

    The question is the same one for all filters of a shape, so that it is put into SQL once.
    """

    question: Listed
    values: Mapping[str, Any]


class _Shape(NamedTuple):
    """What filters ask for, without the values: each kind with their number, the bounds."""

    kinds: tuple[tuple[str, int], ...]
    has_since: bool
    has_until: bool
    leaves_out: bool


def keys_newest_first(filters: Filters, *, not_in: Sequence[int] = ()) -> Chosen:
    """Return the question for the keys of papers that pass, newest first, ties by the greater key.

    The kind that narrows most is walked along its index; the other kinds are looked up for each
    paper on the way. Several values of the walked kind are walks that are merged as they go, so
    that the first page is had without the last.

    Args:
        not_in: keys that are left out.
    """
    shape, values = _shape_of(filters, not_in=not_in)
    return Chosen(_newest_first(shape), values)


def _shape_of(filters: Filters, *, not_in: Sequence[int] = ()) -> tuple[_Shape, dict[str, Any]]:
    """Return the shape of filters, and the values of the parameters of questions made for it."""
    asked = [(kind, dict.fromkeys(found)) for kind, found in _asked(filters) if found]
    values: dict[str, Any] = {
        f"{kind}_{number}": value for kind, found in asked for number, value in enumerate(found)
    }
    if filters.since:
        values["since"] = first_number(filters.since)
    if filters.until:
        values["until"] = last_number(filters.until)
    if not_in:
        values["not_in"] = list_text(not_in)
    kinds = tuple((kind, len(found)) for kind, found in asked)
    return _Shape(kinds, bool(filters.since), bool(filters.until), bool(not_in)), values


@lru_cache(maxsize=256)
def _newest_first(shape: _Shape) -> Listed:
    """Return the question of `keys_newest_first` for a shape."""
    if not shape.kinds:
        span = _days(shape, papers.c.day) or [papers.c.day > HIDDEN]
        every = select(papers.c.key, papers.c.day).where(*span)
        every = every.where(*_not_in(papers.c.key, shape))
        return every.order_by(papers.c.day.desc(), papers.c.key.desc())
    (kind, n_values), *others = shape.kinds
    walks = [
        _walk(shape, kind, bindparam(f"{kind}_{number}"), others) for number in range(n_values)
    ]
    return _merged(walks)


def keys_of_any(values: Sequence[tuple[str, str]], *, not_in: Sequence[int] = ()) -> Chosen:
    """Return the question for the keys of papers found by any (kind, value), newest first."""
    given = _numbered(values)
    if not_in:
        given["not_in"] = list_text(not_in)
    return Chosen(_newest_of_any(len(values), bool(not_in)), given)


def passing(filters: Filters, among: Sequence[int]) -> Chosen:
    """Return the question for those of some keys that pass; each is looked up by itself."""
    shape, values = _shape_of(filters)
    return Chosen(_passing(shape), values | {"among": list_text(among)})


def of_any(values: Sequence[tuple[str, str]], among: Sequence[int]) -> Chosen:
    """Return the question for those of some keys that are found by any (kind, value)."""
    return Chosen(_of_any(len(values)), _numbered(values) | {"among": list_text(among)})


@lru_cache(maxsize=256)
def _newest_of_any(n_values: int, leaves_out: bool) -> Listed:
    shape = _Shape((), has_since=False, has_until=False, leaves_out=leaves_out)
    walks = [
        _walk(shape, bindparam(f"kind_{n}"), bindparam(f"value_{n}"), ()) for n in range(n_values)
    ]
    return _merged(walks)


@lru_cache(maxsize=256)
def _passing(shape: _Shape) -> Select[int, int]:
    chosen = select(papers.c.key, papers.c.day).where(named_list(papers.c.key, "among"))
    chosen = chosen.where(*_days(shape, papers.c.day))
    for kind, n_values in shape.kinds:
        found = _facet_of(facets, kind, n_values)
        chosen = chosen.where(has_facet(facets, found, papers.c.day, papers.c.key))
    return chosen


@lru_cache(maxsize=256)
def _of_any(n_values: int) -> Select[int, int]:
    named = [tuple_(bindparam(f"kind_{n}"), bindparam(f"value_{n}")) for n in range(n_values)]
    found = tuple_(facets.c.kind, facets.c.value).in_(named)
    chosen = select(papers.c.key, papers.c.day).where(named_list(papers.c.key, "among"))
    return chosen.where(has_facet(facets, found, papers.c.day, papers.c.key))


def _numbered(values: Sequence[tuple[str, str]]) -> dict[str, Any]:
    kinds = {f"kind_{n}": kind for n, (kind, _) in enumerate(values)}
    return kinds | {f"value_{n}": value for n, (_, value) in enumerate(values)}


def _merged(walks: Sequence[Select[int, int]]) -> Listed:
    if len(walks) == 1:
        return walks[0].order_by(facets.c.day.desc(), facets.c.paper.desc())
    return union(*walks).order_by(text("day DESC"), text("paper DESC"))


def _asked(filters: Filters) -> list[tuple[str, tuple[str, ...]]]:
    """Return the values of each kind, the kind first whose values narrow most."""
    return [
        ("author", filters.authors),
        ("venue", tuple(venue_key(venue) for venue in filters.venues)),
        ("category", filters.categories),
        ("flag", filters.flags),
        ("source", filters.sources),
    ]


def _walk(
    shape: _Shape,
    kind: str | BindParameter[str],
    value: BindParameter[str],
    others: Iterable[tuple[str, int]],
) -> Select[int, int]:
    walk = select(facets.c.paper, facets.c.day).where(
        facets.c.kind == kind, facets.c.value == value, *_days(shape, facets.c.day)
    )
    for other, n_values in others:
        beside = facets.alias()
        found = _facet_of(beside, other, n_values)
        walk = walk.where(has_facet(beside, found, facets.c.day, facets.c.paper))
    return walk.where(*_not_in(facets.c.paper, shape))


def _facet_of(table: FromClause, kind: str, n_values: int) -> ColumnElement[bool]:
    values: list[BindParameter[str]] = [bindparam(f"{kind}_{n}") for n in range(n_values)]
    return and_(table.c.kind == kind, table.c.value.in_(values))


def has_facet(
    table: FromClause,
    found: ColumnElement[bool],
    day: ColumnElement[int],
    key: ColumnElement[int],
) -> ColumnElement[bool]:
    """Return the condition that a paper has such a facet, by the order of the table."""
    return exists().where(found, table.c.day == day, table.c.paper == key)


def _not_in(key: ColumnElement[int], shape: _Shape) -> list[ColumnElement[bool]]:
    return [~named_list(key, "not_in")] if shape.leaves_out else []


def _days(shape: _Shape, day: ColumnElement[int]) -> list[ColumnElement[bool]]:
    bounds: list[ColumnElement[bool]] = []
    if shape.has_since:
        bounds.append(day >= bindparam("since"))
    if shape.has_until:
        bounds += [day <= bindparam("until"), day > 0]
    return bounds
