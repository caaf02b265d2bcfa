"""Crossref: lists of works and single works, as publishers deposit them.

Dates are lists of parts, titles are lists of texts, abstracts are JATS. A cursor does not end: the
page after the last one is empty. A cursor expires after minutes.
"""

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import Any, BinaryIO
from urllib.parse import unquote, urlencode, urlsplit

from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import About, Answer, Page, Plan, Request
from broadsheet.model.identifiers import doi
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Imprint, Record
from broadsheet.model.ports import Clock
from broadsheet.sources.documents import Item, record_or_fault, with_hash
from broadsheet.sources.fields import (
    bounded_text,
    imprint_of,
    known_counts,
    known_ids,
    latest_day,
    partial_date,
    required_title,
    web_address,
)
from broadsheet.sources.json_answers import asked, error_in, json_answer
from broadsheet.sources.json_documents import (
    Object,
    list_at,
    number_at,
    object_at,
    objects,
    text_at,
    texts_at,
)
from broadsheet.sources.json_files import read_json
from broadsheet.sources.markup import plain
from broadsheet.sources.names import clean_names, full_name
from broadsheet.sources.twins import twin, twins

BASE = "https://api.crossref.org"
_ROWS = 500  # the server allows 1,000; a page must be stored before its cursor expires
_SINGLE = re.compile(r"/works/(?!$)")
_ENVELOPE = re.compile(rb'"message-type"\s*:')
_TITLES = re.compile(rb'"title"\s*:\s*\[')  # CSL, which is like it, has one text
_ANTHOLOGY = re.compile(r"https?://(?:www\.)?aclweb\.org/anthology/")  # its former address
_SELECTIONS = {
    "prefix": ("prefix", re.compile(r"10\.\d{4,9}\Z")),
    "issn": ("issn", re.compile(r"\d{4}-\d{3}[\dXx]\Z")),
    "container": ("container-title", re.compile(r"[^,]{1,300}\Z")),  # a comma ends a filter
}
_KINDS = {
    "journal-article": "article-journal",
    "proceedings-article": "paper-conference",
    "posted-content": "article",
    "book-chapter": "chapter",
    "book-section": "chapter",
    "book": "book",
    "monograph": "book",
    "edited-book": "book",
    "dissertation": "thesis",
    "report": "report",
}
_NO_PAPERS = re.compile(
    r"journal(?:-issue|-volume)?|proceedings(?:-series)?|(?:book|report|standard)-series|book-set"
    r"|component|grant|peer-review|database|dataset"
)
_DATES = ("issued", "published", "published-online", "published-print", "posted")
_STANDINGS = {"retraction": "retracted", "removal": "retracted", "withdrawal": "withdrawn"}
_LICENCES = ("vor", "am", "unspecified")  # those for text mining say nothing to a reader


class Crossref:
    """Reads and asks Crossref.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="crossref",
        title="Crossref",
        gives="Published works by DOI with venues, dates, preprint twins and retractions.",
        rules="Facts are free of rights, abstracts may not be. Name a contact address.",
        home="https://www.crossref.org/documentation/retrieve-metadata/rest-api/",
        key="contact mailto",
        interval_s=1.0,
        selects="prefix:10.18653, issn:2307-387X, or container: and a journal's title",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether it is an answer of Crossref, or holds works whose titles are lists."""
        if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
            return False
        is_answer = _ENVELOPE.search(head) is not None
        return is_answer or (b'"DOI"' in head and _TITLES.search(head) is not None)

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the works of a saved answer, or of lines with a work each."""
        latest = latest_day(self.clock)
        return read_json(
            stream,
            file=file,
            start=start,
            is_row=lambda row: "DOI" in row,
            record=lambda row: _record(row, latest),
            items=self._items,
        )

    def first(self, plan: Plan) -> Request:
        """Ask for the first page of the works of all that is selected.

        Raises:
            InvalidValueError: nothing is selected, or something that Crossref does not have.
        """
        return _ask(plan, "*")

    def page(self, plan: Plan, request: Request, answer: Answer) -> Page:
        """Read a list or a single work; a work that is not there is a page without any."""
        if answer.status == 404 and _SINGLE.search(unquote(urlsplit(request.url).path)):
            return Page(items=())  # its body is plain text
        goes_on = asked(request, "cursor") not in ("", "*")
        value = json_answer(answer, "Crossref", place="cursor" if goes_on else "")
        message = object_at(value, "message") if isinstance(value, dict) else {}
        rows = message.get("items")
        if not isinstance(rows, list) and "DOI" not in message:
            raise RetryError("Crossref's answer holds no works.")
        cursor = text_at(message, "next-cursor")
        return Page(
            items=tuple(self._items(value)),
            next=_ask(plan, cursor) if cursor and rows else None,
            total=number_at(message, "total-results"),
        )

    def _items(self, value: Any) -> Iterator[Item]:
        if said := error_in(value):
            raise SourceError(f"an error of the server, no papers: {said}")
        inner = object_at(value, "message") if isinstance(value, dict) else {}
        latest = latest_day(self.clock)
        for row in objects(inner or value, "items"):

            def record(row: Object = row) -> Record:
                return _record(row, latest)

            yield record_or_fault(record, text_at(row, "DOI"))


def _ask(plan: Plan, cursor: str) -> Request:
    words = {"filter": _filters(plan), "rows": f"{_ROWS}", "cursor": cursor}
    server = (plan.base or BASE).rstrip("/")
    return Request(url=f"{server}/works?{urlencode(words, safe=':,*')}", accept="application/json")


def _filters(plan: Plan) -> str:
    """Return the filters, joined; Crossref takes those of one name as alternatives."""
    if not plan.selection:
        raise InvalidValueError("Crossref holds all of publishing: select, as prefix:10.18653.")
    found = []
    for text in plan.selection:
        name, _, value = (part.strip() for part in text.partition(":"))
        if name not in _SELECTIONS or not _SELECTIONS[name][1].match(value):
            raise InvalidValueError(f"{text!r} is no prefix:, issn: or container: of Crossref's.")
        found.append(f"{_SELECTIONS[name][0]}:{value}")
    if plan.since is not None:
        found.append(f"from-index-date:{plan.since.isoformat()}")
    return ",".join(found)


def _record(row: Object, latest: str) -> Record:
    number = doi(text_at(row, "DOI"))
    if number is None:
        raise SourceError("no DOI")
    kind = text_at(row, "type")
    if _NO_PAPERS.fullmatch(kind):
        raise SourceError(f"{kind}, no paper")
    container = next(iter(texts_at(row, "container-title")), "")
    eprint, own = known_ids(None, number)
    changed = text_at(row, "deposited", "date-time")
    return with_hash(
        Record(
            source="crossref",
            source_id=number,
            title=required_title(plain(next(iter(texts_at(row, "title")), ""))),
            abstract=bounded_text(plain(text_at(row, "abstract")), "abstract"),
            authors=clean_names(_authors(row)),
            submitted=_day(row, latest),
            modified=partial_date(changed, "deposited", latest) if changed else None,
            standing=_standing(row, number),
            venue="" if kind == "posted-content" else bounded_text(plain(container), "venue"),
            licence=bounded_text(_licence(row), "licence"),
            url=web_address(text_at(row, "URL")) or f"https://doi.org/{number}",
            arxiv_id=eprint,
            doi=own,
            twins=twins(_named(row, kind), arxiv=eprint, doi=own),
            counts=known_counts(citations=number_at(row, "is-referenced-by-count")),
            takes_back=tuple(_takes_back(row, number)),
            imprint=_imprint(row, kind),
        )
    )


def _authors(row: Object) -> Iterator[str]:
    for author in list_at(row, "author"):
        if isinstance(author, dict):
            family, given, suffix = (text_at(author, k) for k in ("family", "given", "suffix"))
            yield plain(full_name(family, given, suffix) or text_at(author, "name"))


def _day(row: Object, latest: str) -> str | None:
    """Return the first date that says anything: `[[null]]` says nothing, `[[2001, 2]]` a month."""
    for key in _DATES:
        parts = next(iter(list_at(row, key, "date-parts")), None)
        stated = parts[:3] if isinstance(parts, list) else []
        known = list(takewhile(lambda number: type(number) is int and number != 0, stated))
        if known:
            said = "-".join([f"{known[0]:04d}", *(f"{number:02d}" for number in known[1:])])
            return partial_date(said, key, latest)
    return None


def _standing(row: Object, own: str) -> str:
    """Return how a work stands by the notices about it.

    `updated-by` names notices; `update-to` stands in a notice and names another work, unless a
    publisher has made the withdrawn work its own notice.
    """
    notices = [note for note in list_at(row, "updated-by") if isinstance(note, dict)]
    updates = [note for note in list_at(row, "update-to") if isinstance(note, dict)]
    notices += [note for note in updates if doi(text_at(note, "DOI")) == own]
    found = {_STANDINGS.get(text_at(note, "type").lower(), "") for note in notices}
    return "retracted" if "retracted" in found else "withdrawn" if "withdrawn" in found else ""


def _takes_back(row: Object, own: str) -> Iterator[tuple[str, str]]:
    """Yield what a notice says of other works: how they stand, and which they are."""
    for note in list_at(row, "update-to"):
        if isinstance(note, dict) and doi(text_at(note, "DOI")) != own:
            standing = _STANDINGS.get(text_at(note, "type").lower(), "")
            other = twin("doi", text_at(note, "DOI"))
            if standing and other:
                yield standing, other


def _licence(row: Object) -> str:
    given = [entry for entry in list_at(row, "license") if isinstance(entry, dict)]
    by_kind = {text_at(entry, "content-version"): text_at(entry, "URL") for entry in given}
    return next((by_kind[kind] for kind in _LICENCES if kind in by_kind), "")


def _named(row: Object, kind: str) -> Iterator[tuple[str, str]]:
    """Yield the preprint's or the published work's ids, the Anthology's, and a book's number."""
    for relation in ("has-preprint", "is-preprint-of"):
        for other in list_at(row, "relation", relation):
            if isinstance(other, dict):
                yield text_at(other, "id-type"), text_at(other, "id")
    yield "acl", _ANTHOLOGY.sub("", text_at(row, "resource", "primary", "URL"))
    if _KINDS.get(kind) == "book":
        yield from (("isbn", text) for text in texts_at(row, "ISBN"))


def _imprint(row: Object, kind: str) -> Imprint | None:
    return imprint_of(
        kind=_KINDS.get(kind, ""),
        volume=text_at(row, "volume"),
        issue=text_at(row, "issue"),
        pages=text_at(row, "page") or text_at(row, "article-number"),
        publisher=text_at(row, "publisher"),
        language=text_at(row, "language"),
    )
