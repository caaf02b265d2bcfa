"""How the papers of an edition are laid out: a lead, a few beside it, the rest by field."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from broadsheet.model.paper import Paper
from broadsheet.services.fields import FIELDS, category_field, category_name

N_SECONDS = 5
N_SECONDS_OF_THIN = 3
_THICK = 6
_ALONE = 2
_UNFILED = "Unfiled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Papers under one heading.

    Args:
        name: the heading.
        category: the code that the heading stands for, or an empty string.
    """

    name: str
    category: str
    papers: tuple[Paper, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The places of an edition's papers; each paper stands in one of them."""

    lead: Paper | None
    seconds: tuple[Paper, ...]
    sections: tuple[Section, ...]

    @property
    def papers(self) -> tuple[Paper, ...]:
        """All papers in the order in which they are read."""
        lead = (self.lead,) if self.lead is not None else ()
        return (*lead, *self.seconds, *(p for section in self.sections for p in section.papers))


def lay_out(papers: Sequence[Paper], *, with_lead: bool) -> Layout:
    """Return the places of papers, which come in the order of their weight.

    The lead is the first that has a text; beside it stand the first of other categories, so that
    the top of the page shows what the edition holds, and then the next ones. The rest goes to
    sections.
    """
    lead = next((p for p in papers if p.text), None) if with_lead else None
    if lead is None:
        return Layout(lead=None, seconds=(), sections=_sections(papers))
    seconds = _beside(lead, papers)
    above = {lead.key, *(p.key for p in seconds)}
    below = [p for p in papers if p.key not in above]
    return Layout(lead=lead, seconds=seconds, sections=_sections(below))


def _beside(lead: Paper, papers: Sequence[Paper]) -> tuple[Paper, ...]:
    """The first of each other category, then whatever comes next; fewer in a thin edition."""
    wanted = N_SECONDS if len(papers) >= _THICK else N_SECONDS_OF_THIN
    others = [paper for paper in papers if paper.text and paper.key != lead.key]
    first: dict[str, Paper] = {lead.primary: lead}
    for paper in others:
        first.setdefault(paper.primary, paper)
    chosen = list(first.values())[1:]
    taken = {paper.key for paper in chosen}
    chosen += [paper for paper in others if paper.key not in taken]
    return tuple(chosen[:wanted])


def _sections(papers: Iterable[Paper]) -> tuple[Section, ...]:
    """Group by category, largest first; categories of a single paper join their field."""
    by_category: dict[str, list[Paper]] = defaultdict(list)
    for paper in papers:
        by_category[paper.primary].append(paper)
    alone = {c: ps for c, ps in by_category.items() if c and len(ps) >= _ALONE}
    sections = [
        Section(name=category_name(c), category=c, papers=tuple(ps)) for c, ps in alone.items()
    ]
    sections.sort(key=lambda s: -len(s.papers))
    fields = {category_field(c) for c in alone}
    rest: dict[str, list[Paper]] = defaultdict(list)
    for category, group in by_category.items():
        if category not in alone:
            rest[category_field(category) if category else _UNFILED].extend(group)
    for field in (*FIELDS, _UNFILED):
        if field in rest:
            name = f"More {field}" if field in fields else field
            sections.append(Section(name=name, category="", papers=tuple(rest[field])))
    return tuple(sections)
