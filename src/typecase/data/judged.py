"""Read a judged collection: texts, queries, and which text answers which query how well.

The folder has `corpus.jsonl[.gz]` (`_id`, `title`, `text`), and `queries[_SPLIT].jsonl[.gz]`
(`_id`, `text`) with `qrels[_SPLIT].tsv[.gz]` (a header, then query, text, grade).
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from typecase.base.errors import CorruptFileError, InvalidInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of a collection; title or text may be empty."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSet:
    """A collection with queries and judgements."""

    name: str
    split: str
    corpus_ids: list[str]
    texts: list[Text]
    """One for each of corpus_ids."""
    queries: dict[str, str]
    """Text by query id; only queries that have a judgement."""
    qrels: dict[str, dict[str, int]]
    """Grade by text id by query id; 0 is judged and not relevant."""


def read_judged(folder: str | Path, split: str | None = None) -> JudgedSet:
    """Read a collection.

    Args:
        split: such as "dev"; None takes the one without a name, or else the only one.

    Raises:
        InvalidInputError: no collection is there, or no such split; the message lists them.
        CorruptFileError: a line cannot be read; the message names file and line.
    """
    folder = Path(folder)
    corpus_path = _find(folder, "corpus.jsonl")
    split = _choose(folder, split)
    ending = f"_{split}" if split else ""
    qrels = _read_qrels(_find(folder, f"qrels{ending}.tsv"))
    queries = dict(_read_items(_find(folder, f"queries{ending}.jsonl")))
    corpus = list(_read_items(corpus_path))
    return JudgedSet(
        name=folder.name,
        split=split,
        corpus_ids=[item_id for item_id, _ in corpus],
        texts=[text for _, text in corpus],
        queries={q: text.text for q, text in queries.items() if q in qrels},
        qrels={q: grades for q, grades in qrels.items() if q in queries},
    )


def splits(folder: str | Path) -> list[str]:
    """Return the names of the splits of a collection, sorted; "" is the one without a name."""
    names = (path.name.split(".")[0] for path in Path(folder).glob("qrels*.tsv*"))
    return sorted(name.removeprefix("qrels").removeprefix("_") for name in names)


def _choose(folder: Path, split: str | None) -> str:
    known = splits(folder)
    if split is None:
        if "" in known:
            return ""
        if len(known) == 1:
            return known[0]
    elif split in known:
        return split
    raise InvalidInputError(f"split must be one of {known} in {folder}, got {split!r}.")


def _find(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise InvalidInputError(f"{folder} holds no {name} or {name}.gz.")


def _read_items(path: Path) -> Iterator[tuple[str, Text]]:
    for number, line in _lines(path):
        try:
            item: dict[str, Any] = json.loads(line)
            yield str(item["_id"]), Text(title=item.get("title", ""), text=item["text"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CorruptFileError(f"{path}, line {number}: not an item with _id, text.") from error


def _read_qrels(path: Path) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        if number == 1:
            continue  # the header
        try:
            query, item, grade = line.rstrip("\n").split("\t")
            qrels.setdefault(query, {})[item] = int(grade)
        except ValueError as error:
            raise CorruptFileError(f"{path}, line {number}: not query, text, grade.") from error
    return qrels


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with cast(IO[str], opener(path, "rt", encoding="utf-8")) as file:
        try:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line
        except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
            raise CorruptFileError(f"{path} is cut off or not UTF-8.") from error
