"""Papers of arXiv that name a known task, method or dataset in their title or abstract.

Nobody judged them: that a name stands in a text is taken for it. arXiv gives titles and abstracts
away freely (CC0), the names come from collections whose licences allow it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.aspects.given import FACETS, bears_one_of
from bench.filtered.papers import N_QUERIES, SEED, read_papers
from typecase.data.faceted import Document, name_key

_FIELDS = ("cs.", "stat.ML", "eess.", "cmp-lg")
_MOST_CHARACTERS = 900
_LEAST_LETTERS = 3
_WORD = re.compile(r"[A-Za-z0-9]+")
_MOST_WORDS = 6
_MOST_COMMON = 0.02
_LEAST = 3


def known_names(documents: Iterable[Document]) -> dict[str, frozenset[str]]:
    """Return names by facet that are told apart: a name of two facets belongs to neither.

    Several words are looked for whatever their letters' case. One word alone is often no name
    (`training`), so that it counts only with a digit or with a capital beyond the first letter
    (`BLEU`, `WordNet`), and as it is written: `RACE` is no `race`.
    """
    holders: dict[str, Counter[str]] = defaultdict(Counter)
    for one in documents:
        for facet in FACETS:
            for name in one.labels.get(facet, ()):
                if _is_a_name(name):
                    holders[_form(name)][facet] += 1
    return {
        facet: frozenset(n for n, counts in holders.items() if set(counts) == {facet})
        for facet in FACETS
    }


def papers_that_name(
    names: Mapping[str, frozenset[str]],
    shared: Path,
    *,
    n_papers: int,
    without: list[str],
    most: int,
) -> list[tuple[int, Document]]:
    """Return papers of arXiv that name something, those that name most facets first.

    Args:
        n_papers: how many to look at, in the order of `bench.filtered.papers`.
        without: keys of titles that are left out, as what is measured.

    Returns:
        The row of each in that order, and the paper.
    """
    facet_of = {name: facet for facet, of_facet in names.items() for name in of_facet}
    found: list[tuple[int, dict[str, Any], dict[str, set[str]]]] = []
    for row, paper in enumerate(_in_order(shared)[:n_papers]):
        is_near = any(name.startswith(_FIELDS) for name in paper["categories"])
        if not is_near or bears_one_of(paper["title"], without):
            continue
        labels: dict[str, set[str]] = defaultdict(set)
        for name in _runs(_text(paper)) & facet_of.keys():
            labels[facet_of[name]].add(name)
        if labels:
            found.append((row, paper, labels))
    kept = _neither_rare_nor_common(found)
    # A dataset is named least often, and a paper that says all three teaches most.
    kept.sort(key=lambda one: (-_worth(one[1].labels), one[0]))
    return kept[:most]


def _in_order(shared: Path) -> list[dict[str, Any]]:
    """Return papers; only those of arXiv have categories."""
    papers = read_papers(shared)
    order = np.random.default_rng(SEED).permutation(len(papers))[N_QUERIES:]
    return [papers[row] for row in order]


def _text(paper: dict[str, Any]) -> str:
    return f"{paper['title']} {paper['abstract'][:_MOST_CHARACTERS]}"


def _worth(labels: Mapping[str, tuple[str, ...]]) -> int:
    return 2 * ("dataset" in labels) + ("task" in labels) + ("method" in labels)


def _neither_rare_nor_common(
    found: list[tuple[int, dict[str, Any], dict[str, set[str]]]],
) -> list[tuple[int, Document]]:
    counts = Counter(n for _, _, labels in found for names in labels.values() for n in names)
    most = _MOST_COMMON * len(found)
    kept = []
    for row, paper, labels in found:
        told = {
            facet: tuple(sorted(n for n in names if _LEAST <= counts[n] <= most))
            for facet, names in sorted(labels.items())
        }
        if told := {facet: names for facet, names in told.items() if names}:
            text = paper["abstract"][:_MOST_CHARACTERS]
            one = Document(id=f"arxiv:{row}", title=paper["title"], abstract=text, labels=told)
            kept.append((row, one))
    return kept


def _runs(text: str) -> set[str]:
    """Return the words of a text as they are written, and its runs of words in lower case."""
    as_written = _WORD.findall(text)
    words = [word.casefold() for word in as_written]
    return set(as_written) | {
        " ".join(words[i : i + n]) for n in range(2, _MOST_WORDS + 1) for i in range(len(words))
    }


def _form(name: str) -> str:
    key = name_key(name)
    return key if " " in key else " ".join(_WORD.findall(name))


def _is_a_name(name: str) -> bool:
    key = name_key(name)
    if len(key) < _LEAST_LETTERS or key.isdigit():
        return False
    return " " in key or any(c.isdigit() or c.isupper() for c in name[1:])
