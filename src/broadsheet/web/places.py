"""What sources are called on pages."""

_NAMES = {
    "acl": "the ACL Anthology",
    "arxiv": "arXiv",
    "crossref": "Crossref",
    "hf_daily": "Hugging Face",
    "openalex": "OpenAlex",
    "openreview": "OpenReview",
    "semantic_scholar": "Semantic Scholar",
}


def place_name(source: str) -> str:
    """Return the name of a source, its own word where it has none."""
    return _NAMES.get(source, source)
