"""Keys of the exchange format beyond what most files have: imprint, keywords, twins, standing."""

import re
from collections.abc import Sequence

from broadsheet.model.errors import SourceError
from broadsheet.model.identifiers import anthology_id, arxiv_id, doi
from broadsheet.model.merging import STANDINGS
from broadsheet.model.paper import Imprint
from broadsheet.sources.clean import clean_text

_LONGEST = 300
_MOST_KEYWORDS = 200
_MOST_TWINS = 100
_BETWEEN_KEYWORDS = re.compile(r"[,;]")
_DASHES = re.compile("\\s*[-\u2010-\u2015\u2212]+\\s*")
_TWIN = re.compile(r"(s2|openalex|openreview|pubmed|dblp|isbn):(\S+)\Z")


def imprint_of(**said: str | int | None) -> Imprint | None:
    """Return how a paper was published, by the fields of `Imprint`; None where none is said.

    Raises:
        SourceError: one is over 300 characters.
    """
    parts = {name: short_text(f"{part}" if part else "", name) for name, part in said.items()}
    parts["pages"] = _DASHES.sub("-", parts.get("pages", ""))
    made = Imprint(**parts)
    return None if made == Imprint() else made


def keywords_of(said: Sequence[str] | str | None) -> tuple[str, ...]:
    """Return keywords cleaned, each once; a text is split at its commas or semicolons.

    Raises:
        SourceError: one is over 300 characters, or there are over 200.
    """
    words = _BETWEEN_KEYWORDS.split(said) if isinstance(said, str) else said or ()
    if len(words) > _MOST_KEYWORDS:
        raise SourceError(f"over {_MOST_KEYWORDS} keywords")
    cleaned = (short_text(word, "keywords") for word in words)
    return tuple(dict.fromkeys(word for word in cleaned if word))


def twins_of(said: Sequence[str] | None, own: Sequence[str]) -> tuple[str, ...]:
    """Return the identifiers in normal form, each once; what is none is left out.

    Args:
        own: the identifiers that are the record's own, and so no twins of it.

    Raises:
        SourceError: one is over 300 characters, or there are over 100.
    """
    if said and len(said) > _MOST_TWINS:
        raise SourceError(f"over {_MOST_TWINS} twins")
    found = (_twin(short_text(text, "twins")) for text in said or ())
    return tuple(dict.fromkeys(twin for twin in found if twin and twin not in own))


def standing_of(said: str | None) -> str:
    """Return `withdrawn`, `retracted` or an empty text.

    Raises:
        SourceError: it is anything else.
    """
    standing = (said or "").strip().lower()
    if standing and standing not in STANDINGS:
        raise SourceError(f"standing is none of {', '.join(STANDINGS)}")
    return standing


def short_text(text: str, name: str) -> str:
    """Return a short field cleaned.

    Raises:
        SourceError: it is over 300 characters.
    """
    if len(text) > _LONGEST:
        raise SourceError(f"{name} over {_LONGEST} characters")
    return clean_text(text)


def _twin(text: str) -> str:
    scheme, _, value = text.partition(":")
    if eprint := arxiv_id(value) if scheme in ("arxiv", "doi") else None:
        return f"arxiv:{eprint}"
    if number := doi(value) if scheme == "doi" else None:
        return f"doi:{number}"
    if anthology := anthology_id(value) if scheme == "acl" else None:
        return f"acl:{anthology}"
    return text if _TWIN.match(text) else ""
