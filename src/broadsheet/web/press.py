"""Turns a template and its values into a page that a browser may keep."""

import hashlib
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from broadsheet import __version__
from broadsheet.model.period import Kind, Period, period_of
from broadsheet.model.readers import AccountMode
from broadsheet.services.fields import category_field, category_name
from broadsheet.services.prose.plain import to_plain
from broadsheet.web import addresses, dateline, happenings, textex
from broadsheet.web.agents import agent_words
from broadsheet.web.assets import Assets
from broadsheet.web.next_page import here
from broadsheet.web.visitor import visitor_of

TEMPLATES = Path(__file__).parent / "templates"
_REVALIDATE = "no-cache"
_NOT_KEPT = {"Cache-Control": "no-store"}
_KEPT_PAGES = 256


class Press:
    """Renders the templates of this room.

    Args:
        title: the paper's name on its pages.
        library: names the library, so that two of them on one port are never taken for each other.
        accounts: whether there is anyone to sign in.
    """

    def __init__(self, *, title: str, library: str = "", accounts: AccountMode = "single") -> None:
        self.assets = Assets()
        self.environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.environment.globals.update(title=title, asset=self.assets.address, accounts=accounts)
        self.environment.filters.update(_FILTERS)
        self._made: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()
        templates = [path.read_text("utf-8") for path in sorted(TEMPLATES.iterdir())]
        said = (__version__, library, title, accounts)
        self.edition = _digest(*said, *self.assets.addresses(), *templates)

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        keep: bool = True,
        **values: Any,
    ) -> Response:
        """Return a page, or 304 where the browser has the same one.

        Args:
            keep: whether a browser may keep it; not, where it holds what its reader alone may see.
        """
        html = self.environment.get_template(template).render(
            path=request.url.path, here=here(request), visitor=visitor_of(request), **values
        )
        if status != 200 or not keep:
            return HTMLResponse(html, status_code=status, headers=_NOT_KEPT)
        tag = _tag(_digest(html))
        return self._not_modified(request, tag) or HTMLResponse(html, headers=_kept(request, tag))

    def known(self, request: Request, *revision: object) -> Response | None:
        """Return the page as made before for this reader from this revision, else None.

        It is 304 where the browser has it. `keep` remembers a page that has been made.
        """
        tag = self._revision_tag(request, revision)
        with self._lock:
            html = self._made.get(tag)
            if html is not None:
                self._made.move_to_end(tag)
        if html is None:
            return self._not_modified(request, tag)
        return self._not_modified(request, tag) or HTMLResponse(html, headers=_kept(request, tag))

    def keep(self, request: Request, response: Response, *revision: object) -> Response:
        """Remember a page as made for this reader from this revision, and return it so marked."""
        tag = self._revision_tag(request, revision)
        if response.status_code != 200:
            return response
        response.headers["ETag"] = tag
        with self._lock:
            self._made[tag] = bytes(response.body)
            while len(self._made) > _KEPT_PAGES:
                self._made.popitem(last=False)
        return response

    def _revision_tag(self, request: Request, revision: tuple[object, ...]) -> str:
        asked, visitor = f"{request.url.path}?{request.url.query}", visitor_of(request)
        whose = "stranger" if visitor is None else f"{visitor.id} {visitor.seq}"
        return _tag(_digest(self.edition, asked, whose, *map(str, revision)))

    def _not_modified(self, request: Request, tag: str) -> Response | None:
        known = request.headers.get("if-none-match", "")
        if tag not in [part.strip() for part in known.split(",")]:
            return None
        return Response(status_code=304, headers=_kept(request, tag))


def _kept(request: Request, tag: str) -> dict[str, str]:
    """Return the headers of a page that is one reader's, or everyone's."""
    whose = f"private, {_REVALIDATE}" if visitor_of(request) is not None else _REVALIDATE
    return {"ETag": tag, "Cache-Control": whose, "Vary": "Cookie"}


def _tag(digest: str) -> str:
    """Weak, for the bytes differ when they are sent compressed."""
    return f'W/"{digest}"'


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:20]


def _number(count: int) -> str:
    return f"{count:,}"


def _plural(count: int, noun: str) -> str:
    many = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{count:,} {noun if count == 1 else many}"


def _around(period: Period, kind: Kind) -> Period:
    return period_of(period.first, kind)


def _paragraphs(text: str) -> list[str]:
    return [part for part in (p.strip() for p in text.split("\n\n")) if part]


_FILTERS = {
    "tex": textex.to_html,
    "plain": to_plain,
    "excerpt": textex.to_excerpt,
    "paragraphs": _paragraphs,
    "number": _number,
    "plural": _plural,
    "date": dateline.plain_date,
    "long_date": dateline.long_date,
    "period": dateline.period_line,
    "happening": happenings.happening,
    "agent": agent_words,
    "month_name": dateline.month_name,
    "around": _around,
    "category": category_name,
    "field": category_field,
    "paper_address": addresses.paper_address,
    "author_address": addresses.author_address,
    "category_address": addresses.category_address,
    "edition_address": addresses.edition_address,
    "search_address": addresses.search_address,
    "page_address": addresses.page_address,
}
