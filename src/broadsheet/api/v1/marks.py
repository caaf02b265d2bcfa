"""`/api/v1/marks`, `/tags`, `/undo`: what the reader who asks has made of papers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from broadsheet.api.asking import asking_reader
from broadsheet.api.resource import resource
from broadsheet.api.v1.mark_shapes import (
    ChangedMark,
    MarkShape,
    MarksShape,
    TagShape,
    UndoShape,
    WantedMark,
)
from broadsheet.api.v1.shapes import answer
from broadsheet.model.marks import NOTHING, Change, Field, Listed, change_to
from broadsheet.model.readers import Reader
from broadsheet.services.marks import MarkService
from broadsheet.services.reading import ReadingService

_Id = Annotated[str, Path(description="Its id, arXiv id in any form, or DOI; slashes stay.")]
_FIELDS: tuple[Field, ...] = ("vote", "saved", "read", "never")


def routes(reading: ReadingService, marks: MarkService) -> APIRouter:
    """Return the resource's routes."""
    router = resource("marks")
    Asking = Annotated[Reader, Depends(asking_reader)]

    @router.get("/marks", response_model=MarksShape, summary="Papers that you marked")
    def get_marks(
        reader: Asking,
        kind: Annotated[Listed, Query(description="Which list.")] = "saved",
        after: Annotated[str, Query(description="The `next` of the answer before.")] = "",
        limit: Annotated[int, Query(ge=1, le=100, description="How many at most.")] = 50,
    ) -> Response:
        """A part of a list, what came last first; go on with `after`."""
        part = marks.part(reader, kind, limit=limit, after=after)
        found = marks.of(reader, part.papers)
        shapes = [MarkShape.of(paper, found.get(paper.key, NOTHING)) for paper in part.papers]
        return answer(MarksShape(next=part.next, marks=shapes))

    @router.get("/marks/{id:path}", response_model=MarkShape, summary="Your mark of a paper")
    def get_mark(reader: Asking, id: _Id) -> Response:
        """The vote, what is saved, read or hidden, note and tags; empty where there is none."""
        paper = reading.paper(id)
        return answer(MarkShape.of(paper, marks.one(reader, paper)))

    @router.put("/marks/{id:path}", response_model=MarkShape, summary="Make a mark what you say")
    def put_mark(reader: Asking, id: _Id, wanted: WantedMark) -> Response:
        """The whole mark as it is to be; the same again changes nothing."""
        paper = reading.paper(id)
        did = marks.change(reader, paper, _changes(wanted), note=wanted.note, tags=wanted.tags)
        return answer(MarkShape.of(paper, marks.one(reader, paper), did))

    @router.patch("/marks/{id:path}", response_model=MarkShape, summary="Change a mark")
    def patch_mark(reader: Asking, id: _Id, wanted: ChangedMark) -> Response:
        """Only what is said changes."""
        paper = reading.paper(id)
        did = marks.change(reader, paper, _changes(wanted), note=wanted.note, tags=wanted.tags)
        return answer(MarkShape.of(paper, marks.one(reader, paper), did))

    @router.post("/undo", response_model=MarkShape, summary="Undo one of your acts")
    def undo(reader: Asking, asked: UndoShape) -> Response:
        """What stood before it stands again; 404 where it was undone or another came after it."""
        paper = reading.paper(asked.paper)
        marks.undo(reader, paper, asked.act)
        return answer(MarkShape.of(paper, marks.one(reader, paper)))

    @router.get("/tags", response_model=list[TagShape], summary="Your tags")
    def get_tags(reader: Asking) -> Response:
        """Each with the number of its papers."""
        return answer([TagShape(tag=t.tag, papers=t.papers) for t in marks.tags(reader)])

    return router


def _changes(wanted: WantedMark | ChangedMark) -> list[Change]:
    said = [(field, getattr(wanted, field)) for field in _FIELDS]
    return [change_to(field, int(value)) for field, value in said if value is not None]
