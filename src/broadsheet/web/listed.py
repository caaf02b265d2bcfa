"""The routes of a page that lists something: HTML at its address, each other face behind it.

A page is one function that says what it lists (`Shown`). That an address has one spelling, what a
browser may keep and where the other faces are is settled here for all of them.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, time
from functools import wraps
from urllib.parse import unquote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import NotAllowedError, SignInNeededError
from broadsheet.web.addresses import face_address, page_address
from broadsheet.web.errors import error_json
from broadsheet.web.faces import FACES, Face
from broadsheet.web.faces.feed import Colophon, make_feed
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.personal import never_of
from broadsheet.web.site import kept_until_change, kept_until_signal, site_of
from broadsheet.web.visitor import know_by_token

Page = Callable[[Request], Shown | Response]
_Answer = Callable[[Request], Response]


def listed(
    path: str,
    page: Page,
    *,
    faces: Sequence[Face] = FACES,
    is_html_kept: bool = True,
    are_faces_kept: bool = True,
    by_trend: bool = False,
    has_html: bool = True,
) -> list[Route]:
    """Return the routes of a page and its faces, those with an ending first.

    Args:
        page: says what is listed; an answer of its own, as of what is not there, goes out as it is.
        is_html_kept, are_faces_kept: whether what is made hangs on address and revision alone, and
            so is made once.
        has_html: whether there is a page for people at the address itself.
        by_trend: whether it hangs on what trends, too.
    """
    keep = kept_until_signal if by_trend else kept_until_change
    answers = {face_address(path, face.ending): _face(page, face) for face in faces}
    if are_faces_kept:
        answers = {address: _for_anybody(keep(face)) for address, face in answers.items()}
    answers = {address: _for_programs(face) for address, face in answers.items()}
    if has_html:
        html = _html(page, faces)
        answers[path] = keep(html) if is_html_kept else html
    # A ranking is made by whoever asks first, for all who wait for it: not from one's own snapshot.
    at_once = (lambda answer: answer) if by_trend else _in_one_snapshot
    return [Route(address, _at_turn(at_once(answer))) for address, answer in answers.items()]


def listed_anew(path: str, page: Page) -> list[Route]:
    """Return the routes of a list that is made at each request: a reader's own, or of the indexes.

    What is kept for anybody must never be what one reader alone may see.
    """
    return listed(path, page, is_html_kept=False, are_faces_kept=False)


def _at_turn(answer: _Answer) -> Callable[[Request], Awaitable[Response]]:
    """Make a page in a thread when its turn has come: see `Site.making`."""

    @wraps(answer)
    async def awaited(request: Request) -> Response:
        return await to_thread.run_sync(answer, request, limiter=site_of(request).making)

    return awaited


def _for_anybody(answer: _Answer) -> _Answer:
    """A face says nothing of who asks: but for what they hide, all have the same."""

    def shared(request: Request) -> Response:
        request.state.is_anybodys = not never_of(request)
        return answer(request)

    return shared


def _for_programs(answer: _Answer) -> _Answer:
    """A program may show a token; who may not read is told so, and not sent to a page."""

    def told(request: Request) -> Response:
        try:
            know_by_token(request)
            return answer(request)
        except (SignInNeededError, NotAllowedError) as e:
            return error_json(e)

    return told


def _in_one_snapshot(answer: _Answer) -> _Answer:
    def consistent(request: Request) -> Response:
        with site_of(request).reading.snapshot():
            return answer(request)

    return consistent


def _html(page: Page, faces: Sequence[Face]) -> _Answer:
    def html(request: Request) -> Response:
        shown = page(request)
        if isinstance(shown, Response):
            return shown
        listing = shown.listing
        moved = _sent_on(request, listing.address)
        if moved:
            return moved
        values = dict(shown.values())
        made = site_of(request).press.page(
            request,
            shown.template,
            papers=values.pop("marked", listing.papers),
            first=shown.first,
            faces=face_links(listing, faces, listing.page),
            feeds=[(face, address) for face, address in face_links(listing, faces, 1)],
            list_title=listing.title,
            **values,
        )
        made.background = shown.background
        return made

    return html


def _face(page: Page, face: Face) -> _Answer:
    def answer(request: Request) -> Response:
        shown = page(request)
        if isinstance(shown, Response):
            return shown
        moved = _sent_on(request, face_address(shown.listing.address, face.ending))
        if moved:
            return moved
        feed = make_feed(shown.listing, face.ending, _colophon(request, shown.listing))
        return site_of(request).press.sheet(request, face.render(feed), face.media_type)

    return answer


def _sent_on(request: Request, address: str) -> Response | None:
    """To the one spelling of an address, what was asked of it kept; None where it is that one."""
    path = address.partition("?")[0]
    if request.scope["path"] == unquote(path):
        return None
    asked = request.url.query
    return RedirectResponse(f"{path}?{asked}" if asked else path, status_code=301)


def face_links(
    listing: Listing, faces: Sequence[Face] = FACES, page: int = 1
) -> list[tuple[Face, str]]:
    """Return the faces of a page of a list, each with its address."""
    return [(f, page_address(face_address(listing.address, f.ending), page)) for f in faces]


def _colophon(request: Request, listing: Listing) -> Colophon:
    site = site_of(request)
    reading = site.reading
    papers = [*listing.papers, *(notice.paper for notice in listing.notices.all)]
    return Colophon(
        library=reading.library_name(),
        publisher=site.title,
        base=str(request.base_url).rstrip("/"),
        told=reading.last_told(papers),
        otherwise=reading.revision().at or datetime.combine(reading.today(), time(), UTC),
        shape=site.shape,
    )
