"""`/following`: what is new of the authors, categories and topics that a reader follows."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.web.back import back_to
from broadsheet.web.forms import Form, posted
from broadsheet.web.personal import never_of
from broadsheet.web.site import page_number, site_of
from broadsheet.web.visitor import reader_of


def following(request: Request) -> Response:
    """Papers of followed authors and categories, newest first; topics on the first page."""
    site, reader, page = site_of(request), reader_of(request), page_number(request)
    kept, never = site.services.follows, never_of(request)
    shown = kept.page(reader, page=page, not_in=never)
    return site.press.page(
        request,
        "following.html",
        papers=shown.papers,
        first=shown.first,
        follows=kept.of(reader),
        topics=kept.topics(reader, not_in=never) if page == 1 else [],
        shown=shown,
    )


def follow(request: Request, form: Form) -> Response:
    """Follow an author, a category or a topic, or with `do` = `unfollow` no longer."""
    kept, reader = site_of(request).services.follows, reader_of(request)
    kind, value = form.text("kind"), form.text("value")
    if form.text("do") == "unfollow":
        kept.remove(reader, kind, value)
    else:
        kept.add(reader, kind, value)
    return back_to(form)


ROUTES = [
    Route("/following", following),
    Route("/follow", posted(follow), methods=["POST"]),
]
