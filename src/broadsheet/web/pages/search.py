"""`/search`: one box, filters as a form, each hit with its reason."""

from dataclasses import replace
from typing import get_args

from starlette.requests import Request

from broadsheet.model.query import MAX_PAGE, MAX_TEXT, Filters, Query, SearchPage, Sort, parse_query
from broadsheet.services.exporting import MAX_HITS
from broadsheet.services.fields import category_name
from broadsheet.web.addresses import search_address
from broadsheet.web.dateline import plain_date
from broadsheet.web.files import search_files
from broadsheet.web.listed import listed
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.personal import never_of
from broadsheet.web.site import given, site_of
from broadsheet.web.visitor import visitor_of


def search(request: Request) -> Shown:
    """The hits of a query; without words, all papers that pass, newest first."""
    site = site_of(request)
    asked = given(request)
    query = parse_query(asked)
    found = site.search.search(query, not_in=never_of(request))
    n_pages = min(MAX_PAGE, max(1, -(-found.total // query.per_page)))
    chips = _chips(query)
    listing = Listing(
        address=search_address(replace(query, page=1)),
        title=f"Search: {query.text}" if query.text else "Search",
        description=_description(query, found, chips),
        papers=tuple(hit.paper for hit in found.hits),
        why={hit.paper.key: str(hit.why) for hit in found.hits if query.text},
        page=query.page,
        n_pages=max(n_pages, query.page),
        total=found.total,
    )
    return Shown(
        listing=listing,
        template="search.html",
        values=lambda: {
            "query": query,
            "found": found,
            "chips": chips,
            "may_save": visitor_of(request) is not None and bool(query.text or query.filters),
            "saved_as": query.address(),
            "cut": any(len(text) > MAX_TEXT for text in asked.get("q", ())),
            "n_pages": n_pages,
            "page_addresses": _page_addresses(query, n_pages),
            "sorts": _sorts(query),
            "files": search_files(query),
            "most_in_file": MAX_HITS,
            "categories": site.reading.categories(),
            "venues": site.reading.venues(),
            "sources": site.reading.sources(),
        },
        first=(query.page - 1) * query.per_page + 1,
    )


def _description(query: Query, found: SearchPage, chips: list[tuple[str, str, str]]) -> str:
    order = "best first" if query.text and query.sort == "relevance" else "newest first"
    within = "".join(f", {name} {value}" for name, value, _ in chips)
    return f"Papers found{within}: {found.total:,}, {order}. {found.note}".strip()


def _chips(query: Query) -> list[tuple[str, str, str]]:
    """The filters in force, as (name, value, address without it)."""
    f = query.filters
    chips = [
        ("category", category_name(c), replace(f, categories=_without(f.categories, c)))
        for c in f.categories
    ]
    if f.since:
        chips.append(("from", plain_date(f.since), replace(f, since=None)))
    if f.until:
        chips.append(("to", plain_date(f.until), replace(f, until=None)))
    chips += [("author", a, replace(f, authors=_without(f.authors, a))) for a in f.authors]
    chips += [("venue", v, replace(f, venues=_without(f.venues, v))) for v in f.venues]
    chips += [("source", s, replace(f, sources=_without(f.sources, s))) for s in f.sources]
    return [(name, value, _with_filters(query, rest)) for name, value, rest in chips]


def _without(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(v for v in values if v != value)


def _with_filters(query: Query, filters: Filters) -> str:
    return search_address(replace(query, filters=filters, page=1))


def _sorts(query: Query) -> list[tuple[str, str, bool]]:
    """The orders to choose from, as (name, address, whether in force)."""
    sorts: tuple[Sort, ...] = get_args(Sort)
    return [(s, search_address(replace(query, sort=s, page=1)), s == query.sort) for s in sorts]


def _page_addresses(query: Query, n_pages: int) -> dict[int, str]:
    near = {query.page - 1, query.page + 1}
    return {n: search_address(replace(query, page=n)) for n in near if 1 <= n <= n_pages}


# The indexes change without a paper changing.
ROUTES = listed("/search", search, is_html_kept=False, are_faces_kept=False)
