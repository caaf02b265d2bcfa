"""How a page finds what it holds for the reader who asks; strangers' pages hold nothing of it."""

from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.requests import Request

from broadsheet.model.errors import BroadsheetError
from broadsheet.model.follows import FollowKind
from broadsheet.model.marks import CHANGES, Change
from broadsheet.model.paper import Paper
from broadsheet.model.readers import Reader
from broadsheet.web.mine import Notice, Personal
from broadsheet.web.site import DID, site_of
from broadsheet.web.visitor import visitor_of

_SAID: dict[Change, str] = {
    "up": "Voted up.",
    "down": "Voted down.",
    "unvote": "Vote taken back.",
    "save": "Saved.",
    "unsave": "No longer saved.",
    "read": "Marked as read.",
    "unread": "Marked as unread.",
    "never": "Never shown again.",
    "again": "Shown again.",
}


def personal_of(
    request: Request, papers: Sequence[Paper] = (), *, first: int = 1
) -> Personal | None:
    """Return what a page holds for its reader; None for a stranger. One look-up for all papers.

    Args:
        papers: those that have controls on the page, in its order.
        first: the place of the first of them in the whole list; 0 where they are no list.
    """
    reader = visitor_of(request)
    return personal_for(request, reader, papers, first=first) if reader is not None else None


def personal_for(
    request: Request, reader: Reader, papers: Sequence[Paper], *, first: int = 1
) -> Personal:
    """Return what a page holds for a reader; see `personal_of`."""
    return Personal(
        reader=reader,
        marks=site_of(request).services.marks.of(reader, papers) if papers else {},
        places={paper.key: first and first + i for i, paper in enumerate(papers)},
        back=_back(request),
        notice=_notice(request, reader),
    )


def never_of(request: Request) -> tuple[int, ...]:
    """Return the keys of what the reader who asks never wants to see again."""
    return site_of(request).services.marks.never(visitor_of(request))


def is_followed(request: Request, kind: FollowKind, value: str) -> bool:
    """Whether the reader who asks follows an author's key or a category's code."""
    reader = visitor_of(request)
    if reader is None:
        return False
    return site_of(request).services.follows.is_followed(reader, kind, value)


def act_name(change: Change, paper: Paper) -> str:
    """Return how an act is named in addresses: it is always the asking reader's own."""
    return f"{change}:{paper.id}"


def notice_of(change: Change, paper: Paper) -> Notice:
    """Return what is said of a change that was made."""
    return Notice(said=_SAID[change], title=paper.title, act=act_name(change, paper))


def _back(request: Request) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != DID]
    return f"{request.url.path}?{urlencode(kept)}" if kept else request.url.path


def _notice(request: Request, reader: Reader) -> Notice | None:
    """Return the notice of the act that the address names, if the reader can undo it."""
    word, _, ref = request.query_params.get(DID, "").partition(":")
    change = next((change for change in CHANGES if change == word), None)
    if change is None:
        return None
    site = site_of(request)
    try:
        paper = site.reading.paper(ref)
    except BroadsheetError:
        return None
    if not site.services.marks.stands(reader, paper, change):
        return None
    return notice_of(change, paper)
