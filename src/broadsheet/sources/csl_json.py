"""CSL-JSON: lists and single items, of Zotero and its plug-ins, and Crossref's own variant."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from broadsheet.model.harvest import About
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.model.ports import Clock
from broadsheet.sources.citations import Citation, record_of
from broadsheet.sources.documents import Item, read_document, record_or_fault
from broadsheet.sources.fields import latest_day
from broadsheet.sources.json_documents import (
    Object,
    list_at,
    object_at,
    objects,
    parse_json,
    text_at,
    texts_at,
)
from broadsheet.sources.markup import plain
from broadsheet.sources.names import full_name

_KINDS = {
    "article": "article",
    "article-journal": "article-journal",
    "paper-conference": "paper-conference",
    "chapter": "chapter",
    "book": "book",
    "thesis": "thesis",
    "report": "report",
    "manuscript": "article",
    # Crossref's words for the same.
    "journal-article": "article-journal",
    "proceedings-article": "paper-conference",
    "book-chapter": "chapter",
    "monograph": "book",
    "edited-book": "book",
    "proceedings": "book",
    "dissertation": "thesis",
    "posted-content": "article",
}
_OTHER_TYPES = (
    "article-magazine article-newspaper dataset document entry entry-encyclopedia patent periodical"
    " post post-weblog review software speech standard webpage component reference-entry"
)
_TYPE = re.compile(rb'"type"\s*:\s*"(?:%s)"' % "|".join([*_KINDS, *_OTHER_TYPES.split()]).encode())
_TITLE = re.compile(rb'"title"\s*:\s*"')
_CSL = re.compile(rb'"(?:issued|container-title|family|literal|DOI|citation-key)"\s*:')
_FOREIGN = re.compile(
    rb'"(?:message-type|authors|authorships|externalIds|invitations?|oa_locations|itemType|attributes)"\s*:'
)
_NOTE_LINE = re.compile(r"(DOI|arXiv|PMID)\s*:\s*(.+)", re.IGNORECASE)
_NO_PAPERS = ("attachment", "note", "annotation")


class CslJson:
    """Reads CSL-JSON.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="csl",
        title="CSL-JSON",
        gives="The items of a CSL-JSON file, as Zotero, Pandoc and Crossref write them.",
        rules="Yours.",
        home="https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether it is JSON with CSL's types and keys, and none of other services'."""
        is_json = head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"[", b"{"))
        wanted = (_TYPE, _TITLE, _CSL)
        return is_json and all(p.search(head) for p in wanted) and not _FOREIGN.search(head)

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the items of a list, of `items`, or the one that stands there."""
        return read_document(stream, file=file, start=start, parse=self._parse)

    def _parse(self, data: bytes) -> Iterator[Item]:
        latest = latest_day(self.clock)
        for row in objects(parse_json(data), "items"):
            if text_at(row, "type") in _NO_PAPERS:
                continue

            def record(row: Object = row) -> Record:
                return record_of(_citation(row), source="csl", latest=latest)

            yield record_or_fault(record, text_at(row, "id") or text_at(row, "title"))


def _citation(row: Object) -> Citation:
    kind = _KINDS.get(text_at(row, "type"), "")
    names = _names(row, "author") or (_names(row, "editor") if kind == "book" else ())
    return Citation(
        title=plain(_first(row, "title")),
        abstract=plain(text_at(row, "abstract")),
        authors=names,
        kind=kind,
        container=plain(_first(row, "container-title", "event-title", "event")),
        date=_date(row),
        volume=text_at(row, "volume"),
        issue=text_at(row, "issue"),
        pages=_first(row, "page", "article-number"),
        publisher=text_at(row, "publisher"),
        language=text_at(row, "language"),
        url=text_at(row, "URL"),
        names=(*_identifiers(row), *_preprints(row)),
        isbn=" ".join(texts_at(row, "ISBN")),
        keywords=_keywords(row),
        rights=next((text_at(item, "URL") for item in _objects(row, "license")), ""),
        standing=_standing(row),
    )


def _objects(row: Object, *path: str) -> Iterator[Object]:
    return (item for item in list_at(row, *path) if isinstance(item, dict))


def _first(row: Object, *keys: str) -> str:
    """Return the first text under the first of the keys that has one; some write lists."""
    return next((text for key in keys for text in texts_at(row, key) if text), "")


def _names(row: Object, key: str) -> tuple[str, ...]:
    return tuple(filter(None, map(_spoken, _objects(row, key))))


def _spoken(name: Object) -> str:
    """Return a name as it is said: particles stand before the family name."""
    whole = text_at(name, "literal") or text_at(name, "name")
    particles = (text_at(name, f"{kind}-particle") for kind in ("dropping", "non-dropping"))
    family = " ".join(filter(None, (*particles, text_at(name, "family"))))
    return whole or full_name(family, text_at(name, "given"), text_at(name, "suffix"))


def _date(row: Object) -> str:
    for key in ("issued", "published", "published-online", "published-print"):
        value = object_at(row, key)
        parts = next((p for p in list_at(value, "date-parts") if isinstance(p, list)), [])
        said = "-".join(_digits(parts))
        if said := said or text_at(value, "raw") or text_at(value, "literal"):
            return said
    return text_at(row, "issued")


def _digits(parts: list[Any]) -> Iterator[str]:
    """Yield year, month and day up to the first that is none, as `[[null]]` or `[["2001", ""]]`."""
    for part in parts[:3]:
        text = f"{part}".strip() if isinstance(part, int | str) else ""
        if not text.isdecimal():
            return
        yield text[:20]


def _identifiers(row: Object) -> Iterator[str]:
    yield text_at(row, "DOI")
    yield from (f"PMID:{text}" for text in texts_at(row, "PMID"))
    yield from (text_at(row, key) for key in ("number", "archive_location", "archive-location"))
    for line in text_at(row, "note")[:10_000].splitlines():
        match = _NOTE_LINE.match(line.strip())
        if match:
            yield f"{match[1]}:{match[2]}"


def _preprints(row: Object) -> Iterator[str]:
    """Yield what Crossref names as another form of the same work."""
    for key in ("has-preprint", "is-preprint-of"):
        for twin in _objects(row, "relation", key):
            scheme = "arXiv:" if text_at(twin, "id-type") == "arxiv" else ""
            yield f"{scheme}{text_at(twin, 'id')}"


def _keywords(row: Object) -> tuple[str, ...]:
    words = [text_at(row, "keyword"), *texts_at(row, "subject")]
    return tuple(part for word in words for part in re.split("[,;]", word[:20_000]))


def _standing(row: Object) -> str:
    changes = [text_at(change, "type") for change in _objects(row, "updated-by")]
    return "retracted" if {"retraction", "removal"} & set(changes) else ""
