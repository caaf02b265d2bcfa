"""The given collections in the shape that trains and measures: which facets each says what of."""

import gzip
import json
import zlib
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from broadsheet.model.identifiers import title_key
from typecase.data.faceted import Document, name_key

FACETS = ("task", "method", "dataset")
_MOST_CHARACTERS = 1500
_KINDS = {"Task": "task", "Method": "method", "Material": "dataset"}
_TAGS = {"TASK": "task", "DATASET": "dataset"}
_ROLES = {"task": ("objective",), "method": ("method",)}
_LEAST_WORDS = 8
_LEAST_LETTERS = 15
_CORPORA = {
    "arxiv": ("corpus_arxiv/papers.jsonl.gz",),
    "acl": ("corpus_acl/papers_with_abstract.jsonl.gz",),
    "conf": ("corpus_conf/papers_with_abstract.jsonl.gz",),
}


def scirex(shared: Path) -> list[Document]:
    """Return SciREX's papers: tasks and datasets of their results, methods they mention."""
    return [_scirex(row) for row in rows(shared / "aspect_scirex" / "docs.jsonl.gz")]


def is_taught(document: Document) -> bool:
    """Whether a SciREX paper is in the half that teaches; the other half is only measured."""
    return _is_in_half(document.id)


def scierc(shared: Path) -> list[Document]:
    """Return half of SciERC's abstracts: nothing says that they may be used but to measure."""
    files = [shared / "aspect_scierc" / f"{part}.jsonl.gz" for part in ("train", "dev", "test")]
    found = [_scierc(row) for path in files for row in rows(path)]
    return [one for one in found if _is_in_half(one.id)]


def nlpprogress(shared: Path) -> list[Document]:
    """Return the papers of leaderboards that a corpus has: a file is a task, a path a dataset."""
    said: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows(shared / "aspect_nlpprogress" / "rows.jsonl.gz"):
        for name in row["ids"][:1]:
            said[name]["task"].add(row["file"].replace("_", " "))
            said[name]["dataset"].add(" ".join(row["path"]))
    texts = _papers(shared, set(said))
    return [
        Document(
            id=name,
            title=texts[name]["title"],
            abstract=texts[name]["abstract"][:_MOST_CHARACTERS],
            labels={facet: tuple(sorted(names)) for facet, names in facets.items()},
        )
        for name, facets in sorted(said.items())
        if name in texts
    ]


def csabstruct(shared: Path, *, most: int) -> list[Document]:
    """Return abstracts with their sentences of one role as views, `most` of them."""
    found = []
    for number, row in enumerate(rows(shared / "aspect_csabstruct" / "train.jsonl.gz")):
        views = {
            facet: " ".join(
                s for s, role in zip(row["sentences"], row["labels"], strict=True) if role in roles
            )
            for facet, roles in _ROLES.items()
        }
        if all(len(text.split()) >= _LEAST_WORDS for text in views.values()):
            abstract = " ".join(row["sentences"])[:_MOST_CHARACTERS]
            found.append(Document(id=f"csabstruct:{number}", abstract=abstract, views=views))
    return found[:most]


def tdmsci(shared: Path) -> list[Document]:
    """Return TDMSci's sentences that name a task or a dataset."""
    found = []
    for part in ("train", "test"):
        for number, row in enumerate(rows(shared / "aspect_tdmsci" / f"{part}.jsonl.gz")):
            labels: dict[str, list[str]] = defaultdict(list)
            for kind, name in _tagged(row["tokens"], row["tags"]):
                labels[kind].append(name)
            if labels:
                found.append(
                    Document(
                        id=f"tdmsci:{part}:{number}",
                        abstract=" ".join(row["tokens"]),
                        labels={kind: tuple(names) for kind, names in labels.items()},
                    )
                )
    return found


def told_apart(documents: list[Document], *, most_common: float = 0.1) -> list[Document]:
    """Return the documents without names that more than such a share of them bear."""
    counts = {f: Counter(name for one in documents for name in one.names(f)) for f in FACETS}
    most = most_common * len(documents)
    return [
        Document(
            id=one.id,
            title=one.title,
            abstract=one.abstract,
            labels={
                facet: tuple(n for n in names if counts[facet][name_key(n)] <= most)
                for facet, names in one.labels.items()
            },
            views=one.views,
        )
        for one in documents
    ]


def titles(documents: list[Document]) -> list[str]:
    """Return the keys of titles, sorted; for `bears_one_of`."""
    return sorted(title_key(one.title) for one in documents)


def bears_one_of(title: str, keys: list[str]) -> bool:
    """Whether a title is one of these, or one begins with it: SciREX may go on with the text."""
    key = title_key(title)
    at = bisect_left(keys, key)
    is_whole = at < len(keys) and keys[at] == key
    return is_whole or (len(key) >= _LEAST_LETTERS and at < len(keys) and keys[at].startswith(key))


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _is_in_half(name: str) -> bool:
    return zlib.crc32(name.encode()) % 2 == 0


def _scirex(row: dict[str, Any]) -> Document:
    labels: dict[str, set[str]] = defaultdict(set)
    labels["task"] |= set(row["tasks"])
    labels["dataset"] |= set(row["datasets"])
    for mention in row["mentions_in_abstract"]:
        if mention["type"] == "Method":
            labels["method"].add(mention["text"])
    # Where the annotation lost the end of the title, title and abstract are one text.
    is_whole = not row["title"].startswith("document : ")
    text = row["text"] if is_whole else ""
    return Document(
        id=row["_id"],
        title=row["title"].removeprefix("document : ")[:_MOST_CHARACTERS],
        abstract=text.removeprefix("section : Introduction ")[:_MOST_CHARACTERS],
        labels={facet: tuple(sorted(names)) for facet, names in labels.items()},
    )


def _scierc(row: dict[str, Any]) -> Document:
    tokens = [token for sentence in row["sentences"] for token in sentence]
    labels: dict[str, set[str]] = defaultdict(set)
    for first, last, kind in (span for of_sentence in row["ner"] for span in of_sentence):
        if kind in _KINDS:
            labels[_KINDS[kind]].add(" ".join(tokens[first : last + 1]))
    return Document(
        id=row["doc_key"],
        abstract=" ".join(tokens)[:_MOST_CHARACTERS],
        labels={facet: tuple(sorted(names)) for facet, names in labels.items()},
    )


def _tagged(tokens: list[str], tags: list[str]) -> Iterator[tuple[str, str]]:
    """Yield facet and name of each tagged run of words."""
    at = 0
    while at < len(tags):
        start, kind = at, tags[at].partition("-")[2]
        at += 1
        if tags[start].startswith("B-"):
            while at < len(tags) and tags[at] == f"I-{kind}":
                at += 1
            if kind in _TAGS:
                yield _TAGS[kind], " ".join(tokens[start:at])


def _papers(shared: Path, wanted: set[str]) -> dict[str, dict[str, Any]]:
    found = {}
    for collection, files in _CORPORA.items():
        for name in files:
            for row in rows(shared / name):
                key = f"{collection}:{row['id']}"
                if key in wanted and row["abstract"]:
                    found[key] = row
    return found
