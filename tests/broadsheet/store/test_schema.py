"""The schema that migrations build is the one that the code describes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import broadsheet.store
from broadsheet.model.library import LIBRARY_FILE
from broadsheet.store import (
    open_store,
    reader_schema,  # noqa: F401  (adds its tables)
)
from broadsheet.store.schema import APPLICATION_ID, REVISIONS, metadata

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'alembic_version'"


def described(path: Path) -> dict[str, object]:
    """Return tables with columns, keys and indexes, as the database itself tells them."""
    connection = sqlite3.connect(path)
    ask = connection.execute
    found: dict[str, object] = {}
    for (table,) in ask(TABLES).fetchall():
        found[table] = {
            "columns": ask(f"SELECT * FROM pragma_table_info('{table}')").fetchall(),
            "foreign": sorted(
                row[2:5] for row in ask(f"SELECT * FROM pragma_foreign_key_list('{table}')")
            ),
            "indexes": sorted(
                (name, unique, partial, tuple(ask(f"PRAGMA index_info('{name}')").fetchall()))
                for _, name, unique, _, partial in ask(f"PRAGMA index_list('{table}')").fetchall()
            ),
            "options": ask(
                "SELECT wr, strict FROM pragma_table_list WHERE name = ?", (table,)
            ).fetchall(),
        }
    connection.close()
    return found


def test_migrations_and_metadata_build_the_same(tmp_path: Path) -> None:
    open_store(folder=tmp_path).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'other.sqlite'}")
    metadata.create_all(engine)
    engine.dispose()
    migrated = described(tmp_path / LIBRARY_FILE)
    assert migrated == described(tmp_path / "other.sqlite")
    assert "papers" in migrated


def test_the_code_knows_every_migration_in_order() -> None:
    config = Config()
    folder = Path(broadsheet.store.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    scripts = ScriptDirectory.from_config(config)
    assert tuple(s.revision for s in reversed(list(scripts.walk_revisions()))) == REVISIONS


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_a_library_of_an_older_version_is_brought_up_to_date(tmp_path: Path, revision: str) -> None:
    path = tmp_path / LIBRARY_FILE
    build(path, revision)
    connection = sqlite3.connect(path)
    connection.execute(OLD_PAPER)
    connection.commit()
    connection.close()
    with closing(open_store(folder=tmp_path)) as store:
        paper = store.paper("1706.03762")
        assert paper is not None
        assert paper.title == "Old"
        assert store.harvests() == []
    open_store(folder=tmp_path / "new").close()
    assert described(path) == described(tmp_path / "new" / LIBRARY_FILE)


def build(path: Path, revision: str) -> None:
    """Make the library that a Broadsheet of that revision made."""
    config = Config()
    folder = Path(broadsheet.store.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


OLD_PAPER = """
INSERT INTO papers (key, id, seq, day, title, abstract, summary, authors, categories, venue,
    comment, journal_ref, licence, arxiv_id, versions, title_hash, first_author, text_hash)
VALUES (1, '1706.03762', 1, 20170612, 'Old', '', '', '["A"]', 'cs.CL', '', '', '', '',
    '1706.03762', '[]', 7, 'a', '')
"""
