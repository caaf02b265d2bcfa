"""What harvesting speaks of: a source's description, a request, its answer, a page of records."""

import shlex
from dataclasses import dataclass, field
from datetime import date, datetime

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.paper import Record


def selection_words(text: str) -> tuple[str, ...]:
    """Return the words of a selection, as a shell reads them: quotes keep blanks.

    Raises:
        InvalidValueError: a quotation does not end.
    """
    try:
        return tuple(shlex.split(text))
    except ValueError as e:
        raise InvalidValueError(f"The selection {text[:80]!r} has a quote without its end.") from e


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
        key: where an API key goes: `header NAME` or `query NAME`; `contact NAME` where the
            contact address is said in the query; or empty.
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
        headers: what else is said, as `If-None-Match`.
    """

    url: str
    body: str = ""
    accept: str = "*/*"
    headers: tuple[tuple[str, str], ...] = ()


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
class RawAnswer:
    """An answer as it came, kept beside the records that were read from it.

    Args:
        url: what was asked, without a key.
        at: when it was stored, as ISO text in UTC.
    """

    source: str
    url: str
    at: str
    body: bytes


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
class HarvestState:
    """How far a harvest has come.

    Args:
        selection: the selection's words, joined as a shell would write them.
        request: the next question of a run that has not come to its end; None when none has.
        since: the day from which that run asks, or an empty string.
        moment: the server's time of that run's first answer, as ISO text.
        complete_until: the `moment` of the last run that came to its end; empty before one has.
        pages, records: of the run that is pending, else of the last one.
        ran_at: when a page was last stored or a run ended, as ISO text.
        trouble: why the last run ended early; empty when it did not.
        validator: the headers by which the server may say that nothing is new, and the address
            that they are for, as JSON.
    """

    source: str
    selection: str = ""
    request: Request | None = None
    since: str = ""
    moment: str = ""
    complete_until: str = ""
    pages: int = 0
    records: int = 0
    ran_at: str = ""
    trouble: str = ""
    validator: str = ""


@dataclass(slots=True, kw_only=True)
class HarvestReport:
    """What came of one harvest.

    Args:
        since: the day from which was asked; empty for the beginning.
        resumed: whether it went on where an earlier one had been cut off.
        is_complete: whether its end was reached.
        trouble: why it was not.
        faults: the first things that were no records, each with its reason.
    """

    source: str
    selection: str = ""
    since: str = ""
    resumed: bool = False
    pages: int = 0
    new_papers: int = 0
    new_records: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    seconds: float = 0.0
    is_complete: bool = False
    trouble: str = ""
    faults: list[Fault] = field(default_factory=list)


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
