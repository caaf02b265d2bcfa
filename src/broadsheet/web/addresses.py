"""The addresses of pages. Written here and nowhere else."""

from dataclasses import replace
from urllib.parse import quote, urlencode

from broadsheet.model.paper import Paper
from broadsheet.model.period import Period
from broadsheet.model.query import PER_PAGE, Query


def paper_address(paper: Paper) -> str:
    """`/paper/1706.03762`; an old arXiv id keeps its slash."""
    return f"/paper/{quote(paper.id, safe='/')}"


def paper_file_address(paper: Paper, ending: str) -> str:
    """`/paper/1706.03762.bib`."""
    return f"{paper_address(paper)}.{ending}"


def author_address(key: str) -> str:
    """`/a/ashish-vaswani`."""
    return f"/a/{quote(key, safe='')}"


def category_address(code: str) -> str:
    """`/c/cs.CL`."""
    return f"/c/{quote(code, safe='')}"


def topic_address(words: str) -> str:
    """`/t/sparse%20retrieval`."""
    return f"/t/{quote(words, safe='')}"


def saved_query_address(id: str) -> str:
    """`/queries/Xv3…`."""
    return f"/queries/{quote(id, safe='')}"


def edition_address(period: Period, within: str = "") -> str:
    """`/2026/W47`, or within another address, as a category's: `/c/cs.CL/2026-W47`."""
    if not within:
        return f"/{period.address}"
    return f"{within}/{period.address.replace('/', '-')}"


def trending_address(category: str = "", window: str = "all") -> str:
    """`/trending`, `/trending/week`, or of a category `/c/cs.CL/trending/week`."""
    whole = f"{category_address(category)}/trending" if category else "/trending"
    return whole if window == "all" else f"{whole}/{window}"


def search_address(query: Query) -> str:
    """`/search?q=words`."""
    asked = query.address()
    return f"/search?{asked}" if asked else "/search"


def search_file_address(query: Query, ending: str) -> str:
    """`/search.bib?q=words`: all of a search, whatever page of it is shown."""
    asked = replace(query, page=1, per_page=PER_PAGE).address()
    return f"/search.{ending}?{asked}" if asked else f"/search.{ending}"


def page_address(address: str, page: int) -> str:
    """The same address on another page; the first has no number."""
    if page == 1:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'page': page})}"


def face_address(address: str, ending: str) -> str:
    """`/c/cs.CL.atom` of `/c/cs.CL`; the front page is `/front` before an ending."""
    path, mark, asked = address.partition("?")
    return f"{'/front' if path == '/' else path}.{ending}{mark}{asked}"


def tag_address(tag: str) -> str:
    """`/tags/to%20read`: a reader's papers that bear a tag."""
    return f"/tags/{quote(tag, safe='')}"


def collection_address(id: str) -> str:
    """`/collections/Xv3…`."""
    return f"/collections/{quote(id, safe='')}"
