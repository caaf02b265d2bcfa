"""Sessions, tokens, passkeys, invitations, counts of tries: found by hashes, ended by time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from broadsheet.model.errors import InvalidValueError, NotAllowedError
from broadsheet.model.readers import Reader
from broadsheet.store import (
    SqlAccounts,
    SqlAttempts,
    SqlInvitations,
    SqlKept,
    SqlPasskeys,
    SqlSessions,
    SqlStore,
    SqlTokens,
    SqlTrail,
    open_store,
)
from broadsheet.store.reader_schema import sessions as sessions_table

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = "2026-12-22T12:00:00+00:00"
Tick = Callable[..., None]


@pytest.fixture
def clock() -> list[datetime]:
    return [NOW]


@pytest.fixture
def tick(clock: list[datetime]) -> Tick:
    def forward(**by: float) -> None:
        clock[0] += timedelta(**by)

    return forward


@pytest.fixture
def store(tmp_path: Path, clock: list[datetime]) -> SqlStore:
    return open_store(folder=tmp_path, clock=lambda: clock[0])


@pytest.fixture
def accounts(store: SqlStore) -> SqlAccounts:
    return SqlAccounts.beside(store)


@pytest.fixture
def ada(accounts: SqlAccounts) -> Reader:
    return accounts.add_reader(name="Ada", role="admin")


def test_a_session_is_found_by_its_hash_until_it_expires(
    store: SqlStore, ada: Reader, tick: Tick
) -> None:
    sessions = SqlSessions.beside(store)
    sessions.add("hash", reader=ada.key, agent="Firefox", expires_at=LATER)
    found = sessions.find("hash")
    assert found is not None
    assert found[0] == ada
    assert (found[1].agent, found[1].expires_at) == ("Firefox", LATER)
    assert sessions.find("other") is None
    tick(days=30)
    assert sessions.find("hash") is None
    assert sessions.of(ada.key) == []


def test_a_used_session_lives_on(store: SqlStore, ada: Reader, tick: Tick) -> None:
    sessions = SqlSessions.beside(store)
    sessions.add("hash", reader=ada.key, agent="", expires_at=LATER)
    tick(days=20)
    sessions.touch("hash", expires_at="2027-01-11T12:00:00+00:00")
    tick(days=20)
    found = sessions.find("hash")
    assert found is not None
    assert found[1].used_at == "2026-12-12T12:00:00+00:00"


def test_sessions_end_one_by_one_or_but_one(
    store: SqlStore, accounts: SqlAccounts, ada: Reader
) -> None:
    sessions = SqlSessions.beside(store)
    bea = accounts.add_reader(name="Bea", role="reader")
    for name, reader in (("a1", ada), ("a2", ada), ("a3", ada), ("b", bea)):
        sessions.add(name, reader=reader.key, agent=name, expires_at=LATER)
    mine = {session.agent: session.id for session in sessions.of(ada.key)}
    assert not sessions.end_by_id(bea.key, mine["a1"])
    assert sessions.end_by_id(ada.key, mine["a1"])
    assert sessions.end_others(ada.key, "a2") == 1
    assert [session.agent for session in sessions.of(ada.key)] == ["a2"]
    sessions.end("b")
    assert sessions.of(bea.key) == []


def test_a_new_session_sweeps_out_the_old_ones(store: SqlStore, ada: Reader, tick: Tick) -> None:
    sessions = SqlSessions.beside(store)
    sessions.add("old", reader=ada.key, agent="", expires_at=LATER)
    tick(days=31)
    sessions.add("new", reader=ada.key, agent="", expires_at="2027-06-01T00:00:00+00:00")
    with store.reader.begin() as connection:
        assert list(connection.scalars(select(sessions_table.c.token_hash))) == ["new"]


def test_who_is_shut_out_has_no_session_and_no_token(
    store: SqlStore, accounts: SqlAccounts, ada: Reader
) -> None:
    bea = accounts.add_reader(name="Bea", role="reader")
    sessions, tokens = SqlSessions.beside(store), SqlTokens.beside(store)
    tokens.add("t", id="i", reader=bea.key, name="n", scopes=["read"], expires_at="")
    accounts.set_disabled(bea.key, True)
    sessions.add("s", reader=bea.key, agent="", expires_at=LATER)
    assert sessions.find("s") is None
    assert tokens.find("t") is None
    accounts.set_disabled(bea.key, False)
    assert tokens.find("t") is not None


def test_a_token_has_scopes_and_an_end(store: SqlStore, ada: Reader, tick: Tick) -> None:
    tokens = SqlTokens.beside(store)
    for name, end in (("ends", LATER), ("stays", "")):
        tokens.add(
            name, id=name, reader=ada.key, name=name, scopes=["read", "mark"], expires_at=end
        )
    found = tokens.find("ends")
    assert found is not None
    assert found[1].scopes == ("read", "mark")
    assert found[1].used_at == ""
    tokens.touch("stays")
    tick(days=30)
    assert tokens.find("ends") is None
    assert [token.used_at for token in tokens.of(ada.key) if token.id == "stays"] == [
        "2026-11-22T12:00:00+00:00"
    ]
    assert tokens.remove(ada.key, "stays")
    assert not tokens.remove(ada.key, "stays")
    assert tokens.find("stays") is None


def test_a_passkey_belongs_to_one(store: SqlStore, accounts: SqlAccounts, ada: Reader) -> None:
    passkeys = SqlPasskeys.beside(store)
    passkeys.add(id="k", reader=ada.key, public_key=b"\1", sign_count=0, name="Laptop")
    with pytest.raises(InvalidValueError, match="already"):
        passkeys.add(id="k", reader=ada.key, public_key=b"\2", sign_count=0, name="Other")
    passkeys.used("k", sign_count=7)
    (found,) = passkeys.of(ada.key)
    assert found == passkeys.find("k")
    assert (found.public_key, found.sign_count, found.name) == (b"\1", 7, "Laptop")
    assert not passkeys.remove(ada.key + 1, "k")
    assert passkeys.remove(ada.key, "k")
    assert passkeys.find("k") is None


def test_the_first_becomes_admin_and_others_do_not(accounts: SqlAccounts) -> None:
    assert not accounts.anyone_can_sign_in()
    assert accounts.sign_up(name="Ada", password="x").is_admin
    assert accounts.anyone_can_sign_in()
    assert not accounts.sign_up(name="Bea", password="x").is_admin


def test_the_first_takes_over_what_the_one_reader_had(accounts: SqlAccounts) -> None:
    only = accounts.add_reader(name="Reader", role="admin")
    made = accounts.sign_up(name="Ada", password="x")
    assert (made.key, made.id, made.name, made.role) == (only.key, only.id, "Ada", "admin")
    assert made.seq > only.seq
    assert len(accounts.all_readers()) == 1


def test_an_invitation_is_used_once(
    store: SqlStore, accounts: SqlAccounts, ada: Reader, tick: Tick
) -> None:
    accounts.set_password(ada.key, "hash")
    invitations = SqlInvitations.beside(store)
    for name in ("one", "two", "three"):
        invitations.add(name, id=name, made_by=ada.key, note=name, expires_at=LATER)
    accounts.sign_up(name="Bea", password="x", invitation="one")
    assert not invitations.is_open("one")
    with pytest.raises(NotAllowedError, match="used up"):
        accounts.sign_up(name="Cleo", password="x", invitation="one")
    with pytest.raises(NotAllowedError):
        accounts.sign_up(name="Cleo", password="x", invitation="none")
    assert accounts.by_name("Cleo") is None
    assert invitations.remove("two")
    assert not invitations.remove("one")
    assert invitations.is_open("three")
    tick(days=30)
    assert not invitations.is_open("three")
    with pytest.raises(NotAllowedError):
        accounts.sign_up(name="Cleo", password="x", invitation="three")
    assert [(i.id, i.used_by) for i in invitations.all()] == [("one", "Bea"), ("three", "")]


def test_tries_are_counted_until_their_time_is_over(store: SqlStore, tick: Tick) -> None:
    attempts = SqlAttempts.beside(store)
    assert attempts.count("a", window_s=60) == (1, 60)
    tick(seconds=40)
    assert attempts.count("a", window_s=60) == (2, 20)
    assert attempts.count("b", window_s=60) == (1, 60)
    tick(seconds=20)
    assert attempts.count("a", window_s=60) == (1, 60)
    attempts.forget("a")
    assert attempts.count("a", window_s=60)[0] == 1


def test_a_value_that_is_kept_stays(store: SqlStore) -> None:
    kept = SqlKept.beside(store)
    assert kept.get_or_set("key", "first") == "first"
    assert kept.get_or_set("key", "second") == "first"


def test_what_was_done_is_read_newest_first(store: SqlStore, ada: Reader) -> None:
    trail = SqlTrail.beside(store)
    trail.note("signed in", reader=ada.key, detail={"by": "password"})
    trail.note("sign-in failed", reader=None, detail={"name": "hash"})
    assert [(row["action"], row["reader"]) for row in trail.last(limit=9)] == [
        ("sign-in failed", ""),
        ("signed in", ada.id),
    ]
    assert trail.last(limit=2)[1]["detail"] == {"by": "password"}


def test_a_library_keeps_an_admin(accounts: SqlAccounts, ada: Reader) -> None:
    bea = accounts.add_reader(name="Bea", role="reader")
    with pytest.raises(NotAllowedError, match="make another reader admin"):
        accounts.set_role(ada.key, "reader")
    with pytest.raises(NotAllowedError):
        accounts.set_disabled(ada.key, True)
    accounts.set_role(bea.key, "admin")
    accounts.set_role(ada.key, "reader")
    assert accounts.first_reader() == bea.__class__(**{**_fields(bea), "role": "admin", "seq": 1})


def _fields(reader: Reader) -> dict[str, object]:
    return {name: getattr(reader, name) for name in reader.__dataclass_fields__}


def test_a_proposed_address_stands_in_nobodys_way(accounts: SqlAccounts, ada: Reader) -> None:
    bea = accounts.add_reader(name="Bea", role="reader")
    accounts.propose_address(ada.key, "b@example.org")
    assert accounts.by_name("b@example.org") is None
    accounts.confirm_address(bea.key, "b@example.org")
    assert accounts.by_name("B@Example.org") == accounts.by_key(bea.key)
    with pytest.raises(InvalidValueError, match="address"):
        accounts.confirm_address(ada.key, "B@example.org")
    changed = accounts.by_key(ada.key)
    assert changed is not None
    assert (changed.email, changed.email_confirmed) == ("b@example.org", False)


def test_a_password_ends_the_other_sessions(
    store: SqlStore, accounts: SqlAccounts, ada: Reader
) -> None:
    sessions = SqlSessions.beside(store)
    for name in ("this", "that"):
        sessions.add(name, reader=ada.key, agent="", expires_at=LATER)
    accounts.set_password(ada.key, "one", keep_session=None)
    assert len(sessions.of(ada.key)) == 2
    accounts.set_password(ada.key, "two", keep_session="this")
    assert sessions.find("that") is None
    assert sessions.find("this") is not None
    accounts.set_password(ada.key, "three")
    assert sessions.find("this") is None
    assert accounts.password_of(ada.key) == "three"


def test_another_name_is_seen_at_once(accounts: SqlAccounts, ada: Reader) -> None:
    accounts.add_reader(name="Bea", role="reader")
    with pytest.raises(InvalidValueError, match="Another reader has this name"):
        accounts.rename(ada.key, "BEA")
    accounts.rename(ada.key, "ADA")
    accounts.set_zone(ada.key, "Europe/Berlin")
    changed = accounts.by_key(ada.key)
    assert changed is not None
    assert (changed.name, changed.zone, changed.seq) == ("ADA", "Europe/Berlin", ada.seq + 2)
