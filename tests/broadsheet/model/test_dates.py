import pytest

from broadsheet.model.dates import check_date, first_number, last_number, text_of
from broadsheet.model.errors import InvalidValueError


@pytest.mark.parametrize("text", ["2021", "2021-05", "2021-05-03", "2024-02-29", "1665"])
def test_a_date_of_the_calendar_is_kept(text: str) -> None:
    assert check_date(text) == text


@pytest.mark.parametrize(
    "text", ["20225", "2021-13", "2021-00", "2023-02-29", "2021-5", "", "x", "0999", "2021-05-03T1"]
)
def test_what_is_no_date_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidValueError, match="from"):
        check_date(text, name="from")


def test_numbers_bound_what_a_partial_date_covers() -> None:
    assert (first_number("2021"), last_number("2021")) == (20210000, 20219999)
    assert (first_number("2021-05"), last_number("2021-05")) == (20210500, 20210599)
    assert first_number("2021-05-03") == last_number("2021-05-03") == 20210503


@pytest.mark.parametrize("text", ["2021", "2021-05", "2021-05-03"])
def test_a_number_gives_its_date_back(text: str) -> None:
    assert text_of(first_number(text)) == text
