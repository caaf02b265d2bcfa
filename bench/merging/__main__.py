"""Precision and recall of merging on the overlap of arXiv, the ACL Anthology and conferences.

    python -m bench.merging --shared ../shared/data [--ship TRAINED_JUDGE.json]
    python -m bench.merging --page

Identifiers are hidden: a method sees title, authors, year, abstract and venue. Gold is by
identifiers and by texts (`gold.py`), never by titles. Three tenths of the papers teach (without
labels) and set thresholds (with them), the others are measured. The page is
docs/reference/merging.md. About twenty minutes; --ship writes the judge that broadsheet carries.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.merging.collections import Item, read_items
from bench.merging.gold import Gold, find_gold
from bench.merging.measuring import Ruler, kinds_of, measure
from bench.merging.methods import (
    SEED,
    SETTINGS,
    Method,
    baselines,
    compare,
    judged,
    left_by_the_rule,
    trained,
    without_texts,
)
from bench.merging.page import write_page
from bench.merging.universe import in_parts, pairs_of_one_title
from bench.record import write_result
from broadsheet.judging.fields import FIELDS
from broadsheet.judging.trained_judge import write_judge
from typecase.integrate.table_integration import TableIntegration

_BACKGROUND = 10_000
_NEAR = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, help="the folder of real data")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    parser.add_argument("--ship", type=Path, help="where to write the judge")
    args = parser.parse_args()
    if not args.page:
        path = write_result(
            "merging", _figures(args), seed=SEED, packages=["broadsheet", "numpy", "msgspec"]
        )
        _say(f"written to {path}")
    _say(f"written to {write_page()}")


def _figures(args: argparse.Namespace) -> dict[str, Any]:
    items = read_items(args.shared)
    gold = find_gold(items)
    taught, measured = in_parts(items, gold, n_background=_BACKGROUND)
    _say(f"{len(items):,} records, {len(gold.same):,} pairs, {len(measured):,} measured")
    model = trained(taught)
    methods = [*baselines(), judged("the judge", model), *_ablations(taught)]
    figures: dict[str, Any] = {
        "records": len(items),
        "taught": len(taught),
        "measured": len(measured),
        "gold": _counts(gold, measured),
        "erring_links": len(gold.erring),
    }
    rows = _candidates(taught), _candidates(measured)
    kinds = tuple(
        kinds_of(records, of_part, gold, items)
        for records, of_part in zip((taught, measured), rows, strict=True)
    )
    _say("what is known of pairs is known")

    def rulers(taught: Sequence[Item], measured: Sequence[Item], *counted: str) -> list[Ruler]:
        parts = zip((taught, measured), rows, kinds, strict=True)
        return [
            Ruler(compare(records, of_part), gold, said, counted=counted)
            for records, of_part, said in parts
        ]

    bare = without_texts(taught), without_texts(measured)
    figures["titles"] = _run(methods, *rulers(*bare, "identifier", "text"))
    whole = [*methods[:4], judged("without abstract", trained(taught, without="abstract"))]
    figures["whole"] = _run(whole, *rulers(taught, measured, "identifier"))
    if args.ship:
        model.threshold = figures["titles"]["methods"]["the judge"]["threshold"]
        write_judge(args.ship, model, card=_card(figures))
    return figures


def _card(figures: dict[str, Any]) -> dict[str, Any]:
    found = figures["titles"]["methods"]["the judge"]
    return {
        "method": "typecase TableIntegration: a network over how alike the fields of a pair are",
        "trained": f"without labels, on {SETTINGS['n_train']:,} records of arXiv, the ACL "
        "Anthology and lists of conferences, spoiled on purpose; no text is in the weights",
        "threshold": "set on labelled pairs that were not measured",
        "measured": {name: found[name] for name in ("precision", "recall")},
        "made by": "python -m bench.merging --ship",
        "licence": "Apache-2.0",
    }


def _ablations(taught: Sequence[Item]) -> list[Method]:
    left_out = [
        judged(f"without {field}", trained(taught, without=field))
        for field, _ in FIELDS
        if field not in ("title", "abstract")
    ]
    return [
        *left_out,
        judged("without hard negatives", trained(taught, hard_negatives=False)),
        judged("without chimeras", trained(taught, chimeras=0.0)),
        judged("with a chimera for every neighbour", trained(taught, chimeras=1.0)),
        judged("without the ways of papers' sources", trained(taught, spoiled=())),
        judged("without adversarial pairs", trained(taught, adversarial=0.0)),
    ]


def _run(methods: Sequence[Method], learned: Ruler, ruler: Ruler) -> dict[str, Any]:
    """Measure methods on one part, with thresholds set on the other."""
    found: dict[str, Any] = {
        "pairs": len(ruler.kinds),
        "n_gold": ruler.n_gold,
        "kinds": dict(sorted(Counter(ruler.kinds[ruler.across].tolist()).items())),
        "kinds_within": dict(sorted(Counter(ruler.kinds[~ruler.across].tolist()).items())),
        "methods": {},
        "curves": {},
    }
    for method in methods:
        figures, scores = measure(method, learned, ruler)
        found["methods"][method.name] = figures
        _say(f"{method.name}: {figures}")
        if method.fixed is None:
            found["curves"][method.name] = ruler.points(scores)
        if method.name == "the judge" and method.model is not None:
            joined = _grouped(method.model, ruler, scores, figures["threshold"])
            found["methods"]["the judge, in communities"] = {
                "threshold": figures["threshold"],
                **ruler.figures(joined),
            }
            asked = left_by_the_rule(ruler.pairs) & (scores >= figures["threshold"])
            rule = baselines()[1].score(ruler.pairs) > 0
            found["methods"]["the service: the rule, then the judge"] = {
                "threshold": figures["threshold"],
                **ruler.figures(rule | asked),
            }
            found["unknown"] = ruler.unknown(scores >= figures["threshold"])
    return found


def _grouped(model: TableIntegration, ruler: Ruler, scores: Any, threshold: float) -> Any:
    """Return which pairs are in one community."""
    groups = model.clone(threshold=threshold).group(
        len(ruler.pairs.records), ruler.pairs.rows, scores
    )
    return groups[ruler.pairs.rows[:, 0]] == groups[ruler.pairs.rows[:, 1]]


def _candidates(records: Sequence[Item]) -> Any:
    """Return pairs that share rare words of the title, or the title."""
    finder = TableIntegration(fields=[("title", "text")], n_near=_NEAR, most_common=100)
    near = finder.candidates([{"title": item.title} for item in records])
    return np.array(sorted({tuple(pair) for pair in near.tolist()} | pairs_of_one_title(records)))


def _counts(gold: Gold, measured: Sequence[Item]) -> dict[str, int]:
    here = {item.id for item in measured}
    counts = Counter(
        f"{kind} {a.partition(':')[0]}-{b.partition(':')[0]}"
        for (a, b), kind in gold.same.items()
        if a in here
    )
    return dict(sorted(counts.items()))


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")


if __name__ == "__main__":
    main()
