"""Zotero's own exports: RDF and CSV. Attachments, notes and collections are no papers."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from lxml import etree

from broadsheet.model.errors import SourceError
from broadsheet.model.harvest import About
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.model.ports import Clock
from broadsheet.sources.citations import Citation, record_of
from broadsheet.sources.decoding import decoded
from broadsheet.sources.documents import MAX_DOCUMENT_BYTES, Item, read_document, record_or_fault
from broadsheet.sources.fields import latest_day
from broadsheet.sources.markup import plain
from broadsheet.sources.names import full_name, spoken_name
from broadsheet.sources.xml_documents import parse_xml, root_name, text_of

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_BIB = "{http://purl.org/net/biblio#}"
_Z = "{http://www.zotero.org/namespaces/export#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"
_FOAF = "{http://xmlns.com/foaf/0.1/}"
_PRISM = "{http://prismstandard.org/namespaces/1.2/basic/}"
_NAMESPACES = (_BIB[1:-1].encode(), _Z[1:-1].encode())
_CSV_HEAD = re.compile(rb'(?:\xef\xbb\xbf)?"?Key"?,"?Item Type"?,"?Publication Year"?,', re.I)
_KINDS = {
    "journalArticle": "article-journal",
    "conferencePaper": "paper-conference",
    "bookSection": "chapter",
    "encyclopediaArticle": "chapter",
    "book": "book",
    "thesis": "thesis",
    "report": "report",
    "preprint": "article",
    "manuscript": "article",
    # Elements of RDF, for what says no item type.
    "Article": "article-journal",
    "BookSection": "chapter",
    "Book": "book",
    "Thesis": "thesis",
    "Report": "report",
    "Manuscript": "article",
    "Document": "",
}
_NO_PAPERS = ("attachment", "note", "annotation", "")
_EXTRA = re.compile(r"(DOI|arXiv|PMID)\s*:\s*(.+)", re.IGNORECASE)

# Abstracts and notes are longer than the csv module's usual bound for a field.
csv.field_size_limit(MAX_DOCUMENT_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """An item as either export says it: fields by Zotero's own names."""

    said: Mapping[str, str]
    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Zotero:
    """Reads Zotero RDF and Zotero's CSV.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="zotero",
        title="Zotero (RDF, CSV)",
        gives="The items of a Zotero library with their tags.",
        rules="Yours.",
        home="https://www.zotero.org/support/kb/exporting",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether it is RDF in Zotero's namespaces, or begins with the header of its CSV."""
        if _CSV_HEAD.match(head):
            return True
        return any(n in head for n in _NAMESPACES) and root_name(head) == f"{_RDF}RDF"

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the items of an export."""
        return read_document(stream, file=file, start=start, parse=self._parse)

    def _parse(self, data: bytes) -> Iterator[Item]:
        latest = latest_day(self.clock)
        for item in _rows(data) if _CSV_HEAD.match(data) else _resources(data):
            if item.said["itemType"] not in _NO_PAPERS:
                yield record_or_fault(_maker(item, latest), item.said.get("title", "")[:200])


def _maker(item: _Item, latest: str) -> Callable[[], Record]:
    return lambda: record_of(_citation(item), source="zotero", latest=latest)


def _citation(item: _Item) -> Citation:
    said = item.said
    kind = _KINDS.get(said["itemType"], "")
    return Citation(
        title=plain(said.get("title", "")),
        abstract=plain(said.get("abstractNote", "")),
        authors=item.authors or (item.editors if kind == "book" else ()),
        kind=kind,
        container=said.get("publicationTitle") or said.get("conferenceName", ""),
        date=said.get("date") or said.get("publicationYear", ""),
        volume=said.get("volume", ""),
        issue=said.get("issue", ""),
        pages=said.get("pages", ""),
        publisher=said.get("publisher", ""),
        language=said.get("language", ""),
        url=said.get("url", ""),
        names=(*item.names, *_extra(said.get("extra", ""))),
        isbn=said.get("ISBN", ""),
        keywords=item.tags,
        rights=said.get("rights", ""),
    )


def _extra(text: str) -> Iterator[str]:
    """Yield the identifiers among the lines of the Extra field, as `arXiv: 2301.00001 [cs]`."""
    for line in text[:20_000].splitlines():
        match = _EXTRA.match(line.strip())
        if match:
            yield f"{match[1]}:{match[2]}"


def _rows(data: bytes) -> Iterator[_Item]:
    reader = csv.reader(io.StringIO(decoded(data), newline=""))
    try:
        columns = [_zotero_name(name) for name in next(reader)]
        for values in reader:
            said = dict(zip(columns, values, strict=False))
            said.setdefault("itemType", "")
            yield _Item(
                said=said,
                authors=_people(said.get("author", "")),
                editors=_people(said.get("editor", "")),
                tags=tuple(
                    tag
                    for column in ("manualTags", "automaticTags")
                    for tag in said.get(column, "").split(";")
                ),
                names=tuple(said.get(name, "") for name in ("DOI", "number", "archiveLocation")),
            )
    except csv.Error as e:
        raise SourceError("CSV that cannot be read") from e


def _zotero_name(column: str) -> str:
    """Return the field of a column: `Abstract Note` is `abstractNote`, `DOI` stays."""
    words = column.split()
    first = words[0] if words and words[0].isupper() else "".join(words[:1]).lower()
    return first + "".join(word.capitalize() for word in words[1:])


def _people(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(spoken_name, text.split(";"))))


def _resources(data: bytes) -> Iterator[_Item]:
    root = parse_xml(data)
    named = {about: child for child in root if (about := child.get(f"{_RDF}about"))}
    for element in root:
        if isinstance(element.tag, str):
            yield _resource(element, named)


def _resource(element: etree._Element, named: Mapping[str, etree._Element]) -> _Item:
    container = _container(element, named)
    places = [element] if container is None else [element, container]
    identifiers = [text for place in places for text in _identifiers(place)]
    said = {
        "itemType": _item_type(element),
        "title": _text(element, f"{_DC}title"),
        "abstractNote": _text(element, f"{_TERMS}abstract"),
        "date": _text(element, f"{_DC}date"),
        "publicationTitle": "" if container is None else _text(container, f"{_DC}title"),
        "conferenceName": _text(element, f"{_BIB}presentedAt/{_BIB}Conference/{_DC}title"),
        "volume": _of_places(places, f"{_PRISM}volume"),
        "issue": _of_places(places, f"{_PRISM}number"),
        "pages": _text(element, f"{_BIB}pages"),
        "publisher": _text(element, f"{_DC}publisher/{_FOAF}Organization/{_FOAF}name"),
        "language": _text(element, f"{_Z}language"),
        "rights": _text(element, f"{_DC}rights"),
        "extra": _text(element, f"{_DC}description"),
        "url": _text(element, f"{_DC}identifier/{_TERMS}URI/{_RDF}value"),
        "ISBN": " ".join(_values(identifiers, "ISBN")),
    }
    tags = (text_of(tag.find(f".//{_RDF}value")) or tag.text for tag in _subjects(element))
    return _Item(
        said=said,
        authors=_persons(element, f"{_BIB}authors"),
        editors=_persons(element, f"{_BIB}editors"),
        tags=tuple(tag or "" for tag in tags),
        names=(*_values(identifiers, "DOI"), _text(element, f"{_Z}archiveID")),
    )


def _item_type(element: etree._Element) -> str:
    """Return Zotero's own word, else the element's name where that is a kind of paper."""
    said = _text(element, f"{_Z}itemType")
    name = str(element.tag)
    return said or (name.removeprefix(_BIB) if name.removeprefix(_BIB) in _KINDS else "")


def _container(
    element: etree._Element, named: Mapping[str, etree._Element]
) -> etree._Element | None:
    """Return the journal or book in which an item stands, written inside it or elsewhere."""
    for part in element.iterfind(f"{_TERMS}isPartOf"):
        inside = next(iter(part), None)
        found = named.get(part.get(f"{_RDF}resource", "")) if inside is None else inside
        if found is not None and found is not element and found.tag != f"{_BIB}Series":
            return found
    return None


def _text(element: etree._Element, path: str) -> str:
    return text_of(element.find(path)).strip()


def _of_places(places: list[etree._Element], path: str) -> str:
    return next((text for place in places if (text := _text(place, path))), "")


def _identifiers(element: etree._Element) -> Iterator[str]:
    return (text_of(found).strip() for found in element.iterfind(f"{_DC}identifier"))


def _values(identifiers: list[str], scheme: str) -> list[str]:
    """Return what identifiers as `DOI 10.1000/x` say after the name of a scheme."""
    return [text.removeprefix(scheme) for text in identifiers if text.startswith(f"{scheme} ")]


def _subjects(element: etree._Element) -> Iterator[etree._Element]:
    """Yield tags, without the call numbers that stand among them."""
    for subject in element.iterfind(f"{_DC}subject"):
        if subject.find(f"{_TERMS}LCC") is None:
            yield subject


def _persons(element: etree._Element, path: str) -> tuple[str, ...]:
    people = element.find(path)
    if people is None:
        return ()
    return tuple(_person(person) for person in people.iter(f"{_FOAF}Person"))


def _person(person: etree._Element) -> str:
    given = _text(person, f"{_FOAF}givenName") or _text(person, f"{_FOAF}givenname")
    family = _text(person, f"{_FOAF}surname")
    return full_name(family, given) or _text(person, f"{_FOAF}name")
