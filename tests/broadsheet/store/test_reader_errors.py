"""No error of the driver leaves the stores of readers, whatever is asked."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from broadsheet.model.errors import StoreBusyError
from broadsheet.model.library import LIBRARY_FILE
from broadsheet.store import (
    SqlAccounts,
    SqlAttempts,
    SqlBelongings,
    SqlInvitations,
    SqlKept,
    SqlPasskeys,
    SqlSessions,
    SqlStore,
    SqlTokens,
    SqlTrail,
)
from broadsheet.store.database import Database

ASKED: dict[type[Database], dict[str, Callable[[Any], object]]] = {
    SqlAccounts: {
        "by_key": lambda s: s.by_key(1),
        "by_id": lambda s: s.by_id("x"),
        "by_name": lambda s: s.by_name("x"),
        "set_outside_id": lambda s: s.set_outside_id(1, "x"),
        "outside_id_of": lambda s: s.outside_id_of(1),
        "by_outside_id": lambda s: s.by_outside_id("x"),
        "first_reader": lambda s: s.first_reader(),
        "all_readers": lambda s: s.all_readers(),
        "first_or_new_reader": lambda s: s.first_or_new_reader(name="x", role="admin"),
        "add_reader": lambda s: s.add_reader(name="x", role="admin"),
        "sign_up": lambda s: s.sign_up(name="x"),
        "anyone_can_sign_in": lambda s: s.anyone_can_sign_in(),
        "password_of": lambda s: s.password_of(1),
        "set_password": lambda s: s.set_password(1, "x"),
        "rename": lambda s: s.rename(1, "x"),
        "set_zone": lambda s: s.set_zone(1, "x"),
        "propose_address": lambda s: s.propose_address(1, "x"),
        "confirm_address": lambda s: s.confirm_address(1, "x"),
        "set_role": lambda s: s.set_role(1, "admin"),
        "set_disabled": lambda s: s.set_disabled(1, False),
    },
    SqlSessions: {
        "add": lambda s: s.add("x", reader=1, agent="", expires_at=""),
        "find": lambda s: s.find("x"),
        "touch": lambda s: s.touch("x", expires_at=""),
        "of": lambda s: s.of(1),
        "end": lambda s: s.end("x"),
        "end_by_id": lambda s: s.end_by_id(1, "x"),
        "end_others": lambda s: s.end_others(1, "x"),
    },
    SqlPasskeys: {
        "add": lambda s: s.add(id="x", reader=1, public_key=b"", sign_count=0, name=""),
        "find": lambda s: s.find("x"),
        "of": lambda s: s.of(1),
        "used": lambda s: s.used("x", sign_count=1),
        "remove": lambda s: s.remove(1, "x"),
    },
    SqlTokens: {
        "add": lambda s: s.add("x", id="x", reader=1, name="", scopes=[], expires_at=""),
        "find": lambda s: s.find("x"),
        "touch": lambda s: s.touch("x"),
        "of": lambda s: s.of(1),
        "remove": lambda s: s.remove(1, "x"),
    },
    SqlInvitations: {
        "add": lambda s: s.add("x", id="x", made_by=1, note="", expires_at=""),
        "is_open": lambda s: s.is_open("x"),
        "all": lambda s: s.all(),
        "remove": lambda s: s.remove("x"),
    },
    SqlAttempts: {
        "count": lambda s: s.count("x", window_s=1),
        "forget": lambda s: s.forget("x"),
    },
    SqlTrail: {
        "note": lambda s: s.note("x", reader=None, detail={}),
        "last": lambda s: s.last(limit=1),
    },
    SqlKept: {
        "get_or_set": lambda s: s.get_or_set("x", "y"),
        "value": lambda s: s.value("x"),
        "keep": lambda s: s.keep("x", None),
    },
    SqlBelongings: {
        "everything": lambda s: s.everything(1),
        "remove_all": lambda s: s.remove_all(1),
    },
}


@pytest.mark.parametrize("kind", ASKED)
def test_every_public_method_is_asked_here(kind: type[Database]) -> None:
    assert {name for name in vars(kind) if not name.startswith("_")} == set(ASKED[kind])


def test_a_locked_database_is_a_busy_store(store: SqlStore, folder: Path) -> None:
    store.close()
    with closing(sqlite3.connect(folder / LIBRARY_FILE, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("CREATE TABLE held (x)")
        for kind, asked in ASKED.items():
            for name, ask in asked.items():
                with pytest.raises(StoreBusyError, match="another process"):
                    pytest.fail(f"{kind.__name__}.{name}: {ask(kind.beside(store))}")
        other.execute("ROLLBACK")
