"""Mark-up of publishers made plain."""

import pytest

from broadsheet.sources.clean import clean_text
from broadsheet.sources.markup import plain


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no mark-up", "no mark-up"),
        ("<jats:p>One.</jats:p><jats:p>Two.</jats:p>", "One. Two."),
        ("<jats:title>Abstract</jats:title><jats:p>We.</jats:p>", "We."),
        ("<jats:title>Aim</jats:title><jats:p>We.</jats:p>", "Aim: We."),
        ("<jats:title>Aim:</jats:title><jats:p>We.</jats:p>", "Aim: We."),
        ("CO<jats:sub>2</jats:sub> and <i>in vitro</i>", "CO2 and in vitro"),
        ("a < b, x<y and z>w & so", "a < b, x<y and z>w & so"),
        ("<p>p &lt; 0.05 &amp; so</p>", "p < 0.05 & so"),
        ("&lt;jats:p&gt;p &amp;lt; 1&lt;/jats:p&gt;", "p < 1"),
        ("&amp;lt;jats:p&amp;gt;thrice&amp;lt;/jats:p&amp;gt;", "thrice"),
        ("<p>The tag &lt;b&gt; is bold</p>", "The tag <b> is bold"),
        ("<math><mi>x</mi><mo>=</mo><mn>2</mn></math>", "x=2"),
        ("<h2>Aims</h2>Some", "Aims Some"),
    ],
)
def test_marks_go_and_what_they_mark_stays(text: str, said: str) -> None:
    assert clean_text(plain(text)) == said


def test_of_a_formula_given_twice_the_tex_stays() -> None:
    text = (
        r"<jats:p>Let <jats:alternatives><jats:tex-math>\documentclass[12pt]{minimal}"
        r"\begin{document}$$x^2$$\end{document}</jats:tex-math>"
        "<mml:math><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:math></jats:alternatives> be.</jats:p>"
    )
    assert clean_text(plain(text)) == "Let $$x^2$$ be."


@pytest.mark.parametrize("piece", ["<p ", "<", "&lt;p ", "&amp;", "<jats:tex-math>", "<math>"])
def test_many_pieces_of_marks_take_no_time_and_do_not_raise(piece: str) -> None:
    plain(piece * 20_000)
    plain(piece * 400_000)
