"""Writes docs/reference/filtered-search.md and its charts from the results.

python -m bench.filtered.report [--results bench/results] [--docs docs/reference]
"""

import argparse
import json
from pathlib import Path
from typing import Any

from bench.filtered.curves import curves_svg
from bench.filtered.engines import is_ours
from bench.filtered.sweep import WANTED

ROOT = Path(__file__).resolve().parents[2]
PAGE = "filtered-search"
DASH = "–"

HEAD = """# Filtered search, measured

Made by `python -m bench.filtered.report` from `bench/results/filtered_*.json`; the measurements by
`python -m bench.filtered --vectors X.npy --attributes A.npz`, which takes any file of unit vectors.

**How.** Every engine runs in a process of its own, its settings are swept, and the fastest that
reaches a recall@10 of 0.95 enters the duel (with a safer one beside it): all engines get the same
1,000 queries, one at a time, on one core, in rounds that begin with another engine each time. q/s
is one over the median of a query; the recall stands behind it. Where no setting reaches 0.95, the
best recall is given, in italics. Filters are compiled before the clock starts, for all engines.
Engines that keep only codes in memory get the same native rescorer, which reads float32 rows of a
mapped file; our indexes and the databases have their own. `{dash}` says that an engine has no such
filter.
"""

SYNTHETIC = """`r50` ... `r0.01` keep that percentage of the rows at random. `own topic` keeps the
query's topic, `other topic` another one, far from the query: the worst case for graphs and cells.
"""

PAPERS = """Vectors of real papers: title and the beginning of the abstract, cut at 32 tokens, by
bge-small-en-v1.5 in int8 (a third of them by its plain int8 graph, cosine 0.998 to the rest).
Queries are titles of papers that are held out, embedded as queries. `own` keeps the query's own
value of an attribute, `other` a fixed other one; fixed values are chosen for their share of rows.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs" / "reference")
    args = parser.parse_args()
    write_page(args.results, args.docs)


def write_page(results: Path, docs: Path) -> None:
    """Write the page and an SVG a data set."""
    parts = [HEAD.format(dash=DASH)]
    found = [
        json.loads(path.read_text("utf-8")) for path in sorted(results.glob("filtered_*.json"))
    ]
    runs = [result for result in found if "duel" in result["figures"]]
    runs.sort(key=lambda run: (run["figures"]["data"] != "synthetic", -run["figures"]["rows"]))
    limits = next((r["figures"] for r in found if r["name"] == "filtered_limits"), None)
    parts += [_section(result, docs, limits) for result in runs]
    if len(_of_synthetic(runs)) > 1:
        parts.append(_growth(_of_synthetic(runs)))
    if limits is not None:
        parts.append(_limits(limits))
    docs.mkdir(parents=True, exist_ok=True)
    (docs / f"{PAGE}.md").write_text("\n".join(parts), "utf-8")


def _section(result: dict[str, Any], docs: Path, limits: dict[str, Any] | None) -> str:
    figures = result["figures"]
    title = f"{figures['data'].capitalize()}, {figures['rows']:,} x {figures['dim']}"
    machine = result["machine"]
    chart = f"{PAGE}-{result['name'].removeprefix('filtered_')}.svg"
    shown = list(figures["duel"])
    docs.mkdir(parents=True, exist_ok=True)
    (docs / chart).write_text(curves_svg(figures["curves"], shown), "utf-8")
    return "\n".join(
        [
            f"## {title}\n",
            SYNTHETIC if figures["data"] == "synthetic" else PAPERS,
            f"{result['date']}, commit `{result['commit']}`, {machine['processor']}, "
            f"{machine['cores']} cores, load {figures['load_at_start']} at the start.\n",
            "### Queries a second at a recall of 0.95, one core\n",
            speed_table(figures),
            f"\n![Recall against queries a second, one chart a filter]({chart})\n",
            "### Memory, disk, build\n",
            _cost_table(figures),
            "\n### Two threads\n",
            _threads_table(figures),
            _work_table(figures, limits) if limits and "work" in figures else "",
            _cold_table(figures) if "cold" in figures else "",
            _failures(figures),
        ]
    )


def speed_table(figures: dict[str, Any]) -> str:
    """Return a table: a line an engine, a column a filter; last, ours against the best peer."""
    rows = figures["duel"]
    shares = figures["shares"]
    head = [f"{row}<br>{100 * shares[row]['share']:.3g} %" for row in rows]
    lines = [_line(["engine", *head]), _line(["---"] + ["---:"] * len(head))]
    for engine in figures["engines"]:
        cells = [_speed(rows[row].get(engine, {})) for row in rows]
        if any(cell != DASH for cell in cells):
            name = f"**{engine}**" if is_ours(engine) else engine
            lines.append(_line([name, *cells]))
    ratios = [_ratio(rows[row]) for row in rows]
    lines.append(_line(["our best / best peer", *ratios]))
    return "\n".join(lines)


def _speed(found: dict[str, Any]) -> str:
    if "recall" not in found:
        return DASH
    recall = f"{found['recall']:.3f}".removeprefix("0")
    if found["recall"] < WANTED:
        return f"*{found['qps']:,.0f} ({recall})*"
    return f"{found['qps']:,.0f} ({recall})"


def _ratio(of_engine: dict[str, Any]) -> str:
    """Return the best of ours over the best peer, of those that reach the recall."""
    best = {True: 0.0, False: 0.0}
    for engine, found in of_engine.items():
        if found.get("recall", 0.0) >= WANTED:
            best[is_ours(engine)] = max(best[is_ours(engine)], found["qps"])
    if not best[True]:
        return DASH
    return f"**{best[True] / best[False]:.2f}**" if best[False] else "no peer"


def _cost_table(figures: dict[str, Any]) -> str:
    head = [
        "engine",
        "memory, bytes a vector",
        "of it mapped",
        "pages of vectors in use",
        "disk, bytes a vector",
        "build, CPU s",
        "open, s",
        "what",
    ]
    lines = [_line(head), _line(["---"] + ["---:"] * 6 + ["---"])]
    for engine, about in figures["engines"].items():
        if "reason" in about:
            continue
        cells = [
            *_memory(about),
            f"{about['disk_bytes'] / figures['rows']:,.0f}",
            f"{about['build_cpu_s']:,.0f}",
            f"{about['open_s']:.2f}",
            about.get("note", ""),
        ]
        lines.append(_line([engine, *cells]))
    lines.append(
        "\nMemory is what a fresh process holds after opening the index and answering the 1,000 "
        "unfiltered queries (in 10 s at most): its own pages, and the pages in use of mapped files "
        "of the index except the vectors'. Pages of the vectors' file come beside it, as many as "
        "queries have asked for; the system may drop them."
    )
    return "\n".join(lines)


def _memory(about: dict[str, Any]) -> list[str]:
    if "own_bytes" not in about:
        return [DASH] * 3
    own, mapped = about["own_bytes"], about["mapped_bytes"]
    return [f"{own + mapped:,.0f}", f"{mapped:,.0f}", f"{about['vector_pages_bytes']:,.0f}"]


def _threads_table(figures: dict[str, Any]) -> str:
    rows = sorted(
        {r for about in figures["engines"].values() for r in about.get("two_threads", {})}
    )
    head = [title for row in rows for title in (f"{row}: one", "two", "ratio")]
    lines = [_line(["engine", *head]), _line(["---"] + ["---:"] * len(head))]
    for engine, about in figures["engines"].items():
        found = about.get("two_threads")
        if not found:
            continue
        cells = []
        for row in rows:
            pair = found.get(row)
            if pair is None:
                cells += [DASH] * 3
            else:
                cells += [f"{pair['one']:,.0f}", f"{pair['two']:,.0f}", f"{pair['ratio']:.2f}"]
        lines.append(_line([engine, *cells]))
    return "\n".join(lines)


def _work_table(figures: dict[str, Any], limits: dict[str, Any]) -> str:
    """Return what our queries read, the time the machine needs for that, and how far we are."""
    head = ["engine", "filter", "cells, KB", "codes, KB", "vectors read", "floor, ms", "ms", "x"]
    lines = ["\n### Against the machine's limit\n", _line(head)]
    lines.append(_line(["---", "---"] + ["---:"] * 6))
    stream = limits["stream_bytes_per_s"]
    gathered = limits["gathered_rows_per_s"]["rows of 1,536 bytes"]
    for engine, of_row in figures["work"].items():
        for row, read in of_row.items():
            floor = 1e3 * ((read["cells"] + read["codes"]) / stream + read["rows"] / gathered)
            spent = figures["duel"][row][engine]["p50_ms"]
            cells = [f"{read['cells'] / 1e3:,.0f}", f"{read['codes'] / 1e3:,.0f}"]
            cells += [f"{read['rows']:,.0f}", f"{floor:.3f}", f"{spent:.3f}"]
            lines.append(_line([engine, row, *cells, f"{spent / floor:.1f}"]))
    lines.append(
        "\nThe floor is what streaming the bytes of cells and codes from memory and gathering the "
        "vectors at random take at the speeds below; bytes that lie in a cache cost less."
    )
    return "\n".join([*lines, ""])


def _cold_table(figures: dict[str, Any]) -> str:
    """Return the 95th percentile of a query when the disk cache is empty at the start."""
    rows = list(figures["duel"])
    lines = ["\n### Milliseconds of a query with a cold disk, p95 (median)\n"]
    lines += [_line(["engine", *rows]), _line(["---"] + ["---:"] * len(rows))]
    for engine, of_row in figures["cold"].items():
        found = [of_row.get(row, {}) for row in rows]
        cells = [f"{f['p95_ms']:.2f} ({f['p50_ms']:.2f})" if "p95_ms" in f else DASH for f in found]
        lines.append(_line([engine, *cells]))
    return "\n".join([*lines, ""])


def _failures(figures: dict[str, Any]) -> str:
    """Return what is missing or failed, with the reason."""
    lines = []
    for engine, about in figures["engines"].items():
        if "reason" in about:
            lines.append(f"- {engine}: {about['reason']}")
    for row, of_engine in figures["duel"].items():
        for engine, found in of_engine.items():
            if found.get("reason", "no filter") != "no filter":
                lines.append(f"- {engine}, {row}: {found['reason']}")
    return "\n".join(["Not measured:\n", *lines, ""]) if lines else ""


def _of_synthetic(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    chosen = [run["figures"] for run in runs if run["figures"]["data"] == "synthetic"]
    return sorted(chosen, key=lambda figures: figures["rows"])


def _growth(runs: list[dict[str, Any]]) -> str:
    """Return a table of our milliseconds and the best peer's at each size."""
    rows = [row for row in runs[-1]["duel"] if all(row in run["duel"] for run in runs)]
    lines = ["## Growth\n", "Median milliseconds of a query at a recall of 0.95.\n"]
    lines += [_line(["rows", "engine", *rows]), _line(["---:", "---"] + ["---:"] * len(rows))]
    engines = list(dict.fromkeys(e for run in runs for e in run["engines"]))
    for engine in engines:
        for run in runs:
            cells = [_milliseconds(run["duel"][row].get(engine, {})) for row in rows]
            if any(cell != DASH for cell in cells):
                lines.append(_line([f"{run['rows']:,}", engine, *cells]))
    return "\n".join([*lines, ""])


def _milliseconds(found: dict[str, Any]) -> str:
    return f"{found['p50_ms']:.3f}" if found.get("recall", 0) >= WANTED else DASH


def _limits(figures: dict[str, Any]) -> str:
    stream = figures["stream_bytes_per_s"] / 1e9
    lines = [
        "## What the machine can do\n",
        f"One core streams {stream:.1f} GB/s from memory. Gathered at random, eight ahead:",
    ]
    gathered = figures["gathered_rows_per_s"].items()
    lines += [f"- {name}: {speed / 1e6:.1f} million a second" for name, speed in gathered]
    lines.append("\nReads of 4 KB at random past the page cache, by how many are in flight:")
    reads = figures["disk_reads_of_4_kb_per_s_by_depth"].items()
    lines += [f"- {depth}: {speed:,} a second" for depth, speed in reads]
    return "\n".join([*lines, ""])


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
