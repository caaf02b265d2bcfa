"""What readers' marks, collections and follows look like in answers and questions."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from broadsheet.api.v1.shapes import PaperShape
from broadsheet.model.collections import Collection, Sharer, Visibility
from broadsheet.model.follows import Follow, FollowKind
from broadsheet.model.marks import Change, Mark
from broadsheet.model.paper import Paper


class _Asked(BaseModel):
    """What a program sends: a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class MarkShape(BaseModel):
    """What the reader who asks has made of a paper. Moments are in UTC; empty: it is not so."""

    paper: str
    title: str
    vote: int = Field(description="1, 0 or -1.")
    saved_at: str
    read_at: str
    never_at: str = Field(description="Since when it is never shown.")
    note: str = Field(description="Markdown.")
    tags: list[str]
    did: list[Change] = Field(description="The acts that this request made; each can be undone.")

    @classmethod
    def of(cls, paper: Paper, mark: Mark, did: tuple[Change, ...] = ()) -> Self:
        """Return the shape of a mark."""
        return cls(
            paper=paper.id,
            title=paper.title,
            vote=mark.vote,
            saved_at=mark.saved_at,
            read_at=mark.read_at,
            never_at=mark.never_at,
            note=mark.note,
            tags=list(mark.tags),
            did=list(did),
        )


class MarksShape(BaseModel):
    """A part of a list of marks; `next` is what to ask `after`, empty at the end."""

    next: str
    marks: list[MarkShape]


class WantedMark(_Asked):
    """A mark as it is to be; what is left out is as in a paper without a mark."""

    vote: Literal[-1, 0, 1] = 0
    saved: bool = False
    read: bool = False
    never: bool = False
    note: str = ""
    tags: list[str] = Field(default_factory=list)


class ChangedMark(_Asked):
    """What is to change of a mark; what is left out stays."""

    vote: Literal[-1, 0, 1] | None = None
    saved: bool | None = None
    read: bool | None = None
    never: bool | None = None
    note: str | None = None
    tags: list[str] | None = None


class UndoShape(_Asked):
    """An act of the reader who asks: which paper, and what was done."""

    paper: str
    act: Change


class TagShape(BaseModel):
    """A tag with the number of its papers."""

    tag: str
    papers: int


class CollectionShape(BaseModel):
    """A collection; `access` is what the one who asks may do: owner, edit or view."""

    id: str
    name: str
    about: str
    visibility: Visibility
    owner: str
    access: str
    papers: int
    created_at: str
    changed_at: str

    @classmethod
    def of(cls, found: Collection) -> Self:
        """Return the shape of a collection."""
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class CollectionPageShape(BaseModel):
    """A collection with one page of its papers, what was put in last first."""

    collection: CollectionShape
    page: int
    pages: int
    papers: list[PaperShape]


class NewCollection(_Asked):
    """A collection to be made."""

    name: str
    about: str = ""
    visibility: str = Field("private", description="private, shared or public.")


class ChangedCollection(_Asked):
    """What is to change of a collection; what is left out stays."""

    name: str | None = None
    about: str | None = None
    visibility: str | None = None


class SharerShape(BaseModel):
    """A reader with whom a collection is shared."""

    id: str
    name: str
    may_edit: bool

    @classmethod
    def of(cls, sharer: Sharer) -> Self:
        """Return the shape of a reader."""
        return cls(id=sharer.id, name=sharer.name, may_edit=sharer.may_edit)


class NewSharer(_Asked):
    """With whom to share."""

    name: str
    may_edit: bool = False


class FollowShape(BaseModel):
    """What is followed: an author's key, a category's code, or the words of a topic."""

    kind: FollowKind
    value: str
    name: str

    @classmethod
    def of(cls, follow: Follow) -> Self:
        """Return the shape of a follow."""
        return cls(kind=follow.kind, value=follow.value, name=follow.name)


class NewFollow(_Asked):
    """What to follow, in any spelling."""

    kind: str = Field(description="author, category or topic.")
    value: str
