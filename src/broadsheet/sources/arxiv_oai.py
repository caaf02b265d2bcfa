"""arXiv over OAI-PMH: `arXivRaw` with its versions, and `arXiv` and `oai_dc` where they come.

A page holds 2,000 records. Its resumption token is opaque, is sent alone, and expires at the next
midnight UTC. A record's datestamp is the day of its last change, nothing else.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO
from urllib.parse import urlencode

from lxml import etree

from broadsheet.model.categories import clean_categories
from broadsheet.model.errors import InvalidValueError, RestartError, RetryError, SourceError
from broadsheet.model.harvest import About, Answer, Page, Plan, Request
from broadsheet.model.identifiers import arxiv_id
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record, Version
from broadsheet.model.ports import Clock
from broadsheet.sources import arxiv_parts
from broadsheet.sources.documents import Item, read_document, record_or_fault
from broadsheet.sources.fields import (
    bounded_text,
    known_ids,
    latest_day,
    partial_date,
    required_title,
    rfc_822_date,
)
from broadsheet.sources.json_rows import hash_of
from broadsheet.sources.names import clean_names, full_name, split_names
from broadsheet.sources.xml_answers import answered_xml
from broadsheet.sources.xml_documents import parse_xml, root_name, text_of

BASE = "https://oaipmh.arxiv.org/oai"
_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_RAW = "{http://arxiv.org/OAI/arXivRaw/}"
_SPLIT = "{http://arxiv.org/OAI/arXiv/}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DC_ROOT = "{http://www.openarchives.org/OAI/2.0/oai_dc/}dc"
_ROOTS = (f"{_OAI}OAI-PMH", f"{_OAI}record", "record", f"{_RAW}arXivRaw", f"{_SPLIT}arXiv")
_SET = re.compile(r"[a-z-]+(?::[a-z-]+)?(?::[A-Za-z-]+)?\Z")
_COMMENT = "Comment:"


class ArxivOai:
    """Reads and asks arXiv's OAI-PMH server.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="arxiv",
        title="arXiv (OAI-PMH)",
        gives="Every arXiv paper with all versions, replacements and withdrawals, by day.",
        rules="Metadata is CC0. One request in three seconds over all your machines.",
        home="https://info.arxiv.org/help/oa/index.html",
        interval_s=3.0,
        selects="sets such as cs, cs:cs:CL or physics:hep-th",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether it is an answer of an OAI server, or a record out of one."""
        return root_name(head) in _ROOTS

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the records of a saved answer."""
        return read_document(stream, file=file, start=start, parse=self._parse)

    def first(self, plan: Plan) -> Request:
        """Ask for the first page of a set, from a day on.

        Raises:
            InvalidValueError: more than one set, or no name of a set.
        """
        if len(plan.selection) > 1:
            raise InvalidValueError("arXiv's OAI server gives one set at a time: sync each apart.")
        words = {"verb": "ListRecords", "metadataPrefix": "arXivRaw"}
        for name in plan.selection:
            if not _SET.match(name):
                raise InvalidValueError(f"{name!r} is no OAI set; sets are as cs or cs:cs:CL.")
            words["set"] = name
        if plan.since is not None:
            words["from"] = plan.since.isoformat()
        return Request(url=f"{plan.base or BASE}?{urlencode(words)}", accept="text/xml")

    def page(self, plan: Plan, request: Request, answer: Answer) -> Page:
        """Read a page of records; a day without any is a page without any."""
        root = answered_xml(answer, who="arXiv", roots=(f"{_OAI}OAI-PMH",))
        moment = text_of(root.find(f"{_OAI}responseDate")).strip()
        error = root.find(f"{_OAI}error")
        if error is not None:
            _raise_for(error)
            return Page(items=(), moment=moment)
        if root.find(f"{_OAI}ListRecords") is None and root.find(f"{_OAI}GetRecord") is None:
            raise RetryError("arXiv's answer is cut off.")
        token = text_of(root.find(f"{_OAI}ListRecords/{_OAI}resumptionToken")).strip()
        following = None
        if token:
            words = urlencode({"verb": "ListRecords", "resumptionToken": token})
            following = Request(url=f"{plan.base or BASE}?{words}", accept="text/xml")
        return Page(items=tuple(self._items(root)), next=following, moment=moment, gone=_gone(root))

    def _parse(self, data: bytes) -> Iterator[Item]:
        root = parse_xml(data)
        error = root.find(f"{_OAI}error")
        if error is not None:
            if error.get("code") == "noRecordsMatch":
                return
            raise SourceError(f"an error of the server, no papers: {_said(error)}")
        yield from self._items(root)

    def _items(self, root: etree._Element) -> Iterator[Item]:
        latest = latest_day(self.clock)
        for element in root.iter(f"{_RAW}arXivRaw", f"{_SPLIT}arXiv", _DC_ROOT):
            make = _MAKERS[element.tag]

            def record(make: _Maker = make, element: etree._Element = element) -> Record:
                return make(element, _datestamp(element, latest), latest)

            yield record_or_fault(record, _excerpt(element))


_Maker = Callable[[etree._Element, str | None, str], Record]


def _raise_for(error: etree._Element) -> None:
    """Raise what an OAI error means; nothing for a quiet day."""
    code = error.get("code", "")
    if code == "noRecordsMatch":
        return
    if code == "badResumptionToken":
        raise RestartError(f"arXiv no longer knows the place: {_said(error)}")
    raise SourceError(f"arXiv refuses ({code or 'no code'}): {_said(error)}")


def _said(error: etree._Element) -> str:
    return " ".join(text_of(error).split())[:200] or "no reason is given"


def _gone(root: etree._Element) -> tuple[str, ...]:
    found = (
        arxiv_id(text_of(header.find(f"{_OAI}identifier")))
        for header in root.iter(f"{_OAI}header")
        if header.get("status") == "deleted"
    )
    return tuple(name for name in found if name)


def _datestamp(element: etree._Element, latest: str) -> str | None:
    """Return the day of the header beside a record's metadata, where there is one."""
    metadata = element.getparent()
    record = None if metadata is None else metadata.getparent()
    if record is None:
        return None
    for name in (f"{_OAI}header/{_OAI}datestamp", "header/datestamp"):
        said = text_of(record.find(name)).strip()
        if said:
            return partial_date(said, "a datestamp", latest)
    return None


def _excerpt(element: etree._Element) -> Iterator[str]:
    yield " ".join(text_of(element)[:400].split())


def _texts(element: etree._Element, namespace: str) -> dict[str, str]:
    """Return the text of each child by its name; of a repeated one the first."""
    cut = len(namespace)
    found: dict[str, str] = {}
    for child in element:
        tag = child.tag
        if isinstance(tag, str) and tag.startswith(namespace):
            found.setdefault(tag[cut:], child.text or "")
    return found


def _own_id(said: Mapping[str, str]) -> str:
    text = said.get("id", "").strip()
    eprint = arxiv_id(text) if text else None
    if eprint is None:
        raise SourceError("id is not an arXiv id" if text else "no id")
    return eprint


def _raw_record(element: etree._Element, modified: str | None, latest: str) -> Record:
    said = _texts(element, _RAW)
    eprint = _own_id(said)
    versions, first_moment, source_type = _versions(element, latest)
    return Record(
        source="arxiv",
        source_id=eprint,
        title=required_title(said.get("title")),
        abstract=bounded_text(said.get("abstract"), "abstract"),
        authors=clean_names(split_names(said.get("authors", ""))),
        categories=clean_categories(said.get("categories", "").split()),
        submitted=versions[0].date if versions else None,
        updated=arxiv_parts.updated(versions),
        announced=arxiv_parts.expected_listing(first_moment),
        announced_as="expected" if versions else "",
        modified=modified,
        standing="withdrawn" if arxiv_parts.is_withdrawn(source_type) else "",
        comment=bounded_text(said.get("comments"), "comments"),
        journal_ref=bounded_text(said.get("journal-ref"), "journal_ref"),
        licence=bounded_text(said.get("license"), "licence"),
        url=arxiv_parts.address(eprint),
        arxiv_id=eprint,
        doi=known_ids(None, said.get("doi"))[1],
        versions=versions,
        raw_hash=_hash(element),
    )


def _versions(element: etree._Element, latest: str) -> tuple[tuple[Version, ...], str, str]:
    """Return the versions by number, the moment of the first, the source type of the last."""
    found: dict[int, tuple[str, str]] = {}
    for version in element.iterchildren(f"{_RAW}version"):
        number = version.get("version", "").removeprefix("v")
        if not (number.isascii() and number.isdigit() and len(number) <= 4):
            raise SourceError("a version is not numbered")
        moment = text_of(version.find(f"{_RAW}date"))
        found[int(number)] = moment, text_of(version.find(f"{_RAW}source_type"))
    versions = tuple(
        Version(number=n, date=rfc_822_date(found[n][0], "a version's date", latest))
        for n in sorted(found)
    )
    if not versions:
        return (), "", ""
    return versions, found[versions[0].number][0], found[versions[-1].number][1]


def _split_record(element: etree._Element, modified: str | None, latest: str) -> Record:
    said = _texts(element, _SPLIT)
    eprint = _own_id(said)
    created = said.get("created", "").strip()
    submitted = partial_date(created, "created", latest) if created else None
    changed = said.get("updated", "").strip()
    updated = partial_date(changed, "updated", latest) if changed else None
    # The server prints the present version's day here; the id tells in which month the first
    # one came.
    if submitted and not _near(submitted, arxiv_parts.month_of(eprint)):
        submitted, updated = None, updated or submitted
    return Record(
        source="arxiv",
        source_id=eprint,
        title=required_title(said.get("title")),
        abstract=bounded_text(said.get("abstract"), "abstract"),
        authors=clean_names(_split_authors(element)),
        categories=clean_categories(said.get("categories", "").split()),
        submitted=submitted,
        updated=updated,
        modified=modified,
        comment=bounded_text(said.get("comments"), "comments"),
        journal_ref=bounded_text(said.get("journal-ref"), "journal_ref"),
        licence=bounded_text(said.get("license"), "licence"),
        url=arxiv_parts.address(eprint),
        arxiv_id=eprint,
        doi=known_ids(None, said.get("doi"))[1],
        raw_hash=_hash(element),
    )


def _near(day: str, month: str | None) -> bool:
    """Whether a day lies in a month or the one before: ids are given out days after."""
    if month is None:
        return False
    apart = (int(month[:4]) - int(day[:4])) * 12 + int(month[5:7]) - int(day[5:7] or 0)
    return 0 <= apart <= 1


def _split_authors(element: etree._Element) -> Iterator[str]:
    for author in element.iterfind(f"{_SPLIT}authors/{_SPLIT}author"):
        said = _texts(author, _SPLIT)
        family = said.get("keyname", "").strip().rstrip(":").strip()
        given = said.get("forenames", "").strip().removeprefix("the ").removeprefix("The ")
        if (family and family != "Collaboration") or given:
            yield full_name(family, given, said.get("suffix", "").strip())


def _dublin_record(element: etree._Element, modified: str | None, latest: str) -> Record:
    said: dict[str, list[str]] = {}
    for child in element:
        if isinstance(child.tag, str) and child.tag.startswith(_DC):
            said.setdefault(child.tag[len(_DC) :], []).append((child.text or "").strip())
    names = said.get("identifier", [])
    eprint = next((found for name in names if (found := arxiv_id(name))), None)
    if eprint is None:
        raise SourceError("no arXiv id among its identifiers")
    texts = said.get("description", [])
    comments = [text for text in texts if text.startswith(_COMMENT)]
    days = [partial_date(day, "a date", latest) for day in said.get("date", []) if day]
    dois = [name for name in names if known_ids(None, name.removeprefix("doi:"))[1]]
    return Record(
        source="arxiv",
        source_id=eprint,
        title=required_title(next(iter(said.get("title", [])), None)),
        abstract=bounded_text(next((t for t in texts if t not in comments), None), "abstract"),
        authors=clean_names(_turned(name) for name in said.get("creator", [])),
        submitted=days[0] if days else None,
        updated=days[-1] if len(days) > 1 else None,
        modified=modified,
        comment=bounded_text(comments[0].removeprefix(_COMMENT) if comments else None, "comments"),
        url=arxiv_parts.address(eprint),
        arxiv_id=eprint,
        doi=known_ids(None, dois[0].removeprefix("doi:"))[1] if dois else None,
        raw_hash=_hash(element),
    )


def _turned(name: str) -> str:
    family, comma, given = name.partition(",")
    return full_name(family.strip(), given.strip()) if comma else name


def _hash(element: etree._Element) -> str:
    """Return what a record says, as a hash: the same whatever spells its mark-up."""
    return hash_of("\0".join(map(str, element.itertext())).encode("utf-8", "surrogatepass"))


_MAKERS: Mapping[str, _Maker] = {
    f"{_RAW}arXivRaw": _raw_record,
    f"{_SPLIT}arXiv": _split_record,
    _DC_ROOT: _dublin_record,
}
