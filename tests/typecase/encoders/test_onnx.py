"""The packaged model as a user meets it: any text, in any company, from any thread."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError
from typecase.encoders import OnnxEncoder
from typecase.encoders.contract import TextEncoder

SHORT = "Graph neural networks"
LONG = "We study how message passing on graphs loses what distant nodes know. " * 30
TEXTS = [SHORT, LONG, "", "深度学习", "A survey of protein folding.", "x" * 300]


def test_it_is_a_text_encoder(encoder: OnnxEncoder) -> None:
    assert isinstance(encoder, TextEncoder)


def test_a_text_has_the_same_bits_alone_and_in_any_company(encoder: OnnxEncoder) -> None:
    together = encoder.encode(TEXTS)
    backwards = encoder.encode(TEXTS[::-1])[::-1]
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert together.tobytes() == alone.tobytes()
    assert together.tobytes() == backwards.tobytes()


def test_many_threads_at_once_give_the_same_bits(encoder: OnnxEncoder) -> None:
    expected = encoder.encode(TEXTS).tobytes()
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda _: encoder.encode(TEXTS).tobytes(), range(6)))
    assert found == [expected] * 6


def test_another_encoder_with_other_threads_gives_the_same_bits(encoder: OnnxEncoder) -> None:
    other = OnnxEncoder(n_jobs=1)
    assert other.encode(TEXTS).tobytes() == encoder.encode(TEXTS).tobytes()
    assert other.model_id == encoder.model_id


def test_rows_are_unit_float32_of_the_promised_dim(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), encoder.dim) == (6, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_no_texts_give_no_rows(encoder: OnnxEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)
    assert list(encoder.encode_iter([])) == []


def test_related_texts_are_nearer_than_unrelated_ones(encoder: OnnxEncoder) -> None:
    cat, kitten, lattice = encoder.encode(
        [
            "A cat sleeps on the sofa.",
            "The kitten naps on a couch.",
            "Lattice QCD at finite density",
        ]
    )
    assert cat @ kitten > cat @ lattice + 0.2


def test_a_query_is_nearest_to_its_answer(encoder: OnnxEncoder) -> None:
    documents = encoder.encode(
        [
            "We train a network to translate between languages without parallel text.",
            "A telescope array measures the polarisation of the cosmic background.",
            "A vaccine trial in older adults shows lasting protection.",
        ]
    )
    queries = encoder.encode(["unsupervised machine translation", "CMB"], kind="query")
    assert (queries @ documents.T).argmax(axis=1).tolist() == [0, 1]


def test_a_query_carries_the_prefix_and_a_document_does_not(encoder: OnnxEncoder) -> None:
    prefix = "Represent this sentence for searching relevant passages: "
    assert encoder.spec.query_prefix == prefix
    as_query = encoder.encode([SHORT], kind="query")
    assert as_query.tobytes() == encoder.encode([prefix + SHORT]).tobytes()
    assert as_query.tobytes() != encoder.encode([SHORT]).tobytes()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n",
        "\0",
        "a\0b",
        "\ud800 lone",
        "🦉" * 900,
        "नमस्ते العالم שלום",
        "\u202e\ufeff",
        "(((",
    ],
    ids=ascii,
)
def test_any_text_gets_a_finite_unit_vector(encoder: OnnxEncoder, text: str) -> None:
    vector = encoder.encode([text])
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_a_text_of_two_megabytes_is_its_beginning(encoder: OnnxEncoder) -> None:
    beginning = "attention is all you need " * 200
    huge = beginning + "\N{PILE OF POO}é漢" * 700_000
    assert encoder.encode([huge]).tobytes() == encoder.encode([beginning]).tobytes()


def test_batches_come_in_order_and_the_last_is_shorter(encoder: OnnxEncoder) -> None:
    texts = [f"{number} sheep" for number in range(7)]
    batches = list(encoder.encode_iter((t for t in texts), batch_size=3))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    assert np.concatenate(batches).tobytes() == encoder.encode(texts).tobytes()


def test_an_endless_stream_is_read_only_as_far_as_needed(encoder: OnnxEncoder) -> None:
    taken = []
    stream = (taken.append(n) or f"text {n}" for n in count())
    batches = encoder.encode_iter(stream, batch_size=2)
    assert len(list(islice(batches, 2))) == 2
    batches.close()
    assert len(taken) <= 6


def test_it_travels_to_another_process_by_its_arguments(encoder: OnnxEncoder) -> None:
    copy = pickle.loads(pickle.dumps(encoder))
    assert copy.get_params() == encoder.get_params()
    assert copy.encode([SHORT]).tobytes() == encoder.encode([SHORT]).tobytes()


def test_after_close_the_next_call_opens_it_again() -> None:
    encoder = OnnxEncoder(n_jobs=2)
    before = encoder.encode(TEXTS)
    encoder.close()
    assert encoder.encode(TEXTS).tobytes() == before.tobytes()


def test_one_string_instead_of_a_list_is_refused(encoder: OnnxEncoder) -> None:
    with pytest.raises(InvalidInputError, match="put one string into a list"):
        encoder.encode("a text")


def test_what_is_no_string_is_refused_with_its_place(encoder: OnnxEncoder) -> None:
    with pytest.raises(InvalidInputError, match=r"texts\[1\] must be a string, got NoneType"):
        encoder.encode(["a", None])  # type: ignore[list-item]


def test_an_unknown_kind_is_refused(encoder: OnnxEncoder) -> None:
    with pytest.raises(InvalidInputError, match="kind must be one of document, query"):
        encoder.encode(["a"], kind="passage")  # type: ignore[arg-type]


def test_n_jobs_below_one_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="n_jobs must be at least 1"):
        OnnxEncoder(n_jobs=0).encode(["a", "b"])


def test_max_tokens_cuts_a_text(encoder: OnnxEncoder) -> None:
    short = OnnxEncoder(model=replace(encoder.spec, max_tokens=6))
    assert short.encode(["one two three four five six"]).tobytes() == (
        encoder.encode(["one two three four"]).tobytes()
    )


def test_without_normalise_the_length_is_the_models(encoder: OnnxEncoder) -> None:
    raw = OnnxEncoder(model=replace(encoder.spec, normalise=False)).encode([SHORT])[0]
    assert np.linalg.norm(raw) > 2
    unit = raw / np.linalg.norm(raw)
    np.testing.assert_allclose(unit, encoder.encode([SHORT])[0], atol=1e-6)


@pytest.mark.shared
@pytest.mark.slow
def test_it_ranks_sentence_pairs_as_people_do(encoder: OnnxEncoder, shared_data: Path) -> None:
    lines = (shared_data / "sts" / "stsb_dev.tsv").read_text("utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines[::3]]
    first = encoder.encode([row[0] for row in rows])
    second = encoder.encode([row[1] for row in rows])
    people = np.array([float(row[2]) for row in rows])
    assert _spearman((first * second).sum(axis=1), people) > 0.80


def _spearman(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ties share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    upper = counts.cumsum()
    return (upper - (counts - 1) / 2)[inverse]
