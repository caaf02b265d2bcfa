"""Writes docs/reference/quality.md from results/quality.json."""

import json
from pathlib import Path
from statistics import fmean
from typing import Any

from bench.record import RESULTS

_PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "quality.md"
_MEASURES = {
    "ndcg_10": "nDCG@10",
    "ndcg_20": "nDCG@20",
    "recall_20": "recall@20",
    "recall_100": "recall@100",
    "mrr": "MRR",
}


def write_page() -> Path:
    """Write the page and return its path."""
    result = json.loads((RESULTS / "quality.json").read_text("utf-8"))
    _PAGE.write_text(_page(result), "utf-8")
    return _PAGE


def _page(result: dict[str, Any]) -> str:
    figures = result["figures"]
    sets = figures["sets"]
    names = list(dict.fromkeys(name for row in sets.values() for name in row["figures"]))
    missing = {name: why for row in sets.values() for name, why in row["missing"].items()}
    lines = [
        "# How well papers are found",
        "",
        "<!-- Made by `python -m bench.quality`; do not edit. -->",
        "",
        "Means over queries times 100, counted as trec_eval does. *encoder* is the bare model with "
        "an exact search, *bm25s* that package as it comes. `broadsheet evaluate FOLDER` measures "
        "the same on any judged set. Weights were chosen on "
        f"{', '.join(figures['chosen_on'])}; the other sets had no part in it.",
        "",
        *(f"{name}: {why}." for name, why in missing.items()),
    ]
    for measure, said in _MEASURES.items():
        lines += ["", f"## {said}", "", *_table(sets, names, measure)]
    lines += ["", "## ms a query", "", *_times(sets, names)]
    machine = result["machine"]
    lines += [
        "",
        f"{result['date']}, commit {result['commit']}, {machine['processor']}, "
        f"{machine['cores']} cores shared with other work: times are a rough guide.",
    ]
    return "\n".join(lines) + "\n"


def _table(sets: dict[str, Any], names: list[str], measure: str) -> list[str]:
    lines = ["| set | queries | " + " | ".join(names) + " |", "|---|---:|" + "---:|" * len(names)]
    for name, row in sets.items():
        values = [_said(row["figures"].get(one, {}).get(measure)) for one in names]
        lines.append(f"| {name} | {row['n_queries']} | " + " | ".join(values) + " |")
    means = [
        fmean(row["figures"][one][measure] for row in sets.values())
        if all(one in row["figures"] for row in sets.values())
        else None
        for one in names
    ]
    return [*lines, "| mean | | " + " | ".join(map(_said, means)) + " |"]


def _said(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _times(sets: dict[str, Any], names: list[str]) -> list[str]:
    timed = [n for n in names if any(r["figures"].get(n, {}).get("ms") for r in sets.values())]
    lines = ["| set | " + " | ".join(timed) + " |", "|---|" + "---:|" * len(timed)]
    for name, row in sets.items():
        times = [row["figures"].get(one, {}).get("ms") for one in timed]
        said = ["–" if ms is None else f"{ms:.0f}" for ms in times]
        lines.append(f"| {name} | " + " | ".join(said) + " |")
    return lines
