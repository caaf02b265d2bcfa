"""BibTeX entries: kind, key, capitals, escapes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.model.paper import Author, Paper
from broadsheet.web.bibtex import bibtex, cite_key

PAPER = Paper(
    key=1,
    id="1706.03762",
    title="Attention Is All You Need",
    abstract="Not in the entry.",
    summary="",
    authors=(
        Author(name="Ashish Vaswani", key="ashish-vaswani"),
        Author(name="Noam Shazeer", key="noam-shazeer"),
    ),
    categories=("cs.CL", "cs.LG"),
    day="2017-06-12",
    submitted="2017-06-12",
    updated=None,
    announced=None,
    venue="",
    comment="",
    journal_ref="",
    licence="",
    arxiv_id="1706.03762",
    doi=None,
)


def named(name: str) -> tuple[Author, ...]:
    return (Author(name=name, key="k"),)


def test_a_preprint_is_misc_with_its_eprint():
    assert bibtex(PAPER) == (
        "@misc{vaswani2017attention,\n"
        "  title = {Attention Is All You Need},\n"
        "  author = {Ashish Vaswani and Noam Shazeer},\n"
        "  year = {2017},\n"
        "  month = jun,\n"
        "  eprint = {1706.03762},\n"
        "  archivePrefix = {arXiv},\n"
        "  primaryClass = {cs.CL},\n"
        "  url = {https://arxiv.org/abs/1706.03762},\n"
        "}\n"
    )


def test_a_venue_makes_it_proceedings_of_the_venues_year():
    entry = bibtex(replace(PAPER, venue="NeurIPS 2018"))
    assert entry.startswith("@inproceedings{vaswani2018attention,")
    assert "  booktitle = {NeurIPS 2018},\n  year = {2018},\n" in entry


def test_a_journal_makes_it_an_article():
    entry = bibtex(replace(PAPER, journal_ref="Phys. Rev. D & E", doi="10.1000/a%b"))
    assert entry.startswith("@article{")
    assert r"  journal = {Phys. Rev. D \& E}," in entry
    assert r"  doi = {10.1000/a\%b}," in entry


@pytest.mark.parametrize(
    ("author", "title", "key"),
    [
        ("José Ørsted", "On the Origin", "orsted2017origin"),
        ("van der Berg, Jan", "A 3D View", "vanderberg20173d"),
        ("王小明", "深度学习", "anonymous2017"),
        ("Łukasz Kaiser", "50 ways to $\\alpha$", "kaiser2017ways"),
    ],
)
def test_keys_are_ascii_and_telling(author, title, key):
    assert cite_key(replace(PAPER, authors=named(author), title=title)) == key


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Scaling BERT with t-SNE and GPT-4", "Scaling {BERT} with {t-SNE} and {GPT-4}"),
        (
            "A note on the fundamental theorem of Bayesian things",
            "A note on the fundamental theorem of {Bayesian} things",
        ),
        ("50% of $ & # in a_b", r"50\% of \$ \& \# in a\_b"),
        (r"Decay of $\alpha_{1}$ states", r"Decay of $\alpha_{1}$ states"),
        ("Sets {a, b} and }", r"Sets \textbraceleft{}a, b\textbraceright{} and \textbraceright{}"),
    ],
)
def test_titles_keep_capitals_and_formulas_and_escape_the_rest(title, written):
    assert f"  title = {{{written}}},\n" in bibtex(replace(PAPER, title=title))


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=80),
    st.text(max_size=30),
    st.lists(st.sampled_from(["$", "{", "}", "\\", "%", "$x$", "a", " ", "\\alpha"])).map("".join),
)
def test_braces_are_balanced_whatever_a_paper_holds(title, venue, more):
    entry = bibtex(replace(PAPER, title=title + more, venue=venue, authors=named(more or "x")))
    depth = 0
    for character in entry:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
