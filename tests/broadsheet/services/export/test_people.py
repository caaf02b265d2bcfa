"""Names in parts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.services.export.people import Name, split_name


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ashish Vaswani", Name(given="Ashish", family="Vaswani")),
        ("Ludwig van Beethoven", Name(given="Ludwig", particle="van", family="Beethoven")),
        ("Jan van der Berg", Name(given="Jan", particle="van der", family="Berg")),
        ("van der Berg, Jan", Name(given="Jan", particle="van der", family="Berg")),
        (
            "Charles de la Vallee Poussin",
            Name(given="Charles", particle="de la", family="Vallee Poussin"),
        ),
        ("de Finetti", Name(particle="de", family="Finetti")),
        ("Sammy Davis Jr.", Name(given="Sammy", family="Davis", suffix="Jr.")),
        ("Martin Luther King, Jr.", Name(given="Martin Luther", family="King", suffix="Jr.")),
        ("King, Jr., Martin Luther", Name(given="Martin Luther", family="King", suffix="Jr.")),
        ("Curie, Marie", Name(given="Marie", family="Curie")),
        (r"J\"urgen M\"uller", Name(given="Jürgen", family="Müller")),
        ("王 小明", Name(family="王", given="小明", family_first=True)),
        ("王小明", Name(literal="王小明")),
        ("Plato", Name(literal="Plato")),
        ("ATLAS Collaboration", Name(literal="ATLAS Collaboration")),
        ("The BigScience Team", Name(literal="The BigScience Team")),
        ("Gemma and Co", Name(literal="Gemma and Co")),
        ("A, B, C, D", Name(literal="A, B, C, D")),
        ("Smith,", Name(literal="Smith,")),
        ("", Name()),
    ],
)
def test_names_are_parted_as_citations_want_them(name, parts):
    assert split_name(name) == parts


@pytest.mark.parametrize(
    ("name", "inverted"),
    [
        ("Jan van der Berg", "van der Berg, Jan"),
        ("Martin Luther King, Jr.", "King, Martin Luther, Jr."),
        ("ATLAS Collaboration", "ATLAS Collaboration"),
        ("de Finetti", "de Finetti"),
    ],
)
def test_the_inverted_name_begins_with_the_family(name, inverted):
    assert split_name(name).inverted == inverted


_WORDS = st.sampled_from(["van", "de", "Jr.", "Ann", "Lee", ",", "and", "王", "Team", " ", "é"])


@settings(max_examples=300, deadline=None)
@given(st.lists(_WORDS, max_size=8).map(" ".join) | st.text(max_size=40))
def test_a_name_is_either_whole_or_has_a_family_name(name):
    parts = split_name(name)
    in_parts = (parts.given, parts.particle, parts.suffix)
    assert not (parts.literal and (parts.family or any(in_parts)))
    assert parts.family or not any(in_parts)
