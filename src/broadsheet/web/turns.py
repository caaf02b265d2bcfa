"""A search as its page shows it: parts to be clicked away, reasons to be turned."""

from dataclasses import dataclass, replace
from typing import get_args
from urllib.parse import urlencode

from broadsheet.model.language import read
from broadsheet.model.language.editing import Chip, Turn, chips, turned, with_concept
from broadsheet.model.language.tree import Tree
from broadsheet.model.paper import Paper
from broadsheet.model.query import PER_PAGE, Filters, Query, SearchPage
from broadsheet.model.reasons import Reason, Why
from broadsheet.services.fields import category_name
from broadsheet.web.addresses import search_address
from broadsheet.web.dateline import plain_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A reason as its page shows it: in words, its share, and where it counts otherwise."""

    said: str
    share: float
    part: float
    sentence: str
    turns: tuple[tuple[Turn, str], ...]


def parts_of(query: Query) -> list[tuple[str, str, str]]:
    """The parts of the search and the filters in force, as (name, value, address without it)."""
    said = [
        (chip.name, chip.value, _address(_unsorted(query, chip), chip.rest))
        for chip in chips(read(query.text))
    ]
    return said + _filter_chips(query)


def _filter_chips(query: Query) -> list[tuple[str, str, str]]:
    f = query.filters
    found = [
        ("category", category_name(c), replace(f, categories=_without(f.categories, c)))
        for c in f.categories
    ]
    if f.since:
        found.append(("from", plain_date(f.since), replace(f, since=None)))
    if f.until:
        found.append(("to", plain_date(f.until), replace(f, until=None)))
    found += [("author", a, replace(f, authors=_without(f.authors, a))) for a in f.authors]
    found += [("venue", v, replace(f, venues=_without(f.venues, v))) for v in f.venues]
    found += [("source", s, replace(f, sources=_without(f.sources, s))) for s in f.sources]
    return [(name, value, _with_filters(query, rest)) for name, value, rest in found]


def turns_of(query: Query, found: SearchPage) -> dict[int, tuple[Turned, ...]]:
    """Return the reasons of each hit; `part` is the share of all that speaks for it."""
    tree = read(query.text)
    known: dict[tuple[str, str], tuple[tuple[Turn, str], ...]] = {}
    turns: dict[int, tuple[Turned, ...]] = {}
    for hit in found.hits:
        whole = sum(reason.share for reason in hit.why.reasons if reason.share > 0) or 1.0
        told = []
        for reason in hit.why.reasons:
            key = (reason.kind, reason.text)
            if key not in known:
                known[key] = _addresses(query, tree, reason)
            told.append(
                Turned(
                    said=str(reason),
                    share=reason.share,
                    part=reason.share / whole,
                    sentence=reason.sentence,
                    turns=known[key],
                )
            )
        turns[hit.paper.key] = tuple(told)
    return turns


def _addresses(query: Query, tree: Tree, reason: Reason) -> tuple[tuple[Turn, str], ...]:
    asked = ((turn, turned(tree, reason, turn)) for turn in get_args(Turn))
    return tuple((turn, _address(query, text)) for turn, text in asked if text is not None)


def concepts_of(query: Query, why: Why) -> tuple[Turned, ...]:
    """Return the subjects that connect a hit with the search, and searches with and without."""
    tree = read(query.text)
    told = []
    for concept in why.concepts:
        name = category_name(concept.name) if concept.kind == "category" else concept.name
        asked = ((turn, with_concept(tree, concept, turn)) for turn in get_args(Turn))
        told.append(
            Turned(
                said=name,
                share=concept.share,
                part=concept.share,
                sentence="",
                turns=tuple((turn, _address(query, text)) for turn, text in asked if text),
            )
        )
    return tuple(told)


def _without(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(v for v in values if v != value)


def _with_filters(query: Query, filters: Filters) -> str:
    return search_address(replace(query, filters=filters, page=1))


def _unsorted(query: Query, chip: Chip) -> Query:
    return replace(query, sort="relevance") if chip.name == "sort" else query


def _address(query: Query, text: str) -> str:
    return search_address(replace(query, text=text, page=1))


def why_address(query: Query, paper: Paper) -> str:
    """`/search/why?q=…&paper=…`: each reason with its sentence."""
    asked = [*replace(query, page=1, per_page=PER_PAGE).to_params(), ("paper", paper.id)]
    return f"/search/why?{urlencode(asked)}"
