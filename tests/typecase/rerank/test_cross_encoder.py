"""The cross-encoder: the same score in any batch, whatever the text, and what it refuses."""

import pickle
from typing import Any

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError, UnknownNameError
from typecase.rerank import CrossEncoder
from typecase.rerank.contract import Reranker

QUERY = "how are proteins folded"
TEXTS = ["A network over residues predicts how a protein folds.", "Cats sleep.", "", "x" * 100_000]


@pytest.fixture(scope="module")
def reranker() -> CrossEncoder:
    return CrossEncoder(max_tokens=64)


def test_what_answers_stands_above_what_does_not(reranker: CrossEncoder) -> None:
    assert isinstance(reranker, Reranker)
    scores = reranker.score(QUERY, TEXTS)
    assert scores.dtype == np.float32
    assert scores[0] > 0.5 > scores[1:].max()


def test_a_score_does_not_depend_on_the_batch(reranker: CrossEncoder) -> None:
    alone = [reranker.score(QUERY, [text])[0] for text in TEXTS]
    assert alone == reranker.score(QUERY, TEXTS).tolist()
    assert reranker.score(QUERY, TEXTS[::-1]).tolist() == alone[::-1]


def test_threads_change_no_bit(reranker: CrossEncoder) -> None:
    two = CrossEncoder(max_tokens=64, n_threads=2)
    assert two.score(QUERY, TEXTS).tolist() == reranker.score(QUERY, TEXTS).tolist()
    with pytest.raises(InvalidInputError, match="n_threads"):
        CrossEncoder(n_threads=0).score(QUERY, TEXTS)


def test_a_long_query_and_a_broken_text_are_texts(reranker: CrossEncoder) -> None:
    scores = reranker.score("protein " * 10_000, ["\udcff\0", *TEXTS[:1]])
    assert np.isfinite(scores).all()


def test_nothing_is_done_for_texts_that_are_not_asked_for(reranker: CrossEncoder) -> None:
    asked = []

    def texts() -> Any:
        for text in TEXTS:
            asked.append(text)
            yield text

    next(reranker.score_iter(QUERY, texts()))
    assert asked == TEXTS[:1]


def test_it_travels_as_its_arguments(reranker: CrossEncoder) -> None:
    assert pickle.loads(pickle.dumps(reranker)).get_params() == reranker.get_params()


def test_the_model_id_says_what_scores_depend_on(reranker: CrossEncoder) -> None:
    assert reranker.model_id == "ms-marco-minilm-l12-int8:1225ccd6afd0:64"


@pytest.mark.parametrize(("query", "texts"), [(5, ["a"]), ("q", "a"), ("q", [5])])
def test_what_is_no_text_is_refused(reranker: CrossEncoder, query: Any, texts: Any) -> None:
    with pytest.raises(InvalidInputError):
        reranker.score(query, texts)


def test_an_unknown_model_and_a_wrong_length_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="reranking model"):
        CrossEncoder(model="nothing").score("q", ["a"])
    with pytest.raises(InvalidInputError, match="max_tokens"):
        CrossEncoder(max_tokens=4).score("q", ["a"])
