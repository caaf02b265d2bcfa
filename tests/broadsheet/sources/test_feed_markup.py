"""Words out of mark-up."""

import pytest

from broadsheet.sources.feed_markup import without_markup


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<p>One</p><p>two</p>", " One  two "),
        ("H<sub>2</sub>O", "H2O"),
        ("a<script>alert('x')</script>b<STYLE a=1>c</STYLE>d", "abd"),
        ("a<script>never closed", "a"),
        ("<jats:title>T</jats:title><jats:italic>x</jats:italic>", " T x"),
        ("x &lt; y &amp;amp; z&#233;", "x < y &amp; zé"),
        ("if a <b and c> d", "if a  d"),
        ("if a<c and x>d", "if a<c and x>d"),
        ("p < 0.05 and q > 3", "p < 0.05 and q > 3"),
        ("a<!-- no -->b<!DOCTYPE html>c", "abc"),
        ("<p onclick='x()'>a<br/>b", " a b"),
        ("<", "<"),
    ],
)
def test_tags_go_and_words_stay(text: str, words: str) -> None:
    assert without_markup(text) == words


@pytest.mark.parametrize(
    "piece", ["<a ", "<!--", "<script>", "</", "<a b='", "&amp", "<a:", "<aaaa"]
)
def test_many_pieces_of_marks_take_no_time_and_do_not_raise(piece: str) -> None:
    without_markup(piece * 100_000)
