"""The schema that migrations build is the one that the code describes."""

import sqlite3
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import broadsheet.store
from broadsheet.model.library import LIBRARY_FILE
from broadsheet.store import open_store
from broadsheet.store.schema import REVISIONS, metadata

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
