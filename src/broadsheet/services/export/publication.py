"""What a citation says of how a paper was published, the same for every format."""

import re

from broadsheet.model.paper import Imprint, Paper

KINDS = ("article-journal", "paper-conference", "chapter", "book", "thesis", "report")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_YEAR_AT_END = re.compile(r"[\s,]+(?:19|20)\d{2}\Z")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?\Z")
_DASHES = re.compile("\\s*[-\u2010-\u2015\u2212]+\\s*")
_NOTHING = Imprint()


def kind_of(paper: Paper) -> str:
    """Return the kind in CSL's words, one of `KINDS`, or `article` for a preprint.

    Where the sources do not say it: with a venue a conference's, with a reference a journal's.
    """
    said = imprint_of(paper).kind
    if said in KINDS:
        return said
    if paper.venue:
        return "paper-conference"
    return "article-journal" if paper.journal_ref else "article"


def imprint_of(paper: Paper) -> Imprint:
    """Return the paper's imprint, an empty one where nothing is known."""
    return paper.imprint or _NOTHING


def container_of(paper: Paper) -> str:
    """Return the journal, proceedings or book that it stands in; empty for what stands alone."""
    kind = kind_of(paper)
    if kind == "article-journal":
        return _YEAR_AT_END.sub("", paper.venue) or paper.journal_ref
    if kind in ("paper-conference", "chapter"):
        return paper.venue or paper.journal_ref
    return ""


def publisher_of(paper: Paper) -> str:
    """Return the publisher, of a thesis or a report the institution."""
    said = imprint_of(paper).publisher
    return said or (paper.venue if kind_of(paper) in ("book", "thesis", "report") else "")


def year_of(paper: Paper) -> str:
    """Return the year of the venue where it has one in its name, else of the paper; or nothing."""
    said = _YEAR.search(paper.venue)
    return said[0] if said else (paper.submitted or paper.day or "")[:4]


def date_parts(paper: Paper) -> tuple[int, ...]:
    """Return the year, month and day of publication, as many of them as are known.

    The date of a preprint is not that of its publication: of a published paper that was one
    first, the year is all that is said.
    """
    match = _DATE.match(paper.submitted or paper.day or "")
    year = year_of(paper)
    if match is None or match[1] != year or (paper.arxiv_id and kind_of(paper) != "article"):
        return (int(year),) if _DATE.match(year) else ()
    return tuple(int(part) for part in match.groups() if part)


def pages_of(paper: Paper) -> tuple[str, ...]:
    """Return the first and the last page, or an article number alone, or nothing."""
    said = imprint_of(paper).pages
    parts = [part for part in _DASHES.split(said.strip()) if part]
    if len(parts) == 2 and not any("," in part for part in parts):
        return tuple(parts)
    return (said.strip(),) if said.strip() else ()


def address_of(paper: Paper) -> str:
    """Return the paper's web address at arXiv, else where a source has it; or nothing."""
    if paper.arxiv_id:
        return f"https://arxiv.org/abs/{paper.arxiv_id}"
    web = ("https://", "http://")
    return next((ref.url for ref in paper.sources if ref.url.startswith(web)), "")


def isbn_of(paper: Paper) -> str:
    """Return the ISBN of the book or proceedings; or nothing."""
    return next((t.removeprefix("isbn:") for t in paper.twins if t.startswith("isbn:")), "")


def standing_note(paper: Paper) -> str:
    """Return `Retracted` or `Withdrawn`, which every citation of it should say; or nothing."""
    return paper.standing.capitalize()
