"""What a page is given: the services it may ask and the press that prints it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, cast

from starlette.requests import Request
from starlette.responses import Response

from broadsheet.model.errors import QueryError
from broadsheet.model.query import parse_query
from broadsheet.services.bundle import Services
from broadsheet.services.reading import ReadingService
from broadsheet.services.search import SearchService
from broadsheet.web.press import Press
from broadsheet.web.visitor import visitor_of

DID = "did"
"""The parameter that names what was done just now; any page may be asked for with it."""

P = ParamSpec("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One mounted set of pages.

    Args:
        services: the use cases behind the pages.
        press: prints them.
        describe: returns the API's description (OpenAPI).
    """

    services: Services
    press: Press
    describe: Callable[[], dict[str, Any]] = dict

    @property
    def reading(self) -> ReadingService:
        """What is read page by page."""
        return self.services.reading

    @property
    def search(self) -> SearchService:
        """Search."""
        return self.services.search


def site_of(request: Request) -> Site:
    """Return the site that a request is for."""
    site: Site = request.app.state.site
    return site


def kept_until_change(page: Callable[P, Response]) -> Callable[P, Response]:
    """Let a page be made once from each revision of the library, and be given out again then.

    A reader's page is kept for that reader, until the next change of what it sees; strangers
    share one.

    Args:
        page: takes the request first; what it shows hangs on its address, the revision and the
            reader alone.
    """

    @wraps(page)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        request = cast(Request, args[0])
        site = site_of(request)
        visitor = visitor_of(request)
        reader = (visitor.id, visitor.seq) if visitor is not None else ()
        revision = (*site.reading.revision(), *reader)
        known = site.press.known(request, *revision)
        if known is not None:
            return known
        return site.press.keep(request, page(*args, **kwargs), *revision)

    return answer


def given(request: Request) -> dict[str, list[str]]:
    """Return the parameters of an address, each with all its values."""
    names = [name for name in request.query_params if name != DID]
    return {name: request.query_params.getlist(name) for name in names}


def page_number(request: Request) -> int:
    """Return `page` of an address that takes nothing else.

    Raises:
        QueryError: it takes something else, or the number is out of range.
    """
    asked = given(request)
    for name in asked:
        if name != "page":
            raise QueryError(f"This page takes no {name[:40]!r}; only 'page'.")
    return parse_query(asked).page


def nothing_else(request: Request) -> None:
    """Refuse parameters on a page that takes none.

    Raises:
        QueryError: there is one.
    """
    for name in given(request):
        raise QueryError(f"This page takes no {name[:40]!r}.")
