"""`/paper/{id}`: one paper; any form of its id is sent on to the one address that it has.

So is the address of a paper that was joined to it.
"""

from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import BroadsheetError, GoneError, NotFoundError
from broadsheet.model.paper import Paper
from broadsheet.model.query import Filters, Hit, Query
from broadsheet.services.export.bibtex import bibtex
from broadsheet.services.prose.plain import to_plain
from broadsheet.web.addresses import paper_address, search_address
from broadsheet.web.faces import ATOM, MARKDOWN
from broadsheet.web.files import paper_files
from broadsheet.web.listed import listed
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.site import Site, forwarded, nothing_else, site_of
from broadsheet.web.tallies import tally_lines

_N_SIMILAR = 8
_N_NEAR = 5
_N_EVENTS = 1_000


def paper(request: Request) -> Shown | Response:
    """Title, authors, abstract, where it comes from, what is near, BibTeX, what happened to it."""
    site = site_of(request)
    nothing_else(request)
    ref = request.path_params["id"]
    try:
        found = site.reading.paper(ref)
    except NotFoundError as e:
        return _not_found(request, site, ref, e)
    if f"/paper/{found.id}" != request.url.path and site.reading.is_forward(ref, found):
        return forwarded(paper_address(found))
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
        values=lambda: {
            "paper": found,
            "similar": _similar(site, found),
            "history": history,
            "tallies": tally_lines(site.reading.tallies(found)),
            "bibtex": bibtex(found),
            "files": paper_files(found),
            "venue_search": search_address(Query(filters=Filters(venues=(found.venue,)))),
        },
    )


def short(request: Request) -> Response:
    """`/p/…` leads to `/paper/…`, whatever stands behind it."""
    address = f"/paper/{quote(request.path_params['rest'], safe='/')}"
    asked = request.url.query
    return RedirectResponse(f"{address}?{asked}" if asked else address, status_code=301)


def _similar(site: Site, found: Paper) -> list[Hit]:
    """What is near; a page is worth having without it, as while an index is being built."""
    try:
        return site.search.similar(found, k=_N_SIMILAR)
    except BroadsheetError:
        return []


def _not_found(request: Request, site: Site, ref: str, error: NotFoundError) -> Response:
    words = " ".join("".join(c if c.isalnum() else " " for c in unquote(ref)).split())
    near: tuple[Hit, ...] = ()
    if any(c.isalpha() for c in words):
        try:
            near = site.search.search(Query(text=words[:200], per_page=_N_NEAR)).hits
        except BroadsheetError:
            near = ()
    is_gone = isinstance(error, GoneError)
    return site.press.page(
        request,
        "error.html",
        status=410 if is_gone else 404,
        heading="No longer in this paper" if is_gone else "Not in this paper",
        sentence=str(error),
        near=near,
    )


# `.json` is the paper's file (`pages.export`); what is near hangs on the indexes as well.
ROUTES = [
    *listed("/paper/{id:path}", paper, faces=(ATOM, MARKDOWN), is_html_kept=False),
    Route("/p/{rest:path}", short),
]
