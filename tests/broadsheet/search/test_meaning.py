"""A change of model: the old vectors are searched until the new ones cover everything."""

from collections.abc import Callable
from typing import Any

import pytest

from broadsheet.model.errors import SettingsError
from broadsheet.model.query import Query
from typecase.base.errors import UnknownNameError

Paper = Callable[..., dict[str, Any]]


@pytest.fixture
def filled(library: Any, paper: Paper) -> Any:
    library.add(*(paper(i, f"paper {i}") for i in range(1, 71)))
    library.open().embed()
    return library


def _names(library: Any) -> list[str]:
    return sorted(p.name for p in (library.folder / "indexes" / "vectors").iterdir() if p.is_dir())


def test_the_old_model_is_searched_while_the_new_one_is_built(filled: Any) -> None:
    new = type(filled.encoder)("new")
    searcher = filled.open(new)
    old_place = _names(filled)
    steps: list[int] = []
    searcher.embed(progress=lambda _, done, __: steps.append(done), stop=lambda: len(steps) > 1)
    state = searcher.state()
    assert (state.model, state.building) == ("bag:1", "new:1")
    assert 0 < state.embedded < 70
    assert searcher.search(Query(text="paper 7", mode="meaning")).items[0].key == 7
    assert new.n_encoded == state.embedded
    assert set(old_place) < set(_names(filled))


def test_the_new_one_takes_over_when_it_covers_all(filled: Any) -> None:
    old_place = _names(filled)
    reader = filled.open()
    reader.search(Query(text="paper 7"))
    searcher = filled.open(type(filled.encoder)("new"))
    assert searcher.embed() == 70
    assert (searcher.state().model, searcher.state().building) == ("new:1", None)
    assert len(_names(filled)) == 1
    assert _names(filled) != old_place
    # a process that was opened with the old settings follows, with the new model
    assert reader.search(Query(text="paper 7", mode="meaning")).items[0].key == 7
    assert reader.state().building == "bag:1"


def test_vectors_of_a_model_that_is_gone_are_given_up(filled: Any) -> None:
    class Changed(type(filled.encoder)):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__("bag")
            self.model_id = "bag:2"

    searcher = filled.open(Changed())
    searcher.meaning.encoders.reopen = lambda _: Changed()
    assert searcher.state().embedded == 0
    assert searcher.embed() == 70
    assert searcher.state().model == "bag:2"


def test_without_a_model_words_still_answer(filled: Any) -> None:
    def missing() -> Any:
        raise UnknownNameError("No model is called 'x'.")

    searcher = filled.open()
    searcher.meaning.encoders.make = missing
    found = searcher.search(Query(text="paper 7"))
    assert found.total > 0
    assert "words" in found.note
    with pytest.raises(SettingsError, match="No model"):
        searcher.embed()


def test_a_query_is_embedded_once(filled: Any) -> None:
    searcher = filled.open()
    first = searcher.meaning.query("some words")
    assert searcher.meaning.query("some words") is first
