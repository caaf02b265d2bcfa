"""A paper as one line of the exchange format (docs/reference/exchange-format.md)."""

import json
import re
from typing import Any

from broadsheet.model.paper import Imprint, Paper, SourceRef
from broadsheet.services.export.publication import imprint_of

_COMMAS_OF_A_LIST = 3
_ESCAPED = re.compile(r"\\\\(u0000)?|\\u0000")
_WITHOUT_RECORD = SourceRef(source="", source_id="", origin="", url="", first_seen="")


def exchange_line(paper: Paper) -> str:
    """Return the line; read back it is one record that says what the paper says.

    The record is named as the paper's leading record is: that of arXiv where there is one, else
    the first that came. What is empty is left out.
    """
    said = {name: value for name, value in _row(paper).items() if value}
    return _without_nul(json.dumps(said, ensure_ascii=False, separators=(",", ":")))


def _row(paper: Paper) -> dict[str, Any]:
    leading = _leading(paper)
    return {
        "id": leading.source_id or paper.id,
        "source": leading.source,
        "title": paper.title,
        "abstract": paper.abstract,
        "summary": paper.summary,
        "authors": [_author(author.name) for author in paper.authors],
        "categories": list(paper.categories),
        "date": paper.submitted,
        "updated": paper.updated,
        "announced": paper.announced,
        "modified": paper.modified,
        "featured": paper.featured,
        "standing": paper.standing,
        "venue": paper.venue,
        "comments": paper.comment,
        "journal_ref": paper.journal_ref,
        "licence": paper.licence,
        "url": leading.url,
        "arxiv": paper.arxiv_id,
        "doi": paper.doi,
        "twins": list(paper.twins),
        "code": paper.code,
        "keywords": list(paper.keywords),
        **_imprint(imprint_of(paper)),
        "versions": [_version(v.number, v.date) for v in paper.versions],
    }


def _leading(paper: Paper) -> SourceRef:
    of_arxiv = (ref for ref in paper.sources if ref.source == "arxiv")
    return next(of_arxiv, next(iter(paper.sources), _WITHOUT_RECORD))


def _author(name: str) -> str | dict[str, str]:
    """The name; as an object where a reader would take its commas for a list of names."""
    return {"name": name} if name.count(",") >= _COMMAS_OF_A_LIST else name


def _imprint(imprint: Imprint) -> dict[str, str]:
    return {
        "kind": imprint.kind,
        "volume": imprint.volume,
        "issue": imprint.issue,
        "pages": imprint.pages,
        "publisher": imprint.publisher,
        "language": imprint.language,
    }


def _version(number: int, date: str | None) -> dict[str, Any]:
    return {"version": number, "date": date} if date else {"version": number}


def _without_nul(line: str) -> str:
    """The line without NULs, nor a word that a reader would take for one: none lets them in."""
    return _ESCAPED.sub(_harmless, line) if "\\u0000" in line else line


def _harmless(escaped: re.Match[str]) -> str:
    if escaped[0] == "\\u0000":
        return " "
    return "\\u005cu0000" if escaped[1] else escaped[0]
