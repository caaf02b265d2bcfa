"""The word index follows the database, whatever happens to it."""

import errno
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from broadsheet.model.errors import DiskFullError, LibraryError
from broadsheet.model.query import Filters, Query
from broadsheet.search import word_writer
from broadsheet.search.analysis import read_query
from broadsheet.search.attributes import read_days
from broadsheet.search.border import index_errors
from broadsheet.search.searcher import LibrarySearcher
from broadsheet.search.word_checks import damaged_files
from typecase.base.errors import StorageError
from typecase.base.files import folder_lock, read_manifest, write_manifest

Paper = Callable[..., dict[str, Any]]


def _found(searcher: LibrarySearcher, text: str) -> list[int]:
    return sorted(searcher.words.search(read_query(text), Filters(), k=10).keys.tolist())


@pytest.fixture
def words(library: Any) -> Path:
    folder: Path = library.folder / "indexes" / "words"
    return folder


def test_only_what_changed_is_taken_in(library: Any, paper: Paper) -> None:
    searcher = library.open()
    library.add(paper(1, "first"), paper(2, "second"))
    assert searcher.index_words() == 2
    assert searcher.index_words() == 0
    library.add(paper(3, "third"))
    assert searcher.index_words() == 1
    assert searcher.words.n_papers() == 3


def test_a_changed_paper_replaces_its_old_words(library: Any, paper: Paper) -> None:
    searcher = library.open()
    library.add(paper(1, "about whales"))
    searcher.index_words()
    library.add(paper(1, "about foxes"))
    assert searcher.index_words() == 1
    assert _found(searcher, "whales") == []
    assert _found(searcher, "foxes") == [1]
    assert searcher.words.n_papers() == 1


def test_readers_see_the_commits_of_another_writer(library: Any, paper: Paper) -> None:
    reader, writer = library.open(), library.open()
    library.add(paper(1, "whales"))
    writer.index_words()
    assert _found(reader, "whales") == [1]
    library.add(paper(2, "whales too"))
    writer.index_words()
    assert _found(reader, "whales") == [1, 2]


def test_rows_that_come_again_change_nothing(library: Any, paper: Paper, words: Path) -> None:
    """A kill between commit and cursor."""
    searcher = library.open()
    library.add(paper(1, "whales"), paper(2, "foxes"))
    searcher.index_words()
    write_manifest(words / "cursor.json", {"format": 1, "seq": 0})
    assert searcher.index_words() == 2
    assert searcher.words.n_papers() == 2


def test_a_taken_place_is_waited_for_and_then_left(library: Any, paper: Paper, words: Path) -> None:
    searcher = library.open()
    library.add(paper(1, "whales"))
    words.mkdir(parents=True)
    with folder_lock(words):
        assert searcher.writer.update(wait_s=0.2) == 0
    assert searcher.writer.update(wait_s=0.2) == 1


def test_two_writers_at_once_index_everything_once(library: Any, paper: Paper) -> None:
    library.add(*(paper(number, f"paper number {number}") for number in range(1, 60)))
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(library.open().index_words()))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 59
    assert library.open().words.n_papers() == 59


@pytest.mark.parametrize("harm", ["index", "meta", "cursor", "format", "segment", "cut"])
def test_a_damaged_index_is_built_anew(library: Any, paper: Paper, words: Path, harm: str) -> None:
    library.add(paper(1, "whales"), paper(2, "foxes"))
    library.open().index_words()
    _harm(words, harm)
    library.add(paper(3, "more whales"))
    searcher = library.open()
    searcher.index_words()
    assert _found(searcher, "whales") == [1, 3]
    assert _found(searcher, "foxes") == [2]
    assert searcher.problems() == []


def _harm(words: Path, harm: str) -> None:
    segment = next((words / "index").glob("*.idx"))
    if harm == "index":
        shutil.rmtree(words / "index")
    elif harm == "meta":
        (words / "index" / "meta.json").write_bytes(b"{")
    elif harm == "cursor":
        (words / "cursor.json").unlink()
    elif harm == "format":
        cursor = read_manifest(words / "cursor.json")
        write_manifest(words / "cursor.json", cursor | {"format": 0})
    elif harm == "segment":
        segment.unlink()
    elif harm == "cut":
        segment.write_bytes(segment.read_bytes()[:20])


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=4096)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("harm", ["segment", "cursor"])
def test_on_a_full_disk_no_index_is_removed(
    library: Any, paper: Paper, words: Path, harm: str
) -> None:
    """A full disk looks like damage: tantivy does not always say what the system said."""
    library.add(paper(1, "whales"))
    library.open().index_words()
    _harm(words, harm)
    before = sorted(path.name for path in (words / "index").iterdir())
    library.add(paper(2, "foxes"))
    with pytest.raises(DiskFullError, match="full"):
        library.open().index_words()
    assert set(before) <= {path.name for path in (words / "index").iterdir()}


@pytest.mark.usefixtures("full_disk")
def test_a_search_says_what_is_not_indexed_yet(library: Any, paper: Paper, words: Path) -> None:
    library.add(paper(1, "whales"))
    library.open().index_words()
    (words / "cursor.json").unlink()
    library.add(paper(2, "more whales"))
    found = library.open().search(Query(text="whales", mode="words"))
    assert [item.key for item in found.items] == [1]
    assert found.note.startswith("2 papers are not indexed yet: The disk is full")


def test_a_library_that_may_not_be_written_says_so(
    library: Any, paper: Paper, words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(paper(1, "whales"))
    library.open().index_words()
    library.add(paper(2, "more whales"))

    def refused(folder: Path) -> int:
        raise StorageError(errno.EROFS, f"locking {folder}: Read-only file system")

    monkeypatch.setattr(word_writer, "acquire_lock", refused)
    with pytest.raises(LibraryError, match="may not be written"):
        library.open().index_words()
    found = library.open().search(Query(text="whales", mode="words"))
    assert [item.key for item in found.items] == [1]
    assert found.note.startswith("1 paper is not indexed yet: ")
    assert "may not be written" in found.note


@pytest.mark.parametrize(
    "said",
    [
        'Failed to acquire Lockfile: IoError(Os { code: 13, kind: PermissionDenied, message: "" })',
        "An IO error occurred: 'Read-only file system (os error 30)'",
    ],
)
def test_what_may_not_be_written_is_not_called_damaged(said: str) -> None:
    with pytest.raises(LibraryError, match="may not be written"), index_errors("opening"):
        raise ValueError(said)


def test_an_index_of_another_library_is_built_anew(library: Any, paper: Paper, words: Path) -> None:
    library.add(paper(1, "whales"))
    library.open().index_words()
    write_manifest(words / "cursor.json", {"format": 1, "seq": 10_000})
    searcher = library.open()
    assert searcher.index_words() == 1
    assert _found(searcher, "whales") == [1]


def test_a_flipped_bit_is_found_by_the_checksums(library: Any, paper: Paper, words: Path) -> None:
    library.add(paper(1, "whales"))
    library.open().index_words()
    assert damaged_files(words / "index") == []
    path = next((words / "index").glob("*.term"))
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(content)
    assert damaged_files(words / "index") == [f"{path} is damaged"]


def test_the_days_are_kept_by_key(library: Any, paper: Paper, words: Path) -> None:
    library.add(paper(1, "a", submitted="2021-05"), paper(2, "b", submitted=None))
    library.open().index_words()
    days = read_days(words / "days.npy")
    assert days[:3].tolist() == [0, 20210500, 0]


def test_progress_ends_at_its_total(library: Any, paper: Paper) -> None:
    library.add(*(paper(number, f"paper {number}") for number in range(1, 6)))
    seen: list[tuple[str, int, int | None]] = []
    library.open().index_words(progress=lambda *step: seen.append(step))
    assert seen[-1][0] == "words"
    assert seen[-1][1] == seen[-1][2]
