"""Mark-up inside a text, made plain."""

import pytest

from broadsheet.sources.clean import one_line
from broadsheet.sources.markup import plain


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("a <i>b</i> H<sub>2</sub>O", "a b H2O"),
        (
            "<jats:title>Abstract</jats:title><jats:p>One.</jats:p><jats:p>Two.</jats:p>",
            "One. Two.",
        ),
        ("<jats:sec><jats:title>Aims</jats:title><jats:p>One.</jats:p></jats:sec>", "Aims One."),
        ("&amp;lt;jats:p&amp;gt;R&amp;amp;D&amp;lt;/jats:p&amp;gt;", "R&D"),
        ('<span class="nocase">BERT</span>', "BERT"),
        ("if a <b and c> d<br />", "if a <b and c> d"),
        ("if x < y and y > z", "if x < y and y > z"),
        ("List<String> and <unk>", "List<String> and <unk>"),
        ("&#0;&#xD800;x", "\ufffd\ufffdx"),
        ("<mml:math><mml:mi>x</mml:mi></mml:math>", "x"),
    ],
)
def test_plain(raw: str, said: str) -> None:
    assert one_line(plain(raw)) == said
