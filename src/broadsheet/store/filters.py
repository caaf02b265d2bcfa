"""Filters as SQL: which papers pass, by the facets they are found by."""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Select, Table, select

from broadsheet.model.categories import filter_codes
from broadsheet.model.dates import first_number, last_number
from broadsheet.model.query import Filters
from broadsheet.store.lists import one_of
from broadsheet.store.schema import facets, papers

_YEAR_AT_END = re.compile(r"\s+(?:19|20)\d\d\Z")


def facet_rows(
    *,
    author_keys: Iterable[str],
    categories: tuple[str, ...],
    sources: Iterable[str],
    venue: str,
) -> set[tuple[str, str]]:
    """Return every (kind, value) by which a filter finds a paper."""
    rows = {("author", key) for key in author_keys if key}
    rows |= {("category", code) for code in filter_codes(categories)}
    rows |= {("source", name) for name in sources}
    if venue:
        key = venue_key(venue)
        rows |= {("venue", key), ("venue", _YEAR_AT_END.sub("", key))}
    return rows


def venue_key(venue: str) -> str:
    """Return what the spellings of one venue share."""
    return " ".join(venue.casefold().split())


def passing(filters: Filters) -> tuple[Select[int], Table]:
    """Return the select of the keys of papers that pass, and the table that has their day.

    One value of one kind is a walk along the facets alone; else the papers are asked, with each
    kind's values as a list of keys.
    """
    groups = [
        (kind, values)
        for kind, values in (
            ("category", filters.categories),
            ("author", filters.authors),
            ("venue", tuple(venue_key(v) for v in filters.venues)),
            ("source", filters.sources),
        )
        if values
    ]
    if len(groups) == 1 and len(groups[0][1]) == 1:
        kind, (value,) = groups[0]
        walk = select(facets.c.paper).where(facets.c.kind == kind, facets.c.value == value)
        return walk.where(*_days(filters, facets.c.day)), facets
    chosen = select(papers.c.key).where(*_days(filters, papers.c.day))
    for kind, values in groups:
        chosen = chosen.where(papers.c.key.in_(_bearing(kind, values)))
    return chosen, papers


def newest_first(filters: Filters) -> Select[int]:
    """Return the select of passing keys, newest first, ties by the greater key."""
    chosen, table = passing(filters)
    key = table.c.paper if table is facets else table.c.key
    return chosen.order_by(table.c.day.desc(), key.desc())


def _days(filters: Filters, day: ColumnElement[int]) -> list[ColumnElement[bool]]:
    bounds = []
    if filters.since:
        bounds.append(day >= first_number(filters.since))
    if filters.until:
        bounds += [day <= last_number(filters.until), day > 0]
    return bounds


def _bearing(kind: str, values: Sequence[str]) -> Select[int]:
    return select(facets.c.paper).where(facets.c.kind == kind, one_of(facets.c.value, values))
