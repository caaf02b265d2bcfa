"""What a page is given: the services it may ask and the press that prints it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, cast

from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from broadsheet.model.errors import BroadsheetError, QueryError
from broadsheet.model.library import Revision
from broadsheet.model.paper import Paper
from broadsheet.model.query import parse_page
from broadsheet.services.bundle import Services
from broadsheet.services.reading import ReadingService
from broadsheet.services.search import SearchService
from broadsheet.web.press import Press

DID = "did"
"""The parameter that names what was done just now; any page may be asked for with it."""

_MADE_AT_ONCE = 2
"""Pages that one process makes at a time: one may wait for the disk while another is written. Where
sixteen threads take the interpreter from each other, each page takes half as long again, and all
end late."""

P = ParamSpec("P")


def named_alone(paper: Paper) -> Mapping[str, Any]:
    """Return a paper as its id alone, where no API says more."""
    return {"id": paper.id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One mounted set of pages.

    Args:
        services: the use cases behind the pages.
        press: prints them.
        describe: returns the API's description (OpenAPI).
        shape: returns a paper as the API has it.
        making: lets only so many pages be made at a time.
    """

    services: Services
    press: Press
    describe: Callable[[], dict[str, Any]] = dict
    shape: Callable[[Paper], Mapping[str, Any]] = named_alone
    making: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_MADE_AT_ONCE))

    @property
    def reading(self) -> ReadingService:
        """What is read page by page."""
        return self.services.reading

    @property
    def title(self) -> str:
        """The paper's name."""
        return self.services.settings.title

    @property
    def search(self) -> SearchService:
        """Search."""
        return self.services.search

    def warm(self) -> None:
        """Make ready what the first page would wait for; if that fails, the page will say so."""
        self.press.warm()
        with suppress(BroadsheetError):
            self.reading.front(self.services.trending.leading)
            self.reading.reading.categories()  # counted over the whole library, as days are


def site_of(request: Request) -> Site:
    """Return the site that a request is for."""
    site: Site = request.app.state.site
    return site


def kept_until_change(page: Callable[P, Response]) -> Callable[P, Response]:
    """Let a page be made once from each revision of the library, and be given out again then.

    All strangers share one; a reader has their own, until they change something (`Reader.seq`).

    Args:
        page: takes the request first; what it shows hangs on its address, who asks and the
            revision alone.
    """
    return _kept(page, lambda site: site.reading.revision())


def kept_until_signal(page: Callable[P, Response]) -> Callable[P, Response]:
    """Let a page be made once from each revision of the library and of what trends."""
    return _kept(page, _with_trend)


def _with_trend(site: Site) -> Revision:
    with site.reading.snapshot():
        return site.reading.revision()._replace(at=None, also=site.services.trending.revision())


def _kept(
    page: Callable[P, Response], revision_of: Callable[[Site], Revision]
) -> Callable[P, Response]:
    @wraps(page)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        request = cast(Request, args[0])
        site = site_of(request)
        revision = revision_of(site)
        known = site.press.known(request, revision)
        if known is not None:
            return known
        return site.press.keep(request, page(*args, **kwargs), revision)

    return answer


def given(request: Request) -> dict[str, list[str]]:
    """Return the parameters of an address, each with all its values."""
    names = [name for name in request.query_params if name != DID]
    return {name: request.query_params.getlist(name) for name in names}


def forwarded(address: str) -> Response:
    """Return the answer at the address of a paper that was joined to another.

    It is asked for again each time: who takes the papers apart gives the address back.
    """
    return RedirectResponse(address, status_code=308, headers={"Cache-Control": "no-cache"})


def page_number(request: Request) -> int:
    """Return `page` of an address that takes nothing else.

    Raises:
        QueryError: it takes something else, or the number is out of range.
    """
    asked = given(request)
    for name in asked:
        if name != "page":
            raise QueryError(f"This page takes no {name[:40]!r}; only 'page'.")
    return parse_page(asked.get("page", ()))


def nothing_else(request: Request) -> None:
    """Refuse parameters on a page that takes none.

    Raises:
        QueryError: there is one.
    """
    for name in given(request):
        raise QueryError(f"This page takes no {name[:40]!r}.")
