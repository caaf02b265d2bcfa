"""`/queries/{id}/2026-W47`: a saved search's editions; what it has brought has its faces here."""

from starlette.requests import Request

from broadsheet.model.errors import NotFoundError, QueryError
from broadsheet.web.addresses import saved_query_address
from broadsheet.web.listed import listed, listed_anew
from broadsheet.web.listing import Shown
from broadsheet.web.pages.edition import Within, edition_page, period_named
from broadsheet.web.pages.watching import own_query, what_came
from broadsheet.web.personal import never_of
from broadsheet.web.site import page_number, site_of
from broadsheet.web.visitor import visitor_of


def brought(request: Request) -> Shown:
    """What a saved query has brought."""
    return Shown(listing=what_came(request, own_query(request)), template="", values=dict)


def query_edition(request: Request) -> Shown:
    """The papers of a period that answer a saved search, whether it has brought them or not."""
    services, own = site_of(request).services, own_query(request)
    if own.kind != "search":
        raise NotFoundError("Only a saved search has editions.")
    try:
        query = own.query
    except QueryError as e:  # of an older library, which took any text
        raise NotFoundError(f"This search cannot be read any more: {e}") from e
    found = services.search_editions.edition(
        query,
        period_named(request.path_params["period"]),
        page=page_number(request),
        not_in=never_of(request),
        marked=services.marks.marked(visitor_of(request)),
    )
    address = saved_query_address(own.id)
    return edition_page(found, Within(name=own.name, address=address, said=" and answers it"))


ROUTES = [
    *listed("/queries/{id}", brought, has_html=False, are_faces_kept=False),
    *listed_anew("/queries/{id}/{period:path}", query_edition),
]
