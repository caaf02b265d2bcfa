"""What a page holds for the reader who asks for it: marks, places, what was done just now."""

from collections.abc import Mapping
from dataclasses import dataclass

from broadsheet.model.marks import NOTHING, Mark
from broadsheet.model.paper import Paper
from broadsheet.model.readers import Reader
from broadsheet.web.addresses import paper_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What was done just now, and the act that the button beside it undoes."""

    said: str
    title: str
    act: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """The reader of a page, with its marks of the papers on it.

    Args:
        places: of each paper that has controls, its place in the list, from 1.
        back: this page's own address, to come back to.
    """

    reader: Reader
    marks: Mapping[int, Mark]
    places: Mapping[int, int]
    back: str
    notice: Notice | None = None

    def has(self, paper: Paper) -> bool:
        """Whether a paper has controls on this page."""
        return paper.key in self.places

    def mark(self, paper: Paper) -> Mark:
        """Return the mark of a paper of this page."""
        return self.marks.get(paper.key, NOTHING)

    def address(self, paper: Paper) -> str:
        """Return the address that leads to a paper and tells its place in this list."""
        place = self.places.get(paper.key)
        return f"{paper_address(paper)}?at={place}" if place else paper_address(paper)
