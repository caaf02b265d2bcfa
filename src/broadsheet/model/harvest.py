"""What harvesting speaks of: a source's description, a request, its answer, a page of records."""

from dataclasses import dataclass
from datetime import date, datetime

from broadsheet.model.paper import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A source, described for its users.

    Args:
        name: as commands and settings call it.
        title: as people call it.
        gives: what comes from it, in one sentence.
        rules: what it asks of those who use it: licence, rate, key.
        home: the address of its documentation.
        interval_s: seconds between two requests of the whole installation; 0 for files alone.
        selects: what a selection names, as `sets such as cs or physics:hep-th`; empty where
            there is nothing to select.
        key: where an API key goes: `header NAME`, `query NAME`, or empty.
        needs_key: whether nothing is answered without one.
    """

    name: str
    title: str
    gives: str
    rules: str
    home: str
    interval_s: float = 0.0
    selects: str = ""
    key: str = ""
    needs_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one harvest is to bring.

    Args:
        selection: what to ask for, in the source's own words (`About.selects`); empty for all
            that it gives.
        since: the first day that is wanted by the source's own clock; None from the beginning.
        now: the present moment, aware, in UTC.
        base: the server's address, where it is not the source's usual one.
    """

    now: datetime
    selection: tuple[str, ...] = ()
    since: date | None = None
    base: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question over HTTP. Keys and the name of who asks are added when it is sent.

    Args:
        body: what is posted as JSON; empty for GET.
    """

    url: str
    body: str = ""
    accept: str = "*/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whatever the status; redirects have been followed.

    Args:
        headers: names in lower case.
    """

    status: int
    body: bytes
    headers: dict[str, str]
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something in a document that is no record, and why.

    Args:
        reason: a short sentence, the same words for the same fault.
        excerpt: the beginning of what came.
    """

    reason: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer, read.

    Args:
        items: in the order of the answer.
        next: the question that follows; None when this was the last page.
        moment: the server's own time of the answer as ISO text, where it tells.
        total: how many records there are in all, where the server tells.
        gone: source ids that the server says have been deleted.
    """

    items: tuple[Record | Fault, ...]
    next: Request | None = None
    moment: str = ""
    total: int | None = None
    gone: tuple[str, ...] = ()
