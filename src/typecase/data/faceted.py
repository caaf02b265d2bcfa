"""Reads documents whose facets are judged, such as their tasks, methods and datasets.

A folder holds files `*.jsonl` or `*.jsonl.gz`, one document a line:

    {"id": "p1", "title": "...", "abstract": "...", "task": ["Parsing"], "method": ["LSTM"],
     "dataset": [], "views": {"method": "We train an LSTM."}}

Every facet is a list of names; one that is missing is empty. Title, abstract and views may be
missing. A view is a text that says the same of one facet as the document does.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typecase.base.errors import CorruptFileError, InvalidInputError
from typecase.data.lines import read_objects

_OWN = ("id", "title", "abstract", "views")
_NOT_A_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text and what is judged of it.

    Args:
        labels: names by facet, as they are written; facets without one are left out.
        views: texts by facet that say the same of that facet.
    """

    id: str
    title: str = ""
    abstract: str = ""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    views: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What is encoded: the title, a line break, the abstract."""
        return f"{self.title}\n{self.abstract}"

    def names(self, facet: str) -> frozenset[str]:
        """Return the names of a facet in the form in which they are compared."""
        return frozenset(key for name in self.labels.get(facet, ()) if (key := name_key(name)))


def name_key(name: str) -> str:
    """Return a name in lower case, its words parted by one blank: `CIFAR-10` is `cifar 10`."""
    return " ".join(_NOT_A_WORD.split(name.casefold())).strip()


def read_faceted(folder: str | Path) -> list[Document]:
    """Return the documents of a folder, files in the order of their names.

    Raises:
        InvalidInputError: no such folder, no file in it, or an id comes twice.
        CorruptFileError: a line cannot be read; the message names file and line.
    """
    paths = sorted(path for end in ("jsonl", "jsonl.gz") for path in Path(folder).glob(f"*.{end}"))
    if not paths:
        raise InvalidInputError(f"{folder} holds no .jsonl or .jsonl.gz file.")
    found: dict[str, Document] = {}
    for document in (document for path in paths for document in _read(path)):
        if document.id in found:
            raise InvalidInputError(f"{folder}: the id {document.id!r} comes twice.")
        found[document.id] = document
    return list(found.values())


def write_faceted(path: Path, documents: Sequence[Document]) -> None:
    """Write documents as one file of lines; what was there is replaced."""
    with path.open("w", encoding="utf-8") as lines:
        for one in documents:
            row = {"id": one.id, "title": one.title, "abstract": one.abstract, **one.labels}
            lines.write(json.dumps(row | {"views": dict(one.views)}, ensure_ascii=False) + "\n")


def _read(path: Path) -> Iterator[Document]:
    for number, row in read_objects(path):
        try:
            yield _document(row)
        except (TypeError, KeyError, AttributeError) as e:
            raise CorruptFileError(f"{path}, line {number}: {e!r}.") from e


def _document(row: dict[str, Any]) -> Document:
    facets = {name: value for name, value in row.items() if name not in _OWN and value}
    for facet, names in facets.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise TypeError(f"{facet} must be a list of texts")
    return Document(
        id=str(row["id"]),
        title=str(row.get("title") or ""),
        abstract=str(row.get("abstract") or ""),
        labels={facet: tuple(names) for facet, names in facets.items()},
        views={str(facet): str(text) for facet, text in (row.get("views") or {}).items()},
    )
