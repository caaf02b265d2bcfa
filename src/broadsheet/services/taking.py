"""Taking records in: what is new is placed, what has changed is put again, the rest stays."""

from collections.abc import Sequence
from dataclasses import dataclass

from broadsheet.model.importing import Located, Reject
from broadsheet.model.importstate import Assigned
from broadsheet.model.ports import Judge, Writing
from broadsheet.services.identity import places
from broadsheet.services.joining import join_named


@dataclass(slots=True, kw_only=True)
class Taken:
    """What became of the records of one batch."""

    duplicates: list[Reject]
    new_papers: int = 0
    new_records: int = 0
    changed: int = 0
    unchanged: int = 0


def take(
    writing: Writing,
    located: Sequence[Located],
    *,
    origin: str,
    file: str,
    fingerprint: str,
    judge: Judge | None = None,
) -> Taken:
    """Tell new, changed, unchanged and repeated records apart, and put in what is to be put.

    Args:
        origin: what brought them, by which a record in two places is two records.
        file: how rejects call it.
        fingerprint: names the content; the same id on two lines of one content is a duplicate.
        judge: decides where no rule does; without one such records are papers of their own.
    """
    refs = [(item.record.source, item.record.source_id, origin) for item in located]
    stored = writing.records(refs)
    taken = Taken(duplicates=[])
    first_lines: dict[tuple[str, str, str], int] = {}
    fresh: list[Located] = []
    kept: list[Assigned] = []
    moved: list[Assigned] = []
    for item, ref in zip(located, refs, strict=True):
        known = stored.get(ref)
        first = first_lines.setdefault(ref, item.line)
        if known is not None and known.fingerprint == fingerprint:
            first = min(first, known.line)
        if first < item.line:
            taken.duplicates.append(_duplicate(item, file, first))
        elif known is None:
            fresh.append(item)
        elif known.raw_hash != item.record.raw_hash or known.is_gone:
            kept.append(_assigned(item, origin, fingerprint, known.paper))
        else:
            taken.unchanged += 1
            if known.fingerprint != fingerprint:
                moved.append(_assigned(item, origin, fingerprint, known.paper))
    taken.changed = len(kept)
    taken.new_records = len(fresh)
    naming = [item for item in kept if item.record.identifiers]  # changed: it may name others now
    found_places = places(writing, [item.record for item in fresh], judge=judge)
    for item, place in zip(fresh, found_places, strict=True):
        kept.append(
            Assigned(
                record=item.record,
                origin=origin,
                fingerprint=fingerprint,
                line=item.line,
                paper=place.paper,
                group=place.group,
                rule=place.rule,
                evidence=place.evidence,
            )
        )
        if place.names_others:
            naming.append(kept[-1])
    taken.new_papers = writing.put(kept)
    join_named(writing, naming)
    writing.touch(moved)
    # A record that counts more than before and says nothing else new is not a changed one.
    writing.save_tallies([item.record for item in located if item.record.counts])
    return taken


def _assigned(item: Located, origin: str, fingerprint: str, paper: int) -> Assigned:
    return Assigned(
        record=item.record,
        origin=origin,
        fingerprint=fingerprint,
        line=item.line,
        paper=paper,
    )


def _duplicate(item: Located, file: str, first: int) -> Reject:
    return Reject(
        file=file,
        line=item.line,
        reason=f"duplicate id, first at line {first}",
        excerpt=f"{item.record.source}:{item.record.source_id}"[:200],
        resume=item.resume,
    )
