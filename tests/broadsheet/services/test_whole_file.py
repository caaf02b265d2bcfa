"""Files that are there whole or not at all."""

from pathlib import Path

import pytest

from broadsheet.model.errors import LibraryError, StoreError
from broadsheet.services.whole_file import whole_file


def test_the_file_is_there_when_the_block_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with whole_file(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [StoreError("busy"), OSError(5, "broken"), KeyboardInterrupt()])
def test_a_block_that_raises_leaves_what_was_there(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with pytest.raises((StoreError, LibraryError, KeyboardInterrupt)):
        _write(path, error)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", ".", "folder", "missing/a.txt", "x" * 300])
def test_what_can_be_no_file_is_refused_with_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(LibraryError, match="cannot be written"), whole_file(tmp_path / name):
        raise AssertionError("nothing can be written")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def _write(path: Path, error: BaseException) -> None:
    with whole_file(path) as file:
        file.write(b"new")
        raise error
