"""Authors in lists and in free text."""

import pytest

from broadsheet.model.errors import SourceError
from broadsheet.sources.names import clean_names, full_name, names_of_line, split_names, spoken_name


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Daniel Lemire", ["Daniel Lemire"]),
        ("A. U. Thor (Institute One), S. E. Cond, Jr", ["A. U. Thor", "S. E. Cond Jr"]),
        ("One Author and Two Author", ["One Author", "Two Author"]),
        ("A (X (Y), Z), B and C, III", ["A", "B", "C III"]),
        ("Alexandra Sand, Andy Land", ["Alexandra Sand", "Andy Land"]),
        ("A; B & C, and D", ["A", "B", "C", "D"]),
        ("", []),
        ("(", ["("]),
    ],
)
def test_split_names(line: str, names: list[str]) -> None:
    assert split_names(line) == names


def test_deep_parentheses_take_no_long_time() -> None:
    assert split_names("A " + "(" * 100_000 + ")" * 100_000) is not None


def test_clean_names_leaves_out_what_is_no_name() -> None:
    assert clean_names(["Ada  L", " ", "et al."]) == ("Ada L",)


def test_a_name_of_1001_characters_is_refused() -> None:
    assert clean_names(["x" * 1_000]) == ("x" * 1_000,)
    with pytest.raises(SourceError, match="name over 1,000"):
        clean_names(["x" * 1_001])


def test_full_name_is_in_spoken_order() -> None:
    assert full_name("Cond", "S. E.", "Jr") == "S. E. Cond Jr"
    assert full_name("Plato", "") == "Plato"


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("Thor, A. U.", "A. U. Thor"),
        ("Shannon,Claude E.", "Claude E. Shannon"),
        ("Cond, Jr, S. E.", "S. E. Cond Jr"),
        ("Cond, S. E., III", "S. E. Cond III"),
        ("Fanning E.", "Fanning E."),
        ("A Group,", "A Group"),
        ("", ""),
    ],
)
def test_spoken_name(name: str, spoken: str) -> None:
    assert spoken_name(name) == spoken


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (r"M. G\'omez, A. B{\"o}hm (X~Y) and C.~D", ("M. Gómez", "A. Böhm", "C. D")),
        ("Ada\n  L, et al.", ("Ada L",)),
        ("", ()),
    ],
)
def test_a_line_of_names_is_split_and_cleaned(line: str, names: tuple[str, ...]) -> None:
    assert names_of_line(line) == names


def test_a_line_is_held_to_the_bounds_of_names() -> None:
    with pytest.raises(SourceError, match="name over 1,000"):
        names_of_line("x" * 1_001)
    with pytest.raises(SourceError, match="over 10,000 authors"):
        names_of_line("x," * 10_001)
