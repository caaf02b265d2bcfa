"""BibTeX and BibLaTeX, as programs export them and people write them.

The library splits blocks and fields; values (`#`, macros, braces) are joined here.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import BinaryIO

from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares.names import (
    parse_single_name_into_parts,
    split_multiple_persons_names,
)
from bibtexparser.model import Entry, ParsingFailedBlock, String

from broadsheet.model.errors import SourceError
from broadsheet.model.harvest import About, Fault
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.model.ports import Clock
from broadsheet.sources.citations import Citation, record_of
from broadsheet.sources.clean import clean_bibtex
from broadsheet.sources.decoding import decoded
from broadsheet.sources.documents import Item, read_document, record_or_fault
from broadsheet.sources.fields import latest_day
from broadsheet.sources.free_dates import MONTHS
from broadsheet.sources.markup import plain

_KINDS = {
    "article": "article-journal",
    "inproceedings": "paper-conference",
    "conference": "paper-conference",
    "incollection": "chapter",
    "inbook": "chapter",
    "book": "book",
    "booklet": "book",
    "collection": "book",
    "proceedings": "book",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "thesis": "thesis",
    "techreport": "report",
    "report": "report",
    "unpublished": "article",
    "preprint": "article",
}
_TYPES = "|".join([*_KINDS, "misc|online|electronic|manual|dataset|software|patent|review|www"])
_BEGINNING = re.compile(
    rb"^(?:\xef\xbb\xbf)?[ \t]*+@(?:%s)[ \t]*+[{(]\s*+[^\s{}()=\"#,]*+\s*+,\s*+[a-z][\w:+.-]*+\s*+="
    % _TYPES.encode(),
    re.IGNORECASE | re.MULTILINE,
)
_BLOCK = re.compile(r"^[ \t]*@\w*[ \t]*(?=[{(])", re.MULTILINE)
_MARK = re.compile(r"(?<!\\)[{}\"]")
_WORD = re.compile(r"[^\s#\"{}]+")
_MACROS = {name[:3]: name for name in MONTHS}
_MOST_CHARACTERS = 300_000
_MOST_UNREADABLE = 1_000

# It logs what stands in files that it cannot read; we say so ourselves.
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL + 1)


class BibTeX:
    """Reads BibTeX files.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="bibtex",
        title="BibTeX",
        gives="The entries of a BibTeX or BibLaTeX file, of whatever program.",
        rules="Yours.",
        home="https://www.ctan.org/pkg/bibtex",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether an entry begins a line, and not inside a page that quotes one."""
        found = _BEGINNING.search(head)
        return found is not None and b"```" not in head[: found.start()]

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the entries; one that cannot be read is a Reject, the next ones are read."""
        return read_document(stream, file=file, start=start, parse=self._parse)

    def _parse(self, data: bytes) -> Iterator[Item]:
        latest = latest_day(self.clock)
        macros = dict(_MACROS)
        unreadable = 0
        for block in _blocks(decoded(data)):
            found = _defined(block, macros) if isinstance(block, String) else block
            if isinstance(found, Fault):
                unreadable += 1
                if unreadable > _MOST_UNREADABLE:
                    raise SourceError(f"over {_MOST_UNREADABLE:,} entries that cannot be read")
                yield found
            elif found is not None:
                yield record_or_fault(_maker(found, macros, latest), found.key)


def _blocks(text: str) -> Iterator[Entry | String | Fault]:
    """Yield entries and macros in order; each piece is parsed alone, so none can spoil the rest."""
    starts = [match.start() for match in _BLOCK.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        if end - start > _MOST_CHARACTERS:
            yield Fault(
                reason=f"an entry over {_MOST_CHARACTERS:,} characters",
                excerpt=text[start : start + 200],
            )
            continue
        for block in parse_string(text[start:end], parse_stack=[]).blocks:
            # Of a key or a field that comes twice the block is kept beside the complaint.
            kept = block.ignore_error_block if isinstance(block, ParsingFailedBlock) else block
            if isinstance(kept, Entry | String):
                yield kept
            elif kept is None:
                yield Fault(reason="BibTeX that cannot be read", excerpt=(block.raw or "")[:200])


def _defined(block: String, macros: dict[str, str]) -> Fault | None:
    """Take in a macro, or return why not."""
    try:
        macros[block.key.lower()] = _value(block.value, macros)
    except SourceError as e:
        return Fault(reason=str(e), excerpt=block.key[:200])
    return None


def _maker(entry: Entry, macros: Mapping[str, str], latest: str) -> Callable[[], Record]:
    return lambda: record_of(_citation(entry, macros), source="bibtex", latest=latest)


def _citation(entry: Entry, macros: Mapping[str, str]) -> Citation:
    said: dict[str, str] = {}
    for field in entry.fields:
        said.setdefault(field.key.lower(), _value(field.value, macros))
    clean = {key: clean_bibtex(value) for key, value in said.items()}
    kind = _KINDS.get(entry.entry_type.lower(), "")
    return Citation(
        title=_prose(clean, "title"),
        abstract=_prose(clean, "abstract"),
        authors=_persons(said, "author") or (_persons(said, "editor") if kind == "book" else ()),
        kind=kind,
        container=_prose(clean, "journal", "journaltitle", "booktitle"),
        date=_date(clean),
        volume=_first(clean, "volume"),
        issue=_first(clean, "number", "issue"),
        pages=_first(clean, "pages", "eid", "articleno"),
        publisher=_prose(clean, "publisher", "school", "institution"),
        language=_first(clean, "language", "langid"),
        url=_first(clean, "url", "howpublished").replace("\\", ""),
        names=_names(entry.key, clean),
        isbn=_first(clean, "isbn"),
        categories=tuple(_first(clean, "primaryclass", "eprintclass").split()),
        keywords=_keywords(clean),
        comment=_comment(clean),
        rights=_first(clean, "copyright", "license", "rights"),
    )


def _first(said: Mapping[str, str], *keys: str) -> str:
    return next((said[key] for key in keys if said.get(key)), "")


def _prose(said: Mapping[str, str], *keys: str) -> str:
    text = plain(_first(said, *keys))
    return text.replace("---", "—").replace("--", "–")


def _persons(said: Mapping[str, str], key: str) -> tuple[str, ...]:
    """Return the names of a list as they are said; `and others` is none."""
    text = said.get(key, "")
    if len(text) > _MOST_CHARACTERS:
        raise SourceError(f"{key} over {_MOST_CHARACTERS:,} characters")
    names = [name for name in split_multiple_persons_names(text) if name.lower() != "others"]
    return tuple(
        parse_single_name_into_parts(name, strict=False).merge_first_name_first for name in names
    )


def _date(said: Mapping[str, str]) -> str:
    if said.get("date"):
        return said["date"].split("/")[0]  # of a period its beginning
    if said.get("month", "").isdecimal():
        return "-".join(said.get(key, "") for key in ("year", "month", "day"))
    return " ".join(said.get(key, "") for key in ("day", "month", "year"))


def _names(key: str, said: Mapping[str, str]) -> tuple[str, ...]:
    """Return every text of an entry that may name its work."""
    eprint, where = said.get("eprint", ""), _first(said, "archiveprefix", "eprinttype").lower()
    journal, volume = _first(said, "journal", "journaltitle"), said.get("volume", "")
    return (
        said.get("doi", "").replace("\\", ""),
        eprint,
        f"{where or 'arxiv'}:{eprint}" if where != "pubmed" else f"PMID:{eprint}",
        said.get("arxiv", "") and f"arXiv:{said['arxiv']}",
        said.get("arxivid", "") and f"arXiv:{said['arxivid']}",
        journal,
        f"{journal} {volume}",
        said.get("note", ""),
        said.get("howpublished", ""),
        said.get("pmid", "") and f"PMID:{said['pmid']}",
        said.get("biburl", ""),
        key,
    )


def _keywords(said: Mapping[str, str]) -> tuple[str, ...]:
    text = _first(said, "keywords", "keyword")
    return tuple(text.split(";" if ";" in text else ","))


def _comment(said: Mapping[str, str]) -> str:
    """Return the note that a bibliography prints; programs put `Key: value` lines there too."""
    note = said.get("note", "")
    return "" if re.match(r"[\w ]{2,20}:", note) else note


def _value(raw: str, macros: Mapping[str, str]) -> str:
    """Return what a value such as `"a " # name # {b}` says.

    Raises:
        SourceError: macros make it longer than an entry may be.
    """
    parts = [
        text if is_literal else macros.get(text.lower(), text) for is_literal, text in _pieces(raw)
    ]
    if sum(map(len, parts)) > _MOST_CHARACTERS:
        raise SourceError(f"a value over {_MOST_CHARACTERS:,} characters")
    return "".join(parts)


def _pieces(raw: str) -> Iterator[tuple[bool, str]]:
    """Yield the parts of a value, and whether each is literal or names a macro or a number."""
    at = 0
    while at < len(raw):
        word = _WORD.match(raw, at)
        if word:
            yield False, word[0]
            at = word.end()
        elif raw[at] in '{"':
            end = _closing(raw, at)
            yield True, raw[at + 1 : end]
            at = end + 1
        else:
            at += 1


def _closing(raw: str, opening: int) -> int:
    """Return where the literal that opens at a place ends: inner braces go in pairs."""
    depth = 0
    for mark in _MARK.finditer(raw, opening + 1):
        if mark[0] == "{":
            depth += 1
        elif depth == 0 and mark[0] == ("}" if raw[opening] == "{" else '"'):
            return mark.start()
        elif mark[0] == "}" and depth:
            depth -= 1
    return len(raw)
