"""Writes docs/reference/codecs.md and its plots from results/codecs.json."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from bench.record import RESULTS

_DOCS = Path(__file__).resolve().parents[1] / "docs"
_COLOURS = ("#2563a8", "#b4501e", "#3c7a3c", "#8a3d8f", "#a87a12", "#51606e", "#0e7c7b", "#b03052")
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 760, 420, 64, 52, 40, 170

Points = list[tuple[float, float]]


def write_page() -> Path:
    """Write the page and its plots; return the page's path."""
    result = json.loads((RESULTS / "codecs.json").read_text("utf-8"))
    sets = result["figures"]["sets"]
    rows = _rows(sets)
    papers = [name for name in sets if "ndcg_of_float32" not in sets[name]]
    plots = {"codecs-recall.svg": ("recall", "recall@10, mean over the sets")}
    if len(papers) < len(sets):
        plots["codecs-ndcg.svg"] = ("ndcg", "nDCG@10, mean over the judged sets")
    for name, (measure, title) in plots.items():
        (_DOCS / "img" / name).write_text(_plot(rows, measure, title), "utf-8")
    page = _DOCS / "reference" / "codecs.md"
    page.write_text(_page(result, rows, list(plots)), "utf-8")
    return page


def _rows(sets: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row a codec, ours and faiss's, with means over the sets; fewest bytes first."""
    rows = []
    for part, maker in (("codecs", ""), ("peers", "faiss ")):
        found = {n for data in sets.values() for n in data.get(part, {}) if n != "version"}
        for name in sorted(found):
            per_set = {k: data[part][name] for k, data in sets.items() if name in data[part]}
            rows.append(_row(f"{maker}{name}", per_set, n_sets=len(sets)))
    return sorted(rows, key=lambda row: (row["bytes"], -row["recall"]))


def _row(name: str, per_set: dict[str, Any], *, n_sets: int) -> dict[str, Any]:
    first = next(iter(per_set.values()))

    def mean(measure: str) -> float:
        return float(np.mean([f[measure] for f in per_set.values() if measure in f] or [math.nan]))

    return {
        "name": name,
        "family": name.split("(")[0] if not name.startswith("faiss") else "faiss",
        "bytes": first["bytes_a_vector"],
        "recall": mean("recall_in_10"),
        "in_100": mean("recall_in_100"),
        "ndcg": mean("ndcg"),
        "rate": mean("encoded_a_cpu_s"),
        "complete": len(per_set) == n_sets,
        "per_set": per_set,
    }


def _page(result: dict[str, Any], rows: list[dict[str, Any]], plots: list[str]) -> str:
    figures = result["figures"]
    sets = figures["sets"]
    judged = [name for name in sets if "ndcg_of_float32" in sets[name]]
    whole = np.mean([sets[name]["ndcg_of_float32"] for name in judged]) if judged else math.nan
    lines = [
        "# Codecs: what a byte buys",
        "",
        "<!-- Made by `python -m bench.codecs`; do not edit. -->",
        "",
        f"Vectors of `{figures['model']}` ({next(iter(sets.values()))['dim']} dimensions, 1,536 "
        "bytes as float32). Each codec learns from the rows, encodes them and ranks them by its "
        "own estimates with whole queries; nothing is rescored. *recall@10* is the share of the "
        "ten nearest by the float vectors among the ten best estimates, *in 100* among the "
        f"hundred best. The float vectors themselves reach an nDCG@10 of {whole:.4f}, mean over "
        f"{', '.join(name.removeprefix('ir_') for name in judged)}. Bytes hold all that a row "
        "needs, its own factors included; what all rows share is not in them.",
        "",
        *(f"![{name.removesuffix('.svg')}](../img/{name})" for name in plots),
        "",
        "| bytes | codec | recall@10 | in 100 | nDCG@10 | rows encoded a CPU second |",
        "| ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for row in (row for row in rows if row["complete"]):
        values = [_figure(row[measure]) for measure in ("recall", "in_100", "ndcg")]
        lines.append(
            f"| {row['bytes']} | {row['name']} | {' | '.join(values)} | {row['rate']:,.0f} |"
        )
    lines += ["", "## By set", ""]
    for name, data in sets.items():
        lines += _set_table(name, data, rows)
    machine = result["machine"]
    lines += [
        f"Measured on {result['date']}, commit {result['commit']}, {machine['processor']}, "
        f"{machine['cores']} cores, one thread, while others worked on the machine: speeds are "
        "orders of magnitude. faiss "
        + next((d["peers"]["version"] for d in sets.values() if "peers" in d), "absent")
        + f". Command: `{result['command']}`.",
        "",
    ]
    return "\n".join(lines)


def _set_table(name: str, data: dict[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    whole = data.get("ndcg_of_float32")
    said = f"; nDCG@10 of the float vectors {whole:.4f}" if whole is not None else ""
    lines = [
        f"### {name.removeprefix('ir_')}: {data['rows']:,} rows, {data['queries']:,} queries{said}",
        "",
        "| bytes | codec | recall@10 | in 100 | nDCG@10 |",
        "| ---: | --- | ---: | ---: | ---: |",
    ]
    for row in rows:
        if (found := row["per_set"].get(name)) is not None:
            values = [found["recall_in_10"], found["recall_in_100"], found.get("ndcg", math.nan)]
            lines.append(f"| {row['bytes']} | {row['name']} | {' | '.join(map(_figure, values))} |")
    return [*lines, ""]


def _figure(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4f}"


def _plot(rows: list[dict[str, Any]], measure: str, title: str) -> str:
    """Return an SVG: bytes to the right on a scale of doublings, the measure upwards."""
    lines: dict[str, Points] = {}
    for row in rows:
        if row["complete"] and not math.isnan(row[measure]):
            lines.setdefault(row["family"], []).append((row["bytes"], row[measure]))
    values = [y for points in lines.values() for _, y in points]
    sizes = [x for points in lines.values() for x, _ in points]
    low, high = math.floor(20 * min(values)) / 20, math.ceil(20 * max(values)) / 20
    first, last = math.floor(math.log2(min(sizes))), math.ceil(math.log2(max(sizes)))

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log2(x) - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT)
        up = (y - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)
        return round(_LEFT + across, 1), round(_HEIGHT - _BOTTOM - up, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="13"><title>{title} against bytes a vector</title>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="22" font-size="15">{title}</text>',
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 10}" text-anchor="middle">'
        "bytes a vector</text>",
    ]
    for power in range(first, last + 1):
        x, bottom = at(2**power, low)
        parts.append(
            f'<path d="M{x} {_TOP}V{bottom}" stroke="#e4e4e0"/>'
            f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{2**power}</text>'
        )
    for step in range(round(20 * low), round(20 * high) + 1, 2 if high - low > 0.4 else 1):
        left, y = at(2**first, step / 20)
        parts.append(
            f'<path d="M{left} {y}H{_WIDTH - _RIGHT}" stroke="#e4e4e0"/>'
            f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{step / 20:.2f}</text>'
        )
    for number, (family, points) in enumerate(sorted(lines.items())):
        parts += _line(family, [at(*point) for point in sorted(points)], number)
    return "\n".join([*parts, "</svg>", ""])


def _line(family: str, points: Points, number: int) -> list[str]:
    """Return the marks of a family, joined where it is one codec at several sizes."""
    colour = _COLOURS[number % len(_COLOURS)]
    marks = [f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>' for x, y in points]
    if family != "faiss":
        path = "L".join(f"{x} {y}" for x, y in points)
        marks.insert(0, f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    y = _TOP + 16 + 22 * number
    return [
        *marks,
        f'<circle cx="{_WIDTH - _RIGHT + 20}" cy="{y - 4}" r="5" fill="{colour}"/>'
        f'<text x="{_WIDTH - _RIGHT + 32}" y="{y}">{family}</text>',
    ]
