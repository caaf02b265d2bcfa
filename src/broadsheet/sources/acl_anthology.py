"""The ACL Anthology's XML: one file a collection, in the schema of 2026 and the one before.

A collection holds volumes, a volume its description (`meta`), front matter and papers. The files
name no day of change: a collection always comes whole.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from lxml import etree

from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import About, Answer, Fault, Page, Plan, Request
from broadsheet.model.identifiers import isbn
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Imprint, Record, Version
from broadsheet.model.ports import Clock
from broadsheet.sources.anthology_ids import full_id, is_collection, year_of
from broadsheet.sources.documents import Item, read_document, record_or_fault, with_hash
from broadsheet.sources.fields import (
    LIMITS,
    bounded_text,
    fitting_text,
    known_ids,
    latest_day,
    page_range,
    partial_date,
    required_title,
)
from broadsheet.sources.free_dates import month_in
from broadsheet.sources.names import clean_names, full_name
from broadsheet.sources.venues import venue_name
from broadsheet.sources.xml_documents import parse_xml, root_name, text_of

BASE = "https://raw.githubusercontent.com/acl-org/acl-anthology/master/data/xml"
_HEAD = re.compile(rb"<collection\s[^<>]*\bid=[\"'](?:[A-Z]\d\d|\d{4}\.[a-z0-9_]+)[\"']")
_NUMBER = re.compile(r"\d{1,4}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_FREE_SINCE = "2016"
_BY = "https://creativecommons.org/licenses/by/4.0/"
_BY_NC_SA = "https://creativecommons.org/licenses/by-nc-sa/3.0/"
_MONTHS_APART = 12


class AclAnthology:
    """Reads and asks for collections of the ACL Anthology.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="acl",
        title="ACL Anthology",
        gives="Papers of computational linguistics with venues, revisions and retractions.",
        rules="CC BY 4.0 from 2016 on, CC BY-NC-SA 3.0 before. Whole collections, now and then.",
        home="https://aclanthology.org/info/development/",
        interval_s=3.0,
        selects="collections such as 2026.acl or P18",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether it is a collection under an id of the Anthology."""
        return _HEAD.search(head) is not None and root_name(head) == "collection"

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the papers and volumes of a collection; a removed paper is a Reject."""
        return read_document(stream, file=file, start=start, parse=self._parse)

    def first(self, plan: Plan) -> Request:
        """Ask for the first collection.

        Raises:
            InvalidValueError: no collection is named, or something that is none.
        """
        if not plan.selection:
            raise InvalidValueError("Name the collections to fetch, as 2026.acl or P18.")
        for name in plan.selection:
            if not is_collection(name):
                raise InvalidValueError(f"{name!r} is no collection; they are as 2026.acl or P18.")
        return _request(plan, plan.selection[0])

    def page(self, plan: Plan, request: Request, answer: Answer) -> Page:
        """Read a collection; one that does not exist is a page without papers."""
        following = _following(plan, request)
        if answer.status == 404:
            return Page(items=(), next=following)
        if answer.status >= 400:
            raise SourceError(f"The ACL Anthology refuses (HTTP {answer.status}).")
        try:
            root = parse_xml(answer.body)
        except SourceError as e:
            raise RetryError(f"The ACL Anthology's answer is broken: {e}") from e
        if root.tag != "collection":
            raise RetryError("The ACL Anthology's answer is no collection.")
        items = tuple(self._items(root))
        return Page(items=items, next=following, total=len(items), gone=tuple(_gone(root)))

    def _parse(self, data: bytes) -> Iterator[Item]:
        yield from self._items(parse_xml(data))

    def _items(self, root: etree._Element) -> Iterator[Item]:
        latest = latest_day(self.clock)
        for volume in root.iterchildren("volume"):
            about = _volume(root, volume)
            for element in volume.iterchildren("frontmatter", "paper"):
                yield _item(element, about, latest)


class _Volume(NamedTuple):
    """What all papers of a volume have in common."""

    collection: str
    id: str
    meta: etree._Element
    ingested: str
    year: str
    is_journal: bool


def _request(plan: Plan, name: str) -> Request:
    return Request(url=f"{plan.base or BASE}/{name}.xml", accept="application/xml")


def _following(plan: Plan, request: Request) -> Request | None:
    """Return the question for the collection after the one that was asked for."""
    names = list(dict.fromkeys(plan.selection))
    urls = [_request(plan, name).url for name in names]
    at = urls.index(request.url) + 1 if request.url in urls else len(names)
    return _request(plan, names[at]) if at < len(names) else None


def _volume(root: etree._Element, volume: etree._Element) -> _Volume:
    meta = volume.find("meta")
    meta = etree.Element("meta") if meta is None else meta
    collection = root.get("id", "")
    return _Volume(
        collection=collection,
        id=volume.get("id", ""),
        meta=meta,
        ingested=volume.get("ingest-date", ""),
        year=_text(meta, "year") or year_of(collection),
        is_journal=volume.get("type") == "journal" or meta.find("journal-volume") is not None,
    )


def _own_id(element: etree._Element, volume: _Volume) -> str:
    number = "0" if element.tag == "frontmatter" else element.get("id", "")
    return full_id(volume.collection, volume.id, number)


def _item(element: etree._Element, volume: _Volume, latest: str) -> Item:
    removed = element.find("removed")
    if removed is None:
        return record_or_fault(lambda: _record(element, volume, latest), _excerpt(element, volume))
    why = " ".join(text_of(removed).split())
    return Fault(reason="removed from the Anthology", excerpt=_excerpt(element, volume, why))


def _excerpt(element: etree._Element, volume: _Volume, why: str = "") -> str:
    parts = (f"{volume.collection}-{volume.id}", element.get("id", "0"), why or _title(element))
    return " ".join(" ".join(parts).split())[:200]


def _gone(root: etree._Element) -> Iterator[str]:
    """Yield the ids of papers that have been removed."""
    for volume in root.iterchildren("volume"):
        about = _volume(root, volume)
        for paper in volume.iterchildren("paper"):
            if paper.find("removed") is not None:
                try:
                    yield _own_id(paper, about)
                except SourceError:
                    continue


def _record(element: etree._Element, volume: _Volume, latest: str) -> Record:
    own, meta = _own_id(element, volume), volume.meta
    is_whole = element.tag == "frontmatter"
    submitted = _published(element, volume, latest)
    versions = _versions(element, latest)
    retracted = element.find("retracted")
    venue = _venue(volume)
    number = isbn(_text(meta, "isbn") or _text(meta, "ISBN")) if is_whole else None
    return with_hash(
        Record(
            source="acl",
            source_id=own,
            title=required_title(_flat(meta.find("booktitle")) if is_whole else _title(element)),
            abstract=bounded_text(_flat(element.find("abstract")), "abstract"),
            authors=_people(meta, "editor") if is_whole else _people(element, "author"),
            submitted=submitted,
            updated=versions[-1].date if len(versions) > 1 else None,
            announced=_announced(element, volume, submitted, latest),
            standing="" if retracted is None else "retracted",
            venue=fitting_text(venue, "venue"),
            comment=fitting_text(_flat(retracted), "comments"),
            journal_ref=""
            if is_whole
            else fitting_text(_flat(meta.find("booktitle")), "journal_ref"),
            licence=_BY if volume.year >= _FREE_SINCE else _BY_NC_SA if volume.year else "",
            url=f"https://aclanthology.org/{own}/",
            doi=_doi(element),
            twins=(f"acl:{own}", *([f"isbn:{number}"] if number else [])),
            imprint=_imprint(element, volume),
            versions=versions,
        )
    )


def _text(element: etree._Element, name: str) -> str:
    return text_of(element.find(name)).strip()


def _doi(element: etree._Element) -> str | None:
    said = _text(element, "doi")
    return known_ids(None, said)[1] if len(said) <= LIMITS["id"] else None


def _title(element: etree._Element) -> str:
    return _flat(element.find("title"))


def _flat(element: etree._Element | None) -> str:
    """Return a text without its mark-up: formulas in dollars, paragraphs and breaks as blanks."""
    if element is None:
        return ""
    if len(element) == 0:
        return element.text or ""
    parts: list[str] = []
    for event, part in etree.iterwalk(element, events=("start", "end")):
        dollar = "$" if part.tag == "tex-math" else " " if part.tag in ("par", "br") else ""
        if event == "start":
            parts += [dollar, part.text or ""]
        elif part is not element:
            parts += [dollar, part.tail or ""]
    return "".join(parts)


def _people(element: etree._Element, role: str) -> tuple[str, ...]:
    return clean_names(
        full_name(_text(person, "last"), _text(person, "first"))
        for person in element.iterchildren(role)
    )


def _published(element: etree._Element, volume: _Volume, latest: str) -> str | None:
    """Return the year and month of publication: months are words, as `July` or `Sept. 5-8`."""
    year = _text(element, "year") or volume.year
    month = month_in(_text(element, "month") or _text(volume.meta, "month"))
    if not year:
        return None
    return partial_date(f"{year}-{month:02d}" if month else year, "year", latest)


def _announced(
    element: etree._Element, volume: _Volume, submitted: str | None, latest: str
) -> str | None:
    """Return the day on which it came into the Anthology, if it was new then."""
    said = element.get("ingest-date") or volume.ingested
    if not said or not submitted:
        return None
    day = partial_date(said, "ingest-date", latest)
    apart = (int(day[:4]) - int(submitted[:4])) * 12
    if len(day) > 4 and len(submitted) > 4:
        apart += int(day[5:7]) - int(submitted[5:7])
    return day if abs(apart) <= _MONTHS_APART else None


def _versions(element: etree._Element, latest: str) -> tuple[Version, ...]:
    found: dict[int, str | None] = {}
    for revision in element.iterchildren("revision"):
        number, day = revision.get("id", ""), revision.get("date", "")
        if not _NUMBER.fullmatch(number):
            raise SourceError("a revision is not numbered")
        found[int(number)] = partial_date(day, "a revision's date", latest) if day else None
    return tuple(Version(number=n, date=found[n]) for n in sorted(found))


def _venue(volume: _Volume) -> str:
    """Return the venue: of several the first that is not just `a workshop`, else the book."""
    names = [text_of(venue).strip() for venue in volume.meta.iterchildren("venue")]
    named = next((name for name in names if name and name != "ws"), names[0] if names else "")
    if not named and volume.collection[:1].isdigit():
        named = volume.collection.partition(".")[2]
    return venue_name(named, volume.year) if named else _flat(volume.meta.find("booktitle"))


def _imprint(element: etree._Element, volume: _Volume) -> Imprint:
    meta, language = volume.meta, _text(element, "language")
    kind = "article-journal" if volume.is_journal else "paper-conference"
    return Imprint(
        kind="book" if element.tag == "frontmatter" else kind,
        volume=fitting_text(_text(meta, "journal-volume") or _text(meta, "volume"), "imprint"),
        issue=fitting_text(_text(element, "issue") or _text(meta, "journal-issue"), "imprint"),
        pages=page_range(_text(element, "pages")),
        publisher=fitting_text(_flat(meta.find("publisher")), "imprint"),
        language=language if _LANGUAGE.fullmatch(language) else "",
    )
