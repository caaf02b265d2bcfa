"""Text to tree and back: every text is a search, or an error with its place."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from broadsheet.model.errors import QuerySyntaxError
from broadsheet.model.language import canonical, read
from broadsheet.model.language.fields import FIELDS
from broadsheet.model.language.reading import MAX_CHARACTERS, MAX_DEPTH, MAX_PARTS
from broadsheet.model.language.tree import And, Field, Not, Or, Setting, Soft, Words

PIECES = [
    *("a", "word", "Résumé", "中文", "שלום", "مرحبا", "😀", "\u200b", "cs.CL", "2301.00001"),
    *(" ", "  ", '"', "(", ")", "-", "--", "^", "^2", "^-0.5", "^nan", "|", ":", ",", ".."),
    *("OR", "AND", "NOT", " OR ", " AND ", "\x00", "\ud800", "\u2028", "“", "”", "−"),
    *(f"{spec.name}:" for spec in FIELDS),
    *(spec.example for spec in FIELDS),
    *("saved:", "by:me", "foo:bar", "https://x.org/a", "arXiv:2301.00001", "Results: we"),
]


def nodes(text):
    return read(text).nodes


def test_words_that_stand_side_by_side_are_one_part():
    assert nodes("graph  neural\nnetworks") == (Words("graph neural networks"),)


def test_a_minus_sign_leaves_out_one_word():
    assert nodes("-gpt big model") == (Not(Words("gpt")), Words("big model"))
    assert nodes("self-supervised - model") == (Words("self-supervised model"),)


def test_quotation_marks_of_any_kind_make_a_phrase():
    assert nodes('“big model” -"small one"') == (
        Words("big model", "phrase"),
        Not(Words("small one", "phrase")),
    )


def test_weights_stand_behind_words_phrases_meanings_and_groups():
    assert nodes('a b^2 "c d"^-0.5 meaning:e^3 (f g)^2') == (
        Words("a"),
        Words("b", weight=2.0),
        Words("c d", "phrase", -0.5),
        Soft("meaning", "e", weight=3.0),
        Words("f g", weight=2.0),
    )


def test_a_minus_sign_turns_a_meaning_away():
    assert nodes("-meaning:vision") == (Soft("meaning", "vision", weight=-1.0),)


def test_or_joins_sides_and_values_of_one_field():
    assert nodes("a b OR c") == (Or((Words("a b"), Words("c"))),)
    assert nodes("cat:cs.CL OR cat:cs.IR") == (Field("cat", ("cs.CL", "cs.IR")),)
    assert nodes("cat:cs.CL,cs.IR") == (Field("cat", ("cs.CL", "cs.IR")),)
    assert nodes("x (a OR cat:cs)") == (
        Words("x"),
        Or((Words("a"), Field("cat", ("cs",)))),
    )


def test_and_may_be_said_and_parentheses_may_be_needless():
    assert nodes("a AND b (c d)") == (Words("a b c d"),)
    assert nodes("-(a cat:cs)") == (Not(And((Words("a"), Field("cat", ("cs",))))),)


def test_papers_and_aspects():
    assert nodes('near:2301.00001 task:"question answering" method:near:2301.00002') == (
        Soft("near", "2301.00001", is_paper=True),
        Soft("task", "question answering"),
        Soft("method", "2301.00002", is_paper=True),
    )


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("year:2024", "2024..2024"),
        ("year:2023..2025", "2023..2025"),
        ("announced:>2026-09", "2026-10.."),
        ("announced:>=2026-09-01", "2026-09-01.."),
        ("announced:<2026", "..2025"),
        ("announced:<=2026", "..2026"),
        ("announced:..2026", "..2026"),
        ("announced:>2026-12", "2027-01.."),
        ("announced:<2024-03-01", "..2024-02-29"),
    ],
)
def test_dates(text, span):
    assert nodes(text) == (Field(text.partition(":")[0], (span,)),)
    assert read(canonical(read(text))) == read(text)


def test_other_names_of_fields_and_what_readers_marked():
    assert nodes("category:cs about:x") == (Field("cat", ("cs",)), Soft("meaning", "x"))
    assert nodes("saved:") == (Field("is", ("saved",)),)
    assert nodes("by:me")[0].name == "is"
    assert nodes('by:"Ada Lovelace"') == (Field("author", ("ada-lovelace",)),)


def test_settings():
    assert nodes("x sort:newest with:diverse with:recent") == (
        Words("x"),
        Setting("sort", "newest"),
        Setting("with", "diverse"),
        Setting("with", "recent"),
    )


def test_what_only_looks_like_a_field_is_words():
    assert nodes("Results: at 10:30 https://x.org/a arXiv:2301.00001") == (
        Words("Results: at 10:30 https://x.org/a arXiv:2301.00001"),
    )


def test_blank_is_the_empty_search():
    for text in ("", "  ", "-", "\x00", "AND"):
        assert nodes(text) == ()


@pytest.mark.parametrize(
    ("text", "at", "until", "says"),
    [
        ('a "b', 2, 3, "not closed"),
        ("(a", 0, 1, "not closed"),
        ("a)", 1, 2, "closes nothing"),
        ("a () b", 3, 4, "nothing between"),
        ("a OR", 4, 4, "missing"),
        ("OR a", 0, 2, "two parts"),
        ("a ^2", 2, 4, None),
        ("x^p", 1, 3, "A weight is a number"),
        ("x^nan", 1, 5, "A weight is a number"),
        ("x^1000", 1, 6, "A weight is a number"),
        ("x^0", 1, 3, "A weight is a number"),
        ("(x^99)^99", 6, 9, "weighs more"),
        ("cat:cs^2", 6, 8, "no weight"),
        ("-a^2", 1, 4, "no weight"),
        ("-meaning:a^-1", 1, 13, "not both"),
        ("-(meaning:a b)", 1, 14, "before each"),
        ("--a", 0, 1, None),
        ("cat: cs", None, None, None),
        ("cta:cs.CL", 0, 4, "did you mean"),
        ("nosuchthing:x", 0, 12, "no field"),
        ("is:withdrawm", 3, 12, "withdrawn"),
        ("year:20x4", 5, 9, "A date is"),
        ("year:2024-05", 5, 12, "four digits"),
        ("year:2025..2023", 5, 15, "ends before"),
        ("author:!!", 7, 9, "no name"),
        ("meaning:!!", 8, 10, "no word"),
        ("sort:newest sort:newest", 12, 23, "twice"),
        ("(sort:newest)", 1, 12, "by itself"),
        ("-sort:newest", 1, 12, "cannot be left out"),
        ('""', 0, 2, "nothing between"),
    ],
)
def test_errors_name_their_place(text, at, until, says):
    if at is None:
        assert read(text)
        return
    with pytest.raises(QuerySyntaxError, match=says) as caught:
        read(text)
    assert (caught.value.at, caught.value.until) == (at, until)


def test_bounds():
    for text in (
        "(" * 5000 + "a" + ")" * 5000,
        "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1),
        " ".join(["word"] * 10_000),
        "-a " * (MAX_PARTS + 1),
        "x" * (MAX_CHARACTERS + 1),
    ):
        with pytest.raises(QuerySyntaxError, match=r"at most|deep") as caught:
            read(text)
        assert caught.value.at <= len(text)
    assert read("a " * 1999)  # words side by side are one part


@settings(max_examples=1500, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=12).map("".join)))
@example('😀near:"|b(near:|()  "-word ,')
@example("cat:AND -😀has:code")
@example("b (OR a)")
def test_every_text_is_a_search_that_prints_the_same_or_an_error_with_its_place(text):
    _holds(text)


@pytest.mark.slow
def test_a_hundred_thousand_texts():
    chosen = random.Random(20261128)
    n_read = 0
    for _ in range(100_000):
        n_read += _holds("".join(chosen.choices(PIECES, k=chosen.randint(1, 12))))
    assert n_read > 5_000


def _lies_in(text, error):
    assert 0 <= error.at <= error.until <= len(text)
    return False


def _holds(text):
    try:
        tree = read(text)
    except QuerySyntaxError as error:
        return _lies_in(text, error)
    printed = canonical(tree)
    assert read(printed) == tree
    assert canonical(read(printed)) == printed
    return True
