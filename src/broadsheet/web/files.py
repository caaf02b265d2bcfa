"""The files that pages offer beside themselves: their formats and the links to them."""

from dataclasses import replace

from broadsheet.model.paper import Paper
from broadsheet.model.query import Query
from broadsheet.services.export.formats import BIBTEX, CSL_JSON, JSON_LINES, RIS
from broadsheet.web.addresses import paper_file_address, search_file_address

# One line of the exchange format is one JSON object.
_JSON = replace(JSON_LINES, title="JSON", ending="json", media_type="application/json")
OF_PAPER = (BIBTEX, RIS, CSL_JSON, _JSON)
OF_SEARCH = (BIBTEX, RIS, CSL_JSON, JSON_LINES)


def paper_files(paper: Paper) -> list[tuple[str, str]]:
    """Return the name and the address of each file of a paper."""
    return [(form.title, paper_file_address(paper, form.ending)) for form in OF_PAPER]


def search_files(query: Query) -> list[tuple[str, str]]:
    """Return the name and the address of each file of a search."""
    return [(form.title, search_file_address(query, form.ending)) for form in OF_SEARCH]
