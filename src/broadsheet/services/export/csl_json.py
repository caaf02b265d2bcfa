"""A paper as an item of CSL-JSON, which citation processors and Zotero read."""

from typing import Any

from broadsheet.model.paper import Paper
from broadsheet.services.export.people import split_name
from broadsheet.services.export.publication import (
    address_of,
    container_of,
    date_parts,
    imprint_of,
    isbn_of,
    kind_of,
    pages_of,
    publisher_of,
    standing_note,
)
from broadsheet.services.prose.plain import to_plain


def csl_item(paper: Paper) -> dict[str, Any]:
    """Return the item; what is not known is left out.

    Names are in parts, those of groups whole (`literal`). `issued` is as exact as the date is
    known. TeX is written as plain text.
    """
    imprint = imprint_of(paper)
    texts = {
        "id": paper.id,
        "type": kind_of(paper),
        "title": to_plain(paper.title),
        "container-title": to_plain(container_of(paper)),
        "volume": imprint.volume,
        "issue": imprint.issue if kind_of(paper) != "report" else "",
        "number": imprint.issue if kind_of(paper) == "report" else "",
        "page": "-".join(pages_of(paper)),
        "publisher": to_plain(publisher_of(paper)),
        "archive": "arXiv" if paper.arxiv_id else "",
        "archive_location": paper.arxiv_id or "",
        "DOI": paper.doi or "",
        "ISBN": isbn_of(paper),
        "URL": address_of(paper),
        "language": imprint.language,
        "abstract": to_plain(paper.text),
        "keyword": ", ".join(map(to_plain, paper.keywords)),
        "note": standing_note(paper),
    }
    said = {name: " ".join(text.split()) for name, text in texts.items()}
    item: dict[str, Any] = {name: text for name, text in said.items() if text}
    if authors := [name for author in paper.authors if (name := _name(author.name))]:
        item["author"] = authors
    if parts := date_parts(paper):
        item["issued"] = {"date-parts": [list(parts)]}
    return item


def _name(name: str) -> dict[str, str]:
    parts = split_name(name)
    said = {
        "family": parts.family,
        "given": parts.given,
        "non-dropping-particle": parts.particle,
        "suffix": parts.suffix,
        "literal": parts.literal,
    }
    return {part: text for part, text in said.items() if text}
