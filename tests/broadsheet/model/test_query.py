from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.model.errors import QueryError, QuerySyntaxError
from broadsheet.model.language import as_words
from broadsheet.model.language.reading import MAX_CHARACTERS
from broadsheet.model.query import Filters, Query, parse_query


def test_an_empty_form_is_the_default_query() -> None:
    assert parse_query({"q": [""], "cat": ["", " "], "from": [""]}) == Query()


def test_all_parameters_are_read() -> None:
    query = parse_query(
        {
            "q": ["graph  neural\nnetworks"],
            "cat": ["cs.LG", "stat"],
            "from": ["2024"],
            "to": ["2025-06"],
            "author": ["Jürgen Müller"],
            "venue": ["NeurIPS"],
            "source": ["arxiv"],
            "sort": ["newest"],
            "page": ["2"],
        }
    )
    assert query == Query(
        text="graph neural networks",
        filters=Filters(
            categories=("cs.LG", "stat"),
            since="2024",
            until="2025-06",
            authors=("jurgen-muller",),
            venues=("NeurIPS",),
            sources=("arxiv",),
        ),
        sort="newest",
        page=2,
    )


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"colour": ["red"]}, "colour"),
        ({"sort": ["oldest"]}, "sort"),
        ({"page": ["0"]}, "page"),
        ({"page": ["１"]}, "page"),
        ({"page": ["9" * 5000]}, "page"),
        ({"page": ["000000001" + "1" * 5000]}, "page"),
        ({"from": ["2021-13"]}, "from"),
        ({"q": ["a", "b"]}, "q"),
        ({"cat": ["x"] * 51}, "cat"),
    ],
)
def test_what_cannot_be_is_named(params: dict[str, list[str]], named: str) -> None:
    with pytest.raises(QueryError, match=named):
        parse_query(params)


def test_what_no_text_holds_is_taken_out() -> None:
    assert parse_query({"q": ["a\0b \ud800"], "venue": ["\udcff"]}).text == "a b ?"


def test_what_is_no_search_is_refused_with_its_place() -> None:
    for text, at in (("a" * 10_000, MAX_CHARACTERS), ('graph "nets', 6), ("cta:cs.CL", 0)):
        with pytest.raises(QuerySyntaxError) as caught:
            parse_query({"q": [text]})
        assert caught.value.at == at


def test_the_order_may_be_said_in_the_text() -> None:
    assert parse_query({"q": ["graph sort:newest"]}).sort == "newest"


@given(
    text=st.text(max_size=200).map(as_words),
    categories=st.lists(st.sampled_from(["cs.LG", "math", "hep-th"]), unique=True),
    since=st.sampled_from([None, "2021", "2021-05", "2021-05-03"]),
    venue=st.lists(st.text(min_size=1, max_size=9).filter(lambda v: v.strip() == v), unique=True),
    page=st.integers(1, 500),
)
def test_an_address_reads_back_as_its_query(
    text: str, categories: list[str], since: str | None, venue: list[str], page: int
) -> None:
    given_params = {"q": [text], "cat": categories, "venue": venue, "page": [str(page)]}
    query = parse_query({**given_params, "from": [since or ""]})
    assert parse_query(parse_qs(query.address(), keep_blank_values=True)) == query
