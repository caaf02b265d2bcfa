"""Writes docs/reference/filtered-search.md and its charts from the results.

python -m bench.filtered.report [--results bench/results] [--docs docs/reference]
"""

import argparse
import json
from pathlib import Path
from typing import Any

from bench.filtered.charts import curves_svg, growth_svg
from bench.filtered.goals import goals_table, growth_exponents
from bench.filtered.sweep import WANTED
from bench.filtered.tables import (
    DASH,
    bold,
    cold_table,
    cost_table,
    failures,
    line,
    memory_of,
    settings_table,
    speed_table,
    threads_table,
    work_table,
)

ROOT = Path(__file__).resolve().parents[2]
PAGE = "filtered-search"

HEAD = """# Filtered search, measured

Made by `python -m bench.filtered.report` from `bench/results/filtered_*.json`; the measurements by
`python -m bench.filtered --vectors X.npy --attributes A.npz`, which takes any file of unit vectors,
`python -m bench.filtered.scale` (growth, three million rows, a cold disk) and
`python -m bench.filtered.limits` (what the machine can do). Each says more with `--help`.

**How.** Every engine runs in a process of its own, its settings are swept, and of those that reach
a recall@10 of 0.95 the fastest, the one of least recall and a safer one enter the duel, of which
the best counts: all engines get the same queries, one at a time, on one core, in rounds that begin
with another engine each time. Engines that keep vectors themselves (`graphs`) are in a run of their
own: beside the others they would not fit into memory. The usual machine has two threads of one
core; `two whole cores` is a faster one, and `disk in memory` the same with the index's folder on a
block device that lies in memory, as fast as a good disk. q/s is one over the median of a query; the
recall stands behind it. Where no setting reaches 0.95, the best recall is given, in italics.
Filters are compiled before the clock starts, for all engines. Engines that keep only codes in
memory get the same native rescorer, which reads float32 rows of a mapped file; our indexes and the
databases have their own. `{dash}` says that an engine has no such filter.
"""

SYNTHETIC = """`r50` ... `r0.01` keep that percentage of the rows at random. `own topic` keeps the
query's topic, `other topic` another one, far from the query: the worst case for graphs and cells;
`not own topic` keeps all but the nearest.
"""

PAPERS = """Vectors of real papers: title and the beginning of the abstract, cut at 32 tokens, by
bge-small-en-v1.5 in int8. Queries are titles of papers that are held out, embedded as queries.
`own` keeps the query's own value of an attribute, `other` a fixed other one, `not own` all but its
own; fixed values and ranges are chosen for their share of the rows.
"""

OTHERS = """`own` keeps the query's own value of an attribute, `other` a fixed other one, `not own`
all but its own; fixed values and ranges are chosen for their share of the rows.
"""

ABOUT = {"synthetic": SYNTHETIC, "papers": PAPERS}
LIMITS = "filtered_limits"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs" / "reference")
    args = parser.parse_args()
    write_page(args.results, args.docs)


def write_page(results: Path, docs: Path) -> None:
    """Write the page, an SVG a data set, and one of growth."""
    docs.mkdir(parents=True, exist_ok=True)
    found = [
        json.loads(path.read_text("utf-8")) for path in sorted(results.glob("filtered_*.json"))
    ]
    runs = [result for result in found if "duel" in result["figures"]]
    runs.sort(key=_place)
    scales = [result for result in found if "sizes" in result["figures"]]
    limits = {
        _machine_of(r["name"], LIMITS): r["figures"] for r in found if r["name"].startswith(LIMITS)
    }
    parts = [HEAD.format(dash=DASH)]
    if runs or scales:
        duels = [run["figures"] | {"machine": _machine(run)} for run in _largest(runs)]
        sizes = [run["figures"] | {"machine": _machine(run)} for run in scales]
        parts += ["## Goals\n", goals_table(duels, sizes)]
    parts += [_section(result, docs, limits.get(_machine(result))) for result in runs]
    parts += [_growth(result, docs, limits.get(_machine(result))) for result in scales]
    parts += [_limits(machine, figures) for machine, figures in sorted(limits.items())]
    (docs / f"{PAGE}.md").write_text("\n".join(parts), "utf-8")


def _place(run: dict[str, Any]) -> tuple[bool, int, bool, str]:
    """Return what runs are ordered by: the synthetic data, the largest, the usual engines first."""
    figures = run["figures"]
    return figures["data"] != "synthetic", -figures["rows"], bool(_others(run)), _machine(run)


def _others(run: dict[str, Any]) -> str:
    """Return what a run calls its engines, where they are not the usual ones."""
    figures = run["figures"]
    name = str(run["name"]).removeprefix("filtered_")
    return "" if name.startswith(figures["data"]) else name.partition("_")[0]


def _machine(run: dict[str, Any]) -> str:
    """Return what a run calls its machine, where it is not the usual one."""
    figures = run["figures"]
    usual = f"filtered_scale_{figures['data']}"
    if "rows" in figures:
        usual = f"filtered_{figures['data']}_{figures['rows']}"
    return _machine_of(run["name"], usual)


def _machine_of(name: str, usual: str) -> str:
    return name.removeprefix(usual + "_").replace("_", " ") if name.startswith(usual + "_") else ""


def _largest(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first run of each data set on each machine; they are sorted."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for run in runs:
        found.setdefault((run["figures"]["data"], _machine(run)), run)
    return list(found.values())


def _section(result: dict[str, Any], docs: Path, limits: dict[str, Any] | None) -> str:
    figures = result["figures"]
    chart = f"{PAGE}-{result['name'].removeprefix('filtered_')}.svg"
    (docs / chart).write_text(curves_svg(figures["curves"], list(figures["duel"])), "utf-8")
    others = f": {name}" if (name := _others(result) or _machine(result)) else ""
    parts = [
        f"## {figures['data'].capitalize()}, {figures['rows']:,} x {figures['dim']}{others}\n",
        ABOUT.get(figures["data"], OTHERS),
        _made(result, figures["load_at_start"]),
        "### Queries a second at a recall of 0.95, one core\n",
        speed_table(figures),
        f"\n![Recall against queries a second, one chart a filter]({chart})\n",
        "Each step up halves what is missed; settings that another of the same engine beats in "
        "both are left out.\n",
        "### Memory, disk, build\n",
        cost_table(figures),
        settings_table(figures),
        threads_table(figures),
        work_table(figures, limits) if limits and "work" in figures else "",
    ]
    if "cold" in figures:
        parts += ["\n### Warm and cold\n", cold_table(figures)]
    return "\n".join([*parts, failures(figures)])


def _made(result: dict[str, Any], load: float) -> str:
    machine = result["machine"]
    return (
        f"{result['date']}, commit `{result['commit']}`, {machine['processor']}, "
        f"{machine['cores']} cores, load {load} at the start.\n"
    )


def _growth(result: dict[str, Any], docs: Path, limits: dict[str, Any] | None) -> str:
    """Return the tables of each size, the chart of growth, and the largest size warm and cold."""
    scale = result["figures"]
    sizes = list(scale["sizes"].values())
    largest = sizes[-1]
    machine = f": {name}" if (name := _machine(result)) else ""
    if len(sizes) == 1:
        title = (
            f"## {scale['data'].capitalize()}, {largest['rows']:,} rows, warm and cold{machine}\n"
        )
        made = _made(result, largest["load_at_start"])
        return "\n".join([title, made, cold_table(largest), failures(largest)])
    rows = [row for row in largest["duel"] if all(row in one["duel"] for one in sizes)]
    engines = list(largest["engines"])
    chart = f"{PAGE}-{result['name'].removeprefix('filtered_')}.svg"
    lines = {e: series for e in engines if (series := _series(sizes, e, rows))}
    (docs / chart).write_text(growth_svg([one["rows"] for one in sizes], lines), "utf-8")
    title = f"## Growth, {scale['data']} from {sizes[0]['rows']:,} to {largest['rows']:,} rows"
    parts = [
        f"{title}{machine}\n",
        _made(result, sizes[0]["load_at_start"]),
        "Milliseconds of a query at a recall of 0.95, median and (95th percentile); the recall "
        "behind them. The last line of an engine is the power of n that its median grows with, "
        "from the smallest size to the largest: 1 is linear.\n",
        _growth_table(scale, rows),
        f"\n![Median milliseconds against rows, both logarithmic]({chart})\n",
        _size_table(sizes),
        work_table(largest, limits) if limits and "work" in largest else "",
    ]
    if "cold" in largest:
        parts += [f"\n### {largest['rows']:,} rows, warm and cold\n", cold_table(largest)]
    return "\n".join([*parts, *[failures(one) for one in sizes]])


def _growth_table(scale: dict[str, Any], rows: list[str]) -> str:
    sizes = list(scale["sizes"].values())
    lines = [line(["engine", "rows", *rows]), line(["---", "---:"] + ["---:"] * len(rows))]
    for engine in sizes[-1]["engines"]:
        for one in sizes:
            cells = [_milliseconds(one["duel"][row].get(engine, {})) for row in rows]
            if any(cell != DASH for cell in cells):
                lines.append(line([bold(engine), f"{one['rows']:,}", *cells]))
        powers = growth_exponents(scale, engine)
        if powers:
            cells = [f"**{powers[row]:.2f}**" if row in powers else DASH for row in rows]
            lines.append(line([bold(engine), "power of n", *cells]))
    return "\n".join(lines)


def _series(sizes: list[dict[str, Any]], engine: str, rows: list[str]) -> dict[str, list[float]]:
    """Return the medians of an engine, of those rows that it has at each size."""
    found = {row: [one["duel"][row].get(engine, {}).get("p50_ms") for one in sizes] for row in rows}
    return {row: series for row, series in found.items() if all(series)}


def _size_table(sizes: list[dict[str, Any]]) -> str:
    head = ["engine", "rows", "memory, bytes a vector", "open, s", "build, CPU s"]
    head += ["build, CPU s a million"]
    lines = [line(head), line(["---"] + ["---:"] * (len(head) - 1))]
    for engine in sizes[-1]["engines"]:
        for one in sizes:
            about = one["engines"].get(engine, {})
            if "open_s" not in about:
                continue
            held, built = memory_of(about), about["build_cpu_s"]
            cells = [f"{one['rows']:,}", DASH if held is None else f"{held:,.0f}"]
            cells += [
                f"{about['open_s']:.3f}",
                f"{built:,.0f}",
                f"{1e6 * built / one['rows']:,.0f}",
            ]
            lines.append(line([bold(engine), *cells]))
    return "\n".join([*lines, ""])


def _milliseconds(found: dict[str, Any]) -> str:
    if "recall" not in found:
        return DASH
    recall = f"{found['recall']:.3f}".removeprefix("0")
    cell = f"{found['p50_ms']:.3f} ({found['p95_ms']:.2f}) {recall}"
    return cell if found["recall"] >= WANTED else f"*{cell}*"


def _limits(machine: str, figures: dict[str, Any]) -> str:
    stream = figures["stream_bytes_per_s"] / 1e9
    lines = [
        f"## What the machine can do{': ' + machine if machine else ''}\n",
        f"One core streams {stream:.1f} GB/s from memory. Gathered at random, eight ahead:\n",
    ]
    gathered = figures["gathered_rows_per_s"].items()
    lines += [f"- {name}: {speed / 1e6:.1f} million a second" for name, speed in gathered]
    lines.append("\nReads of 4 KB at random past the page cache, by how many are in flight:\n")
    reads = figures["disk_reads_of_4_kb_per_s_by_depth"].items()
    lines += [f"- {depth}: {speed:,} a second" for depth, speed in reads]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
