"""What a page lists, said once: its HTML and every other face of it are made from this."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from starlette.background import BackgroundTask

from broadsheet.model.events import StoredEvent
from broadsheet.model.paper import Paper
from broadsheet.services.notices import Notices
from broadsheet.services.paging import Paged


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What an address lists.

    Args:
        address: of its first page, in the one spelling that it has, without a host.
        title: what it lists, as plain text; empty for the front page.
        description: one or two sentences of plain text.
        papers: those of this page, in their order.
        why: why papers are there, by their keys, where a search says so.
        total: how many papers it has on all pages; None where it is not a list of papers.
        further: where it goes on, if not on its own next page.
        notices: what happened to papers beside it.
        events: what happened to the paper that it is about, oldest first.
        paper: the one paper that it is about, or None.
    """

    address: str
    title: str
    description: str
    papers: tuple[Paper, ...] = ()
    why: Mapping[int, str] = field(default_factory=dict)
    page: int = 1
    n_pages: int = 1
    total: int | None = None
    further: str = ""
    notices: Notices = field(default_factory=Notices)
    events: tuple[StoredEvent, ...] = ()
    paper: Paper | None = None

    @classmethod
    def of(cls, shown: Paged, *, address: str, title: str, description: str) -> Self:
        """Return one page of a list of papers."""
        return cls(
            address=address,
            title=title,
            description=description,
            papers=shown.papers,
            page=shown.page,
            n_pages=shown.n_pages,
            total=shown.total,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page: what it lists, and the template that makes it HTML, with what gives its values.

    Args:
        values: returns what the template shows; under `marked` the papers that its reader can
            mark, in the page's order, where they are not those that it lists.
        first: the place of the first of its papers in the whole list; 0 where they are no list.
        background: what is done once the page is sent.
    """

    listing: Listing
    template: str
    values: Callable[[], Mapping[str, Any]]
    first: int = 1
    background: BackgroundTask | None = None
