import pytest

from broadsheet.model.identifiers import (
    anthology_id,
    arxiv_id,
    doi,
    family_key,
    isbn,
    name_key,
    title_key,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0704.0001", "0704.0001"),
        ("2301.00001v12", "2301.00001"),
        ("arXiv:2301.00001", "2301.00001"),
        ("oai:arXiv.org:2508.13426v1", "2508.13426"),
        ("https://arxiv.org/abs/2301.00001v2", "2301.00001"),
        ("http://arxiv.org/pdf/2301.00001.pdf", "2301.00001"),
        ("https://www.alphaxiv.org/abs/2301.00001", "2301.00001"),
        ("https://huggingface.co/papers/2301.00001", "2301.00001"),
        ("10.48550/arXiv.2301.00001", "2301.00001"),
        ("https://doi.org/10.48550/ARXIV.2301.00001", "2301.00001"),
        ("hep-th/9901001", "hep-th/9901001"),
        ("solv-int/9901001v3", "solv-int/9901001"),
        ("math.GT/0309136", "math/0309136"),
        ("arXiv:math.GT/0309136v1", "math/0309136"),
    ],
)
def test_every_form_of_an_arxiv_id_is_one(text: str, expected: str) -> None:
    assert arxiv_id(text) == expected


@pytest.mark.parametrize(
    "text", ["", "2301.123", "2313.00001", "hep-th/99010011", "10.1000/1", "Attention", "v1"]
)
def test_what_is_no_arxiv_id_is_none(text: str) -> None:
    assert arxiv_id(text) is None


def test_a_doi_is_bare_and_in_lower_case() -> None:
    assert doi("https://doi.org/10.1145/ABC.12.") == "10.1145/abc.12"
    assert doi("doi: 10.1/x") is None
    assert doi("no doi") is None


def test_titles_differ_by_letters_not_by_dress() -> None:
    assert title_key(r"Sharper Bounds for $\ell_p$ Sensitivity") == title_key(
        "sharper bounds for _p   sensitivity"
    )
    assert title_key("Schrödinger’s Cat") == title_key("Schrodinger's cat")


def test_names_keep_letters_of_every_script() -> None:
    assert name_key("Jürgen  Müller-Lüdenscheidt") == "jurgen-muller-ludenscheidt"
    assert name_key("李飞飞") == "李飞飞"
    assert name_key("***") == ""


def test_the_family_name_is_found_in_both_orders() -> None:
    assert family_key("Ashish Vaswani") == family_key("Vaswani, Ashish") == "vaswani"
    assert family_key("") == ""


@pytest.mark.parametrize(
    "text",
    [
        "P18-1001",
        "https://aclanthology.org/P18-1001/",
        "https://www.aclweb.org/anthology/P18-1001.pdf",
        "acl:P18-1001",
    ],
)
def test_every_address_of_an_anthology_paper_is_its_id(text: str) -> None:
    assert anthology_id(text) == "P18-1001"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("979-8-89176-390-6", "9798891763906"),
        ("ISBN: 0-306-40615-2", "9780306406157"),
        ("080442957x", "9780804429573"),
        ("978-0-306-40615-8", None),
        ("0-306-40615-3", None),
        ("0036-8075", None),
        ("", None),
    ],
)
def test_an_isbn_has_thirteen_digits(text: str, expected: str | None) -> None:
    assert isbn(text) == expected
