"""Records out of arXiv's OAI-PMH answers, in each of the three formats that they come in."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
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
from broadsheet.sources.json_rows import hash_of
from broadsheet.sources.names import clean_names, full_name, names_of_line
from broadsheet.sources.xml_documents import children_of, text_in, text_of

OAI = "{http://www.openarchives.org/OAI/2.0/}"
RAW = "{http://arxiv.org/OAI/arXivRaw/}"
SPLIT = "{http://arxiv.org/OAI/arXiv/}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DC_ROOT = "{http://www.openarchives.org/OAI/2.0/oai_dc/}dc"
_COMMENT = "Comment:"
_NAMES = (
    *("id", "title", "authors", "categories", "comments"),
    *("journal-ref", "doi", "license", "abstract"),
)


class RawSaid(NamedTuple):
    """What is read of a record in `arXivRaw`, as it stands there.

    Args:
        datestamp: of the header beside it; empty where there is none.
        versions: number, moment and source type of each.
    """

    datestamp: str
    versions: Sequence[tuple[str, ...]]
    id: str
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
    return Record(
        source="arxiv",
        source_id=eprint,
        title=required_title(said.title),
        abstract=bounded_text(said.abstract, "abstract"),
        authors=names_of_line(said.authors),
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
        raw_hash=hash_of("\0".join(chain(said[2:], *said.versions)).encode()),
    )


def _own_id(said: str) -> str:
    text = said.strip()
    eprint = arxiv_id(text) if text else None
    if eprint is None:
        raise SourceError("id is not an arXiv id" if text else "no id")
    return eprint


def _versions(said: Sequence[tuple[str, ...]], latest: str) -> tuple[tuple[Version, ...], str, str]:
    """Return the versions by number, the moment of the first, the source type of the last."""
    found: dict[int, tuple[Version, str, str]] = {}
    for number, moment, source_type in said:
        day = rfc_822_date(moment, "a version's date", latest)
        version = arxiv_parts.version(number, day)
        found[version.number] = version, moment, source_type
    if not found:
        return (), "", ""
    versions = [found[number] for number in sorted(found)]
    return tuple([version for version, _, _ in versions]), versions[0][1], versions[-1][2]


def _modified(datestamp: str, latest: str) -> str | None:
    return partial_date(datestamp, "a datestamp", latest) if datestamp else None


def _raw_element(element: etree._Element, latest: str) -> Record:
    children = children_of(element)
    said = RawSaid(
        _datestamp(element),
        list(map(_version_of, children.get(f"{RAW}version", ()))),
        *[text_in(children, RAW + name) for name in _NAMES],
    )
    return raw_record(said, latest)


def _version_of(element: etree._Element) -> tuple[str, str, str]:
    children = children_of(element)
    number = element.get("version", "").removeprefix("v")
    return number, text_in(children, f"{RAW}date"), text_in(children, f"{RAW}source_type")


def _datestamp(element: etree._Element) -> str:
    """Return the day of the header beside a record's metadata, where there is one."""
    metadata = element.getparent()
    beside = children_of(None if metadata is None else metadata.getparent())
    for namespace in (OAI, ""):
        for header in beside.get(f"{namespace}header", ()):
            if said := text_in(children_of(header), f"{namespace}datestamp").strip():
                return said
    return ""


def _split_element(element: etree._Element, latest: str) -> Record:
    children = children_of(element)

    def said(name: str) -> str:
        return text_in(children, SPLIT + name)

    eprint = _own_id(said("id"))
    created = said("created").strip()
    submitted = partial_date(created, "created", latest) if created else None
    changed = said("updated").strip()
    updated = partial_date(changed, "updated", latest) if changed else None
    # The server prints the present version's day here; the id tells in which month the first
    # one came.
    if submitted and not _near(submitted, arxiv_parts.month_of(eprint)):
        submitted, updated = None, updated or submitted
    return with_hash(
        Record(
            source="arxiv",
            source_id=eprint,
            title=required_title(said("title")),
            abstract=bounded_text(said("abstract"), "abstract"),
            authors=clean_names(_split_authors(children.get(f"{SPLIT}authors", ()))),
            categories=split_categories(said("categories")),
            submitted=submitted,
            updated=updated,
            modified=_modified(_datestamp(element), latest),
            comment=bounded_text(said("comments"), "comments"),
            journal_ref=bounded_text(said("journal-ref"), "journal_ref"),
            licence=bounded_text(said("license"), "licence"),
            url=arxiv_parts.address(eprint),
            arxiv_id=eprint,
            doi=known_ids(None, said("doi"))[1],
        )
    )


def _near(day: str, month: str | None) -> bool:
    """Whether a day lies in a month or the one before: ids are given out days after."""
    if month is None:
        return False
    apart = (int(month[:4]) - int(day[:4])) * 12 + int(month[5:7]) - int(day[5:7] or 0)
    return 0 <= apart <= 1


def _split_authors(lists: Iterable[etree._Element]) -> Iterator[str]:
    for author in chain.from_iterable(lists):
        said = children_of(author)
        family = text_in(said, f"{SPLIT}keyname").strip().rstrip(":").strip()
        given = text_in(said, f"{SPLIT}forenames").strip()
        given = given.removeprefix("the ").removeprefix("The ")
        if (family and family != "Collaboration") or given:
            yield full_name(family, given, text_in(said, f"{SPLIT}suffix").strip())


def _dublin_element(element: etree._Element, latest: str) -> Record:
    children = children_of(element)

    def said(name: str) -> list[str]:
        return [text_of(child).strip() for child in children.get(_DC + name, ())]

    names = said("identifier")
    eprint = next((found for name in names if (found := arxiv_id(name))), None)
    if eprint is None:
        raise SourceError("no arXiv id among its identifiers")
    texts = said("description")
    comments = [text for text in texts if text.startswith(_COMMENT)]
    days = [partial_date(day, "a date", latest) for day in said("date") if day]
    dois = [name for name in names if known_ids(None, name.removeprefix("doi:"))[1]]
    return with_hash(
        Record(
            source="arxiv",
            source_id=eprint,
            title=required_title(next(iter(said("title")), None)),
            abstract=bounded_text(next((t for t in texts if t not in comments), None), "abstract"),
            authors=clean_names(_turned(name) for name in said("creator")),
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
