"""What the bench of aspects takes for alike, for a name, and for a search that says no."""

import numpy as np
import pytest
from bench.aspects.given import bears_one_of, titles, told_apart
from bench.aspects.measuring import Collection, alike, collection_of, of_phrases, spaces
from bench.aspects.named import _runs, known_names
from bench.aspects.negative import questions

from typecase.data.faceted import Document


def document(name: str, **labels: list[str]) -> Document:
    return Document(
        id=name, title=name, labels={facet: tuple(names) for facet, names in labels.items()}
    )


class Letters:
    """Looks at the letters a and b only."""

    model_id, dim = "letters", 2

    def encode(self, texts: list[str], *, kind: str = "document") -> np.ndarray:
        counts = np.array([[t.count("a"), t.count("b")] for t in texts], dtype=np.float32) + 0.01
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def test_documents_are_alike_by_a_shared_name_and_not_to_themselves() -> None:
    found = collection_of(
        "x",
        [document("a", task=["A-1"]), document("b", task=["a 1", "z"]), document("c")],
        Letters(),
        ["task", "method"],
    )
    assert found.sharing["task"].tolist() == [
        [False, True, False],
        [True, False, False],
        [False, False, False],
    ]
    assert "method" not in found.sharing


def test_the_figures_leave_the_asking_document_out() -> None:
    z = np.array([[1, 0], [0.6, 0.8], [0.99, 0.14]], dtype=np.float32)
    sharing = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=np.bool_)
    # The first finds its twin behind the third; the second finds it behind the third as well.
    assert alike(z, sharing)["map"] == pytest.approx(0.5)


def test_names_are_asked_for_when_two_documents_bear_them() -> None:
    documents = [document("aa", task=["a"]), document("ab", task=["a", "b"]), document("bb")]
    found = collection_of("x", documents, Letters(), ["task"])
    figures = of_phrases(found, spaces({}), Letters())
    assert figures["task"]["queries"] == 1
    assert figures["task"]["generic"]["map"] == 1.0


def test_what_nearly_all_bear_tells_nothing_apart() -> None:
    documents = [document(str(k), task=["all", str(k // 2)]) for k in range(20)]
    assert told_apart(documents)[4].labels == {"task": ("2",)}


def test_a_title_that_goes_on_with_the_text_is_the_same_paper() -> None:
    keys = titles([document("Bag of Tricks for Text This paper explores")])
    assert bears_one_of("Bag of tricks for text", keys)
    assert not bears_one_of("Bag of tricks for speech", keys)
    assert not bears_one_of("Bag", keys)


def test_a_lone_word_is_a_name_only_as_it_is_written() -> None:
    names = known_names(
        [
            document("a", dataset=["RACE", "news"], task=["Parsing", "Text Parsing", "CNN"]),
            document("b", method=["CNN"]),
        ]
    )
    assert names == {
        "task": frozenset({"text parsing"}),
        "method": frozenset(),
        "dataset": frozenset({"RACE"}),
    }
    assert "RACE" in _runs("On RACE")
    assert "RACE" not in _runs("on race")
    assert "text parsing" in _runs("Text-Parsing")


def test_a_question_has_papers_of_both_and_of_the_wanted_alone() -> None:
    documents = [document(str(k), task=["a"]) for k in range(3)]
    documents += [document(f"both{k}", task=["a"], method=["b"]) for k in range(3)]
    found = Collection(name="x", documents=documents, x=np.eye(6, dtype=np.float32), sharing={})
    (only,) = questions(found)
    assert (only.wanted, only.unwanted) == ("a", "b")
    assert only.answers == {0, 1, 2}
    assert only.both == {3, 4, 5}
