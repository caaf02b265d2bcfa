"""Names of venues as readers know them."""

import re

_NAMES = {"nips": "NeurIPS", "findings": "Findings of the ACL", "ws": "Workshop"}
_HAS_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_PREPRINTS = re.compile(
    r"(?:arxiv(?:\.org)?|corr|biorxiv|medrxiv|chemrxiv|psyarxiv|osf preprints|research square"
    r"|ssrn(?: electronic journal)?|social science research network|preprints(?:\.org)?|techrxiv)"
    r"(?: (?:19|20)\d\d)?(?: \(.*\))?\Z",
    re.IGNORECASE,
)


def venue_name(name: str, year: str = "") -> str:
    """Return a venue's name with its year: `acl` of 2018 is `ACL 2018`.

    A short name in small letters is an acronym; other names stay as they are.
    """
    known = _NAMES.get(name.lower())
    if known is None:
        is_acronym = name.islower() and name.isalnum() and len(name) <= 10
        known = name.upper() if is_acronym else name
    return f"{known} {year}" if year and not _HAS_YEAR.search(known) else known


def is_preprint_server(name: str) -> bool:
    """Whether what a source calls a venue publishes without review: `arXiv.org`, `CoRR 2017`."""
    return _PREPRINTS.match(name.strip()) is not None
