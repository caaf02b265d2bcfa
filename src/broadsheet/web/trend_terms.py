"""What a paper's score is made of, as HTML: written as text, for a ranking shows fifty of them."""

from collections.abc import Iterator

from markupsafe import Markup, escape

from broadsheet.model.trending import Terms
from broadsheet.web.counted import plural


def trend_line(terms: Terms) -> Markup:
    """Return the line under a story, which opens to all terms."""
    return Markup(  # noqa: S704 every part is escaped
        f'<details class="terms"><summary>{escape(terms)}</summary>\n{trend_terms(terms)}\n'
        '<p><a href="/trending/formula">How it is counted</a></p>\n</details>\n'
    )


def trend_terms(terms: Terms) -> Markup:
    """Return all terms of a score, each with its number."""
    rows = (f"<div><dt>{escape(name)}</dt><dd>{said}</dd></div>\n" for name, said in _rows(terms))
    return Markup(f'<dl class="figures wide">\n{"".join(rows)}</dl>')  # noqa: S704 as above


def _rows(terms: Terms) -> Iterator[tuple[str, str]]:
    for part in terms.parts:
        numbers = f"{part.number:,}, {part.last_day:,} in 24 h"
        yield part.kind, f"{numbers} {_quiet(f'adds {part.sum:+.2f}')}"
    yield "sum", f"{terms.x:.2f}"
    of = f"{plural(terms.n, 'paper')} of {terms.group or 'no category'} and this age"
    yield "normal", f"{terms.mean:.2f} {_quiet(f'{of}, drawn to wider groups')}"
    yield "surprise", f"{terms.surprise:.2f}"
    if terms.content is not None:
        yield "growth", f"{terms.content:.2f} {_quiet(f'times {terms.content_weight}')}"
    since = f"{plural(terms.announcements, 'announcement')} since"
    yield "freshness", f"{terms.freshness:.3f} {_quiet(since)}"
    name = "trend" if terms.formula == "surprise" else terms.formula
    yield name, f"<strong>{terms.score:+.2f}</strong>"


def _quiet(said: str) -> str:
    return f'<span class="quiet">{escape(said)}</span>'
