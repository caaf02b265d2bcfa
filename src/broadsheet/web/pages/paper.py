"""`/paper/{id}`: one paper; any form of its id is sent on to the one address that it has.

So is the address of a paper that was joined to it.
"""

import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.collections import Holding
from broadsheet.model.errors import BroadsheetError, GoneError, NotFoundError, QueryError
from broadsheet.model.events import StoredEvent
from broadsheet.model.language import as_words
from broadsheet.model.language.printing import quoted
from broadsheet.model.paper import Paper
from broadsheet.model.query import Filters, Hit, Query
from broadsheet.model.readers import Reader
from broadsheet.services.export.bibtex import bibtex
from broadsheet.services.prose.plain import to_plain
from broadsheet.web.addresses import paper_address, search_address
from broadsheet.web.faces import ATOM, MARKDOWN
from broadsheet.web.files import paper_files
from broadsheet.web.listed import listed
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.personal import never_of
from broadsheet.web.site import Site, forwarded, given, site_of
from broadsheet.web.tallies import tally_lines
from broadsheet.web.visitor import visitor_of

log = logging.getLogger(__name__)

_MOST_DIGITS = 5
_N_SIMILAR = 8
_N_NEAR = 5
_N_EVENTS = 1_000


def paper(request: Request) -> Shown | Response:
    """Title, authors, abstract, where it comes from, what is near, BibTeX, what happened to it."""
    site = site_of(request)
    place = _place(request)
    ref = request.path_params["id"]
    try:
        found = site.reading.paper(ref)
    except NotFoundError as e:
        return _not_found(request, site, ref, e)
    if f"/paper/{found.id}" != request.url.path and site.reading.is_forward(ref, found):
        return forwarded(paper_address(found))
    opened = _opened(request, found, place or 0)
    if place is not None:
        # Each opening has to come here, so no browser may remember where this leads.
        headers = {"Cache-Control": "no-store"}
        address = paper_address(found)
        return RedirectResponse(address, status_code=301, headers=headers, background=opened)
    history = tuple(site.reading.events(paper=found.id, limit=_N_EVENTS))
    listing = Listing(
        address=paper_address(found),
        title=to_plain(found.title),
        description="What happened to this paper, the last first.",
        papers=(found,),
        events=history,
        paper=found,
    )
    return Shown(
        listing=listing,
        template="paper.html",
        values=lambda: _values(request, found, history),
        first=0,
        background=opened,
    )


def _values(request: Request, found: Paper, history: Sequence[StoredEvent]) -> dict[str, Any]:
    similar = _similar(request, found)
    return {
        "marked": [found, *(hit.paper for hit in similar)],
        "paper": found,
        "similar": similar,
        "likely": site_of(request).search.likely(found),
        "holding": _holding(request, found),
        "history": history,
        "tallies": tally_lines(site_of(request).reading.tallies(found)),
        "bibtex": bibtex(found),
        "files": paper_files(found),
        "otherwise": _otherwise(found),
        "venue_search": search_address(Query(filters=Filters(venues=(found.venue,)))),
    }


def short(request: Request) -> Response:
    """`/p/…` leads to `/paper/…`, whatever stands behind it."""
    address = f"/paper/{quote(request.path_params['rest'], safe='/')}"
    asked = request.url.query
    return RedirectResponse(f"{address}?{asked}" if asked else address, status_code=301)


def _place(request: Request) -> int | None:
    """The place in the list from which the page is opened; its address is then cleaned of it.

    Raises:
        QueryError: it is no place, or the address takes something else.
    """
    asked = given(request)
    for name in asked:
        if name != "at":
            raise QueryError(f"This page takes no {name[:40]!r}.")
    if "at" not in asked:
        return None
    said = asked["at"][0]
    if not (said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS):
        raise QueryError("'at' must be a place in a list.")
    return int(said)


def _opened(request: Request, found: Paper, place: int) -> BackgroundTask | None:
    """What keeps that a reader opened the page, once it is sent: nobody waits for it.

    What only looks (HEAD) or looks ahead (a browser that prefetches) opens nothing.
    """
    reader = visitor_of(request)
    ahead = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
    if reader is None or request.method != "GET" or "prefetch" in ahead:
        return None
    return BackgroundTask(_keep_opened, site_of(request), reader, found, place)


def _keep_opened(site: Site, reader: Reader, found: Paper, place: int) -> None:
    try:
        site.services.marks.opened(reader, found, place=place)
    except BroadsheetError as e:
        log.warning("an opening was not kept: %s", e)


def _holding(request: Request, found: Paper) -> list[Holding]:
    reader = visitor_of(request)
    return site_of(request).services.collections.holding(reader, found) if reader else []


def _similar(request: Request, found: Paper) -> list[Hit]:
    """What is near; a page is worth having without it, as while an index is being built."""
    try:
        not_in = never_of(request)
        return site_of(request).search.similar(found, k=_N_SIMILAR, not_in=not_in)
    except BroadsheetError:
        return []


def _otherwise(paper: Paper) -> list[tuple[str, str]]:
    """Return searches for papers that are like this one in one way and not in another."""
    id = quoted(paper.id)
    asked = {
        "Same task, another method": f"task:near:{id} -method:near:{id}",
        "Same method, another task": f"method:near:{id} -task:near:{id}",
        "Same data": f"data:near:{id}",
    }
    return [(said, search_address(Query(text=text))) for said, text in asked.items()]


def _not_found(request: Request, site: Site, ref: str, error: NotFoundError) -> Response:
    words = " ".join("".join(c if c.isalnum() else " " for c in unquote(ref)).split())
    near: tuple[Hit, ...] = ()
    if any(c.isalpha() for c in words):
        try:
            near = site.search.search(Query(text=as_words(words[:200]), per_page=_N_NEAR)).hits
        except BroadsheetError:
            near = ()
    is_gone = isinstance(error, GoneError)
    return site.press.page(
        request,
        "error.html",
        status=410 if is_gone else 404,
        heading="No longer in this paper" if is_gone else "Not in this paper",
        sentence=str(error),
        fault=None,
        near=near,
    )


# `.json` is the paper's file (`pages.export`); what is near hangs on the indexes as well.
ROUTES = [
    *listed("/paper/{id:path}", paper, faces=(ATOM, MARKDOWN), is_html_kept=False),
    Route("/p/{rest:path}", short),
]
