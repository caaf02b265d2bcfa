"""`/mark` and `/undo`: what the controls under a story and on a paper's page send."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from broadsheet.model.choices import choice
from broadsheet.model.marks import CHANGES, Change
from broadsheet.model.paper import Paper
from broadsheet.web.back import back_to, page_of
from broadsheet.web.forms import Form, posted
from broadsheet.web.mine import Notice
from broadsheet.web.personal import act_name, notice_of, personal_for
from broadsheet.web.site import site_of
from broadsheet.web.visitor import reader_of

PART = "x-part"
"""A request with this header is a script's: it gets the control line instead of a page."""


def mark(request: Request, form: Form) -> Response:
    """Do what `do` says: a change, `tag`, `untag` or `note`, then a blank and a paper's id."""
    site, reader = site_of(request), reader_of(request)
    word, _, rest = form.text("do").partition(" ")
    ref, _, more = rest.partition(" ")
    paper = site.reading.paper(ref)
    marks = site.services.marks
    if word == "tag":
        return _answer(
            request, form, paper, said=f"Tagged {marks.tag(reader, paper, form.text('tag'))}."
        )
    if word == "untag":
        return _answer(request, form, paper, said=f"Took {marks.untag(reader, paper, more)} off.")
    if word == "note":
        marks.change(reader, paper, note=form.lines("note"))
        return back_to(form, at="note")
    change = choice(word, CHANGES, "change")
    # Pressed twice, it is one act, which the second answer offers to undo as the first did.
    if marks.change(reader, paper, [change]) or marks.stands(reader, paper, change):
        return _answer(request, form, paper, did=change)
    return _answer(request, form, paper, said="It was so already.")


def undo(request: Request, form: Form) -> Response:
    """Undo an act of the reader who asks; nobody else's can be named."""
    site, reader = site_of(request), reader_of(request)
    word, _, ref = form.text("act").partition(":")
    paper = site.reading.paper(ref)
    site.services.marks.undo(reader, paper, choice(word, CHANGES, "act"))
    return _answer(request, form, paper, said="Undone.")


def _answer(
    request: Request, form: Form, paper: Paper, *, did: Change | None = None, said: str = ""
) -> Response:
    """Send a browser back to where it was, and a script the control line as it is now."""
    if PART not in request.headers:
        return back_to(form, did=act_name(did, paper) if did else "", at=f"p-{paper.id}")
    mine = personal_for(request, reader_of(request), [paper])
    mine = replace(mine, back=page_of(form))  # where the line stands
    notice = notice_of(did, paper) if did else Notice(said=said, title=paper.title, act="")
    press = site_of(request).press
    line = press.part("_line.html", mine=mine, paper=paper, path=request.url.path)
    told = press.part("_notice.html", mine=mine, notice=notice)
    return JSONResponse(
        {"paper": paper.id, "line": line, "notice": told, "gone": mine.mark(paper).never},
        headers={"Cache-Control": "no-store"},
    )


ROUTES = [
    Route("/mark", posted(mark), methods=["POST"]),
    Route("/undo", posted(undo), methods=["POST"]),
]
