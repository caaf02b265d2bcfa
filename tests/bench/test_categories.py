"""How the bench of categories counts."""

import numpy as np
import pytest
from bench.categories.explicit import _phrases, _triples
from bench.categories.f1 import best_threshold, figures, told
from bench.categories.nearest import FoundOnce
from bench.categories.papers import Papers, in_parts


def papers(n: int, **more: list) -> Papers:
    x = np.random.default_rng(0).standard_normal((n, 3)).astype(np.float32)
    values = {"categories": [{"a"}] * n, "authors": [[]] * n, "titles": [""] * n}
    return Papers(x=x, **{**values, **more})


def test_f1_by_hand() -> None:
    true = np.array([[1, 0, 0], [1, 1, 0]], dtype=bool)
    said = np.array([[1, 0, 0], [0, 1, 1]], dtype=bool)

    # 2 hits of 3 told and 3 true; the labels' own are 2/3, 1; the third is nobody's
    found = figures(said, true)

    assert found["micro_f1"] == pytest.approx(4 / 6, abs=1e-4)
    assert found["macro_f1"] == pytest.approx((2 / 3 + 1) / 2, abs=1e-4)
    assert (found["exact"], found["labels_a_row"]) == (0.5, 1.5)


def test_the_best_label_is_always_told_and_the_threshold_is_the_best() -> None:
    scores = np.array([[0.9, 0.6, 0.1], [0.2, 0.1, 0.1]])
    true = np.array([[1, 1, 0], [1, 0, 0]], dtype=bool)

    assert told(scores, 0.95).tolist() == [[True, False, False], [True, False, False]]
    assert (told(scores, best_threshold(scores, true)) == true).all()


def test_parts_share_no_paper_and_rare_categories_are_no_labels() -> None:
    n = 200
    whole = papers(n, categories=[{"a", "rare"} if row < 5 else {"a"} for row in range(n)])

    parts = in_parts(whole, seed=0)

    rows = [tuple(row) for part in parts.values() for row in part.x.tolist()]
    assert len(rows) == len(set(rows)) == n
    assert {c for part in parts.values() for own in part.categories for c in own} == {"a"}


def test_neighbours_found_once_are_those_of_a_search() -> None:
    x = papers(100).x
    index = FoundOnce().clone().fit(x)

    many, _ = index.search(x[:5], 9)
    few, _ = index.search(x[:5], 2)

    assert np.array_equal(few, many[:, :2])
    assert few[:, 0].tolist() == list(range(5))
    with pytest.raises(ValueError, match="other rows"):
        index.fit(x[1:])


def test_unrelated_papers_share_no_author() -> None:
    authors = [["Ada"], ["Ada", "Bo"], ["Bo"], ["Cy"]]

    triples = _triples(papers(4, authors=authors), np.random.default_rng(0))

    assert {tuple(row[:2]) for row in triples.tolist()} <= {(0, 1), (1, 2)}
    assert all(not set(authors[a]) & set(authors[c]) for a, _, c in triples.tolist())


def test_phrases_are_words_that_say_something_and_pairs_of_them() -> None:
    assert _phrases("A Deep Network for the Graph") == {"deep", "network", "deep network", "graph"}
