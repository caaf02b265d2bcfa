"""`/collections` and `/collections/{id}`: made, shown, changed, shared."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.web.addresses import collection_address
from broadsheet.web.back import back_to
from broadsheet.web.forms import Form, posted
from broadsheet.web.listed import listed_anew
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.site import nothing_else, page_number, site_of
from broadsheet.web.visitor import reader_of, visitor_of


def collections(request: Request) -> Response:
    """A reader's own collections and those shared with it."""
    nothing_else(request)
    site, reader = site_of(request), reader_of(request)
    found = site.services.collections.of(reader)
    return site.press.page(request, "collections.html", collections=found)


def collection(request: Request) -> Shown:
    """A collection's papers, what was put in last first; a public one's for strangers, too."""
    reader = visitor_of(request)
    kept = site_of(request).services.collections
    found = kept.one(request.path_params["id"], reader)
    shown = kept.page(found, reader, page=page_number(request))
    listing = Listing.of(
        shown,
        address=collection_address(found.id),
        title=found.name,
        description=f"A collection of papers by {found.owner}, what was put in last first.",
    )
    return Shown(
        listing=listing,
        template="collection.html",
        values=lambda: {
            "collection": found,
            "shown": shown,
            "sharers": kept.sharers(found.id, reader) if reader and found.is_owner else [],
            "address": listing.address,
        },
        first=shown.first,
    )


def make(request: Request, form: Form) -> Response:
    """Make a collection; with `paper`, put that in and go back to its page."""
    site, reader = site_of(request), reader_of(request)
    paper = site.reading.paper(form.text("paper")) if form.has("paper") else None
    made = site.services.collections.add(
        reader,
        name=form.text("name"),
        about=form.lines("about"),
        visibility=form.text("visibility") or "private",
    )
    if paper is None:
        return RedirectResponse(collection_address(made.id), status_code=303)
    site.services.collections.put(made.id, reader, paper)
    return back_to(form, at="collections")


def change(request: Request, form: Form) -> Response:
    """Change what the form gives: name, about, visibility."""
    id = request.path_params["id"]
    given = {name: form.lines(name) for name in ("name", "about", "visibility") if form.has(name)}
    site_of(request).services.collections.change(id, reader_of(request), **given)
    return RedirectResponse(collection_address(id), status_code=303)


def remove(request: Request, form: Form) -> Response:
    """Remove a collection; its papers stay."""
    site_of(request).services.collections.remove(request.path_params["id"], reader_of(request))
    return RedirectResponse("/collections", status_code=303)


def papers(request: Request, form: Form) -> Response:
    """Put a paper in, or with `do` = `take` take it out."""
    site, reader, id = site_of(request), reader_of(request), request.path_params["id"]
    kept = site.services.collections
    kept.one(id, reader)  # who may not know of it is told nothing of the paper either
    paper = site.reading.paper(form.text("paper"))
    (kept.take if form.text("do") == "take" else kept.put)(id, reader, paper)
    return back_to(form, at="collections")


def readers(request: Request, form: Form) -> Response:
    """Share with the reader of a name, or with `do` = `unshare` no longer with that of an id."""
    reader, id = reader_of(request), request.path_params["id"]
    kept = site_of(request).services.collections
    if form.text("do") == "unshare":
        kept.unshare(id, reader, sharer=form.text("reader"))
        is_own = form.text("reader") == reader.id
        return RedirectResponse("/collections" if is_own else collection_address(id), 303)
    kept.share(id, reader, name=form.text("name"), may_edit=form.text("may_edit") == "1")
    return RedirectResponse(collection_address(id), status_code=303)


ROUTES = [
    Route("/collections", collections),
    Route("/collections", posted(make), methods=["POST"]),
    *listed_anew("/collections/{id}", collection),
    Route("/collections/{id}", posted(change), methods=["POST"]),
    Route("/collections/{id}/remove", posted(remove), methods=["POST"]),
    Route("/collections/{id}/papers", posted(papers), methods=["POST"]),
    Route("/collections/{id}/readers", posted(readers), methods=["POST"]),
]
