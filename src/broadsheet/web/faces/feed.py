"""A list as feeds have it: entries with ids that stay, moments, and addresses with their host."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from broadsheet.model.events import StoredEvent
from broadsheet.model.paper import Paper
from broadsheet.services.fields import category_name
from broadsheet.services.prose.plain import to_plain
from broadsheet.web.addresses import author_address, face_address, page_address, paper_address
from broadsheet.web.happenings import changed_words, happening
from broadsheet.web.listing import Listing

# What XML 1.0 cannot hold, halves of characters, and marks that turn the text after them around.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u202a-\u202e\u2066-\u2069]"
)
_DIGITS_OF_DAY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. All texts are plain and hold only what XML can hold.

    Args:
        note: why it is there, or what happened to it; may be empty.
        authors: names with their addresses, which may be empty.
        categories: codes with their names.
        published: the whole day under which it is listed, None where no more than a month is known.
        updated: when something was last learned of it, in UTC.
        elsewhere: its addresses at arXiv and by DOI.
        paper: None where it is something that happened.
    """

    id: str
    address: str
    title: str
    text: str
    note: str
    authors: tuple[tuple[str, str], ...]
    categories: tuple[tuple[str, str], ...]
    published: str | None
    updated: datetime
    elsewhere: tuple[str, ...]
    paper: Paper | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What a face is given.

    Args:
        id: a tag URI (RFC 4151) that hangs on the library and the list, not on the host.
        base: scheme and host of the request, to be put before every address.
        publisher: the paper's name.
        page: the same as HTML.
        here: this page of this face; `first`, `last`, `previous`, `next` are empty where it is
            the only one.
        shape: makes a paper as the API has it.
    """

    id: str
    base: str
    publisher: str
    title: str
    description: str
    page: str
    here: str
    first: str
    last: str
    previous: str
    next: str
    updated: datetime
    entries: tuple[Entry, ...]
    listing: Listing
    shape: Callable[[Paper], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Colophon:
    """What all feeds of one library have in common, at one request.

    Args:
        library: its name, which outlives moves.
        told: when something was last learned of each paper, by its key.
        otherwise: the moment for what has none of its own.
    """

    library: str
    publisher: str
    base: str
    told: Mapping[int, datetime]
    otherwise: datetime
    shape: Callable[[Paper], Mapping[str, Any]]

    def tag(self, name: str) -> str:
        """Return the id of something in the library.

        Nobody can own a name under `.invalid` (RFC 2606), so nobody else makes such tags.
        """
        return f"tag:{self.library}.broadsheet.invalid,2026:{quote(name, safe='/?=&%')}"


def make_feed(listing: Listing, ending: str, colophon: Colophon) -> Feed:
    """Return a list as the feed with this ending behind its address."""
    entries = tuple(_entries(listing, colophon))
    at = [entry.updated for entry in entries]
    page, n_pages = listing.page, listing.n_pages
    return Feed(
        id=colophon.tag(f"list{listing.address}"),
        base=colophon.base,
        publisher=fit(colophon.publisher) or "Broadsheet",
        title=": ".join(part for part in map(fit, (colophon.publisher, listing.title)) if part),
        description=fit(listing.description),
        page=page_address(listing.address, page),
        here=_page_of(listing, ending, page),
        first=_page_of(listing, ending, 1) if n_pages > 1 else "",
        last=_page_of(listing, ending, n_pages) if n_pages > 1 else "",
        previous=_page_of(listing, ending, page - 1) if page > 1 else "",
        next=_next(listing, ending),
        updated=max(at, default=colophon.otherwise),
        entries=entries,
        listing=listing,
        shape=colophon.shape,
    )


def fit(text: str) -> str:
    """Return text in one line, without what feeds cannot hold."""
    if text.isprintable() and "  " not in text and text == text.strip():
        return text  # as nearly all names are
    return " ".join(_UNFIT.sub("", text).split())


def _page_of(listing: Listing, ending: str, page: int) -> str:
    return page_address(face_address(listing.address, ending), page)


def _next(listing: Listing, ending: str) -> str:
    if listing.page < listing.n_pages:
        return _page_of(listing, ending, listing.page + 1)
    return face_address(listing.further, ending) if listing.further else ""


def _entries(listing: Listing, colophon: Colophon) -> Iterable[Entry]:
    if listing.paper is not None:
        yield from (_happened(told, listing.paper, colophon) for told in reversed(listing.events))
        return
    listed = {paper.key for paper in listing.papers}
    for paper in listing.papers:
        yield _of_paper(paper, listing.why.get(paper.key, ""), colophon)
    for notice in listing.notices.all:
        if notice.paper.key not in listed:
            yield _of_paper(
                notice.paper, happening(notice.told.event, notice.told.source), colophon
            )


def _of_paper(paper: Paper, note: str, colophon: Colophon) -> Entry:
    names = ((fit(author.name), author.key) for author in paper.authors)
    return Entry(
        id=colophon.tag(f"paper/{paper.id}"),
        address=paper_address(paper),
        title=fit(to_plain(paper.title)) or paper.id,
        text=fit(to_plain(paper.text)),
        note=fit(note),
        authors=tuple((name, author_address(key) if key else "") for name, key in names if name),
        categories=tuple((fit(code), fit(category_name(code))) for code in paper.categories),
        published=_whole(paper.day),
        updated=colophon.told.get(paper.key, colophon.otherwise),
        elsewhere=tuple(_elsewhere(paper)),
        paper=paper,
    )


def _happened(told: StoredEvent, paper: Paper, colophon: Colophon) -> Entry:
    line = happening(told.event, told.source)
    return Entry(
        id=colophon.tag(f"event/{told.number}"),
        address=paper_address(paper),
        title=f"{fit(line)}: {fit(to_plain(told.title))}",
        text=fit(changed_words(told.event)),
        note="",
        authors=(),
        categories=((told.event.kind, fit(line)),),
        published=_whole(told.event.at),
        updated=datetime.fromisoformat(told.seen_at),
        elsewhere=(),
        paper=None,
    )


def _whole(partial: str | None) -> str | None:
    return partial if partial and len(partial) == _DIGITS_OF_DAY else None


def _elsewhere(paper: Paper) -> Iterable[str]:
    if paper.arxiv_id:
        yield f"https://arxiv.org/abs/{quote(paper.arxiv_id, safe='/')}"
    if paper.doi:
        yield f"https://doi.org/{quote(paper.doi, safe='/')}"
