"""The other names of a work: identifiers of several schemes, each in its one normal form."""

import re
from collections.abc import Iterable, Mapping

from broadsheet.model.identifiers import anthology_id, arxiv_id, doi, isbn

MAX_TWINS = 50
_PREFIX = re.compile(
    r"https?://(?:www\.)?(?:openalex\.org/(?:works/)?|pubmed\.ncbi\.nlm\.nih\.gov/"
    r"|ncbi\.nlm\.nih\.gov/pubmed/|openreview\.net/forum\?id=|dblp\.org/rec/)",
    re.IGNORECASE,
)
_FORMS: Mapping[str, re.Pattern[str]] = {
    "s2": re.compile(r"[1-9]\d{0,11}\Z"),
    "openalex": re.compile(r"W\d{1,12}\Z"),
    "openreview": re.compile(r"[A-Za-z0-9_-]{1,64}\Z"),
    "pubmed": re.compile(r"[1-9]\d{0,8}\Z"),
    "dblp": re.compile(
        r"(?:conf|journals|books|series|reference|phd|tr|homepages)/[\w/.-]{1,120}\Z"
    ),
}


def twins(
    named: Iterable[tuple[str, str]], *, arxiv: str | None = None, doi: str | None = None
) -> tuple[str, ...]:
    """Return identifiers as `scheme:value`, each once, the first 50; what is none is left out.

    Args:
        named: schemes (arxiv, doi, acl, s2, openalex, openreview, pubmed, dblp, isbn) and texts.
        arxiv, doi: what the record names itself by, in normal form: no twins of it.
    """
    own = (f"arxiv:{arxiv}", f"doi:{doi}")
    found = (twin(scheme, text) for scheme, text in named if text)
    return tuple(dict.fromkeys(t for t in found if t and t not in own))[:MAX_TWINS]


def twin(scheme: str, text: str) -> str | None:
    """Return an identifier as `scheme:value` in normal form, None where it is none.

    arXiv's own DOIs are arXiv ids.
    """
    if scheme in ("arxiv", "doi"):
        if eprint := arxiv_id(text):
            return f"arxiv:{eprint}"
        number = doi(text) if scheme == "doi" else None
        return f"doi:{number}" if number else None
    if scheme == "acl":
        anthology = anthology_id(text)
        return f"acl:{anthology}" if anthology else None
    if scheme == "isbn":
        number = isbn(text)
        return f"isbn:{number}" if number else None
    form = _FORMS.get(scheme)
    bare = _PREFIX.sub("", text.strip(), count=1).removesuffix("/")
    if scheme == "openalex":
        bare = bare.upper()
    return f"{scheme}:{bare}" if form and form.match(bare) else None
