"""Restores: what they refuse, what they keep, and where they go on after a cut."""

from pathlib import Path

import pytest
from tests.broadsheet.backup.conftest import put, titles

from broadsheet.model.backup import DatabaseState
from broadsheet.model.errors import (
    BackupError,
    DiskFullError,
    LibraryError,
    LibraryVersionError,
    StoreBusyError,
)
from broadsheet.services import moving_in
from broadsheet.services.restoring import RestoreService
from broadsheet.services.work_folder import locked_folder
from broadsheet.store import SqliteFiles, open_store


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another library of one paper, which nobody has open."""
    folder = tmp_path / "other"
    store = open_store(folder=folder)
    put(store, 7)
    store.close()
    (folder / "broadsheet.toml").write_text('title = "Theirs"\n', "utf-8")
    (folder / "indexes" / "words").mkdir(parents=True)
    return folder


def test_a_library_that_is_there_is_refused_and_stays(
    backup: Path, other: Path, restoring: RestoreService
) -> None:
    with pytest.raises(LibraryError, match="--replace"):
        restoring.run(backup, other)
    assert titles(other) == ["paper 7"]
    assert sorted(path.name for path in other.iterdir()) == [
        "broadsheet.sqlite",
        "broadsheet.toml",
        "indexes",
    ]


def test_a_library_that_is_replaced_is_kept_aside_whole(
    backup: Path, other: Path, restoring: RestoreService
) -> None:
    aside = restoring.run(backup, other, replace=True).kept_aside
    assert aside is not None
    assert titles(aside) == ["paper 7"]
    assert (aside / "indexes" / "words").is_dir()
    assert len(titles(other)) == 40
    assert (other / "broadsheet.toml").read_text("utf-8") == 'title = "Ours"\n'
    again = restoring.run(backup, other, replace=True).kept_aside
    assert again not in (None, aside)


def test_a_library_in_use_is_not_replaced(
    backup: Path, other: Path, restoring: RestoreService
) -> None:
    store = open_store(folder=other)
    assert store.counts().papers == 1
    with pytest.raises(StoreBusyError, match="Stop"):
        restoring.run(backup, other, replace=True)
    assert store.counts().papers == 1
    store.close()
    assert titles(other) == ["paper 7"]


def test_a_damaged_library_can_be_replaced(
    backup: Path, other: Path, restoring: RestoreService
) -> None:
    (other / "broadsheet.sqlite").write_bytes(b"no database" * 1000)
    aside = restoring.run(backup, other, replace=True).kept_aside
    assert aside is not None
    assert (aside / "broadsheet.sqlite").read_bytes().startswith(b"no database")
    assert len(titles(other)) == 40


def test_settings_that_are_there_already_stay(
    backup: Path, restoring: RestoreService, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "broadsheet.toml").write_text('title = "Prepared"\n', "utf-8")
    assert restoring.run(backup, tmp_path / "new").kept_aside is None
    assert (tmp_path / "new" / "broadsheet.toml").read_text("utf-8") == 'title = "Prepared"\n'


def test_a_check_writes_nothing(backup: Path, restoring: RestoreService) -> None:
    before = sorted(backup.parent.rglob("*"))
    assert restoring.check(backup).papers == 40
    assert sorted(backup.parent.rglob("*")) == before


def test_a_file_where_the_folder_should_be_is_refused(
    backup: Path, restoring: RestoreService
) -> None:
    with pytest.raises(LibraryError, match="is a file"):
        restoring.run(backup, backup)


def test_a_newer_schema_is_refused_with_what_to_do(backup: Path, tmp_path: Path) -> None:
    class Older(SqliteFiles):
        schema = "0001"

        def knows(self, schema: str) -> bool:
            return schema == "0001"

    with pytest.raises(LibraryVersionError, match=r"1\.2\.3.*Update"):
        RestoreService(databases=Older(), clock=_never).run(backup, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_database_with_other_rows_than_said_does_not_come_in(
    backup: Path, tmp_path: Path
) -> None:
    class Forgetful(SqliteFiles):
        def check(self, path: Path) -> DatabaseState:
            found = super().check(path)
            return DatabaseState(schema=found.schema, rows=found.rows | {"papers": 39})

    with pytest.raises(BackupError, match="rows"):
        RestoreService(databases=Forgetful(), clock=_never).run(backup, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def _never() -> None:  # type: ignore[misc]
    raise AssertionError("nothing is moved")


def test_too_little_room_is_said_first(
    backup: Path, restoring: RestoreService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with pytest.raises(DiskFullError, match="needs"):
        restoring.run(backup, tmp_path / "new")
    assert not (tmp_path / "new").exists()


class _PowerCutError(Exception):
    pass


@pytest.mark.parametrize("n_moves", range(6))
def test_a_cut_while_moving_in_is_ended_by_whoever_opens_the_library_next(
    n_moves: int,
    backup: Path,
    other: Path,
    restoring: RestoreService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The machine goes down before each of the moves in turn; nothing tidies up after that."""
    left = [n_moves]
    rename = Path.rename

    def move(self: Path, to: Path) -> Path:
        if left[0] == 0:
            raise _PowerCutError
        left[0] -= 1
        return rename(self, to)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", move)
        with pytest.raises(_PowerCutError):
            restoring.run(backup, other, replace=True)
    moving_in.end_cut_restore(other)
    assert len(titles(other)) == 40
    assert (other / "broadsheet.toml").read_text("utf-8") == 'title = "Ours"\n'
    assert not (other / moving_in.WORK).exists()
    (aside,) = other.glob("replaced-*")
    assert titles(aside) == ["paper 7"]
    assert (aside / "indexes" / "words").is_dir()
    assert (aside / "broadsheet.toml").read_text("utf-8") == 'title = "Theirs"\n'


def test_the_same_command_goes_on_after_a_cut(
    backup: Path, restoring: RestoreService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(self: Path, to: Path) -> Path:
        raise _PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", cut)
        with pytest.raises(_PowerCutError):
            restoring.run(backup, tmp_path / "new")
    assert not (tmp_path / "new" / "broadsheet.sqlite").exists()
    assert restoring.run(backup, tmp_path / "new").papers == 40
    assert len(titles(tmp_path / "new")) == 40


def test_what_a_killed_restore_has_prepared_is_taken_away_at_the_next_opening(
    other: Path,
) -> None:
    (other / moving_in.WORK / moving_in.NEW).mkdir(parents=True)
    with locked_folder(other / moving_in.WORK, doing="it is being restored"):
        moving_in.end_cut_restore(other)
        assert (other / moving_in.WORK).exists()
    moving_in.end_cut_restore(other)
    assert not (other / moving_in.WORK).exists()
    assert titles(other) == ["paper 7"]


def test_a_library_that_is_being_restored_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "new" / moving_in.WORK).mkdir(parents=True)
    (tmp_path / "new" / moving_in.WORK / "moving.json").write_text("{}")
    with (
        locked_folder(tmp_path / "new" / moving_in.WORK, doing="it is being restored"),
        pytest.raises(LibraryError, match="being restored"),
    ):
        moving_in.end_cut_restore(tmp_path / "new")
