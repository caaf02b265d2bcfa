"""Opening a library: new, old, too new, foreign."""

import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from broadsheet.model.errors import LibraryError, LibraryVersionError
from broadsheet.model.library import LIBRARY_FILE
from broadsheet.store import open_store
from broadsheet.store.schema import APPLICATION_ID, REVISIONS


def pragma(path: Path, name: str) -> object:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]
    finally:
        connection.close()


def change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_missing_library_is_made_with_its_folders(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "library"
    open_store(folder=folder).close()
    path = folder / LIBRARY_FILE
    assert pragma(path, "application_id") == APPLICATION_ID
    assert pragma(path, "journal_mode") == "wal"


def test_an_empty_database_file_is_filled(folder: Path) -> None:
    folder.mkdir()
    (folder / LIBRARY_FILE).touch()
    store = open_store(folder=folder)
    assert store.counts().papers == 0
    store.close()


def test_opening_again_changes_nothing(folder: Path) -> None:
    open_store(folder=folder).close()
    before = (folder / LIBRARY_FILE).read_bytes()
    open_store(folder=folder).close()
    assert (folder / LIBRARY_FILE).read_bytes() == before


def test_a_newer_library_is_refused_with_what_to_do(folder: Path) -> None:
    open_store(folder=folder).close()
    change(folder / LIBRARY_FILE, "UPDATE alembic_version SET version_num = '0999'")
    before = (folder / LIBRARY_FILE).read_bytes()
    message = r"newer Broadsheet \(its schema is 0999.*Update Broadsheet"
    with pytest.raises(LibraryVersionError, match=message):
        open_store(folder=folder)
    assert (folder / LIBRARY_FILE).read_bytes() == before


def test_a_library_cut_off_while_it_was_made_is_made_anew(folder: Path) -> None:
    folder.mkdir()
    change(folder / LIBRARY_FILE, f"PRAGMA application_id = {APPLICATION_ID}")
    open_store(folder=folder).close()
    assert open_store(folder=folder).problems() == []


@pytest.mark.parametrize(
    "data", [b"not a database at all, but a text", b"SQLite format 3\0" + bytes(3000)]
)
def test_a_file_that_is_no_database_is_refused(folder: Path, data: bytes) -> None:
    folder.mkdir()
    (folder / LIBRARY_FILE).write_bytes(data)
    with pytest.raises(LibraryError):
        open_store(folder=folder)
    assert (folder / LIBRARY_FILE).read_bytes() == data


def test_the_database_of_another_program_is_refused(folder: Path) -> None:
    folder.mkdir()
    change(folder / LIBRARY_FILE, "CREATE TABLE songs (title)")
    with pytest.raises(LibraryError, match="another program"):
        open_store(folder=folder)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "library").touch()
    with pytest.raises(LibraryError, match="is a file"):
        open_store(folder=tmp_path / "library")


def _open(folder: Path) -> str:
    try:
        open_store(folder=folder).close()
    except Exception as e:
        return repr(e)
    return "opened"


def test_processes_that_make_one_library_at_once_all_succeed(folder: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert pool.map(_open, [folder] * 6) == ["opened"] * 6
    connection = sqlite3.connect(folder / LIBRARY_FILE)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
        (REVISIONS[-1],)
    ]
    connection.close()
