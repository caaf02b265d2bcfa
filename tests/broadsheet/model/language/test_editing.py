"""Searches changed by a click on a subject; on reasons and chips: the pages' tests."""

import pytest

from broadsheet.model.language import canonical, read
from broadsheet.model.language.editing import with_concept
from broadsheet.model.subjects import Concept

CATEGORY = Concept(kind="category", name="cs.CL", share=0.5)
KEYWORD = Concept(kind="keyword", name='neural "nets"', share=0.5)


@pytest.mark.parametrize(
    ("text", "concept", "turn", "then"),
    [
        ("whales", CATEGORY, "more", "whales cat:cs.CL"),
        ("whales", CATEGORY, "not", "whales -cat:cs.CL"),
        ("a OR b", CATEGORY, "more", "(a OR b) cat:cs.CL"),
        ("whales cat:cs.CL", CATEGORY, "more", None),
        ("whales -cat:cs.CL", CATEGORY, "not", None),
        ("whales", CATEGORY, "less", None),
        ("", CATEGORY, "more", "cat:cs.CL"),
    ],
)
def test_a_subject_is_asked_for_or_turned_away_from(text, concept, turn, then):
    assert with_concept(read(text), concept, turn) == then


def test_a_keyword_is_a_meaning_whatever_signs_it_has():
    for turn in ("more", "not"):
        text = with_concept(read("whales"), KEYWORD, turn)
        assert text is not None
        assert canonical(read(text)) == text
        (_, soft) = read(text).nodes
        assert (soft.kind, soft.weight) == ("meaning", 1.0 if turn == "more" else -1.0)
