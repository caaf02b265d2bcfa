"""Small charts as SVG, light or dark as the reader's system is: curves of recall, and growth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Any

from bench.filtered.engines import ENGINES, is_ours

WIDTH, HEIGHT = 340, 260
LEFT, BOTTOM, TOP, RIGHT = 48, 38, 28, 24
COLUMNS = 3
LEGEND_LINE = 20
FLOOR = 0.5
WANTED = 0.95
_NEAR_ONE = 0.005  # a recall of 1 stands as far above 0.995 as that above 0.99

STYLE = """<style>
.page { fill: #ffffff } .text { fill: #1f2937 } .faint { fill: #6b7280 }
.grid { stroke: #e5e7eb } .mark { stroke: #9ca3af }
@media (prefers-color-scheme: dark) {
.page { fill: #14171c } .text { fill: #e5e7eb } .faint { fill: #9ca3af }
.grid { stroke: #2b3038 } .mark { stroke: #6b7280 }
}
</style>"""

OURS = "#e8590c"
# Seven hues that stand on white and on black; the second engine of a hue is dashed.
HUES = ("#d6336c", "#1c7ed6", "#12a3b8", "#7d5cf0", "#37b24d", "#b08900", "#868e96")

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pen:
    """How a line is drawn."""

    colour: str
    width: float = 1.6
    dashes: str = ""


def pens(engines: Sequence[str]) -> dict[str, Pen]:
    """Return the pen of each engine, the same in every chart."""
    peers = [engine for engine in ENGINES if not is_ours(engine)]
    peers += [engine for engine in engines if engine not in ENGINES and not is_ours(engine)]
    found: dict[str, Pen] = {}
    for engine in engines:
        if is_ours(engine):
            n_before = sum(map(is_ours, found))
            found[engine] = Pen(colour=OURS, width=3, dashes=("", "7 4", "2 3", "1 5")[n_before])
        else:
            place = peers.index(engine) + 1  # pairs faiss with faiss
            dashes = "" if place % 2 else "5 3"
            found[engine] = Pen(colour=HUES[place // 2 % len(HUES)], dashes=dashes)
    return found


def curves_svg(curves: dict[str, Any], shown: Sequence[str]) -> str:
    """Return the SVG of {row: {engine: [[recall, q/s], ...]}}, a panel for each of these rows.

    Settings that another one of the engine beats in both are left out.
    """
    engines = list(dict.fromkeys(e for row in shown for e in curves.get(row, {})))
    drawn = pens(engines)
    panels = [_curve_panel(row, curves.get(row, {}), drawn) for row in shown]
    return _page(panels, drawn)


def frontier(points: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """Return those (recall, q/s) that no other beats in both, from the highest recall down."""
    kept: list[Sequence[float]] = []
    for point in sorted(points, key=lambda p: (-p[0], -p[1])):
        if not kept or point[1] > kept[-1][1]:
            kept.append(point)
    return kept


def growth_svg(sizes: Sequence[int], lines: dict[str, dict[str, list[float]]]) -> str:
    """Return the SVG of {title: {row: [milliseconds at each size]}}, a panel for each title.

    Both axes are logarithmic; the grey line is what linear growth would be.
    """
    rows = list(dict.fromkeys(row for of_row in lines.values() for row in of_row))
    drawn = {
        row: Pen(colour=HUES[n // 2 % len(HUES)], dashes="5 3" if n % 2 else "", width=1.8)
        for n, row in enumerate(rows)
    }
    every = [ms for of_row in lines.values() for series in of_row.values() for ms in series]
    panels = [_growth_panel(title, sizes, of_row, drawn, every) for title, of_row in lines.items()]
    return _page(panels, drawn)


def _page(panels: list[list[str]], legend: dict[str, Pen]) -> str:
    columns = min(COLUMNS, max(2, len(panels)))
    lines = ceil(len(panels) / columns)
    height = lines * HEIGHT + ceil(len(legend) / columns) * LEGEND_LINE + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {columns * WIDTH} {height}" '
        'font-family="system-ui, sans-serif" font-size="11">',
        STYLE,
        f'<rect class="page" width="{columns * WIDTH}" height="{height}"/>',
    ]
    for place, panel in enumerate(panels):
        x, y = place % columns * WIDTH, place // columns * HEIGHT
        parts += [f'<g transform="translate({x} {y})">', *panel, "</g>"]
    for place, (name, pen) in enumerate(legend.items()):
        x = place % columns * WIDTH + LEFT
        y = lines * HEIGHT + LEGEND_LINE * (1 + place // columns) - 4
        parts.append(_polyline([(x, y - 4), (x + 28, y - 4)], pen))
        parts.append(f'<text class="text" x="{x + 36}" y="{y}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _curve_panel(row: str, of_engine: dict[str, Any], drawn: dict[str, Pen]) -> list[str]:
    speeds = [q for points in of_engine.values() for _, q in points]
    low, high = _powers(speeds)
    at = _placed(lambda qps: _share(log10(max(qps, 10.0**low)), low, high), _height)
    parts = _frame(row, "queries a second")
    parts += _powers_across(low, high, at)
    for recall in (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0):
        label = f"≤ {recall:g}" if recall == FLOOR else f"{recall:g}"
        y = at(10.0**low, recall)[1]
        parts += _across(y, label, "mark" if recall == WANTED else "grid")
    for engine, points in of_engine.items():
        placed = [at(qps, recall) for recall, qps in frontier(points)]
        parts += _line(placed, drawn[engine])
    return parts


def _growth_panel(
    title: str,
    sizes: Sequence[int],
    of_row: dict[str, list[float]],
    drawn: dict[str, Pen],
    every: list[float],
) -> list[str]:
    first, last = log10(sizes[0]), log10(sizes[-1])
    low, high = _powers(every)
    at = _placed(
        lambda n: _share(log10(n), first - 0.05, last + 0.05),
        lambda ms: _share(log10(ms), low, high),
    )
    parts = _frame(title, "rows (upwards: milliseconds)")
    parts += [_down(at(n, 1)[0], _short(n)) for n in sizes]
    for power in range(low, high + 1):
        parts += _across(at(sizes[0], 10.0**power)[1], f"{10.0**power:g}", "grid")
    start = 10.0**low * 1.5
    stop = min(10.0**high, start * sizes[-1] / sizes[0])
    ends = [at(sizes[0], start), at(sizes[0] * stop / start, stop)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in ends)
    parts.append(f'<polyline class="mark" points="{path}" fill="none" stroke-width="1.2"/>')
    x, y = ends[1]
    parts.append(
        f'<text class="faint" x="{x - 6:.1f}" y="{y + 14:.1f}" text-anchor="end">linear</text>'
    )
    for row, series in of_row.items():
        placed = [at(n, ms) for n, ms in zip(sizes, series, strict=True)]
        parts += _line(placed, drawn[row])
    return parts


def _placed(across: Callable[[float], float], up: Callable[[float], float]) -> Any:
    """Return a function from values to places on a panel."""
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def at(x: float, y: float) -> Point:
        return LEFT + across(x) * (right - LEFT), bottom - up(y) * (bottom - TOP)

    return at


def _height(recall: float) -> float:
    """Return where a recall stands between FLOOR and 1; each halving of the loss is one step."""

    def steps(r: float) -> float:
        return -log10(1 - r + _NEAR_ONE)

    return _share(steps(max(FLOOR, recall)), steps(FLOOR), steps(1.0))


def _share(x: float, low: float, high: float) -> float:
    return (x - low) / (high - low)


def _powers(values: Sequence[float]) -> tuple[int, int]:
    """Return the powers of ten below and above all values."""
    low = floor(log10(max(1e-6, min(values, default=1.0))))
    return low, max(low + 1, ceil(log10(max(values, default=10.0)) - 1e-9))


def _frame(title: str, below: str) -> list[str]:
    middle = (LEFT + WIDTH - RIGHT) / 2
    return [
        f'<text class="text" x="{LEFT}" y="17" font-weight="600">{escape(title)}</text>',
        f'<text class="faint" x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{below}</text>',
    ]


def _powers_across(low: int, high: int, at: Any) -> list[str]:
    return [_down(at(10.0**p, 1)[0], _short(10.0**p)) for p in range(low, high + 1)]


def _down(x: float, label: str) -> str:
    return (
        f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text class="text" x="{x:.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">'
        f"{label}</text>"
    )


def _across(y: float, label: str, kind: str) -> list[str]:
    return [
        f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>',
        f'<text class="text" x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{label}</text>',
    ]


def _short(n: float) -> str:
    return f"{n / 1e6:g} M" if n >= 1e6 else f"{n:,.10g}"


def _line(points: list[Point], pen: Pen) -> list[str]:
    radius = 1.2 + pen.width / 2
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>' for x, y in points]
    return [_polyline(points, pen), f'<g fill="{pen.colour}">', *dots, "</g>"]


def _polyline(points: list[Point], pen: Pen) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = f' stroke-dasharray="{pen.dashes}"' if pen.dashes else ""
    return (
        f'<polyline points="{path}" fill="none" stroke="{pen.colour}" '
        f'stroke-width="{pen.width:g}"{dashes}/>'
    )
