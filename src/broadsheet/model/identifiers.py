"""What names a paper: arXiv ids, DOIs and titles, each in one normal form."""

import re
import unicodedata
from functools import lru_cache

_NEW_STYLE = re.compile(
    r"(?:0[7-9]|1[0-4])(?:0[1-9]|1[0-2])\.\d{4}\Z|(?:1[5-9]|[2-9]\d)(?:0[1-9]|1[0-2])\.\d{5}\Z"
)
_OLD_STYLE = re.compile(r"([a-z][a-z-]*)(?:\.[A-Za-z]{2})?/(\d{2}(?:0[1-9]|1[0-2])\d{3})\Z")
_VERSION = re.compile(r"v[1-9]\d{0,2}\Z")
_ARXIV_PREFIX = re.compile(
    r"(?:https?://)?(?:www\.|export\.)?(?:arxiv\.org|alphaxiv\.org|huggingface\.co)"
    r"/(?:abs|pdf|html|papers)/|(?:oai:)?arxiv(?:\.org)?:|(?:https?://)?(?:dx\.)?doi\.org/10\.48550/arxiv\.|10\.48550/arxiv\.",
    re.IGNORECASE,
)
_DOI_PREFIX = re.compile(r"(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/\S{1,280}\Z")
_ANTHOLOGY_PREFIX = re.compile(
    r"(?:https?://)?(?:www\.)?(?:aclanthology\.org|aclweb\.org/anthology)/|acl:", re.IGNORECASE
)
_ANTHOLOGY = re.compile(r"[A-Z]\d{2}-\d{4,5}\Z|\d{4}\.[a-z0-9_]+-[a-z0-9_]+\.\d{1,4}\Z")
_ISBN = re.compile(r"\d{9}[\dX]\Z|97[89]\d{10}\Z")
_ASCII_LETTERS = {c: chr(c).lower() if chr(c).isalnum() else None for c in range(128)}
_ASCII_WORDS = {c: kept or " " for c, kept in _ASCII_LETTERS.items()}
_TEX_COMMAND = re.compile(r"\\[a-zA-Z]+\s?|\\.")


def arxiv_id(text: str) -> str | None:
    """Return the arXiv id that text is, in any of its forms, without its version; None if none.

    `arXiv:2301.00001v2`, `https://arxiv.org/pdf/2301.00001.pdf`, `10.48550/arXiv.2301.00001`,
    `math.GT/0309136` (which is `math/0309136`: the class is no part of the identity).
    """
    if found := _bare_id(text):  # what most texts asked about are
        return found
    bare = text.strip()
    if prefix := _ARXIV_PREFIX.match(bare):
        bare = bare[prefix.end() :]
    return _bare_id(_VERSION.sub("", bare.removesuffix(".pdf")))


def _bare_id(text: str) -> str | None:
    if _NEW_STYLE.match(text):
        return text
    old = _OLD_STYLE.match(text)
    return f"{old[1]}/{old[2]}" if old else None


def doi(text: str) -> str | None:
    """Return the DOI that text is, in lower case and bare; None if it is none."""
    bare = _DOI_PREFIX.sub("", text.strip(), count=1).lower().rstrip(".,;")
    return bare if _DOI.match(bare) else None


def anthology_id(text: str) -> str | None:
    """Return the ACL Anthology id that text is, as `P18-1001` or `2020.acl-main.1`, or None."""
    bare = _ANTHOLOGY_PREFIX.sub("", text.strip(), count=1).removesuffix("/").removesuffix(".pdf")
    return bare if _ANTHOLOGY.match(bare) else None


def isbn(text: str) -> str | None:
    """Return the ISBN that text is, as 13 digits; None for none or one with a wrong digit."""
    bare = text.strip().upper().removeprefix("ISBN").lstrip(": ").replace("-", "").replace(" ", "")
    if not bare.isascii() or not _ISBN.match(bare):
        return None
    if len(bare) == len("0306406152"):
        digits = [10 if c == "X" else int(c) for c in bare]
        if sum(weight * digit for weight, digit in enumerate(reversed(digits), 1)) % 11:
            return None
        return f"978{bare[:9]}{_check_digit(f'978{bare[:9]}')}"
    return bare if _check_digit(bare[:12]) == int(bare[12]) else None


@lru_cache(maxsize=8_192)  # a record's title is asked for several times while it is taken in
def title_key(title: str) -> str:
    """Return what two spellings of one title share: letters and digits, no TeX, no accents."""
    plain = _TEX_COMMAND.sub("", title) if "\\" in title else title
    if plain.isascii():
        return plain.translate(_ASCII_LETTERS)
    plain = unicodedata.normalize("NFKD", plain).casefold()
    return "".join(c for c in plain if c.isalnum())


@lru_cache(maxsize=16_384)
def name_key(name: str) -> str:
    """Return what the spellings of one person's name share, fit for an address.

    `Jürgen Müller` is `jurgen-muller`; letters of other scripts stay as they are.
    """
    if name.isascii():
        return "-".join(name.translate(_ASCII_WORDS).split())
    plain = unicodedata.normalize("NFKD", name).casefold()
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return "-".join(kept.split())


@lru_cache(maxsize=8_192)
def family_key(name: str) -> str:
    """Return the family name of `Given Family` or `Family, Given`, normalised to compare."""
    family = name.split(",")[0] if "," in name else name.split()[-1] if name.split() else ""
    return name_key(family)


def _check_digit(digits: str) -> int:
    """Return the last digit of an ISBN of which these are the first twelve."""
    return -sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(digits)) % 10
