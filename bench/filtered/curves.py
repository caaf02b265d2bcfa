"""Small charts of recall against queries a second, one a filter, as one SVG file."""

from html import escape
from math import ceil, log10
from typing import Any

WIDTH, HEIGHT = 330, 250
LEFT, BOTTOM, TOP, RIGHT = 44, 34, 26, 12
COLUMNS = 3
LEGEND_LINE = 20
FLOOR = 0.5
OURS = "#c2410c"
COLOURS = (
    "#2563eb",
    "#0891b2",
    "#0d9488",
    "#65a30d",
    "#a16207",
    "#7c3aed",
    "#be185d",
    "#475569",
    "#9333ea",
    "#15803d",
    "#1e40af",
    "#b45309",
)


def curves_svg(curves: dict[str, Any], shown: list[str]) -> str:
    """Return the SVG of {row: {engine: [[recall, q/s], ...]}} for these rows."""
    engines = list(dict.fromkeys(e for row in shown for e in curves.get(row, {})))
    peers = [engine for engine in engines if not engine.startswith("typecase")]
    colours = {peer: COLOURS[n % len(COLOURS)] for n, peer in enumerate(peers)}
    colours |= {engine: OURS for engine in engines if engine not in colours}
    lines = ceil(len(shown) / COLUMNS)
    legend = ceil(len(engines) / COLUMNS) * LEGEND_LINE + 10
    width, height = COLUMNS * WIDTH, lines * HEIGHT + legend
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for place, row in enumerate(shown):
        x, y = place % COLUMNS * WIDTH, place // COLUMNS * HEIGHT
        parts.append(f'<g transform="translate({x} {y})">')
        parts += _panel(row, curves.get(row, {}), colours)
        parts.append("</g>")
    parts += _legend(engines, colours, lines * HEIGHT + LEGEND_LINE)
    return "\n".join([*parts, "</svg>", ""])


def _panel(row: str, of_engine: dict[str, Any], colours: dict[str, str]) -> list[str]:
    speeds = [max(1.0, q) for points in of_engine.values() for _, q in points] or [1.0, 10.0]
    low, high = int(log10(min(speeds))), ceil(log10(max(speeds)) + 1e-9)
    high = max(high, low + 1)
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def at(recall: float, qps: float) -> tuple[float, float]:
        share = (log10(max(1.0, qps)) - low) / (high - low)
        height = (max(FLOOR, recall) - FLOOR) / (1 - FLOOR)
        return LEFT + share * (right - LEFT), bottom - height * (bottom - TOP)

    parts = [f'<text x="{LEFT}" y="16" font-weight="bold">{escape(row)}</text>']
    for power in range(low, high + 1):
        x = at(FLOOR, 10.0**power)[0]
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{10**power:,}</text>'
        )
    for recall in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0):
        y = at(recall, 1)[1]
        stroke = "#888" if recall == 0.95 else "#ddd"
        parts.append(
            f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{stroke}"/>'
        )
        label = f"{recall:g}"
        parts.append(f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    middle = (LEFT + right) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle" fill="#555">queries a second'
        "</text>"
    )
    for engine, points in of_engine.items():
        parts += _line([at(recall, qps) for recall, qps in points], colours[engine])
    return parts


def _line(points: list[tuple[float, float]], colour: str) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    width = 2.5 if colour == OURS else 1.3
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>']
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}"/>' for x, y in points]
    return parts


def _legend(engines: list[str], colours: dict[str, str], top: int) -> list[str]:
    parts = []
    for place, engine in enumerate(engines):
        x, y = place % COLUMNS * WIDTH + LEFT, top + place // COLUMNS * LEGEND_LINE
        parts.append(f'<rect x="{x}" y="{y - 8}" width="18" height="4" fill="{colours[engine]}"/>')
        parts.append(f'<text x="{x + 26}" y="{y}">{escape(engine)}</text>')
    return parts
