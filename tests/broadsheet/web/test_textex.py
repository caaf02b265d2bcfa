"""Prose with TeX: what is a formula, what is money, what is a macro, and that all of it is safe."""

import time
from html import unescape
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.services.prose.pieces import about_length, read_beginning, read_prose
from broadsheet.web import textex
from broadsheet.web.textex import to_excerpt, to_html


def maths(text: str) -> int:
    return to_html(text).count("<math")


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "from US$5 to US$10",
        "$5-$10 a piece",
        "between $1,000 and $2,000 each",
        r"It costs $5 and $10. \emph{But} not $3",
        "one $ alone",
        r"an escaped \$5 and \$6",
        "",
    ],
)
def test_money_is_no_formula(text):
    assert maths(text) == 0


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("$x$", 1),
        ("$ x $ and $ \\alpha $", 2),
        ("a $3$-manifold", 1),
        ("pay $5 for $x$", 1),
        ("$$a = b$$", 1),
        (r"\(a\) and \[b\]", 2),
        (r"\begin{equation} a=b \end{equation}", 1),
        (r"\begin{align*} a&=b \\ c&=d \end{align*}", 1),
        ("accuracy of $10\\%$ on $n$", 2),
        ("a bare \\alpha and 10^{-5} and C_{60}", 3),
    ],
)
def test_formulas_are_found(text, n):
    assert maths(text) == n


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (r"\emph{so} it is", "<em>so</em> it is"),
        (r"{\em so} {\bf it}", "<em>so</em> <strong>it</strong>"),
        (r"\textbf{a \emph{b}}", "<strong>a <em>b</em></strong>"),
        ("``quoted'' -- and --- `x'", "“quoted” – and — ‘x’"),
        (
            r"M\"uller, Szeg\H{o}, na\"{\i}ve, \v{S}ilov, {\L}ukasiewicz",
            "Müller, Szegő, naïve, Šilov, Łukasiewicz",
        ),
        (r"50\% \& more\_", "50% &amp; more_"),
        ("{BERT} and {a, b}", "BERT and {a, b}"),
        ("Fig.~1 and ~5", "Fig.\u00a01 and ~5"),
        (r"see \cite{knuth84}", "see [knuth84]"),
        (r"\begin{itemize}\item a\end{itemize}", "  • a "),
        (r"unknown \proverb{x}", r'unknown <code class="tex">\proverb</code>{x}'),
        (r"broken $\frac{1}{$", r'broken <code class="tex">\frac{1}{</code>'),
        ("don't use 'x'", "don’t use &#39;x&#39;"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
    ],
)
def test_prose_is_set_as_meant(text, html):
    assert to_html(text) == html


def test_addresses_become_links_where_links_may_stand():
    link = '<a href="https://a.org/b_c" rel="nofollow noopener noreferrer">https://a.org/b_c</a>'
    assert to_html(r"at https://a.org/b\_c.", links=True) == f"at {link}."
    assert to_html("at https://a.org/b_c.") == "at https://a.org/b_c."


@pytest.mark.parametrize(
    "text",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\url{javascript:alert(1)}",
        r"\href{data:text/html,x}{x}",
        r'\href{https://a.org/"onclick="x}{x}',
    ],
)
def test_only_web_addresses_are_linked(text):
    assert "<a" not in to_html(text, links=True)


def test_an_excerpt_ends_with_a_sentence_that_ends_late_enough():
    text = "The first sentence is here. The second follows it. The third is cut."
    assert to_excerpt(text, 60) == "The first sentence is here. The second follows it."


def test_an_excerpt_is_cut_between_words_and_never_in_a_formula():
    assert (
        to_excerpt("word after word after word $x + y + z$ end", 28)
        == "word after word after word…"
    )


_PLAIN = """word Another. end! -- --- ' '' don't https://example.org/a_b, ~ Fig. 3 x_1 e.g. (see) 王
$x$ {A} $ { } ` `` ' \\emph{ \\alpha _{ \\( \\)"""


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_PLAIN.split()), min_size=5, max_size=80))
def test_an_excerpt_is_that_of_the_whole_text_though_only_its_beginning_is_read(words):
    text = " ".join(words)
    with patch.object(textex, "read_beginning", lambda text, _: read_prose(text)):
        whole = to_excerpt.__wrapped__(text, 40)
    assert to_excerpt.__wrapped__(text, 40) == whole


def test_no_more_of_a_long_text_is_read_than_its_excerpt_needs():
    text = "A -- word. " * 500
    beginning = read_beginning(text, 80)
    assert 80 < sum(map(about_length, beginning)) < 120
    assert len(read_prose(text)[0].text) == len(text) - 500


def test_a_short_text_is_its_own_excerpt():
    assert to_excerpt("All of it", 60) == "All of it"


_HOSTILE = r"""$ $$ \( \) \[ \] { } \emph{ \href{ \url{ \cite{ \footnote{ \begin{equation} ~ ` ``
'' -- \\ \" \' \v{ \c _{ ^{ <script> </a> & < > " onclick= https:// javascript: word A 5"""
PARTS = st.sampled_from([*_HOSTILE.split(), " ", "\0", "\ud800", "\n\n", "王", "\\"])


@settings(max_examples=400, deadline=None)
@given(st.lists(PARTS, max_size=60).map("".join) | st.text(max_size=300))
def test_any_prose_is_safe_in_every_form(is_safe, text):
    assert is_safe(to_html(text, links=True, display=True))
    assert is_safe(to_excerpt(text, 50))


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet=st.characters(exclude_characters="\\${}~`'_^-", codec="utf-8"), max_size=80)
)
def test_prose_without_tex_stays_as_it_is(text):
    if "http" not in text and "\0" not in text:
        assert unescape(str(to_html(text))) == text


@pytest.mark.parametrize(
    "unit",
    [
        "{",
        "$",
        "$$",
        r"\(",
        r"\[",
        "\\",
        r"\emph{",
        "_{",
        "x^{",
        "`",
        r"\begin{equation}",
        "https://",
        r"\alpha{",
        "{a}",
    ],
)
def test_long_hostile_prose_takes_bounded_time(unit):
    started = time.perf_counter()
    to_html(unit * (100_000 // len(unit)), links=True, display=True)
    assert time.perf_counter() - started < 3.0
