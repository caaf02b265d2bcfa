from datetime import UTC, datetime
from pathlib import Path

import pytest

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.readers import reader_name
from broadsheet.store import SqlAccounts, open_store

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def accounts(tmp_path: Path) -> SqlAccounts:
    return SqlAccounts.beside(open_store(folder=tmp_path, clock=lambda: NOW))


def test_a_reader_is_kept(accounts: SqlAccounts) -> None:
    made = accounts.add_reader(name="Ada Byron", role="admin", email="Ada@example.org")
    assert accounts.by_key(made.key) == made == accounts.first_reader()
    assert made.name == "Ada Byron"
    assert made.email == "Ada@example.org"
    assert made.is_admin
    assert not made.email_confirmed
    assert made.created_at == "2026-11-22T12:00:00+00:00"


def test_the_first_reader_is_made_once_whatever_a_snapshot_has_seen(accounts: SqlAccounts) -> None:
    with accounts.snapshot():
        assert accounts.first_reader() is None
        made = accounts.first_or_new_reader(name="Reader", role="admin")
        assert accounts.first_reader() is None
        assert accounts.first_or_new_reader(name="Reader", role="admin") == made
    assert accounts.all_readers() == [made]
    ada = accounts.add_reader(name="Ada", role="admin")
    assert accounts.first_or_new_reader(name="Reader", role="admin") == made != ada


def test_ids_are_not_guessable(accounts: SqlAccounts) -> None:
    ids = {accounts.add_reader(name=f"reader {i}", role="reader").id for i in range(20)}
    assert len(ids) == 20
    assert min(map(len, ids)) >= 16


@pytest.mark.parametrize("name", ["ada byron", "ADA  BYRON", "adabyron", "Ａda Byron"])
def test_no_two_readers_look_alike(accounts: SqlAccounts, name: str) -> None:
    accounts.add_reader(name="Ada Byron", role="reader")
    with pytest.raises(InvalidValueError, match="name"):
        accounts.add_reader(name=name, role="reader")


def test_an_address_belongs_to_one(accounts: SqlAccounts) -> None:
    accounts.add_reader(name="Ada", role="reader", email="a@example.org")
    accounts.add_reader(name="Bea", role="reader")
    accounts.add_reader(name="Cleo", role="reader")
    with pytest.raises(InvalidValueError, match="address"):
        accounts.add_reader(name="Dora", role="reader", email="A@example.org")


@pytest.mark.parametrize(
    "name",
    ["", "   ", "x" * 41, "a\u202eb", "a\nb\x00", "<b>", "-", "\u0301a", "a" + "\u0321" * 3],
)
def test_names_that_cannot_be_told_apart_are_refused(name: str) -> None:
    with pytest.raises(InvalidValueError, match="name has"):
        reader_name(name)


def test_a_name_is_put_straight() -> None:
    assert reader_name("  王  小明 ") == "王 小明"
    assert reader_name("José O'Neil-Smith Jr.") == "José O'Neil-Smith Jr."
    assert reader_name("हिन्दी") == "हिन्दी"
