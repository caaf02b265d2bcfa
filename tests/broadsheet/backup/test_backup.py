"""Backups of a library that others write to, and of one that is damaged."""

import sqlite3
import stat
from pathlib import Path

import pytest
from tests.broadsheet.backup.conftest import embed, put, service, titles

from broadsheet.model.errors import BackupError, BroadsheetError, DiskFullError, StoreError
from broadsheet.services.restoring import RestoreService
from broadsheet.store import SqliteFiles, SqlStore, open_store


def test_what_is_restored_is_what_was_backed_up_and_needs_no_embedding(
    library: Path, store: SqlStore, backup: Path, restoring: RestoreService, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    report = restoring.run(backup, again)
    assert (report.papers, report.has_vectors, report.left_out) == (40, True, ())
    assert titles(again) == titles(library)
    assert (again / "broadsheet.toml").read_text("utf-8") == 'title = "Ours"\n'
    restored = open_store(folder=again)
    assert embed(again, restored) == 0
    restored.close()


def test_only_its_owner_may_read_it(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [path.name for path in backup.parent.iterdir() if path.name.startswith(".")] == []


def test_a_small_one_leaves_vectors_and_settings_out(
    library: Path, store: SqlStore, restoring: RestoreService, tmp_path: Path
) -> None:
    report = service(library).run(tmp_path / "small", small=True, with_settings=False)
    assert (report.members, report.has_vectors) == (1, False)
    assert [reason.split(",")[0] for reason in report.left_out] == ["vectors", "settings"]
    restoring.run(tmp_path / "small", tmp_path / "again")
    restored = open_store(folder=tmp_path / "again")
    assert embed(tmp_path / "again", restored) == 40
    restored.close()


def test_papers_that_come_while_it_is_made_are_in_it_as_a_whole_or_not(
    library: Path, store: SqlStore, restoring: RestoreService, tmp_path: Path
) -> None:
    """Steps of the progress store another paper: the copy is of one moment all the same."""
    numbers = iter(range(1000, 1003))

    def write(step: str, done: int, total: int | None) -> None:
        for number in [] if step in told else numbers:
            put(store, number)
            embed(library, store)
            break
        told.add(step)

    told: set[str] = set()
    report = service(library).run(tmp_path / "busy", progress=write)
    assert len(told) > 3
    assert 40 < report.papers < store.counts().papers
    restoring.run(tmp_path / "busy", tmp_path / "again")
    held = titles(tmp_path / "again")
    assert held == titles(library)[: report.papers]
    restored = open_store(folder=tmp_path / "again")
    assert embed(tmp_path / "again", restored) <= report.papers - 40
    restored.close()


def test_vectors_that_are_damaged_are_left_out_and_said(
    library: Path, store: SqlStore, restoring: RestoreService, tmp_path: Path
) -> None:
    vectors = max(library.glob("indexes/vectors/*/x.*"), key=lambda path: path.stat().st_size)
    vectors.write_bytes(b"\0" * vectors.stat().st_size)
    report = service(library).run(tmp_path / "backup")
    assert report.papers == 40
    assert vectors.name in report.left_out[0]
    restoring.run(tmp_path / "backup", tmp_path / "again")
    assert not (tmp_path / "again" / "indexes" / "vectors" / vectors.parent.name).exists()


def test_vectors_whose_file_is_missing_are_left_out_and_said(
    library: Path, store: SqlStore, tmp_path: Path
) -> None:
    next(library.glob("indexes/vectors/*/x.*")).unlink()
    (reason,) = service(library).run(tmp_path / "backup").left_out
    assert "missing" in reason


def test_a_damaged_database_is_not_backed_up_and_the_last_backup_stays(
    library: Path, store: SqlStore, backup: Path
) -> None:
    store.close()
    before = backup.read_bytes()
    database = library / "broadsheet.sqlite"
    with database.open("r+b") as file:
        file.seek(database.stat().st_size * 3 // 4)
        file.write(b"\xff" * (database.stat().st_size // 4))
    with pytest.raises(StoreError, match="damaged"):
        service(library).run(backup)
    assert backup.read_bytes() == before
    assert not list(backup.parent.glob(".*"))


def test_what_a_killed_one_left_is_taken_away(library: Path, store: SqlStore, backup: Path) -> None:
    left = backup.parent / f".{backup.name}.making"
    (left / "deep").mkdir(parents=True)
    (left / "backup").write_bytes(b"half")
    service(library).run(backup)
    assert not left.exists()


def test_two_at_once_to_one_file_are_refused(
    library: Path, store: SqlStore, tmp_path: Path
) -> None:
    file, refused = tmp_path / "backup", []

    def second(step: str, done: int, total: int | None) -> None:
        if not refused:
            with pytest.raises(BackupError, match="is being made") as said:
                service(library).run(file)
            refused.append(said)

    service(library).run(file, progress=second)
    assert refused
    assert file.is_file()


@pytest.mark.parametrize(("name", "said"), [("", "no file"), ("none/backup", "No such file")])
def test_a_place_that_cannot_be_written_is_named(
    name: str, said: str, library: Path, store: SqlStore, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match=said):
        service(library).run(tmp_path / name)


def test_too_little_room_is_said_before_anything_is_copied(
    library: Path, store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(DiskFullError, match="needs"):
        service(library).run(tmp_path / "backup")
    assert not list(tmp_path.glob("*backup*"))


def test_another_programs_database_is_none_of_ours(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other") as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    with pytest.raises(BroadsheetError, match="no database of Broadsheet"):
        SqliteFiles().check(tmp_path / "other")
    (tmp_path / "text").write_text("no database at all, but long enough to have a header " * 9)
    with pytest.raises(StoreError):
        SqliteFiles().check(tmp_path / "text")
