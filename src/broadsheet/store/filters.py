"""Filters as SQL: which papers pass, by the facets they are found by."""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, CompoundSelect, Select, exists, select, text, tuple_, union

from broadsheet.model.categories import filter_codes
from broadsheet.model.dates import first_number, last_number
from broadsheet.model.query import Filters
from broadsheet.store.lists import one_of
from broadsheet.store.schema import HIDDEN, facets, papers

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


def keys_newest_first(
    filters: Filters, *, not_in: Sequence[int] = ()
) -> Select[int, int] | CompoundSelect[int, int]:
    """Return the select of the keys of papers that pass, newest first, ties by the greater key.

    The kind that narrows most is walked along its index; the other kinds are looked up for each
    paper on the way. Several values of the walked kind are walks that are merged as they go, so
    that the first page is had without the last.

    Args:
        not_in: keys that are left out.
    """
    groups = [(kind, values) for kind, values in _asked(filters) if values]
    if not groups:
        span = _days(filters, papers.c.day) or [papers.c.day > HIDDEN]
        every = select(papers.c.key, papers.c.day).where(*span)
        every = every.where(*_not_in(papers.c.key, not_in))
        return every.order_by(papers.c.day.desc(), papers.c.key.desc())
    (kind, values), *others = groups
    walks = [
        _walk(filters, kind, value, others).where(*_not_in(facets.c.paper, not_in))
        for value in dict.fromkeys(values)
    ]
    return _merged(walks)


def keys_of_any(
    values: Sequence[tuple[str, str]], *, not_in: Sequence[int] = ()
) -> Select[int, int] | CompoundSelect[int, int]:
    """Return the select of the keys of papers found by any (kind, value), newest first."""
    walks = [
        _walk(Filters(), kind, value, ()).where(*_not_in(facets.c.paper, not_in))
        for kind, value in values
    ]
    return _merged(walks)


def passing(filters: Filters, among: Sequence[int]) -> Select[int]:
    """Return the select of those of some keys that pass; each is looked up by itself."""
    chosen = select(papers.c.key).where(one_of(papers.c.key, among))
    chosen = chosen.where(*_days(filters, papers.c.day))
    for kind, values in _asked(filters):
        if values:
            chosen = chosen.where(
                exists().where(
                    facets.c.kind == kind,
                    facets.c.value.in_(values),
                    facets.c.day == papers.c.day,
                    facets.c.paper == papers.c.key,
                )
            )
    return chosen


def of_any(values: Sequence[tuple[str, str]], among: Sequence[int]) -> Select[int]:
    """Return the select of those of some keys that are found by any (kind, value)."""
    found = exists().where(
        tuple_(facets.c.kind, facets.c.value).in_(values),
        facets.c.day == papers.c.day,
        facets.c.paper == papers.c.key,
    )
    return select(papers.c.key).where(one_of(papers.c.key, among), found)


def _merged(
    walks: Sequence[Select[int, int]],
) -> Select[int, int] | CompoundSelect[int, int]:
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
    filters: Filters, kind: str, value: str, others: Sequence[tuple[str, tuple[str, ...]]]
) -> Select[int, int]:
    walk = select(facets.c.paper, facets.c.day).where(
        facets.c.kind == kind, facets.c.value == value, *_days(filters, facets.c.day)
    )
    for other, values in others:
        beside = facets.alias()
        walk = walk.where(
            exists().where(
                beside.c.kind == other,
                beside.c.value.in_(values),
                beside.c.day == facets.c.day,
                beside.c.paper == facets.c.paper,
            )
        )
    return walk


def _not_in(key: ColumnElement[int], keys: Sequence[int]) -> list[ColumnElement[bool]]:
    return [~one_of(key, keys)] if keys else []


def _days(filters: Filters, day: ColumnElement[int]) -> list[ColumnElement[bool]]:
    bounds = []
    if filters.since:
        bounds.append(day >= first_number(filters.since))
    if filters.until:
        bounds += [day <= last_number(filters.until), day > 0]
    return bounds
