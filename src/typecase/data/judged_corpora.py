"""Read queries whose relevant papers lie in corpora that are given apart."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from typecase.base.errors import CorruptFileError, InvalidInputError
from typecase.data.judged import JudgedSet, Questions, find_file, judged_set, read_questions
from typecase.data.judged_queries import JudgedQuery, Text, text_of
from typecase.data.lines import read_objects

_CORPUS = "corpus_"


def read_over_corpora(
    folder: str | Path,
    split: str | None = None,
    *,
    corpora: str | Path,
    n_others: int | None = None,
) -> JudgedSet:
    """Read queries with ids of relevant papers, and the papers from other folders.

    A paper that the judgements know under several ids is one text; where all its ids are missing,
    it is left out of the judgements, and a query without any is left out, too.

    Args:
        corpora: a folder of folders `corpus_NAME` with `papers*.jsonl[.gz]` (`id`, `title`,
            `abstract`), whose papers are called `NAME:id`; or one such folder, without the name.
        n_others: so many papers that are not relevant to any query are taken, those of the least
            hashes of their ids; None takes all.

    Raises:
        InvalidInputError: no papers are there, or none of the relevant ones is.
        CorruptFileError: a line cannot be read; the message names file and line.
    """
    folder, corpora = Path(folder), Path(corpora)
    found = read_questions(folder, split)
    groups = _groups(found.queries)
    gathered = _gather(corpora, groups, n_others)
    first = _first_ids(groups, gathered.relevant)
    queries = [_renamed(query, first) for query in found.queries]
    kept = [query for query in queries if query.grades]
    if not kept:
        raise InvalidInputError(f"none of the relevant papers of {folder} is in {corpora}.")
    corpus = {name: gathered.relevant[name] for name in dict.fromkeys(first.values())}
    corpus |= gathered.others
    questions = replace(found, queries=kept)
    return judged_set(folder.name, questions, corpus, _note(found, kept, gathered, n_others))


def has_own_texts(folder: str | Path, split: str | None = None) -> bool:
    """Return whether a collection can be read without corpora."""
    folder = Path(folder)
    return find_file(folder, "corpus.jsonl") is not None or bool(
        read_questions(folder, split).inside
    )


@dataclass(frozen=True, slots=True)
class _Gathered:
    relevant: dict[str, Text]
    others: dict[str, Text]
    n_papers: int


def _groups(queries: list[JudgedQuery]) -> list[tuple[str, ...]]:
    return [ids for query in queries for ids in query.same or [(name,) for name in query.grades]]


def _gather(corpora: Path, groups: list[tuple[str, ...]], n_others: int | None) -> _Gathered:
    wanted = {name for ids in groups for name in ids}
    relevant: dict[str, Text] = {}
    ranked: list[tuple[bytes, str, Text]] = []
    most = None if n_others is None else 2 * n_others + 1000
    n_papers = 0
    for name, text in _papers(corpora):
        n_papers += 1
        if name in wanted:
            relevant[name] = text
        else:
            ranked.append((_hash(name), name, text))
            if most is not None and len(ranked) > most:  # not all texts are held
                ranked = sorted(ranked, key=_first)[:n_others]
    if not n_papers:
        raise InvalidInputError(f"{corpora} holds no {_CORPUS}NAME with papers*.jsonl (or .gz).")
    ranked.sort(key=_first)
    return _Gathered(relevant, {name: text for _, name, text in ranked[:n_others]}, n_papers)


def _hash(name: str) -> bytes:
    return hashlib.md5(name.encode(), usedforsecurity=False).digest()


def _first(row: tuple[bytes, str, Text]) -> bytes:
    return row[0]


def _papers(corpora: Path) -> Iterator[tuple[str, Text]]:
    folders = sorted(p for p in corpora.glob(f"{_CORPUS}*") if p.is_dir()) or [corpora]
    for folder in folders:
        prefix = f"{folder.name.removeprefix(_CORPUS)}:" if folder != corpora else ""
        for path in sorted(p for end in ("", ".gz") for p in folder.glob(f"papers*.jsonl{end}")):
            for number, item in read_objects(path):
                name, text = _paper(path, number, item)
                yield f"{prefix}{name}", text


def _paper(path: Path, number: int, item: dict[str, Any]) -> tuple[str, Text]:
    try:
        return text_of(item)
    except ValueError as error:
        raise CorruptFileError(f"{path}, line {number}: {error}") from error


def _first_ids(groups: list[tuple[str, ...]], texts: dict[str, Text]) -> dict[str, str]:
    """Return for each id that is there the one whose text stands for all ids of its paper."""
    first: dict[str, str] = {}
    for ids in groups:
        there = [name for name in ids if name in texts]
        known = [first[name] for name in there if name in first]
        if there:
            best = known[0] if known else max(there, key=lambda name: len(texts[name].text))
            first.update(dict.fromkeys(there, best))
    return first


def _renamed(query: JudgedQuery, first: dict[str, str]) -> JudgedQuery:
    groups = query.same or tuple((name,) for name in query.grades)
    grades: dict[str, int] = {}
    for ids in groups:
        name = next((first[name] for name in ids if name in first), None)
        if name is not None:
            grades[name] = query.grades.get(ids[0], 1)
    return replace(query, grades=grades)


def _note(
    found: Questions, kept: list[JudgedQuery], gathered: _Gathered, n_others: int | None
) -> str:
    said = [f"{len(kept)} of {len(found.queries)} queries have a relevant paper in the corpora."]
    if n_others is not None and n_others < gathered.n_papers:
        said.append(
            f"Sampled: {len(gathered.others):,} others of {gathered.n_papers:,} papers; "
            "figures are higher than over all of them."
        )
    return " ".join(said)
