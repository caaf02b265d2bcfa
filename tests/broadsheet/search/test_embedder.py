"""Vectors arrive in durable steps, newest papers first, and nothing is embedded twice."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.model.query import Query
from broadsheet.search import embedder
from broadsheet.search.searcher import LibrarySearcher
from typecase.data.vector_store import VectorStore
from typecase.encoders.contract import TextKind

Paper = Callable[..., dict[str, Any]]


def _folder(searcher: LibrarySearcher) -> Path:
    return searcher.meaning.folders.in_use().path  # type: ignore[union-attr]


def _papers(paper: Paper, n: int) -> list[dict[str, Any]]:
    return [paper(i, f"paper {i}", submitted=f"20{i % 20:02d}-01-01") for i in range(1, n + 1)]


def test_every_paper_gets_its_vector_once(library: Any, paper: Paper) -> None:
    library.add(*_papers(paper, 70))
    searcher = library.open()
    assert searcher.embed() == 70
    assert searcher.embed() == 0
    assert library.open().embed() == 0
    assert library.encoder.n_encoded == 70
    assert searcher.state().embedded == 70


def test_a_changed_text_is_embedded_anew_and_the_new_one_wins(library: Any, paper: Paper) -> None:
    library.add(paper(1, "whales"), paper(2, "foxes"))
    searcher = library.open()
    searcher.embed()
    before = searcher.meaning.vector(1)
    library.add(paper(1, "ships"))
    assert searcher.state().embedded == 1
    assert searcher.embed() == 1
    assert not np.allclose(searcher.meaning.vector(1), before)
    assert searcher.meaning.n_vectors() == 2
    library.add(paper(1, "ships", comment="the text is the same"))
    assert searcher.embed() == 0


def test_the_newest_come_first_and_stop_keeps_what_is_done(library: Any, paper: Paper) -> None:
    library.add(*_papers(paper, 100))
    seen: list[int] = []
    library.open().embed(progress=lambda _, done, __: seen.append(done), stop=lambda: len(seen) > 1)
    stored = VectorStore.open(_folder(library.open()))
    days = {row.key: row.day_number for row in library.store.changes(after=0, limit=100)}
    missing = set(days) - set(stored.ids().tolist())
    assert 0 < len(stored) < 100
    assert min(days[key] for key in stored.ids().tolist()) >= max(days[key] for key in missing)
    n_before = len(stored)
    assert library.open().embed() == 100 - n_before


def test_papers_that_come_meanwhile_are_taken_too(library: Any, paper: Paper) -> None:
    library.add(*_papers(paper, 40))
    late = [paper(99, "late")]

    def progress(_: str, done: int, __: int | None) -> None:
        if done and late:
            library.add(late.pop())

    assert library.open().embed(progress=progress) == 41


def test_codes_are_brought_up_in_steps_but_not_when_it_is_to_stop(
    library: Any, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder, "ROWS_A_STEP", 64)
    library.add(*_papers(paper, 100))
    searcher = library.open()
    stored: list[int] = []
    monkeypatch.setattr(
        searcher.meaning.codes,
        "bring_up",
        lambda folder, **_: stored.append(len(VectorStore.open(folder))),
    )
    assert searcher.embed(stop=lambda: library.encoder.n_encoded >= 32) == 32
    assert stored == []
    assert searcher.embed() == 68
    assert stored == [96, 100]


def test_vectors_that_are_lost_between_two_steps_are_made_again(
    library: Any, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder, "ROWS_A_STEP", 32)
    library.add(*_papers(paper, 70))
    searcher = library.open()
    lost: list[Path] = []

    def lose(folder: Path, **_: Any) -> None:
        if not lost:
            lost.append(folder)
            shutil.rmtree(folder)

    monkeypatch.setattr(searcher.meaning.codes, "bring_up", lose)
    searcher.embed()
    assert len(lost) == 1
    assert searcher.state().embedded == 70


class _DyingEncoder:
    """Stands for a process that is killed while it embeds."""

    dim = 64

    def __init__(self, whole: Any, steps: int) -> None:
        self.model, self.model_id, self.whole, self.steps = (
            whole.model,
            whole.model_id,
            whole,
            steps,
        )

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> NDArray[np.float32]:
        self.steps -= 1
        if self.steps < 0:
            raise KeyboardInterrupt
        vectors: NDArray[np.float32] = self.whole.encode(texts, kind=kind)
        return vectors


def test_what_was_done_before_a_kill_is_kept(library: Any, paper: Paper) -> None:
    library.add(*_papers(paper, 100))
    with pytest.raises(KeyboardInterrupt):
        library.open(_DyingEncoder(library.encoder, steps=2)).embed()
    assert library.encoder.n_encoded == 64
    assert library.open().embed() == 36
    assert library.encoder.n_encoded == 100


def test_a_second_embedder_says_so_and_leaves(library: Any, paper: Paper) -> None:
    library.add(paper(1, "whales"))
    first = library.open()
    first.embed()
    library.add(paper(2, "foxes"))
    said: list[str] = []
    with VectorStore.open(_folder(first), write=True):
        assert library.open().embed(progress=lambda step, *_: said.append(step)) == 0
    assert said == ["another process is embedding"]
    assert library.open().embed() == 1


@pytest.mark.parametrize("harm", ["missing", "cut", "manifest", "folder"])
def test_damaged_vectors_are_made_anew(library: Any, paper: Paper, harm: str) -> None:
    library.add(paper(1, "whales"), paper(2, "foxes"))
    library.open().embed()
    folder = _folder(library.open())
    segment = next(folder.glob("x.*.npy"))
    if harm == "missing":
        segment.unlink()
    elif harm == "cut":
        segment.write_bytes(segment.read_bytes()[:100])
    elif harm == "manifest":
        (folder / "manifest.json").write_bytes(b"{}")
    else:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    searcher = library.open()
    searcher.search(Query(text="whales"))  # whoever looks first finds it out
    searcher.similar(1, k=1)
    assert searcher.embed() == 2
    assert searcher.meaning.n_vectors() == 2


def test_damage_is_found_where_nobody_searches(library: Any, paper: Paper) -> None:
    library.add(paper(1, "whales"), paper(2, "foxes"))
    library.open().embed()
    next(_folder(library.open()).glob("x.*.npy")).unlink()
    assert library.open().embed() == 2


def test_vectors_of_an_older_version_get_codes_and_are_not_made_again(
    library: Any, paper: Paper
) -> None:
    library.add(paper(1, "whales"))
    library.open().embed()
    folder = _folder(library.open())
    with VectorStore.open(folder, write=True) as store:
        x = np.random.default_rng(1).standard_normal((5_000, 64), dtype=np.float32)
        store.append(np.arange(2, 5_002), x / np.linalg.norm(x, axis=1, keepdims=True))
    assert library.open().embed() == 0
    assert VectorStore.open(folder).attached("two_grain") is not None
    assert library.encoder.n_encoded == 1


def test_a_flipped_bit_is_found_by_the_checksums(library: Any, paper: Paper) -> None:
    library.add(paper(1, "whales"))
    searcher = library.open()
    searcher.embed()
    assert searcher.problems() == []
    path = next(_folder(searcher).glob("x.*.npy"))
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    assert [str(path) in problem for problem in searcher.problems()] == [True]


def test_vectors_of_another_library_are_made_anew(library: Any, paper: Paper) -> None:
    library.add(paper(1, "whales"))
    searcher = library.open()
    searcher.embed()
    folders = searcher.meaning.folders
    folders.set_covered(folders.in_use(), 10_000)
    assert library.open().embed() == 1
