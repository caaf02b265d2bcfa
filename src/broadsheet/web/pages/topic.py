"""`/t/{words}`: the papers of a topic, newest first, and its editions `/t/{words}/2026-W47`."""

import re

from starlette.requests import Request

from broadsheet.model.errors import InvalidValueError, NotFoundError
from broadsheet.model.follows import topic_of
from broadsheet.model.language import as_words
from broadsheet.model.query import Query
from broadsheet.web.addresses import search_address, topic_address
from broadsheet.web.listed import listed_anew
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.pages.edition import Within, edition_page, period_named
from broadsheet.web.personal import is_followed, never_of
from broadsheet.web.site import page_number, site_of

_EDITION = re.compile(r"(.+)/(\d{4}(?:-\d\d(?:-\d\d)?|[/-]W\d\d)?)\Z", re.DOTALL)


def topic(request: Request) -> Shown:
    """All papers that answer the words of a topic, or those of a period."""
    given = request.path_params["words"]
    edition = _EDITION.match(given)
    words = _words(edition[1] if edition else given)
    return _edition(request, words, edition[2]) if edition else _all(request, words)


def _all(request: Request, words: str) -> Shown:
    query, address = Query(text=as_words(words)), topic_address(words)
    found = site_of(request).services.search_editions.page(
        query, page=page_number(request), not_in=never_of(request)
    )
    shown = found.shown
    listing = Listing.of(
        shown,
        address=address,
        title=words,
        description=f"Papers that hold these words or are near to them, newest first. {found.note}",
    )
    followed = is_followed(request, "topic", words.casefold())
    return Shown(
        listing=listing,
        template="topic.html",
        values=lambda: {
            "words": words,
            "topic": found,
            "followed": followed,
            "address": address,
            "ranked": search_address(query),
        },
        first=shown.first,
    )


def _edition(request: Request, words: str, written: str) -> Shown:
    found = site_of(request).services.search_editions.edition(
        Query(text=as_words(words)),
        period_named(written),
        page=page_number(request),
        not_in=never_of(request),
    )
    said = f" and answers “{words}”"
    return edition_page(found, Within(name=words, address=topic_address(words), said=said))


def _words(given: str) -> str:
    try:
        return topic_of(given)
    except InvalidValueError as e:
        raise NotFoundError(str(e)) from e


ROUTES = listed_anew("/t/{words:path}", topic)
