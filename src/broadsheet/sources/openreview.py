"""OpenReview: submissions as its API 2 and its older API 1 give them.

API 2 wraps every field as `{"value": ...}`, API 1 does not. Times are milliseconds. Whether a paper
was accepted stands in `venueid`: the venue's own id, or one below it as `.../Rejected_Submission`.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import urlencode

from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import About, Answer, Page, Plan, Request
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Imprint, Record
from broadsheet.model.ports import Clock
from broadsheet.sources.documents import Item, record_or_fault, with_hash
from broadsheet.sources.fields import (
    bounded_text,
    clean_keywords,
    day_of_milliseconds,
    imprint_of,
    latest_day,
    required_title,
    web_address,
)
from broadsheet.sources.json_answers import asked, error_in, json_answer
from broadsheet.sources.json_documents import (
    Object,
    number_at,
    object_at,
    objects,
    text_at,
    texts_at,
)
from broadsheet.sources.json_files import read_json
from broadsheet.sources.names import clean_names
from broadsheet.sources.twins import twin, twins
from broadsheet.sources.venues import is_preprint_server, venue_name

BASE = "https://api2.openreview.net"
_OLD_BASE = "https://api.openreview.net"
_LIMIT = 1_000
_VENUE = re.compile(r"[\w.~-]+(?:/[\w.~-]+)*\Z", re.ASCII)
_INVITED = "/-/"
# Venues have statuses of their own making; what stands below a venue that is known to have
# invited the paper is none either.
_UNDECIDED = re.compile(
    r"(?:.*_)?submission|submitted|(?:desk_)?reject(?:ed)?|under_review|decision_pending"
    r"|assign(?:ing|ed)_ae",
    re.IGNORECASE,
)
_GONE_WRONG = {"withdrawn": "withdrawn", "retracted": "retracted"}
_SHOWN_AS = re.compile(
    r"[\s(]+(?:conditional ?)?(?:poster|spotlight(?: ?poster)?|oral(?: ?poster)?|talk"
    r"|notable[ -]top[ -]\d+%)\)?\Z",
    re.IGNORECASE,
)
_ID_YEAR = re.compile(r"([\w-]+)(?:\.[\w.]+)?/((?:19|20)\d\d)(?:/|\Z)")
_BIBTEX = re.compile(r"\s*@(\w+)")
_KINDS = {"inproceedings": "paper-conference", "article": "article-journal"}


class OpenReview:
    """Reads and asks OpenReview.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="openreview",
        title="OpenReview",
        gives="Submissions to conferences with decisions, as venues publish them.",
        rules="Most venues publish under CC BY 4.0. Guests may be refused large requests.",
        home="https://docs.openreview.net/",
        interval_s=2.0,
        selects="venue ids such as ICLR.cc/2026/Conference, or invitations of the old API",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether objects bear the keys of notes."""
        return (
            head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
            and b'"forum"' in head
            and b'"content"' in head
            and (b'"invitation"' in head or b'"invitations"' in head)
        )

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the papers of a saved answer, or of lines with a note each."""
        return read_json(
            stream,
            file=file,
            start=start,
            is_row=lambda row: "forum" in row and "content" in row,
            record=self._record,
            items=self._items,
        )

    def first(self, plan: Plan) -> Request:
        """Ask for the first page of the first venue.

        Raises:
            InvalidValueError: nothing is selected, or something that is no venue id.
        """
        for name in plan.selection:
            if not _VENUE.match(name):
                raise InvalidValueError(f"{name!r} is no venue as ICLR.cc/2026/Conference.")
        if not plan.selection:
            raise InvalidValueError("OpenReview is asked by venue: select ICLR.cc/2026/Conference.")
        return _ask(plan, plan.selection[0])

    def page(self, plan: Plan, request: Request, answer: Answer) -> Page:
        """Read a page of notes; of those changed before `plan.since` nothing is said.

        The server can be asked for new notes, not for changed ones, and a decision is a change.
        """
        if answer.status == 404 and b'"NotFoundError"' in answer.body:
            return Page(items=())
        if b'"RateLimitError"' in answer.body[:200]:
            raise RetryError("OpenReview allows no more requests for now.")
        value = json_answer(answer, "OpenReview")
        notes = value.get("notes") if isinstance(value, dict) else None
        if not isinstance(notes, list):
            raise RetryError("OpenReview's answer holds no notes.")
        rows: list[Object] = [row for row in notes if isinstance(row, dict)]
        gone = [text_at(row, "id") for row in rows if self._is_deleted(row)]
        items = self._items({"notes": [row for row in rows if not self._is_deleted(row)]})
        since = plan.since.isoformat() if plan.since else ""
        return Page(
            items=tuple(item for item in items if not _is_older(item, since)),
            next=_following(plan, request, rows),
            total=number_at(value, "count"),
            gone=tuple(own for own in gone if own),
        )

    def _items(self, value: Any) -> Iterator[Item]:
        if said := error_in(value):
            raise SourceError(f"an error of the server, no papers: {said}")
        for row in objects(value, "notes"):

            def record(row: Object = row) -> Record:
                return self._record(row)

            yield record_or_fault(record, text_at(row, "id"))

    def _is_deleted(self, row: Object) -> bool:
        """Whether its day of deletion has come; some are set for later."""
        deleted = number_at(row, "ddate")
        return deleted is not None and deleted <= self.clock().timestamp() * 1000

    def _record(self, row: Object) -> Record:
        if self._is_deleted(row):
            raise SourceError("deleted at the source")
        return _record(row, latest_day(self.clock))


def _ask(plan: Plan, name: str, after: str = "") -> Request:
    is_old = name.endswith("/Blind_Submission")
    server = (plan.base or (_OLD_BASE if is_old else BASE)).rstrip("/")
    words = {"invitation" if _INVITED in name else "content.venueid": name}
    # In the order of ids, a note that is added meanwhile shifts no page.
    words |= {"limit": f"{_LIMIT}", "sort": "id"} | ({"after": after} if after else {})
    return Request(url=f"{server}/notes?{urlencode(words, safe='/')}", accept="application/json")


def _following(plan: Plan, request: Request, rows: list[Object]) -> Request | None:
    """Return the next page of the venue, or the first of the next venue, or None."""
    name = asked(request, "content.venueid") or asked(request, "invitation")
    if name not in plan.selection:
        return None
    last = next((own for row in reversed(rows) if (own := text_at(row, "id"))), "")
    if last and last != asked(request, "after"):
        return _ask(plan, name, last)
    others = plan.selection[plan.selection.index(name) + 1 :]
    return _ask(plan, others[0]) if others else None


def _is_older(item: Item, since: str) -> bool:
    return isinstance(item, Record) and item.modified is not None and item.modified < since


def _value(content: Object, *names: str) -> Any:
    """Return the first field of these names, out of its wrapping where it has one."""
    for name in names:
        field = content.get(name)
        field = field["value"] if isinstance(field, dict) and "value" in field else field
        if field is not None:
            return field
    return None


def _text(content: Object, *names: str) -> str:
    value = _value(content, *names)
    return value if isinstance(value, str) else ""


def _record(row: Object, latest: str) -> Record:
    own = text_at(row, "id")
    if twin("openreview", own) is None:
        raise SourceError("no id")
    if text_at(row, "replyto") or text_at(row, "forum") not in ("", own):
        raise SourceError("a reply, no paper")
    content = object_at(row, "content")
    is_accepted, standing = _decision(row, content)
    shown = bounded_text(_text(content, "venue"), "venue")
    venue = _venue(shown, _text(content, "venueid")) if is_accepted else ""

    def day(*names: str) -> str | None:
        known = ((name, number_at(row, name)) for name in names)
        name, number = next(((k, n) for k, n in known if n is not None), ("", None))
        return day_of_milliseconds(number, name, latest)

    return with_hash(
        Record(
            source="openreview",
            source_id=own,
            title=required_title(_text(content, "title")),
            abstract=bounded_text(_text(content, "abstract"), "abstract"),
            summary=bounded_text(_text(content, "TLDR", "TL;DR", "tldr"), "summary"),
            authors=clean_names(_authors(content)),
            submitted=day("cdate", "tcdate"),
            announced=day("pdate"),
            modified=day("tmdate", "mdate"),
            standing=standing,
            venue=venue,
            comment=shown if shown != venue else "",
            licence=bounded_text(text_at(row, "license"), "licence"),
            url=f"https://openreview.net/forum?id={own}",
            twins=twins(_named(row, content)),
            code=_code(content),
            keywords=clean_keywords(_keywords(content)),
            imprint=_imprint(content) if venue else None,
        )
    )


def _decision(row: Object, content: Object) -> tuple[bool, str]:
    """Return whether a venue has accepted a paper, and its standing."""
    venue = _text(content, "venueid")
    status = venue.rpartition("/")[2].lower()
    standing = _GONE_WRONG.get(status.partition("_")[0], "")
    if not venue or standing or _UNDECIDED.fullmatch(status):
        return False, standing
    invitations = texts_at(row, "invitations") or texts_at(row, "invitation")
    inviting = [name.partition(_INVITED)[0] for name in invitations if _INVITED in name]
    return not any(venue.startswith(f"{name}/") for name in inviting), ""


def _venue(shown: str, venue_id: str) -> str:
    """Return a venue's name with its year, without how the paper was presented."""
    name = _SHOWN_AS.sub("", shown)
    if not name:
        parts = _ID_YEAR.match(venue_id)
        name = venue_name(parts[1], parts[2]) if parts else bounded_text(venue_id, "venue")
    return "" if is_preprint_server(name) else name


def _authors(content: Object) -> Iterator[str]:
    """Yield names; of people who are known by an address alone, nothing."""
    names = _value(content, "authors")
    for name in names if isinstance(names, list) else []:
        said = text_at(name, "fullname") if isinstance(name, dict) else name
        if isinstance(said, str) and "@" not in said and said.strip().lower() != "anonymous":
            yield said


def _named(row: Object, content: Object) -> Iterator[tuple[str, str]]:
    """Yield the other names of a paper: its own id, external ids, addresses that are ids."""
    yield "openreview", text_at(row, "id")
    for text in texts_at(row, "externalIds") or texts_at(row, "externalId"):
        scheme, _, name = text.partition(":")
        yield scheme.lower(), name
    for name in ("pdf", "html", "ee"):
        yield from ((scheme, _text(content, name)) for scheme in ("arxiv", "doi"))


def _code(content: Object) -> str:
    found = (web_address(_text(content, name)) for name in ("code", "code_link", "github"))
    return next((address for address in found if address), "")


def _keywords(content: Object) -> list[str]:
    words = _value(content, "keywords")
    if isinstance(words, str):
        return re.split(r"[,;]", words)
    return [word for word in words if isinstance(word, str)] if isinstance(words, list) else []


def _imprint(content: Object) -> Imprint | None:
    entry = _BIBTEX.match(_text(content, "_bibtex"))
    return imprint_of(kind=_KINDS.get(entry[1].lower(), "") if entry else "")
