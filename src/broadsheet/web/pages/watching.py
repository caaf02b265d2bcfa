"""`/queries`: what a reader wants to be told of, what it has brought, and where it goes."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import QueryError
from broadsheet.model.events import EVENT_KINDS
from broadsheet.model.saved import SavedQuery
from broadsheet.web.addresses import search_address
from broadsheet.web.forms import Form, posted
from broadsheet.web.site import given, nothing_else, site_of
from broadsheet.web.visitor import reader_of

_LONGEST_QUERY = 10_000
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
    return _query_page(request, _own(request))


def change(request: Request, form: Form) -> Response:
    """Change a query's name and outlets."""
    own = _own(request)
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
    own = _own(request)
    secret = site_of(request).services.alerts.open_feed(own)
    return _query_page(request, _own(request), feed=f"/feeds/{secret}.atom")


def close_feed(request: Request, form: Form) -> Response:
    """Take the private feed away."""
    own = _own(request)
    site_of(request).services.alerts.close_feed(own)
    return _to(f"/queries/{own.id}")


def remove(request: Request, form: Form) -> Response:
    """Forget a query."""
    site_of(request).services.alerts.remove(_own(request))
    return _to("/queries")


def _query_page(request: Request, own: SavedQuery, *, feed: str = "") -> Response:
    site = site_of(request)
    before = given(request).get("before", [""])[0]
    brought = site.services.alerts.brought(own, before=int(before) if before.isdigit() else None)
    return _private(
        site.press.page(
            request,
            "query.html",
            query=own,
            asks=_asks(own),
            brought=brought,
            older=brought[-1][0].number if brought else 0,
            feed=feed,
            sends_mail=site.services.subscribing.is_open,
        )
    )


def _to(path: str) -> Response:
    return RedirectResponse(path, status_code=303)


def _own(request: Request) -> SavedQuery:
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
