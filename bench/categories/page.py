"""Writes docs/reference/categories.md from results/categories.json."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.record import RESULTS

SETTINGS = ("n_active", "shrinkage", "learning_rate")

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "categories.md"


def write_page() -> Path:
    """Write the page and return its path."""
    result = json.loads((RESULTS / "categories.json").read_text("utf-8"))
    figures, machine = result["figures"], result["machine"]
    nearest = figures["nearest"]
    lines = [
        "# Categories, topics and reasons",
        "",
        "<!-- Made by `python -m bench.categories`; do not edit. -->",
        "",
        f"Four methods of `typecase` on arXiv papers with categories among the first "
        f"{figures['papers']:,} papers of a random order that have vectors, and on AG News. "
        f"Vectors are of `{figures['model']}`: title and abstract cut at 32 tokens; of news, 64. "
        "Four random parts: "
        + ", ".join(f"{n:,} {name}" for name, n in nearest["rows"].items())
        + ". Whatever is chosen is chosen on the papers *tuned*; figures are of the papers "
        f"*measured*, if not said otherwise. A category that fewer than 30 of the papers taught "
        f"have is no label: {nearest['labels']} remain, {nearest['labels_a_row']} a paper.",
        "",
        *_nearest(nearest),
        *_conformal(figures["conformal"]),
        *_topics(figures["topics"]),
        *_explicit(figures["explicit"]),
        *_kept(figures),
        f"Measured on {result['date']}, commit {result['commit']}, seed {result['seed']}, "
        f"{machine['processor']}, {machine['cores']} cores, in {figures['seconds']:,} seconds "
        f"while others worked on the machine. Command: `{result['command']}`.",
        "",
    ]
    _PAGE.write_text("\n".join(lines), "utf-8")
    return _PAGE


def _kept(figures: dict[str, Any]) -> list[str]:
    kept = figures.get("kept")
    if not kept:
        return []
    parts = ", ".join(f"`{name}`" for name in kept["parts"])
    return [
        f"Kept from commit {kept['commit']}, by the same command without `--only`: {parts}.",
        "",
    ]


def _nearest(figures: dict[str, Any]) -> list[str]:
    head = ["method", "micro F1", "macro F1", "all labels right", "labels told", "threshold"]
    rows = [
        [
            name,
            _of(said["micro_f1"]),
            _of(said["macro_f1"]),
            _of(said["exact"]),
            f"{said['labels_a_row']:.2f}",
            f"{said['threshold']:.2f}" if "threshold" in said else "",
        ]
        for name, said in figures["methods"].items()
    ]
    itself = figures["methods"]["nearest, by itself"]
    return [
        "## Categories by the nearest papers (`NearestLabels`)",
        "",
        "Each method's threshold is the one with the best micro F1 on the papers tuned, the best "
        "label is always told. *By itself* is the method given all k and sixteen thresholds and no "
        f"papers but those taught: on a tenth of them it takes k = {itself['k']}. *Ridge* is one "
        "regularised regression a label on the same vectors, with its weight. PatentSBERTa "
        "reports, for 663 patent classes, an F1 above 0.66 with all labels right for 0.54, and k = "
        "8; those vectors were fine-tuned on patents, these are not on papers.",
        "",
        *_table(head, rows),
    ]


def _conformal(figures: dict[str, Any]) -> list[str]:
    head = ["nonconformity", "1 - alpha", "covered", "lowest to highest", "in the list"]
    head += ["sets, mean", "median", "cut", "looked at, mean"]
    views = ["nonconformity", "1 - alpha", "sure labels", "of them right"]
    views += ["possible labels", "true ones among them", "no set"]
    rows, seen = [], []
    for name, said in figures["methods"].items():
        for level, f in said["alphas"].items():
            rows.append(
                [
                    name,
                    level,
                    _of(f["coverage"]),
                    f"{f['lowest']:.4f} to {f['highest']:.4f}",
                    _of(f["listed_coverage"]),
                    f"{f['mean_sets']:,.1f}",
                    f"{f['median_sets']:,.0f}",
                    _of(f["cut"]),
                    f"{f['mean_looked_at']:,.0f}",
                ]
            )
            seen.append(
                [
                    name,
                    level,
                    f"{f['sure_labels']:.2f}",
                    _of(f["sure_right"]),
                    f"{f['possible_labels']:.1f}",
                    _of(f["possible_recall"]),
                    _of(f["none"]),
                ]
            )
    settings = "; ".join(
        f"{name}: {', '.join(f'{k} {v}' for k, v in said['settings'].items())}"
        for name, said in figures["methods"].items()
    )
    return [
        "## Sets that hold their coverage (`PowersetConformal`)",
        "",
        f"Scores are those of the {figures['k']} nearest papers. *Covered* is the share of papers "
        f"whose true set of labels has a p-value above alpha, mean over {figures['splits']} random "
        f"splits of {figures['calibrated'] + figures['measured']:,} papers (that taught and tuned "
        "nothing) into halves, one to calibrate and one to measure; lowest and highest are of "
        f"single splits. Lists are of {figures['listed']} papers measured, calibrated on the part "
        f"of that name, with at most {figures['limit']:,} sets a paper: *cut* is the share of "
        "lists that end there, so that means are from below, and *in the list* is the coverage of "
        f"what was listed. There are 2^{figures['labels']} sets; *looked at* are those that were "
        f"made and weighed, the {figures['known_sets']:,} known ones included where penalties "
        "need them. "
        f"{figures['unseen_share']:.1%} of the papers measured have a set that no paper taught "
        "has. "
        f"Settings, by the fewest sets at 0.8 on the papers tuned: {settings}.",
        "",
        *_table(head, rows),
        "The same lists by label: *sure* labels are in every listed set, *possible* ones in some.",
        "",
        *_table(views, seen),
    ]


def _topics(figures: dict[str, Any]) -> list[str]:
    lines = [
        "## Topics by keywords (`Lbl2Vec`)",
        "",
        "AUC of each topic: how often a document of it scores above one that is not. No label was "
        "used and nothing was tuned: *Lbl2Vec* has its defaults, the other columns show what its "
        "settings do. The keywords are those of the table; each is embedded alone.",
        "",
    ]
    for name, said in figures.items():
        methods = said["methods"]
        rows = [
            [topic, ", ".join(said["keywords"][topic]), f"{said['belong'][topic]:,}"]
            + [_of(method["topics"][topic]) for method in methods.values()]
            for topic in said["keywords"]
        ]
        rows.append(["mean", "", "", *(f"**{m['mean']:.4f}**" for m in methods.values())])
        lines += [
            f"### {name}: {said['documents']:,} documents to learn from, {said['measured']:,} "
            "measured",
            "",
            *_table(["topic", "keywords", "documents of it", *methods], rows),
        ]
    return lines


def _explicit(figures: dict[str, Any]) -> list[str]:
    head = ["method", "AUC", "nDCG@10", "reciprocal rank", "same category in 10", "names' AUC"]
    rows = [
        [name]
        + [_of(said[m]) for m in ("auc", "ndcg", "rr", "same_category")]
        + [_of(said["names_auc"]) if "names_auc" in said else ""]
        for name, said in figures["methods"].items()
    ]
    tried = "; ".join(
        f"{', '.join(f'{k} {v}' for k, v in row.items() if k in SETTINGS)}: "
        f"nDCG {row['ndcg']:.4f}, AUC {row['auc']:.4f}"
        for row in figures["tried"]
    )
    examples = [
        f"- {said['score']:.3f}: "
        + ", ".join(f"{name} {part:.0%}" for name, part in said["shares"])
        for said in figures["examples"]
    ]
    return [
        "## Ranking by named concepts (`ExplicitSemantics`)",
        "",
        f"The {figures['concepts']:,} concepts are the categories of the papers taught and words "
        "and pairs of words of their titles. Related are papers that share an author's name; of "
        f"these, {figures['triples']:,} pairs of papers taught are learned from, each with an "
        f"unrelated paper. Then {figures['queries']} of {figures['papers']:,} other papers "
        "(calibrated and measured) rank the rest. The last columns: the share of the ten nearest "
        "that share a category, and how well a category's weight tells the papers filed under it: "
        f"whether learning leaves names true. Chosen by nDCG on {figures['tuning']['queries']} of "
        f"{figures['tuning']['papers']:,} papers tuned ({tried}). The two cosines learned nothing "
        "from pairs; a latent space that did would be the harder rival.",
        "",
        *_table(head, rows),
        "What a score is made of, for four papers and the one nearest to each:",
        "",
        *examples,
        "",
    ]


def _of(value: float) -> str:
    return f"{value:.4f}"


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    body = [f"| {' | '.join(row)} |" for row in rows]
    rule = " | ".join(["---", *["---:"] * (len(head) - 1)])
    return [f"| {' | '.join(head)} |", f"| {rule} |", *body, ""]
