"""What papers teach about subjects: what connects a search with a paper, and likely categories."""

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from broadsheet.model.query import Query
from broadsheet.search.searcher import LibrarySearcher
from broadsheet.search.subjects import FEWEST

Paper = Callable[..., dict[str, Any]]

WORDS = {
    "cs.CL": ["parsing", "translation", "grammar", "corpus", "tokens", "syntax", "dialogue"],
    "cs.CV": ["pixels", "segmentation", "image", "camera", "detection", "pose", "stereo"],
    "math.CO": ["graphs", "colouring", "matroid", "lattice", "matching", "hypergraph", "trees"],
}
KEYWORDS = {"cs.CL": ("Machine  Translation",), "cs.CV": ("stereo",), "math.CO": ()}


def text_of(field: str, chance: random.Random, n: int = 12) -> str:
    return " ".join(chance.choice(WORDS[field]) for _ in range(n))


def papers_of(n: int, paper: Paper, first: int = 1) -> list[dict[str, Any]]:
    chance = random.Random(first)
    fields = sorted(WORDS)
    return [
        paper(
            number,
            text_of(field, chance, 4),
            text_of(field, chance),
            categories=(field,),
            keywords=KEYWORDS[field],
        )
        for number, field in ((i, fields[i % 3]) for i in range(first, first + n))
    ]


@pytest.fixture
def filled(library: Any, paper: Paper) -> tuple[LibrarySearcher, int]:
    keys = library.add(
        *papers_of(FEWEST + 40, paper),
        paper(901, "translation of dialogue", "grammar syntax tokens corpus", categories=()),
    )
    searcher: LibrarySearcher = library.open()
    searcher.index_words()
    searcher.embed()
    return searcher, keys[-1]


def test_what_papers_alike_teach_of_a_paper_without_categories(
    filled: Any, library: Any, paper: Paper
) -> None:
    searcher, key = filled
    assert searcher.subjects.is_behind()
    searcher.subjects.learn()
    assert not searcher.subjects.is_behind()
    likely = searcher.likely(key)
    ((name, share),) = likely.categories
    assert name == "cs.CL"
    assert share > 0.9
    assert likely.certainty == 0.8
    assert "cs.CL" in likely.none_but
    assert "math.CO" not in likely.none_but

    found = searcher.why(Query(text="translation grammar dialogue"), key)
    names = [(concept.kind, concept.name) for concept in found.why.concepts]
    assert set(names[:2]) == {("category", "cs.CL"), ("keyword", "machine translation")}
    shares = [concept.share for concept in found.why.concepts]
    assert shares == sorted(shares, reverse=True)
    assert 0.8 < sum(shares) <= 1 + 1e-9
    assert sum(r.share for r in found.why.reasons) == pytest.approx(found.score)
    assert searcher.why(Query(text="grammar", mode="words"), key).why.concepts == ()

    (late, *_) = library.add(*papers_of(50, paper, first=1_001))
    assert searcher.likely(late) is None  # it has no vector
    searcher.embed()
    assert searcher.subjects.is_behind()


def test_it_is_learned_beside_when_it_is_first_asked_for(filled: Any) -> None:
    searcher, key = filled
    assert searcher.likely(key) is None
    for _ in range(600):
        if searcher.likely(key):
            break
        time.sleep(0.05)
    assert searcher.likely(key).categories[0][0] == "cs.CL"


@pytest.mark.parametrize("categories", [("cs.CL",), (), ("own.{}",)])
def test_too_few_papers_teach_nothing(
    library: Any, paper: Paper, categories: tuple[str, ...]
) -> None:
    n = FEWEST - 1 if categories == ("cs.CL",) else FEWEST + 50
    chance = random.Random(5)
    (key, *_) = library.add(
        *(
            paper(i, text_of("cs.CL", chance), categories=tuple(c.format(i) for c in categories))
            for i in range(n)
        )
    )
    searcher = library.open()
    searcher.embed()
    if searcher.subjects.is_behind():
        searcher.subjects.learn()
    assert not searcher.subjects.is_behind()
    assert searcher.likely(key) is None
    assert not searcher.subjects.is_known()


def test_keywords_alone_teach_subjects_and_no_categories(library: Any, paper: Paper) -> None:
    papers = [p | {"categories": (), "keywords": ("x", "y")} for p in papers_of(FEWEST + 50, paper)]
    (key, *_) = library.add(*papers)
    searcher = library.open()
    searcher.embed()
    searcher.subjects.learn()
    assert searcher.subjects.is_known()
    assert searcher.likely(key) is None
