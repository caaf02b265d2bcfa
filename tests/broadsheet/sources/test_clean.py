"""Text as it is to be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.sources.clean import clean_bibtex, clean_name, clean_text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Two\n  lines", "Two lines"),
        (r"Erd\H{o}s and R\'enyi", "Erdős and Rényi"),
        (r"M{\"u}ller, \'{E}cole, na{\"\i}ve", "Müller, École, naïve"),
        (
            r"\c{C}a\u{g}lar, Gar\c con, Stra\ss e, J\o{}rgensen",
            "Çağlar, Garçon, Straße, Jørgensen",
        ),
        (r"Poincar\'e's $\'e$ stays", r"Poincaré's $\'e$ stays"),
        (
            r"rate $O(\sqrt{n})$ for \emph{all} {\it good} graphs",
            r"rate $O(\sqrt{n})$ for all good graphs",
        ),
        (
            r"a display $$\frac{a}{b}$$ and \(x\) and \[\emph{y}\]",
            r"a display $$\frac{a}{b}$$ and \(x\) and \[\emph{y}\]",
        ),
        (r"50\% of A\&B", "50% of A&B"),
        (r"it costs \$5 or \$6", r"it costs \$5 or \$6"),
        (r"at $300$~GeV of property~$(M)$", r"at $300$ GeV of property $(M)$"),
        (r"is {\em $k$-choosable} if $k=1$", r"is $k$-choosable if $k=1$"),
        (r"the ``action on $R$'' of M\"uller", "the “action on $R$” of Müller"),
        (rf"a ${'x' * 2_100}$ is \'etale", f"a ${'x' * 2_100}$ is étale"),
        (r"three $ of $\'e$", r"three $ of $é$"),
        (
            "Fig.~1 at about ~100 K, see http://x.org/~user",
            "Fig. 1 at about ~100 K, see http://x.org/~user",
        ),
        ("so-called ``graphs'' of Euler's", "so-called “graphs” of Euler's"),
        ("a\x07bell, a \u202eturn and a\u00adhyphen", "abell, a turn and ahyphen"),
        (r"an unknown \foo{bar} stays", r"an unknown \foo{bar} stays"),
        ("an unpaired $ and \\alpha", "an unpaired $ and \\alpha"),
    ],
)
def test_clean_text(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (r"J{\"u}rgen M\"uller", "Jürgen Müller"),
        ("{van der} Waals", "van der Waals"),
        ("A.~U.  Thor", "A. U. Thor"),
        (r"\L{}ukasz Czajka", "Łukasz Czajka"),
        ("Ngô Bảo Châu", "Ngô Bảo Châu"),
    ],
)
def test_clean_name(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("{BERT}: a {{Deep}} Model", "BERT: a Deep Model"),
        (r"M{\"u}ller, {\'E}cole, na{\"\i}ve, {\v S}koda", "Müller, École, naïve, Škoda"),
        (r"$\mathbb{R}^{n}$ and {RNN}s", r"$\mathbb{R}^{n}$ and RNNs"),
        (r"\emph{{BERT}} and {\it all}, {\bf {b}}", "BERT and all, b"),
        (r"50\% of A\&B\_c, 1{\textendash}2", "50% of A&B_c, 1–2"),
        (r"{\textless}i{\textgreater}x", "<i>x"),
        (r"sets \{a, b\}", "sets a, b"),
        ("Fig.~1\n  is ``it''", "Fig. 1 is “it”"),
    ],
)
def test_clean_bibtex(raw: str, clean: str) -> None:
    assert clean_bibtex(raw) == clean


@given(st.text(alphabet="ab $\\{}~`'\"%()[]\n\x00é", max_size=60))
def test_cleaning_never_fails_and_leaves_one_line(text: str) -> None:
    for clean in (clean_text(text), clean_name(text), clean_bibtex(text)):
        assert "\n" not in clean
        assert "\x00" not in clean
        assert clean == clean.strip()


def test_open_brackets_without_end_take_no_long_time() -> None:
    hostile = "\\(" * 25_000 + "$$" * 10_001
    assert clean_text(hostile)


@pytest.mark.parametrize("piece", ["\\$", "$\\", "\\(", "$$a", "\\["])
def test_dollars_without_end_take_no_long_time(piece: str) -> None:
    assert len(clean_text(piece * 25_000)) <= 25_000 * len(piece)
