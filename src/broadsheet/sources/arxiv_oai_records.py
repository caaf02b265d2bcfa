"""Records out of arXiv's OAI-PMH answers, in each of the three formats that they come in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from lxml import etree

from broadsheet.model.categories import split_categories
from broadsheet.model.errors import SourceError
from broadsheet.model.identifiers import arxiv_id
from broadsheet.model.paper import Record, Version
from broadsheet.sources import arxiv_parts
from broadsheet.sources.documents import with_hash
from broadsheet.sources.fields import (
    bounded_text,
    known_ids,
    partial_date,
    required_title,
    rfc_822_date,
)
from broadsheet.sources.names import clean_names, full_name, split_names
from broadsheet.sources.xml_documents import text_of, texts_of

OAI = "{http://www.openarchives.org/OAI/2.0/}"
RAW = "{http://arxiv.org/OAI/arXivRaw/}"
SPLIT = "{http://arxiv.org/OAI/arXiv/}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DC_ROOT = "{http://www.openarchives.org/OAI/2.0/oai_dc/}dc"
_COMMENT = "Comment:"


class RawSaid(NamedTuple):
    """What a record in `arXivRaw` says and is read, as text, in the order in which it stands there.

    Args:
        datestamp: of the header beside it; empty where there is none.
        versions: number, moment and source type of each.
    """

    datestamp: str
    id: str
    versions: list[tuple[str, str, str]]
    title: str
    authors: str
    categories: str
    comments: str
    journal_ref: str
    doi: str
    licence: str
    abstract: str


def raw_record(said: RawSaid, latest: str) -> Record:
    """Return the record that is said.

    Args:
        latest: the last day that a date may name.

    Raises:
        SourceError: it is none, or breaks a rule.
    """
    eprint = _own_id(said.id)
    versions, first_moment, source_type = _versions(said.versions, latest)
    return with_hash(
        Record(
            source="arxiv",
            source_id=eprint,
            title=required_title(said.title),
            abstract=bounded_text(said.abstract, "abstract"),
            authors=clean_names(split_names(said.authors)),
            categories=split_categories(said.categories),
            submitted=versions[0].date if versions else None,
            updated=arxiv_parts.updated(versions),
            announced=arxiv_parts.expected_listing(first_moment),
            announced_as="expected" if versions else "",
            modified=_modified(said.datestamp, latest),
            standing="withdrawn" if arxiv_parts.is_withdrawn(source_type) else "",
            comment=bounded_text(said.comments, "comments"),
            journal_ref=bounded_text(said.journal_ref, "journal_ref"),
            licence=bounded_text(said.licence, "licence"),
            url=arxiv_parts.address(eprint),
            arxiv_id=eprint,
            doi=known_ids(None, said.doi)[1],
            versions=versions,
        )
    )


def _own_id(said: str) -> str:
    text = said.strip()
    eprint = arxiv_id(text) if text else None
    if eprint is None:
        raise SourceError("id is not an arXiv id" if text else "no id")
    return eprint


def _versions(
    said: Sequence[tuple[str, str, str]], latest: str
) -> tuple[tuple[Version, ...], str, str]:
    """Return the versions by number, the moment of the first, the source type of the last."""
    found = {_number(number): (moment, source_type) for number, moment, source_type in said}
    if not found:
        return (), "", ""
    numbers = sorted(found)
    days = [rfc_822_date(found[n][0], "a version's date", latest) for n in numbers]
    versions = tuple(map(arxiv_parts.version, numbers, days))
    return versions, found[numbers[0]][0], found[numbers[-1]][1]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise SourceError("a version is not numbered")
    return int(text)


def _modified(datestamp: str, latest: str) -> str | None:
    return partial_date(datestamp, "a datestamp", latest) if datestamp else None


def _raw_element(element: etree._Element, latest: str) -> Record:
    texts = texts_of(element, RAW)
    versions = [
        (
            version.get("version", "").removeprefix("v"),
            text_of(version.find(f"{RAW}date")),
            text_of(version.find(f"{RAW}source_type")),
        )
        for version in element.iterchildren(f"{RAW}version")
    ]
    said = RawSaid(
        datestamp=_datestamp(element),
        id=texts.get("id", ""),
        versions=versions,
        title=texts.get("title", ""),
        authors=texts.get("authors", ""),
        categories=texts.get("categories", ""),
        comments=texts.get("comments", ""),
        journal_ref=texts.get("journal-ref", ""),
        doi=texts.get("doi", ""),
        licence=texts.get("license", ""),
        abstract=texts.get("abstract", ""),
    )
    return raw_record(said, latest)


def _datestamp(element: etree._Element) -> str:
    """Return the day of the header beside a record's metadata, where there is one."""
    metadata = element.getparent()
    record = None if metadata is None else metadata.getparent()
    if record is None:
        return ""
    names = (f"{OAI}header/{OAI}datestamp", "header/datestamp")
    return next((said for name in names if (said := text_of(record.find(name)).strip())), "")


def _split_element(element: etree._Element, latest: str) -> Record:
    said = texts_of(element, SPLIT)
    eprint = _own_id(said.get("id", ""))
    created = said.get("created", "").strip()
    submitted = partial_date(created, "created", latest) if created else None
    changed = said.get("updated", "").strip()
    updated = partial_date(changed, "updated", latest) if changed else None
    # The server prints the present version's day here; the id tells in which month the first
    # one came.
    if submitted and not _near(submitted, arxiv_parts.month_of(eprint)):
        submitted, updated = None, updated or submitted
    return with_hash(
        Record(
            source="arxiv",
            source_id=eprint,
            title=required_title(said.get("title")),
            abstract=bounded_text(said.get("abstract"), "abstract"),
            authors=clean_names(_split_authors(element)),
            categories=split_categories(said.get("categories", "")),
            submitted=submitted,
            updated=updated,
            modified=_modified(_datestamp(element), latest),
            comment=bounded_text(said.get("comments"), "comments"),
            journal_ref=bounded_text(said.get("journal-ref"), "journal_ref"),
            licence=bounded_text(said.get("license"), "licence"),
            url=arxiv_parts.address(eprint),
            arxiv_id=eprint,
            doi=known_ids(None, said.get("doi"))[1],
        )
    )


def _near(day: str, month: str | None) -> bool:
    """Whether a day lies in a month or the one before: ids are given out days after."""
    if month is None:
        return False
    apart = (int(month[:4]) - int(day[:4])) * 12 + int(month[5:7]) - int(day[5:7] or 0)
    return 0 <= apart <= 1


def _split_authors(element: etree._Element) -> Iterator[str]:
    for author in element.iterfind(f"{SPLIT}authors/{SPLIT}author"):
        said = texts_of(author, SPLIT)
        family = said.get("keyname", "").strip().rstrip(":").strip()
        given = said.get("forenames", "").strip().removeprefix("the ").removeprefix("The ")
        if (family and family != "Collaboration") or given:
            yield full_name(family, given, said.get("suffix", "").strip())


def _dublin_element(element: etree._Element, latest: str) -> Record:
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
    return with_hash(
        Record(
            source="arxiv",
            source_id=eprint,
            title=required_title(next(iter(said.get("title", [])), None)),
            abstract=bounded_text(next((t for t in texts if t not in comments), None), "abstract"),
            authors=clean_names(_turned(name) for name in said.get("creator", [])),
            submitted=days[0] if days else None,
            updated=days[-1] if len(days) > 1 else None,
            modified=_modified(_datestamp(element), latest),
            comment=bounded_text(
                comments[0].removeprefix(_COMMENT) if comments else None, "comments"
            ),
            url=arxiv_parts.address(eprint),
            arxiv_id=eprint,
            doi=known_ids(None, dois[0].removeprefix("doi:"))[1] if dois else None,
        )
    )


def _turned(name: str) -> str:
    family, comma, given = name.partition(",")
    return full_name(family.strip(), given.strip()) if comma else name


MAKERS: Mapping[str, Callable[[etree._Element, str], Record]] = {
    f"{RAW}arXivRaw": _raw_element,
    f"{SPLIT}arXiv": _split_element,
    _DC_ROOT: _dublin_element,
}
"""How the element of a record becomes one, by its name; with the last day a date may name."""
