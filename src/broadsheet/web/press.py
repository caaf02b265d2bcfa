"""Turns a template and its values into a page that a browser may keep."""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from broadsheet import __version__
from broadsheet.model.library import Revision
from broadsheet.model.paper import Paper
from broadsheet.model.period import Kind, Period, period_of
from broadsheet.model.readers import AccountMode
from broadsheet.services.fields import category_field, category_name
from broadsheet.services.prose.markdown import markdown_html
from broadsheet.services.prose.plain import to_plain
from broadsheet.web import addresses, counted, dateline, happenings, stories, textex, trend_terms
from broadsheet.web.agents import agent_words
from broadsheet.web.assets import Assets
from broadsheet.web.next_page import here
from broadsheet.web.visitor import visitor_of

TEMPLATES = Path(__file__).parent / "templates"
_HTML = "text/html; charset=utf-8"
_REVALIDATE = "no-cache"
_NOT_KEPT = {"Cache-Control": "no-store"}
_KEPT_PAGES = 1024
"""Some 15 kB each, compressed."""

COMPRESSION = 3


class _Made(NamedTuple):
    packed: bytes
    media_type: str


class Press:
    """Renders the templates of this room.

    Args:
        title: the paper's name on its pages.
        library: names the library, so that two of them on one port are never taken for each other.
        accounts: whether there is anyone to sign in.
        visiting: returns what a page holds for its reader (`mine` in templates), None for
            strangers; takes the request and the keywords `papers` and `first` of `page`.
    """

    def __init__(
        self,
        *,
        title: str,
        library: str = "",
        accounts: AccountMode = "single",
        visiting: Callable[..., Any] = lambda *_, **__: None,
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
        self.environment.globals.update(
            title=title, asset=self.assets.address, accounts=accounts, faces=(), feeds=()
        )
        self.environment.globals.update(
            story=stories.story,
            controls=stories.controls,
            trend_line=trend_terms.trend_line,
            trend_terms=trend_terms.trend_terms,
        )
        self.environment.filters.update(_FILTERS)
        self._made: OrderedDict[str, _Made] = OrderedDict()
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
        papers: Sequence[Paper] = (),
        first: int = 1,
        **values: Any,
    ) -> Response:
        """Return a page, or 304 where the browser has the same one.

        Args:
            keep: whether a browser may keep it; not, where it holds what its reader alone may see.
            papers: those that its reader can mark on it, in its order.
            first: the place of the first of them in the whole list; 0 where they are no list.
        """
        # A page that says what went wrong must not fail on something else.
        mine = self.visiting(request, papers, first=first) if status == 200 else None
        html = self.part(
            template,
            path=request.url.path,
            here=here(request),
            visitor=visitor_of(request),
            mine=mine,
            **values,
        )
        if status != 200 or not keep:
            return HTMLResponse(html, status_code=status, headers=_NOT_KEPT)
        return self.sheet(request, html.encode("utf-8", "replace"), _HTML)

    def warm(self) -> None:
        """Read all templates, so that no page waits for its own."""
        for name in self.environment.list_templates():
            self.environment.get_template(name)

    def part(self, template: str, **values: Any) -> str:
        """Return what a template makes of values."""
        return self.environment.get_template(template).render(**values)

    def sheet(self, request: Request, body: bytes, media_type: str) -> Response:
        """Return bytes that a browser may keep, or 304 where it has the same ones."""
        headers = _kept(request, _tag(_digest(body.decode("utf-8", "replace"))))
        same = _unchanged(request, headers)
        return Response(body, media_type=media_type, headers=headers) if same is None else same

    def known(self, request: Request, revision: Revision) -> Response | None:
        """Return the page as made before for this reader from this revision, else None.

        It is 304 where the browser has it. `keep` remembers a page that has been made.
        """
        headers = self._headers(request, revision)
        tag = headers["ETag"]
        with self._lock:
            made = self._made.get(tag)
            if made is not None:
                self._made.move_to_end(tag)
        if made is None:
            return _not_modified(headers) if _has_tag(request, tag) else None
        return self._answer(request, made, headers)

    def keep(self, request: Request, response: Response, revision: Revision) -> Response:
        """Remember a page as made for this reader from this revision, and return it so marked."""
        if response.status_code != 200:
            return response
        headers = self._headers(request, revision)
        packed = gzip.compress(response.body, COMPRESSION, mtime=0)
        made = _Made(packed, response.headers["Content-Type"])
        with self._lock:
            self._made[headers["ETag"]] = made
            while len(self._made) > _KEPT_PAGES:
                self._made.popitem(last=False)
        return self._answer(request, made, headers)

    def _headers(self, request: Request, revision: Revision) -> dict[str, str]:
        is_anybodys = getattr(request.state, "is_anybodys", False)
        visitor = None if is_anybodys else visitor_of(request)
        whose = "stranger" if visitor is None else f"{visitor.id} {visitor.seq}"
        hangs_on = map(str, (whose, revision.seq, revision.today, revision.also))
        tag = _tag(_digest(self.edition, str(request.url), *hangs_on))
        # What a reader sees changes with more than papers: no one moment tells.
        return _kept(request, tag, revision.at if visitor is None else None)

    def _answer(self, request: Request, made: _Made, headers: dict[str, str]) -> Response:
        """Return a page that was made before, packed where the browser takes it so."""
        same = _unchanged(request, headers)
        if same is not None:
            return same
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(
                gzip.decompress(made.packed), media_type=made.media_type, headers=headers
            )
        packed = {"Content-Encoding": "gzip", "Vary": f"{headers['Vary']}, Accept-Encoding"}
        return Response(made.packed, media_type=made.media_type, headers=headers | packed)


def _unchanged(request: Request, headers: dict[str, str]) -> Response | None:
    """Return 304 where the browser has the same page already."""
    is_known = _has_tag(request, headers["ETag"]) or _has_since(request, headers)
    return _not_modified(headers) if is_known else None


def _not_modified(headers: dict[str, str]) -> Response:
    return Response(status_code=304, headers=headers)


def _has_tag(request: Request, tag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return tag in [part.strip() for part in known.split(",")]


def _has_since(request: Request, headers: dict[str, str]) -> bool:
    """Whether what the browser has is not older; a tag that it names is asked alone (RFC 9110)."""
    since, modified = request.headers.get("if-modified-since"), headers.get("Last-Modified")
    if not since or not modified or "if-none-match" in request.headers:
        return False
    try:
        return parsedate_to_datetime(since) >= parsedate_to_datetime(modified)
    except (ValueError, TypeError):
        return False


def _kept(request: Request, tag: str, at: datetime | None = None) -> dict[str, str]:
    """Return the headers of a page that is one reader's, or everyone's."""
    whose = f"private, {_REVALIDATE}" if visitor_of(request) is not None else _REVALIDATE
    headers = {"ETag": tag, "Cache-Control": whose, "Vary": "Cookie"}
    return headers if at is None else {**headers, "Last-Modified": format_datetime(at, usegmt=True)}


def _tag(digest: str) -> str:
    """Weak, for the bytes differ when they are sent compressed."""
    return f'W/"{digest}"'


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:20]


def _around(period: Period, kind: Kind) -> Period:
    return period_of(period.first, kind)


def _paragraphs(text: str) -> list[str]:
    return [part for part in (p.strip() for p in text.split("\n\n")) if part]


def _markdown(text: str) -> Markup:
    return Markup(markdown_html(text))  # noqa: S704 its one maker escapes every text


_FILTERS = {
    "tex": textex.to_html,
    "plain": to_plain,
    "paragraphs": _paragraphs,
    "byline": stories.byline,
    "number": counted.number,
    "plural": counted.plural,
    "date": dateline.plain_date,
    "long_date": dateline.long_date,
    "period": dateline.period_line,
    "happening": happenings.happening,
    "silence": dateline.silence_line,
    "agent": agent_words,
    "month_name": dateline.month_name,
    "around": _around,
    "category": category_name,
    "field": category_field,
    "paper_address": addresses.paper_address,
    "author_address": addresses.author_address,
    "category_address": addresses.category_address,
    "edition_address": addresses.edition_address,
    "topic_address": addresses.topic_address,
    "trending_address": addresses.trending_address,
    "page_address": addresses.page_address,
    "markdown": _markdown,
    "tag_address": addresses.tag_address,
    "collection_address": addresses.collection_address,
}
