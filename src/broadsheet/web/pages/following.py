"""`/following`: what is new of the authors, categories and topics that a reader follows."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.web.back import back_to
from broadsheet.web.forms import Form, posted
from broadsheet.web.listed import listed_anew
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.personal import never_of
from broadsheet.web.site import page_number, site_of
from broadsheet.web.visitor import reader_of


def following(request: Request) -> Shown:
    """Papers of followed authors and categories, newest first; topics on the first page."""
    reader, page = reader_of(request), page_number(request)
    kept, never = site_of(request).services.follows, never_of(request)
    shown = kept.page(reader, page=page, not_in=never)
    topics = kept.topics(reader, not_in=never) if page == 1 else []
    of_topics = [paper for topic in topics for paper in topic.papers]
    listing = Listing(
        address="/following",
        title="Following",
        description="What is new of the topics, authors and categories that you follow.",
        papers=tuple({paper.key: paper for paper in (*of_topics, *shown.papers)}.values()),
        page=shown.page,
        n_pages=shown.n_pages,
    )
    return Shown(
        listing=listing,
        template="following.html",
        values=lambda: {
            "follows": kept.of(reader),
            "topics": topics,
            "shown": shown,
            "marked": shown.papers,
        },
        first=shown.first,
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
    *listed_anew("/following", following),
    Route("/follow", posted(follow), methods=["POST"]),
]
