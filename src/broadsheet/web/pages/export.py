"""`/paper/{id}.bib`, `/search.ris?…`: papers and searches as files for other programs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.model.errors import QueryError
from broadsheet.model.merging import slug
from broadsheet.model.paper import Paper
from broadsheet.model.query import parse_query
from broadsheet.services.export.cite_keys import cite_key
from broadsheet.services.export.formats import ExportFormat
from broadsheet.services.exporting import MAX_HITS
from broadsheet.web.addresses import paper_file_address
from broadsheet.web.files import OF_PAPER, OF_SEARCH
from broadsheet.web.personal import never_of
from broadsheet.web.site import forwarded, given, nothing_else, site_of
from broadsheet.web.visitor import visitor_of

_PAGING = ("page", "per_page")


def _paper(form: ExportFormat) -> Callable[[Request], Response]:
    def paper(request: Request) -> Response:
        """The paper as a file, named by its citation key."""
        nothing_else(request)
        reading, ref = site_of(request).reading, request.path_params["id"]
        found = reading.paper(ref)
        if reading.is_forward(ref, found):
            return forwarded(paper_file_address(found, form.ending))
        return _file(form, [found], cite_key(found))

    return paper


def _search(form: ExportFormat) -> Callable[[Request], Response]:
    def search(request: Request) -> Response:
        """The hits of a search as a file, up to 1,000 in their order."""
        asked = given(request)
        for name in _PAGING:
            if name in asked:
                raise QueryError(f"A file has no pages: it takes no {name!r}.")
        query = parse_query(asked)
        query = replace(query, per_page=MAX_HITS)
        site = site_of(request)
        marked = site.services.marks.marked(visitor_of(request))
        found = site.search.search(query, not_in=never_of(request), marked=marked)
        return _file(form, [hit.paper for hit in found.hits], slug(query.text) or "papers")

    return search


def _file(form: ExportFormat, papers: Sequence[Paper], name: str) -> Response:
    body = BytesIO()
    form.write(papers, body)
    disposition = f'attachment; filename="{name}.{form.ending}"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-cache"}
    return Response(body.getvalue(), media_type=form.media_type, headers=headers)


# `.csl.json` comes before `.json`, which its addresses end in as well.
ROUTES = [Route(f"/paper/{{id:path}}.{form.ending}", _paper(form)) for form in OF_PAPER]
ROUTES += [Route(f"/search.{form.ending}", _search(form)) for form in OF_SEARCH]
