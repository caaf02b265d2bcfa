"""A change of model: the old vectors are searched until the new ones cover everything."""

from collections.abc import Callable
from typing import Any

import pytest

from broadsheet.model.errors import LibraryVersionError, SettingsError
from broadsheet.model.query import Query
from typecase.base.errors import CorruptFileError, StorageError, UnknownNameError
from typecase.base.files import read_manifest, write_manifest

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
    assert set(_names(filled)) > set(old_place)
    # a process that was opened with the old settings follows, with the new model
    assert reader.search(Query(text="paper 7", mode="meaning")).items[0].key == 7
    assert reader.state().building == "bag:1"


def test_going_back_to_the_last_model_embeds_nothing(filled: Any) -> None:
    new = type(filled.encoder)("new")
    filled.open(new).embed()
    assert filled.open().embed() == 0
    assert filled.open().state().model == "bag:1"
    assert filled.open(new).embed() == 0
    assert filled.encoder.n_encoded == new.n_encoded == 70


def test_vectors_of_the_model_before_the_last_are_removed(filled: Any) -> None:
    (first,) = _names(filled)
    filled.open(type(filled.encoder)("second")).embed()
    filled.open(type(filled.encoder)("third")).embed()
    assert len(_names(filled)) == 2
    assert first not in _names(filled)


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


def test_vectors_are_kept_while_their_model_cannot_be_opened(filled: Any) -> None:
    def unreachable(model: str) -> Any:
        raise UnknownNameError(f"No model is called {model!r}.")

    (old_place,) = _names(filled)
    searcher = filled.open(type(filled.encoder)("new"))
    searcher.meaning.encoders.reopen = unreachable
    steps: list[int] = []
    searcher.embed(progress=lambda _, done, __: steps.append(done), stop=lambda: len(steps) > 1)
    assert old_place in _names(filled)
    assert filled.open().embed() == 0


@pytest.mark.parametrize("error", [UnknownNameError, StorageError, CorruptFileError])
def test_without_a_model_words_still_answer(filled: Any, error: type[Exception]) -> None:
    tries: list[int] = []

    def missing() -> Any:
        tries.append(1)
        raise error("No model is called 'x'.")

    searcher = filled.open()
    searcher.meaning.encoders.make = missing
    found = searcher.search(Query(text="paper 7"))
    assert found.total > 0
    assert found.note == "Papers are found by words only: the model cannot be opened."
    assert searcher.state().model == "none can be opened"
    assert searcher.problems() == ["opening the encoder: No model is called 'x'."]
    with pytest.raises(SettingsError, match="No model"):
        searcher.embed()
    assert len(tries) == 1  # who cannot be reached is not asked at every search


def test_an_older_model_that_cannot_be_reached_is_done_without(filled: Any) -> None:
    def unreachable(_: str) -> Any:
        raise StorageError("The hub cannot be reached.")

    searcher = filled.open(type(filled.encoder)("new"))
    searcher.meaning.encoders.reopen = unreachable
    assert searcher.search(Query(text="paper 7")).total > 0
    assert searcher.state().model == "new:1"


def test_vectors_of_a_newer_format_are_left_alone(filled: Any, paper: Paper) -> None:
    path = filled.open().meaning.folders.in_use().path / "manifest.json"
    manifest = read_manifest(path)
    write_manifest(path, manifest | {"version": 99})
    filled.add(paper(71, "paper 71"))
    searcher = filled.open()
    found = searcher.search(Query(text="paper 7"))
    assert found.total > 0
    assert "newer Broadsheet" in found.note
    assert searcher.state().words_indexed == 71
    assert "newer Broadsheet" in searcher.problems()[0]
    with pytest.raises(LibraryVersionError, match="Update Broadsheet"):
        searcher.embed()
    write_manifest(path, manifest)
    assert filled.open().embed() == 1


def test_a_query_is_embedded_once(filled: Any) -> None:
    searcher = filled.open()
    first = searcher.meaning.query("some words")
    assert searcher.meaning.query("some words") is first
