"""Writes docs/reference/merging.md and its plot from results/merging.json."""

import json
from pathlib import Path
from typing import Any

from bench.merging.measuring import AIMED
from bench.record import RESULTS

_DOCS = Path(__file__).resolve().parents[2] / "docs"
_COLOURS = ("#2563a8", "#b4501e", "#3c7a3c", "#8a3d8f", "#a87a12", "#51606e", "#0e7c7b", "#b03052")
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 820, 420, 64, 52, 40, 270
_LOW = 0.9

_HEAD = """# Merging, measured

<!-- Made by `python -m bench.merging`; do not edit. -->

How well records of one paper are told from others on {records:,} records of arXiv, the ACL
Anthology and lists of conferences, with their identifiers hidden. The goal is a precision of 0.995
at a recall of 0.95.

**Gold** is never the title. *One paper*: an identifier that both records name (lists of
conferences give arXiv ids and keep the Anthology's ids, arXiv gives publishers' DOIs), or abstracts
that share half of their five-word runs; {erring} links by which a list errs (no author shared, nor
the title) are left out. *Two papers*: identifiers that contradict, theirs or those of a record
known to be one paper with them; or abstracts that share less than 5% and no author. Nothing is
known of the rest: it counts neither for nor against, and is told below. Within the Anthology and
within one conference's list, papers often stand twice, so that two ids are two papers there only
where two texts differ; within arXiv always. Most links by identifiers are easy: a list of ACL
conferences is a copy of the Anthology, titles included; the pairs by texts are harder. The pairs
of `corpus_links` were made by equal titles and are not used.

**Part.** Records of one paper or one title are in one of two parts. One ({taught:,} records)
teaches, without labels, and its labels set thresholds, at a precision of {aimed}; the other
({measured:,}) is measured. Both hold every record that is one paper with another, shares its title,
or is of one first author's series ("part II", shared tasks, "Introduction"), and 10,000 others.
The method was improved with sight of what it joined wrongly in the measured part, so that its
figures are somewhat kind; thresholds and weights have not seen that part.

**Recall** is of all gold pairs, those that no method was asked about included. *Best recall* is
the highest at a precision of 0.995, whatever the threshold.
"""

_TITLES = """## Without abstracts

Where gold is by texts, methods are not shown any: four in ten records of the Anthology and the
lists have none. {gold:,} gold pairs; of {pairs:,} candidates {different:,} across collections are
known to be two papers. *Within* counts pairs of one collection that are wrongly joined, of
{within:,} known ones.
"""

_WHOLE = """## With abstracts

Every record as it is. Gold is by identifiers alone: {gold:,} pairs.
"""

_UNKNOWN = """Of the pairs that the judge joins, nothing was known of {n:,}.
Authors say of them: {said}.
"""


def write_page() -> Path:
    """Write the page and its plot; return the page's path."""
    result = json.loads((RESULTS / "merging.json").read_text("utf-8"))
    titles = result["figures"]["titles"]
    (_DOCS / "img" / "merging.svg").write_text(_plot(titles["curves"], titles["methods"]), "utf-8")
    page = _DOCS / "reference" / "merging.md"
    page.write_text(_page(result), "utf-8")
    return page


def _page(result: dict[str, Any]) -> str:
    figures, machine = result["figures"], result["machine"]
    titles, whole = figures["titles"], figures["whole"]
    kinds, within = titles["kinds"], titles["kinds_within"]
    unknown = titles["unknown"]
    parts = [
        _HEAD.format(
            records=figures["records"],
            taught=figures["taught"],
            measured=figures["measured"],
            erring=figures["erring_links"],
            aimed=AIMED,
        ),
        _TITLES.format(
            gold=titles["n_gold"],
            pairs=titles["pairs"],
            different=_two(kinds),
            within=_two(within),
        ),
        _table(titles["methods"]),
        "![Precision against recall](../img/merging.svg)\n",
        _UNKNOWN.format(
            n=sum(unknown.values()),
            said=", ".join(f"{name} {count:,}" for name, count in unknown.items()),
        ),
        _WHOLE.format(gold=whole["n_gold"]),
        _table(whole["methods"]),
        "## Gold pairs that were measured\n",
        _counts(figures["gold"]),
        f"Measured on {result['date']}, commit {result['commit']}, {machine['processor']}, "
        f"{machine['cores']} cores. Seed {result['seed']}. Command: `{result['command']}`.\n",
    ]
    return "\n".join(parts)


def _two(kinds: dict[str, int]) -> int:
    return kinds.get("different", 0) + kinds.get("other text", 0)


def _table(methods: dict[str, Any]) -> str:
    lines = [
        "| method | precision | recall | wrong | within | best recall |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, found in methods.items():
        best = f"{found['recall_at_precision']:.4f}" if "recall_at_precision" in found else ""
        lines.append(
            f"| {name} | {found['precision']:.4f} | {found['recall']:.4f} | {found['wrong']} "
            f"| {found['within_wrong']} | {best} |"
        )
    return "\n".join([*lines, ""])


def _counts(gold: dict[str, int]) -> str:
    lines = ["| evidence and collections | pairs |", "| --- | ---: |"]
    return "\n".join([*lines, *(f"| {name} | {n:,} |" for name, n in gold.items()), ""])


def _plot(curves: dict[str, list[tuple[float, float]]], methods: dict[str, Any]) -> str:
    """Return an SVG: recall to the right, precision upwards, both from 0.9 on."""

    def at(recall: float, precision: float) -> tuple[float, float]:
        across = (recall - _LOW) / (1 - _LOW) * (_WIDTH - _LEFT - _RIGHT)
        up = (precision - _LOW) / (1 - _LOW) * (_HEIGHT - _TOP - _BOTTOM)
        return round(_LEFT + across, 1), round(_HEIGHT - _BOTTOM - up, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="13"><title>Precision against recall</title>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="22" font-size="15">precision against recall, no abstracts</text>',
    ]
    for step in range(0, 11, 2):
        mark = _LOW + step / 100
        x, bottom = at(mark, _LOW)
        left, y = at(_LOW, mark)
        parts.append(
            f'<path d="M{x} {_TOP}V{bottom}M{left} {y}H{_WIDTH - _RIGHT}" stroke="#e4e4e0"/>'
            f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{mark:.2f}</text>'
            f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{mark:.2f}</text>'
        )
    fixed = [(name, f) for name, f in methods.items() if name not in curves]
    points = {name: [(f["recall"], f["precision"])] for name, f in fixed}
    for number, (name, curve) in enumerate((points | curves).items()):
        parts += _line(name, [at(*p) for p in curve if min(p) >= _LOW], number)
    return "\n".join([*parts, "</svg>", ""])


def _line(name: str, points: list[tuple[float, float]], number: int) -> list[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    y = _TOP + 16 + 20 * number
    legend = f'<text x="{_WIDTH - _RIGHT + 32}" y="{y}">{name}</text>'
    parts = [f'<circle cx="{_WIDTH - _RIGHT + 20}" cy="{y - 4}" r="5" fill="{colour}"/>{legend}']
    if len(points) == 1:
        x, up = points[0]
        parts.append(f'<circle cx="{x}" cy="{up}" r="4" fill="{colour}"/>')
    elif points:
        path = "L".join(f"{x} {up}" for x, up in points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    return parts
