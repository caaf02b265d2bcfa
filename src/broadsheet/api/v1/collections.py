"""`/api/v1/collections`: papers put together, for oneself, for some or for all.

A collection that the one who asks may not see is 404, as if there were none.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from broadsheet.api.asking import asking_reader, asking_visitor
from broadsheet.api.resource import resource
from broadsheet.api.v1.mark_shapes import (
    ChangedCollection,
    CollectionPageShape,
    CollectionShape,
    NewCollection,
    NewSharer,
    SharerShape,
)
from broadsheet.api.v1.shapes import PaperShape, answer
from broadsheet.model.readers import Reader
from broadsheet.services.collections import CollectionService
from broadsheet.services.reading import ReadingService

_Id = Annotated[str, Path(description="The collection's id.")]
_Paper = Annotated[str, Path(description="The paper's id; slashes stay.")]


def routes(reading: ReadingService, collections: CollectionService) -> APIRouter:
    """Return the resource's routes."""
    router = resource("collections")
    Asking = Annotated[Reader, Depends(asking_reader)]
    Visiting = Annotated[Reader | None, Depends(asking_visitor)]

    @router.get("/collections", response_model=list[CollectionShape], summary="Your collections")
    def get_collections(reader: Asking) -> Response:
        """Your own, and those that others share with you."""
        return answer([CollectionShape.of(found) for found in collections.of(reader)])

    @router.post(
        "/collections", response_model=CollectionShape, status_code=201, summary="Make one"
    )
    def post_collection(reader: Asking, new: NewCollection) -> Response:
        """A new collection of your own."""
        made = collections.add(reader, name=new.name, about=new.about, visibility=new.visibility)
        response = answer(CollectionShape.of(made))
        response.status_code = 201
        return response

    @router.get(
        "/collections/{id}", response_model=CollectionPageShape, summary="A collection's papers"
    )
    def get_collection(
        visitor: Visiting,
        id: _Id,
        page: Annotated[int, Query(ge=1, le=100_000, description="From 1.")] = 1,
    ) -> Response:
        """One page of its papers, what was put in last first."""
        found = collections.one(id, visitor)
        shown = collections.page(found, visitor, page=page)
        shape = CollectionPageShape(
            collection=CollectionShape.of(found),
            page=page,
            pages=shown.n_pages,
            papers=[PaperShape.of(paper) for paper in shown.papers],
        )
        return answer(shape)

    @router.patch("/collections/{id}", response_model=CollectionShape, summary="Change one")
    def patch_collection(reader: Asking, id: _Id, wanted: ChangedCollection) -> Response:
        """Only what is said changes; for its owner."""
        changed = collections.change(id, reader, **wanted.model_dump())
        return answer(CollectionShape.of(changed))

    @router.delete("/collections/{id}", status_code=204, summary="Remove one")
    def delete_collection(reader: Asking, id: _Id) -> Response:
        """Its papers stay in the library; for its owner."""
        collections.remove(id, reader)
        return Response(status_code=204)

    @router.put("/collections/{id}/papers/{paper:path}", status_code=204, summary="Put one in")
    def put_paper(reader: Asking, id: _Id, paper: _Paper) -> Response:
        """For those who may edit; the same again changes nothing."""
        collections.one(id, reader)
        collections.put(id, reader, reading.paper(paper))
        return Response(status_code=204)

    @router.delete("/collections/{id}/papers/{paper:path}", status_code=204, summary="Take one out")
    def delete_paper(reader: Asking, id: _Id, paper: _Paper) -> Response:
        """For those who may edit; the same again changes nothing."""
        collections.one(id, reader)
        collections.take(id, reader, reading.paper(paper))
        return Response(status_code=204)

    @router.get(
        "/collections/{id}/readers",
        response_model=list[SharerShape],
        summary="With whom one is shared",
    )
    def get_readers(reader: Asking, id: _Id) -> Response:
        """For its owner."""
        return answer([SharerShape.of(sharer) for sharer in collections.sharers(id, reader)])

    @router.post("/collections/{id}/readers", status_code=204, summary="Share one")
    def post_reader(reader: Asking, id: _Id, new: NewSharer) -> Response:
        """With the reader of a name; for its owner."""
        collections.share(id, reader, name=new.name, may_edit=new.may_edit)
        return Response(status_code=204)

    @router.delete(
        "/collections/{id}/readers/{sharer}", status_code=204, summary="Share one no longer"
    )
    def delete_reader(
        reader: Asking, id: _Id, sharer: Annotated[str, Path(description="The reader's id.")]
    ) -> Response:
        """For its owner; and for everyone to leave."""
        collections.unshare(id, reader, sharer=sharer)
        return Response(status_code=204)

    return router
