"""`/queries`: what a reader wants to be told of, what it has brought, and where it goes."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import QueryError
from broadsheet.model.events import EVENT_KINDS
from broadsheet.model.paper import Paper
from broadsheet.model.period import Period, period_of
from broadsheet.model.saved import Delivery, SavedQuery
from broadsheet.services.alerts import PAGE
from broadsheet.web.addresses import saved_query_address, search_address
from broadsheet.web.forms import Form, posted
from broadsheet.web.listed import face_links
from broadsheet.web.listing import Listing
from broadsheet.web.personal import never_of
from broadsheet.web.site import given, nothing_else, site_of
from broadsheet.web.visitor import reader_of

_LONGEST_QUERY = 10_000
_MOST_DIGITS = 18
_SHOWN_EVENTS = tuple(kind for kind in EVENT_KINDS if kind != "new")


def queries(request: Request) -> Response:
    """A reader's saved queries."""
    nothing_else(request)
    site, reader = site_of(request), reader_of(request)
    saved = [(query, _asks(query)) for query in site.services.alerts.of(reader)]
    return _private(site.press.page(request, "queries.html", queries=saved, events=_SHOWN_EVENTS))


def save(request: Request, form: Form) -> Response:
    """Save a query: from now on it looks at everything that is new."""
    site, reader = site_of(request), reader_of(request)
    kind = form.text("kind")
    asked: dict[str, object] = {
        "q": form.text("q", most=_LONGEST_QUERY),
        "id": form.text("collection"),
        "kinds": form.many("event"),
        "of": form.text("of"),
    }
    made = site.services.alerts.save(
        reader,
        name=form.text("name") or _name_of(kind, form.text("words", most=_LONGEST_QUERY)),
        kind=kind,
        asked=asked,
        mail=form.ticked("mail"),
    )
    return _to(f"/queries/{made.id}")


def query(request: Request) -> Response:
    """One saved query: what it has brought, and its outlets."""
    return _query_page(request, own_query(request))


def change(request: Request, form: Form) -> Response:
    """Change a query's name and outlets."""
    own = own_query(request)
    site_of(request).services.alerts.change(
        own,
        name=form.text("name"),
        mail=form.ticked("mail"),
        hook=form.text("hook").strip(),
        repeats=form.ticked("repeats"),
    )
    return _to(f"/queries/{own.id}")


def open_feed(request: Request, form: Form) -> Response:
    """Give the query a private feed; its address is shown this once."""
    own = own_query(request)
    secret = site_of(request).services.alerts.open_feed(own)
    return _query_page(request, own_query(request), feed=f"/feeds/{secret}.atom")


def close_feed(request: Request, form: Form) -> Response:
    """Take the private feed away."""
    own = own_query(request)
    site_of(request).services.alerts.close_feed(own)
    return _to(f"/queries/{own.id}")


def remove(request: Request, form: Form) -> Response:
    """Forget a query."""
    site_of(request).services.alerts.remove(own_query(request))
    return _to("/queries")


def what_came(request: Request, own: SavedQuery) -> Listing:
    """Return what a saved query has brought, the last first, fifty at a time."""
    brought = site_of(request).services.alerts.brought(own, before=_before(request))
    address = saved_query_address(own.id)
    further = f"{address}?before={brought[-1][0].number}" if len(brought) >= PAGE else ""
    return listing_of(own, brought, address=address, further=further)


def _before(request: Request) -> int | None:
    """Return the number of the delivery before which a page goes on; None for the latest."""
    asked = given(request)
    values = asked.pop("before", [])
    if asked or len(values) > 1:
        raise QueryError("This page takes 'before' alone, and once.")
    if not values:
        return None
    is_number = values[0].isascii() and values[0].isdigit() and len(values[0]) <= _MOST_DIGITS
    if not is_number:
        raise QueryError(f"'before' must be a number that this page gave, got {values[0][:40]!r}.")
    return int(values[0])


def listing_of(
    query: SavedQuery,
    brought: Sequence[tuple[Delivery, Paper]],
    *,
    address: str,
    further: str = "",
) -> Listing:
    """Return what a saved query has brought as the list at an address."""
    return Listing(
        address=address,
        title=query.name,
        description="What a saved query has brought, the last first.",
        papers=tuple(paper for _, paper in brought),
        why={paper.key: delivery.why for delivery, paper in brought},
        further=further,
    )


def _query_page(request: Request, own: SavedQuery, *, feed: str = "") -> Response:
    site, listing = site_of(request), what_came(request, own)
    return _private(
        site.press.page(
            request,
            "query.html",
            query=own,
            asks=_asks(own),
            editions=_editions(request, own),
            came=listing,
            faces=face_links(listing),
            feed=feed,
            sends_mail=site.services.subscribing.is_open,
        )
    )


def _editions(request: Request, own: SavedQuery) -> list[Period]:
    """Return the newest month and year of a saved search."""
    if own.kind != "search":
        return []
    services = site_of(request).services
    try:
        newest = services.search_editions.newest(
            own.query, not_in=never_of(request), marked=services.marks.marked(reader_of(request))
        )
    except QueryError:  # its page says so
        return []
    return [newest, period_of(newest.first, "year")] if newest else []


def _to(path: str) -> Response:
    return RedirectResponse(path, status_code=303)


def own_query(request: Request) -> SavedQuery:
    """Return the saved query of an address, if it is of the reader who asks."""
    reader = reader_of(request)
    return site_of(request).services.alerts.one(reader, request.path_params["id"])


def _asks(query: SavedQuery) -> tuple[str, str]:
    """Return what a query asks, in words, and the address where the same can be read."""
    if query.kind == "search":
        try:
            said = query.query
        except QueryError as e:  # of an older library, which took any text
            return f"It cannot be read any more: {e}", ""
        return said.text or "Whatever passes the filters", search_address(said)
    if query.kind == "events":
        return f"{', '.join(query.asked['kinds'])} of {query.asked['of']} papers", ""
    if query.kind == "collection":
        return "What others put into a collection", f"/collections/{query.asked['id']}"
    return "Whom and what you follow", "/following"


def _name_of(kind: str, words: str) -> str:
    return words[:60] or {"follows": "What I follow", "events": "News of papers"}.get(kind, kind)


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-store"
    return response


ROUTES = [
    Route("/queries", queries),
    Route("/queries", posted(save), methods=["POST"]),
    Route("/queries/{id}", query),
    Route("/queries/{id}", posted(change), methods=["POST"]),
    Route("/queries/{id}/feed", posted(open_feed), methods=["POST"]),
    Route("/queries/{id}/feed/close", posted(close_feed), methods=["POST"]),
    Route("/queries/{id}/remove", posted(remove), methods=["POST"]),
]
