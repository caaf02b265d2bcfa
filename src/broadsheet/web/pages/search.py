"""`/search`: one box, filters as a form, each hit with its reason."""

from dataclasses import replace
from typing import get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.follows import topic_of
from broadsheet.model.language import as_words
from broadsheet.model.language.fields import FIELDS
from broadsheet.model.query import MAX_PAGE, Query, SearchPage, Sort, parse_query
from broadsheet.services.exporting import MAX_HITS
from broadsheet.web.addresses import search_address, topic_address
from broadsheet.web.files import search_files
from broadsheet.web.listed import listed_anew
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.personal import never_of
from broadsheet.web.site import given, site_of
from broadsheet.web.turns import concepts_of, parts_of, turns_of, why_address
from broadsheet.web.visitor import visitor_of


def search(request: Request) -> Shown:
    """The hits of a query; without words, all papers that pass, newest first."""
    site = site_of(request)
    asked = given(request)
    query = parse_query(asked)
    marked = site.services.marks.marked(visitor_of(request))
    found = site.search.search(query, not_in=never_of(request), marked=marked)
    n_pages = min(MAX_PAGE, max(1, -(-found.total // query.per_page)))
    parts = parts_of(query)
    listing = Listing(
        address=search_address(replace(query, page=1)),
        title=f"Search: {query.text}" if query.text else "Search",
        description=_description(query, found, parts),
        papers=tuple(hit.paper for hit in found.hits),
        why={hit.paper.key: str(hit.why) for hit in found.hits if query.plan.is_ranked},
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
            "chips": parts,
            "is_ranked": query.plan.is_ranked,
            "turns": turns_of(query, found),
            "why_of": {hit.paper.key: why_address(query, hit.paper) for hit in found.hits},
            "fields": FIELDS,
            "may_save": visitor_of(request) is not None and bool(query.text or query.filters),
            "saved_as": query.address(),
            "n_pages": n_pages,
            "page_addresses": _page_addresses(query, n_pages),
            "sorts": _sorts(query),
            "topic": _topic(query),
            "files": search_files(query),
            "most_in_file": MAX_HITS,
            "categories": site.reading.categories(),
            "venues": site.reading.venues(),
            "sources": site.reading.sources(),
        },
        first=(query.page - 1) * query.per_page + 1,
    )


def _topic(query: Query) -> str:
    """The address of the same words as a topic; empty where they are more than words."""
    if query.filters or as_words(query.text) != query.text:
        return ""
    try:
        return topic_address(topic_of(query.text))
    except InvalidValueError:
        return ""


def _description(query: Query, found: SearchPage, parts: list[tuple[str, str, str]]) -> str:
    order = "best first" if query.plan.is_ranked and query.sort == "relevance" else "newest first"
    within = "".join(f", {name} {value}" for name, value, _ in parts)
    return f"Papers found{within}: {found.total:,}, {order}. {found.note}".strip()


def _sorts(query: Query) -> list[tuple[str, str, bool]]:
    """The orders to choose from, as (name, address, whether in force)."""
    sorts: tuple[Sort, ...] = get_args(Sort)
    return [(s, search_address(replace(query, sort=s, page=1)), s == query.sort) for s in sorts]


def _page_addresses(query: Query, n_pages: int) -> dict[int, str]:
    near = {query.page - 1, query.page + 1}
    return {n: search_address(replace(query, page=n)) for n in near if 1 <= n <= n_pages}


def why(request: Request) -> Response:
    """Why a search finds a paper: each reason, and the sentence that is nearest to it."""
    site = site_of(request)
    asked = given(request)
    ref = " ".join(asked.pop("paper", []))
    query = parse_query(asked)
    marked = site.services.marks.marked(visitor_of(request))
    hit = site.search.why(query, site.reading.paper(ref), marked=marked)
    page = SearchPage(query=query, hits=(hit,), total=1)
    return site.press.page(
        request,
        "why.html",
        papers=(hit.paper,),
        hit=hit,
        query=query,
        told=turns_of(query, page)[hit.paper.key],
        concepts=concepts_of(query, hit.why),
        back=search_address(query),
        keep=False,
    )


# The indexes change without a paper changing.
ROUTES = [Route("/search/why", why)]
ROUTES += listed_anew("/search", search)
