"""Which passwords are taken, and that a comparison costs the same for everyone."""

import pytest
from argon2 import PasswordHasher

from broadsheet.model.errors import InvalidValueError
from broadsheet.services.passwords import LONGEST, UNSET, Passwords, check_password, is_set

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Counting(PasswordHasher):
    """Says how often it was asked to compare."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.compared: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        self.compared.append(str(hash)[:9])
        return super().verify(hash, password)


def test_a_password_fits_itself_alone() -> None:
    passwords = Passwords(hasher=CHEAP)
    kept = passwords.hash("a long enough secret")
    assert kept.startswith("$argon2id$")
    assert passwords.fits(kept, "a long enough secret")
    assert not passwords.fits(kept, "a long enough secreT")
    assert passwords.hash("a long enough secret") != kept


@pytest.mark.parametrize("kept", ["", UNSET, "$argon2id$broken"])
def test_what_is_no_hash_fits_nothing(kept: str) -> None:
    passwords = Passwords(hasher=CHEAP)
    for said in ("", "!", "nobody has this password", kept):
        assert not passwords.fits(kept, said)
    assert is_set(kept) == kept.startswith("$")


@pytest.mark.parametrize(
    "kept", ["", UNSET, CHEAP.hash("another one")], ids=["none", "unset", "another"]
)
def test_each_comparison_is_one_of_argon(kept: str) -> None:
    hasher = Counting()
    Passwords(hasher=hasher).fits(kept, "a guess that is wrong")
    assert hasher.compared == ["$argon2id"]


def test_other_ways_to_type_it_are_the_same() -> None:
    passwords = Passwords(hasher=CHEAP)
    assert passwords.fits(passwords.hash("caf\u00e9 au lait"), "cafe\u0301 au lait")


def test_a_hash_of_other_parameters_is_stale() -> None:
    passwords = Passwords(hasher=CHEAP)
    assert not passwords.is_stale(passwords.hash("a long enough secret"))
    assert Passwords().is_stale(CHEAP.hash("a long enough secret"))


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("", "at least 10"),
        ("short one", "at least 10"),
        ("x" * (LONGEST + 1), "at most"),
        ("y" * 1_000_000, "at most"),
        ("Password123", "first that are tried"),
        ("QWERTYUIOP", "first that are tried"),
        ("aaaaaaaaaaaa", "first that are tried"),
        ("1234567890", "first that are tried"),
        ("0987654321", "first that are tried"),
        ("abcdefghijklmnop", "first that are tried"),
        ("abababababab", "first that are tried"),
        ("Augusta Ada Byron", "name is no password"),
        ("augustaadabyron", "name is no password"),
        ("augusta ada byron1!", "name is no password"),
        ("countess@example.org", "name is no password"),
        ("The Morning Vector", "name is no password"),
    ],
)
def test_what_is_guessed_soon_is_refused(password: str, rule: str) -> None:
    names = ("Augusta Ada Byron", "countess@example.org", "The Morning Vector")
    with pytest.raises(InvalidValueError, match=rule):
        check_password(password, names=names)


@pytest.mark.parametrize(
    "password",
    ["three small grey ducks", "パスワードは長いほどよい", "x9$kQ!27zz", "🦆🐢🐇🐀🐟 ducks"],
)
def test_others_are_taken(password: str) -> None:
    check_password(password, names=("Ada", "", "Broadsheet"))
