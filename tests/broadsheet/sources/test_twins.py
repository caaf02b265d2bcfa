"""Other names of a work."""

import pytest

from broadsheet.sources.twins import MAX_TWINS, twin, twins


@pytest.mark.parametrize(
    ("scheme", "text", "normal"),
    [
        ("arxiv", "http://arxiv.org/abs/2601.00001v2", "arxiv:2601.00001"),
        ("arxiv", "nonsense", None),
        ("doi", "https://doi.org/10.1000/ABC", "doi:10.1000/abc"),
        ("doi", "10.48550/arXiv.2601.00001", "arxiv:2601.00001"),
        ("doi", f"10.1000/{'x' * 400}", None),
        ("acl", "https://aclanthology.org/P18-1001/", "acl:P18-1001"),
        ("s2", "13756489", "s2:13756489"),
        ("s2", "²", None),
        ("s2", "-1", None),
        ("openalex", "https://openalex.org/w1554322594", "openalex:W1554322594"),
        ("openalex", "https://openalex.org/S1", None),
        ("openreview", "aB-3_x", "openreview:aB-3_x"),
        ("openreview", "a b", None),
        ("pubmed", "https://pubmed.ncbi.nlm.nih.gov/11330823", "pubmed:11330823"),
        ("pubmed", "https://doi.org/10.1/x", None),
        ("dblp", "conf/nips/VaswaniSPUJGKP17", "dblp:conf/nips/VaswaniSPUJGKP17"),
        ("isbn", "978-3-16-148410-0", "isbn:9783161484100"),
        ("mag", "1", None),
    ],
)
def test_each_scheme_has_one_normal_form(scheme: str, text: str, normal: str | None) -> None:
    assert twin(scheme, text) == normal


def test_each_twin_is_named_once_and_the_records_own_names_are_none() -> None:
    named = [("doi", "10.1/X"), ("doi", "10.1000/y"), ("doi", "10.1000/Y"), ("arxiv", "0704.0001")]
    assert twins(named, arxiv="0704.0001", doi="10.1000/z") == ("doi:10.1000/y",)


def test_there_is_a_bound() -> None:
    assert len(twins(("s2", f"{n}") for n in range(1, 500))) == MAX_TWINS
