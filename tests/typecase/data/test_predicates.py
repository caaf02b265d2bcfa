import datetime
import json

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError
from typecase.data.predicate_dicts import predicate_from_dict
from typecase.data.predicates import MAX_DEPTH, Attribute, Predicate, all_of, any_of

year, venue, day, flag = map(Attribute, ("year", "venue", "day", "is_open"))
EVERY = [
    year == 2020,
    year != 2020,
    year < 2020.5,
    (year > 1) & (venue <= "N"),
    year.isin([3, 1, 2]),
    year.isin([]),
    flag == True,  # noqa: E712
    datetime.date(2024, 2, 29) <= day,
    venue.startswith("cs.") | ~venue.is_present(),
    ~((year.between(2020, 2024) | (venue == "ACL")) & day.is_present()),
]


def test_it_reads_as_a_person_would_write_it() -> None:
    assert [str(predicate) for predicate in EVERY] == [
        "year == 2020",
        "not (year == 2020)",
        "year < 2020.5",
        "venue <= 'N' and year > 1",
        "year in (1, 2, 3)",
        "year in ()",
        "is_open == True",
        "day >= 2024-02-29",
        "not (venue is present) or venue startswith 'cs.'",
        "not ((venue == 'ACL' or 2020 <= year <= 2024) and day is present)",
    ]


def test_a_long_list_is_cut_when_shown() -> None:
    assert str(year.isin(range(1000))) == "year in (0, 1, 2, 3, 4, and 995 more)"


@pytest.mark.parametrize("predicate", EVERY, ids=str)
def test_json_gives_it_back(predicate: Predicate) -> None:
    assert predicate_from_dict(json.loads(json.dumps(predicate.to_dict()))) == predicate


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((year == 1) & (venue == "a"), (venue == "a") & (year == 1)),
        ((year == 1) & ((venue == "a") & (day > 2)), all_of([day > 2, venue == "a", year == 1])),
        ((year == 1) | ((venue == "a") | (day > 2)), any_of([day > 2, year == 1, venue == "a"])),
        ((year == 1) & (year == 1), year == 1),
        (~~(year == 1), year == 1),
        (year == 2020, year.isin([2020.0, np.int16(2020)])),
        (year == -0.0, year == 0),
        (year < 2.0**60, year < 2**60),
        (np.datetime64("2024-02-29T00:00:00") == day, datetime.date(2024, 2, 29) == day),
        (np.str_("a") == venue, venue == "a"),
        (year.between(None, 3), year <= 3),
        (year.range(None, 3, low_open=True), year <= 3),
    ],
)  # fmt: skip
def test_what_means_the_same_is_equal_and_hashes_alike(one: Predicate, other: Predicate) -> None:
    assert one == other
    assert hash(one) == hash(other)


def test_a_boolean_is_no_number() -> None:
    assert (flag == 1) != (flag == True)  # noqa: E712
    with pytest.raises(InvalidInputError, match="compared with bool and number"):
        flag.isin([True, 1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: year == None, r"got None\. is_present"),  # noqa: E711
        (lambda: year < None, "no range with bounds of None"),
        (lambda: float("nan") == year, "finite"),
        (lambda: float("inf") >= year, "finite"),
        (lambda: year == 2**63, "int64"),
        (lambda: year == -(2**63), "int64"),
        (lambda: year == [1], "got"),
        (lambda: year == b"x", "got"),
        (lambda: Attribute("day") == year, "got"),
        (lambda: year.isin([1, "x"]), "compared with number and str"),
        (lambda: year.between(1, "x"), "number and str"),
        (lambda: flag < True, "bounds of bool"),
        (lambda: venue.isin("ACL"), "put one string into a list"),
        (lambda: venue.startswith(3), "takes a string"),
        (lambda: venue == "\ud800", "UTF-8"),
        (lambda: datetime.datetime(2020, 1, 1) == day, "a date, got"),
        (lambda: np.datetime64("2020-01-01T12") == day, "whole days"),
        (lambda: np.datetime64("NaT") == day, "whole days"),
        (lambda: np.datetime64("20000-01-01") == day, "years 1 to 9999"),
        (lambda: Attribute(""), "name must be a string"),
        (lambda: Attribute(3), "name must be a string"),  # type: ignore[arg-type]
        (lambda: all_of([]), "at least one"),
        (lambda: any_of([True]), "takes predicates"),  # type: ignore[list-item]
        (lambda: year == 1 and year == 2, "neither true nor false"),
        (lambda: 1 < year < 3, "neither true nor false"),
    ],
)
def test_what_cannot_be_asked_is_refused(make: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        make()  # type: ignore[operator]


def test_joining_with_something_else_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        (year == 1) & True  # type: ignore[operator]


@pytest.mark.parametrize(
    "given",
    [
        None,
        "year == 1",
        {},
        {"like": "year"},
        {"isin": "year"},
        {"isin": "year", "values": "ab"},
        {"isin": "year", "values": [1], "order": 1},
        {"isin": "day", "values": [{"date": "yesterday"}]},
        {"range": "year"},
        {"range": "year", "ge": 1, "gt": 1},
        {"range": 3, "ge": 1},
        {"startswith": "venue", "prefix": 3},
        {"isin": "a", "present": "a", "values": []},
        {"and": []},
        {"and": {"present": "a"}},
        {"not": None},
    ],
)
def test_json_that_is_no_predicate_is_refused(given: object) -> None:
    with pytest.raises(InvalidInputError):
        predicate_from_dict(given)


def test_nesting_past_the_limit_is_refused() -> None:
    given: dict[str, object] = {"present": "a"}
    predicate = year == 0
    for number in range(MAX_DEPTH - 1):
        parts = [given, {"present": f"b{number}"}]
        given = {"or" if number % 2 else "and": parts}
        other = number + 1 == year
        predicate = predicate | other if number % 2 else predicate & other
    assert predicate_from_dict(given) is not None
    with pytest.raises(InvalidInputError, match="deep"):
        predicate_from_dict({"or": [{"and": [given, {"present": "c"}]}, {"present": "d"}]})
    with pytest.raises(InvalidInputError, match="deep"):
        ~(predicate | (year == -1)) & (year == -2)


def test_an_expression_that_doubles_with_every_step_is_refused() -> None:
    predicate = year == 0
    for number in range(1, 15):
        predicate = (predicate & (year == number)) | (predicate & (year == -number))
    assert len(str(predicate)) > 100_000
    with pytest.raises(InvalidInputError, match="parts"):
        _doubled(_doubled(_doubled(predicate)))


def _doubled(predicate: Predicate) -> Predicate:
    return (predicate & (year == 99)) | (predicate & (year == -99))
