"""The records of three collections, with what names them, which no method is shown."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from broadsheet.model.identifiers import arxiv_id, doi
from broadsheet.sources.mangled_ids import mended_arxiv_id

FILES = {
    "arxiv": ("papers",),
    "acl": ("papers_title_only", "papers_with_abstract"),
    "conf": ("papers_title_only", "papers_with_abstract"),
}
_DOIS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One record.

    Args:
        id: `collection:id`.
        issue: within which two ids are two papers: the collection, of conferences one year's.
        named: `scheme:value` of every identifier, its own and those that it is linked to.
        comment: what arXiv's authors add, as "accepted at ACL 2019".
    """

    id: str
    issue: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    abstract: str
    venue: str
    named: frozenset[str]
    comment: str

    @property
    def collection(self) -> str:
        return self.id.partition(":")[0]


def read_items(shared: Path) -> dict[str, Item]:
    """Return all records by id; of several with one id the first."""
    found: dict[str, Item] = {}
    for collection, names in FILES.items():
        for name in names:
            for row in _rows(shared / f"corpus_{collection}" / f"{name}.jsonl.gz"):
                item = _MAKE[collection](row)
                found.setdefault(item.id, item)
    return found


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    decode = msgspec.json.Decoder().decode
    with gzip.open(path, "rb") as lines:
        for line in lines:
            yield decode(line)


def _arxiv(row: dict[str, Any]) -> Item:
    name = arxiv_id(row["id"]) or mended_arxiv_id(row["id"], row["date"]) or row["id"]
    return _item(row, f"arxiv:{name}", "arxiv", row["date"], "", [f"arxiv:{name}"])


def _acl(row: dict[str, Any]) -> Item:
    venue = " ".join(row.get("venues") or [])
    return _item(row, f"acl:{row['id']}", "acl", row["year"], venue, [f"acl:{row['id']}"])


def _conf(row: dict[str, Any]) -> Item:
    issue, _, own = row["id"].partition(":")
    named = [f"arxiv:{row['arxiv']}"] if row.get("arxiv") else []
    # The list of ACL conferences keeps the Anthology's own ids.
    named += [f"acl:{own}"] if re.match(r"\d{4}\.[a-z]", own) else []
    return _item(row, f"conf:{row['id']}", issue, row["year"], row.get("venue") or "", named)


def _item(
    row: dict[str, Any], name: str, issue: str, day: Any, venue: str, named: list[str]
) -> Item:
    said = _DOIS.split(row.get("doi") or "")
    return Item(
        id=name,
        issue=issue,
        title=row["title"] or "",
        authors=tuple(row.get("authors") or ()),
        year=int(str(day)[:4]) if day else None,
        abstract=row.get("abstract") or "",
        venue=venue,
        named=frozenset([*named, *(f"doi:{one}" for text in said if (one := doi(text)))]),
        comment=row.get("comments") or "",
    )


_MAKE = {"arxiv": _arxiv, "acl": _acl, "conf": _conf}
