"""Turns a template and its values into a page that a browser may keep."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from broadsheet import __version__
from broadsheet.model.paper import Paper
from broadsheet.model.period import Kind, Period, period_of
from broadsheet.services.fields import category_field, category_name
from broadsheet.services.prose.markdown import markdown_html
from broadsheet.services.prose.plain import to_plain
from broadsheet.web import addresses, dateline, happenings, textex
from broadsheet.web.assets import Assets

TEMPLATES = Path(__file__).parent / "templates"
_REVALIDATE = "private, no-cache"  # a page may be its reader's alone
_KEPT_PAGES = 256


class Press:
    """Renders the templates of this room.

    Args:
        title: the paper's name on its pages.
        library: names the library, so that two of them on one port are never taken for each other.
        visiting: returns what a page holds for its reader (`mine` in templates), None for
            strangers; takes the request and the keywords `papers` and `first` of `page`.
    """

    def __init__(
        self, *, title: str, library: str = "", visiting: Callable[..., Any] = lambda *_, **__: None
    ) -> None:
        self.visiting = visiting
        self.assets = Assets()
        self.environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.environment.globals.update(title=title, asset=self.assets.address)
        self.environment.filters.update(_FILTERS)
        self._made: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()
        templates = [path.read_text("utf-8") for path in sorted(TEMPLATES.iterdir())]
        self.edition = _digest(__version__, library, title, *self.assets.addresses(), *templates)

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        papers: Sequence[Paper] = (),
        first: int = 1,
        **values: Any,
    ) -> Response:
        """Return a page, or 304 where the browser has the same one.

        Args:
            papers: those that its reader can mark on it, in its order.
            first: the place of the first of them in the whole list; 0 where they are no list.
        """
        # A page that says what went wrong must not fail on something else.
        mine = self.visiting(request, papers, first=first) if status == 200 else None
        html = self.part(template, path=request.url.path, mine=mine, **values)
        if status != 200:
            return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})
        tag = _tag(_digest(html))
        return self._not_modified(request, tag) or HTMLResponse(html, headers=_kept(tag))

    def part(self, template: str, **values: Any) -> str:
        """Return what a template makes of values."""
        return self.environment.get_template(template).render(**values)

    def known(self, request: Request, *revision: object) -> Response | None:
        """Return the page as made before from this revision of the library, else None.

        It is 304 where the browser has it. `keep` remembers a page that has been made.
        """
        tag = self._revision_tag(request, revision)
        with self._lock:
            html = self._made.get(tag)
            if html is not None:
                self._made.move_to_end(tag)
        if html is None:
            return self._not_modified(request, tag)
        return self._not_modified(request, tag) or HTMLResponse(html, headers=_kept(tag))

    def keep(self, request: Request, response: Response, *revision: object) -> Response:
        """Remember a page as made from this revision of the library, and return it so marked."""
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
        asked = f"{request.url.path}?{request.url.query}"
        return _tag(_digest(self.edition, asked, *map(str, revision)))

    def _not_modified(self, request: Request, tag: str) -> Response | None:
        known = request.headers.get("if-none-match", "")
        if tag not in [part.strip() for part in known.split(",")]:
            return None
        return Response(status_code=304, headers=_kept(tag))


def _kept(tag: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": _REVALIDATE}


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


def _markdown(text: str) -> Markup:
    return Markup(markdown_html(text))  # noqa: S704 markup in it is text


_FILTERS = {
    "markdown": _markdown,
    "tag_address": addresses.tag_address,
    "collection_address": addresses.collection_address,
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
