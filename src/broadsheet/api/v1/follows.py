"""`/api/v1/follows`: the authors, categories and topics that the reader who asks follows."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from broadsheet.api.asking import asking_reader
from broadsheet.api.resource import resource
from broadsheet.api.v1.mark_shapes import FollowShape, NewFollow
from broadsheet.api.v1.shapes import answer
from broadsheet.model.readers import Reader
from broadsheet.services.follows import FollowService


def routes(follows: FollowService) -> APIRouter:
    """Return the resource's routes."""
    router = resource("follows")
    Asking = Annotated[Reader, Depends(asking_reader)]

    @router.get("/follows", response_model=list[FollowShape], summary="What you follow")
    def get_follows(reader: Asking) -> Response:
        """By kind and name."""
        return answer([FollowShape.of(follow) for follow in follows.of(reader)])

    @router.post("/follows", response_model=FollowShape, summary="Follow something")
    def post_follow(reader: Asking, new: NewFollow) -> Response:
        """An author, a category or a topic; the same again changes nothing."""
        return answer(FollowShape.of(follows.add(reader, new.kind, new.value)))

    @router.delete("/follows/{kind}/{value:path}", status_code=204, summary="Follow it no longer")
    def delete_follow(
        reader: Asking,
        kind: Annotated[str, Path(description="author, category or topic.")],
        value: Annotated[str, Path(description="As `value` of what you follow.")],
    ) -> Response:
        """404 where it was not followed."""
        follows.remove(reader, kind, value)
        return Response(status_code=204)

    return router
