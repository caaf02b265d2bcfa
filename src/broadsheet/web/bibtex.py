"""A paper as a BibTeX entry, UTF-8, without its abstract."""

import re
import unicodedata
from collections.abc import Iterator

from broadsheet.model.identifiers import name_key
from broadsheet.model.paper import Paper
from broadsheet.services.prose.pieces import Piece, read_prose
from broadsheet.services.prose.plain import to_plain

_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = _MONTH_NAMES.split()
_SMALL_WORDS = """a an and are as at be beyond by can do does for from how in into is it its not of
on or over some that the their this to toward towards under via we what when where which why with"""
_STOP_WORDS = frozenset(_SMALL_WORDS.split())
_ESCAPES = str.maketrans(
    {
        **{c: f"\\{c}" for c in "&%$#_"},
        **{"\\": "\\textbackslash{}", "{": "\\textbraceleft{}", "}": "\\textbraceright{}"},
        **{"~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "\u00a0": "~"},
    }
)
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
_WORD = re.compile(r"[^\W_][\w'’.+/-]*")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_OLD_PRIMARY = re.compile(r"([a-z-]+)/\d{7}\Z")


def bibtex(paper: Paper) -> str:
    """Return the entry: `@inproceedings` with a venue, `@article` with a journal, else `@misc`.

    The key is made of the first author's family name, the year and the title's first telling
    word, so that it stays the same while those do.
    """
    kind = "inproceedings" if paper.venue else "article" if paper.journal_ref else "misc"
    fields = "".join(f"  {name} = {value},\n" for name, value in _fields(paper, kind))
    return f"@{kind}{{{cite_key(paper)},\n{fields}}}\n"


def cite_key(paper: Paper) -> str:
    """Return the key, ASCII letters and digits: `vaswani2017attention`."""
    name = paper.authors[0].name if paper.authors else ""
    family = _ascii(name.split(",")[0] if "," in name else (name.split() or [""])[-1])
    words = (_ascii(w) for w in re.split(r"[^\w']+", to_plain(paper.title)))
    telling = next(
        (w for w in words if w not in _STOP_WORDS and not w.isdigit() and len(w) > 1), ""
    )
    return f"{family or 'anonymous'}{_year(paper)}{telling}"


def _fields(paper: Paper, kind: str) -> Iterator[tuple[str, str]]:
    yield "title", f"{{{_title(paper.title)}}}"
    if paper.authors:
        yield "author", f"{{{' and '.join(_author(a.name) for a in paper.authors)}}}"
    if kind == "inproceedings":
        yield "booktitle", f"{{{escaped(paper.venue)}}}"
    elif kind == "article":
        yield "journal", f"{{{escaped(paper.journal_ref)}}}"
    if year := _year(paper):
        yield "year", f"{{{year}}}"
    if kind == "misc" and paper.day and len(paper.day) >= 7:
        yield "month", _MONTHS[int(paper.day[5:7]) - 1]
    if paper.arxiv_id:
        yield "eprint", f"{{{paper.arxiv_id}}}"
        yield "archivePrefix", "{arXiv}"
        if primary := _primary(paper):
            yield "primaryClass", f"{{{primary}}}"
    if paper.doi:
        yield "doi", f"{{{paper.doi.translate(_DOI_ESCAPES)}}}"
    if paper.arxiv_id:
        yield "url", f"{{https://arxiv.org/abs/{paper.arxiv_id}}}"


_DOI_ESCAPES = str.maketrans({"{": "", "}": "", "\\": "", "%": "\\%", "#": "\\#"})


def escaped(text: str) -> str:
    """Return text with what TeX takes for its own escaped; braces stay balanced."""
    return " ".join(text.split()).translate(_ESCAPES)


def _author(name: str) -> str:
    """A name as BibTeX splits it; ` and ` inside a name is hidden from it."""
    shown = escaped(to_plain(name))
    return f"{{{shown}}}" if re.search(r"\sand\s", shown) or not name_key(name) else shown


def _title(title: str) -> str:
    """Formulas stay TeX; capitals that a style must not lower are kept in braces."""
    pieces = read_prose(" ".join(title.split()))
    words = _WORD.findall(to_plain(title))[1:]
    capitals = sum(1 for w in words if len(w) > 3 and w[0].isupper())
    sentence_case = capitals * 2 < sum(1 for w in words if len(w) > 3)
    parts, first = [], True
    for piece in pieces:
        if piece.kind in ("math", "display") and _is_balanced(piece.text):
            parts.append(f"${' '.join(piece.text.split())}$")
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


def _is_balanced(tex: str) -> bool:
    depth = 0
    for character in tex:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0 and "$" not in tex and not re.search(r"(?<!\\)%|\\\Z", tex)


def _year(paper: Paper) -> str:
    """The year of the venue where it has one in its name, else of the paper."""
    said = _YEAR.search(paper.venue)
    return said[0] if said else (paper.submitted or paper.day or "")[:4]


def _primary(paper: Paper) -> str:
    old = _OLD_PRIMARY.match(paper.arxiv_id or "")
    return paper.primary or (old[1] if old else "")


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(c for c in plain if c.isascii() and c.isalnum())
