"""A paper as a BibTeX entry, UTF-8, without its abstract."""

import re
from collections.abc import Iterator

from broadsheet.model.identifiers import name_key
from broadsheet.model.paper import Paper
from broadsheet.services.export.cite_keys import cite_key
from broadsheet.services.export.people import split_name
from broadsheet.services.export.publication import (
    address_of,
    container_of,
    imprint_of,
    kind_of,
    pages_of,
    publisher_of,
    standing_note,
    year_of,
)
from broadsheet.services.prose.pieces import Piece, read_prose
from broadsheet.services.prose.plain import to_plain

_ENTRIES = {
    "article": "misc",
    "article-journal": "article",
    "paper-conference": "inproceedings",
    "chapter": "incollection",
    "book": "book",
    "thesis": "phdthesis",
    "report": "techreport",
}
_CONTAINERS = {"article-journal": "journal"}
_PUBLISHERS = {"thesis": "school", "report": "institution"}
_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = _MONTH_NAMES.split()
_ESCAPES = str.maketrans(
    {
        **{c: f"\\{c}" for c in "&%$#_"},
        **{"\\": "\\textbackslash{}", "{": "\\textbraceleft{}", "}": "\\textbraceright{}"},
        **{"~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "\u00a0": "~"},
    }
)
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_DOI_ESCAPES = str.maketrans({"{": "", "}": "", "\\": "", "%": "\\%", "#": "\\#"})
_ADDRESS_ESCAPES = str.maketrans(
    {"{": "\\%7B", "}": "\\%7D", "\\": "\\%5C", "%": "\\%", "#": "\\#", " ": "\\%20"}
)
_WORD = re.compile(r"[^\W_][\w'’.+/-]*")
_OLD_PRIMARY = re.compile(r"([a-z-]+)/\d{7}\Z")


def bibtex(paper: Paper, *, key: str = "") -> str:
    """Return the entry: `@inproceedings` with a venue, `@article` with a journal, else `@misc`.

    Where the sources say that it is a book, a chapter, a thesis or a report, it is that.

    Args:
        key: how the entry is named, where its own key (`cite_key`) is taken already.
    """
    fields = "".join(f"  {name} = {value},\n" for name, value in _fields(paper))
    return f"@{_ENTRIES[kind_of(paper)]}{{{key or cite_key(paper)},\n{fields}}}\n"


def _fields(paper: Paper) -> Iterator[tuple[str, str]]:
    yield "title", f"{{{_title(paper.title)}}}"
    if paper.authors:
        yield "author", f"{{{' and '.join(_author(a.name) for a in paper.authors)}}}"
    for name, text in _published(paper):
        if text:
            yield name, f"{{{escaped(text)}}}"
    if year := year_of(paper):
        yield "year", f"{{{year}}}"
    if (month := _month(paper)) is not None:
        yield "month", month
    if paper.arxiv_id:
        yield "eprint", f"{{{paper.arxiv_id}}}"
        yield "archivePrefix", "{arXiv}"
        if primary := _primary(paper):
            yield "primaryClass", f"{{{escaped(primary)}}}"
    if paper.doi:
        yield "doi", f"{{{paper.doi.translate(_DOI_ESCAPES)}}}"
    if address := address_of(paper):
        yield "url", f"{{{address.translate(_ADDRESS_ESCAPES)}}}"
    if note := standing_note(paper):
        yield "note", f"{{{escaped(note)}}}"


def _published(paper: Paper) -> Iterator[tuple[str, str]]:
    kind, imprint = kind_of(paper), imprint_of(paper)
    yield _CONTAINERS.get(kind, "booktitle"), container_of(paper)
    yield "volume", imprint.volume
    yield "number", imprint.issue
    yield "pages", "--".join(pages_of(paper))
    yield _PUBLISHERS.get(kind, "publisher"), publisher_of(paper)


def _month(paper: Paper) -> str | None:
    """The month of a preprint; what is published has its venue's, which nobody says."""
    match = _MONTH.match(paper.day or "") if kind_of(paper) == "article" else None
    return _MONTHS[int(match[1]) - 1] if match else None


def escaped(text: str) -> str:
    """Return text with what TeX takes for its own escaped; braces stay balanced."""
    return " ".join(text.split()).translate(_ESCAPES)


def _author(name: str) -> str:
    """A name as BibTeX splits it; groups, and ` and ` inside a name, are hidden from it."""
    shown = escaped(to_plain(name))
    parts = split_name(name)
    if not name_key(name) or (parts.literal and re.search(r"[\s,]|\Aothers\Z", shown)):
        return f"{{{shown}}}"
    if parts.literal or not ("," in shown or parts.suffix or parts.family_first):
        return shown
    family = f"{parts.particle} {parts.family}".strip()
    return ", ".join(escaped(p) for p in (family, parts.suffix, parts.given) if p)


def _title(title: str) -> str:
    """Formulas stay TeX; capitals that a style must not lower are kept in braces."""
    pieces = read_prose(" ".join(title.split()))
    words = _WORD.findall(to_plain(title))[1:]
    capitals = sum(1 for w in words if len(w) > 3 and w[0].isupper())
    sentence_case = capitals * 2 < sum(1 for w in words if len(w) > 3)
    parts, first = [], True
    for piece in pieces:
        tex = _with_named_braces(piece.text)
        if piece.kind in ("math", "display") and _is_balanced(tex):
            parts.append(f"${' '.join(tex.split())}$")
        else:
            parts.append(_protected(_flat(piece), sentence_case=sentence_case, first=first))
        first = False
    return "".join(parts)


def _flat(piece: Piece) -> str:
    return piece.text if piece.kind in ("text", "raw") and not piece.inner else _joined(piece)


def _joined(piece: Piece) -> str:
    return "".join(_flat(inner) for inner in piece.inner) or piece.text


def _protected(text: str, *, sentence_case: bool, first: bool) -> str:
    out, at = [], 0
    for match in _WORD.finditer(text):
        word = match[0]
        is_start = first and match.start() == 0
        keep = any(c.isupper() for c in word[1:]) or (
            sentence_case and word[0].isupper() and not is_start
        )
        shown = escaped(word)
        out += [_spaced(text[at : match.start()]), f"{{{shown}}}" if keep else shown]
        at = match.end()
    return "".join([*out, _spaced(text[at:])])


def _spaced(text: str) -> str:
    return re.sub(r"[ \n\t\r]+", " ", text).translate(_ESCAPES)


def _with_named_braces(tex: str) -> str:
    r"""Return a formula without `\{`: BibTeX counts it as a brace, other readers do not."""
    named = {"\\": "\\\\", "{": "\\lbrace ", "}": "\\rbrace "}
    return re.sub(r"\\([\\{}])", lambda found: named[found[1]], tex)


def _is_balanced(tex: str) -> bool:
    depth = 0
    for character in tex:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0 and "$" not in tex and not re.search(r"(?<!\\)%|\\\Z", tex)


def _primary(paper: Paper) -> str:
    old = _OLD_PRIMARY.match(paper.arxiv_id or "")
    return paper.primary or (old[1] if old else "")
