"""What readers did at the sources, as lines of a paper's page."""

from collections.abc import Sequence

from broadsheet.model.paper import Tally
from broadsheet.web.places import place_name

_WORDS = {"upvotes": "votes", "influential_citations": "influential citations"}


def tally_lines(series: Sequence[Tally]) -> list[tuple[str, str]]:
    """Return the last number of each kind and source with its day: `42 votes at Hugging Face`.

    Of several records of one source the one with the greatest number speaks.
    """
    last = {(t.source, t.kind, t.source_id): t for t in series}
    best: dict[tuple[str, str], Tally] = {}
    for (source, kind, _), tally in last.items():
        known = best.get((source, kind))
        if known is None or tally.value > known.value:
            best[source, kind] = tally
    return [(_line(tally), tally.day) for tally in best.values() if tally.value]


def _line(tally: Tally) -> str:
    words = _WORDS.get(tally.kind, tally.kind.replace("_", " "))
    words = words.removesuffix("s") if tally.value == 1 else words
    return f"{tally.value:,} {words} at {place_name(tally.source)}"
