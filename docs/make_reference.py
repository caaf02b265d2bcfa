"""Writes the reference pages that the code itself can tell: methods, commands, settings, API.

`python docs/make_reference.py` writes them; with `--check` it only says whether they are current.
"""

import argparse
import inspect
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import typer
from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from broadsheet.api.app import mount_api
from broadsheet.api.measuring import Requests
from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.model.errors import QuerySyntaxError
from broadsheet.model.language import canonical, read
from broadsheet.model.language.fields import FIELDS
from broadsheet.model.language.making import MAX_WEIGHT
from broadsheet.model.language.reading import GRAMMAR, MAX_CHARACTERS, MAX_DEPTH, MAX_PARTS
from broadsheet.model.settings import MailSettings, OidcSettings, Settings, SourceSettings
from broadsheet.model.trend_settings import TrendingSettings, TrendWeights
from typecase.base import registry

_FOLDER = Path(__file__).parent / "reference"
_MADE = "<!-- Made by docs/make_reference.py; change the code, not this page. -->\n\n"


def main() -> int:
    """Write the pages, or with `--check` return 1 when one is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    stale = [name for name, text in pages().items() if not _current(name, text)]
    for name in stale:
        if not check:
            (_FOLDER / name).write_text(pages()[name], "utf-8")
        sys.stdout.write(f"{'stale' if check else 'wrote'} docs/reference/{name}\n")
    return 1 if check and stale else 0


def pages() -> dict[str, str]:
    """Return each page's text by its file name."""
    texts = {
        "methods.md": _methods(),
        "commands.md": _commands(),
        "settings.md": _settings(),
        "api.md": _api(),
        "search.md": _search(),
    }
    return {name: _MADE + text for name, text in texts.items()}


def _current(name: str, text: str) -> bool:
    path = _FOLDER / name
    return path.is_file() and path.read_text("utf-8") == text


def _methods() -> str:
    lines = ["# Methods of Typecase", ""]
    for room in registry.rooms():
        lines += [f"## {room}", "", "| name | class | what | source |", "|---|---|---|---|"]
        for name in registry.names(room):
            cls = registry.get(room, name)
            doc = inspect.getdoc(cls) or ""
            lines.append(f"| `{name}` | `{cls.__name__}` | {_first(doc)} | {_source(doc)} |")
        lines.append("")
    return "\n".join(lines)


def _first(doc: str) -> str:
    return " ".join(doc.split("\n\n")[0].split()).replace("|", "\\|")


def _source(doc: str) -> str:
    if "Source:" not in doc:
        return ""
    section = doc.split("Source:", 1)[1].split("\n\n")[0]
    return " ".join(section.split()).replace("|", "\\|")


def _commands() -> str:
    doors = Doors(
        read_settings=_closed,
        open_library=_closed,
        known_sources=_closed,
        serve=_closed,
        restoring=_closed,
    )
    command: Any = typer.main.get_command(make_app(doors))
    lines = ["# Commands", "", "Before the command:", "", *_options(command), ""]
    for name, sub in sorted(command.commands.items()):
        lines += [f"## broadsheet {name}", "", inspect.cleandoc(sub.help), "", *_options(sub), ""]
    return "\n".join(lines)


def _closed(*args: object, **kwargs: object) -> Any:
    raise AssertionError("help opens no library")


def _options(command: Any) -> list[str]:
    lines = ["| option | meaning |", "|---|---|"]
    for parameter in command.params:
        is_option = parameter.param_type_name == "option"
        name = ", ".join(parameter.opts) if is_option else parameter.metavar or parameter.name
        meaning = str(getattr(parameter, "help", "") or "").replace("|", "\\|")
        lines.append(f"| `{name}` | {meaning} |")
    return lines


def _search() -> str:
    lines = [
        "# The language of searches",
        "",
        "The box, the address `/search?q=…`, `/api/v1/search?q=…`, `broadsheet search` and saved "
        "searches understand the same. `broadsheet query 'TEXT'` shows how a search is understood; "
        "what cannot be read is refused with its place.",
        "",
        "| written | does |",
        "|---|---|",
        *(f"| {_code(written)} | {does} |" for written, does in _SIGNS),
        "",
        "## Fields",
        "",
        "A value with blanks stands in quotation marks. A condition takes several values, joined "
        "by commas: any of them.",
        "",
        "| field | also | example | does |",
        "|---|---|---|---|",
    ]
    for spec in FIELDS:
        also = ", ".join(f"`{name}:`" for name in spec.also)
        takes = f" Takes {', '.join(f'`{c}`' for c in spec.choices)}." if spec.choices else ""
        row = f"| `{spec.name}:` | {also} | {_code(spec.example)} | {spec.says}{takes} |"
        lines.append(row)
    lines += [
        "",
        "`meaning`, `near`, `task`, `method` and `data` order papers and leave none out; all take "
        "weights. A minus sign turns away from them. `task`, `method` and `data` also take a "
        "paper: `task:near:ID`. The others are conditions.",
        "",
        f"A search has {MAX_CHARACTERS:,} characters and {MAX_PARTS} parts at most, parentheses "
        f"{MAX_DEPTH} deep, weights up to {MAX_WEIGHT:.0f}.",
        "",
        "## Why a paper is found",
        "",
        "Each hit tells its reasons. Their shares add up to its score, and each is a link to the "
        "search in which it counts double, half, or against. `/search/why?q=…&paper=ID`, and "
        "`/api/v1/search/why`, tell more: the sentence of the paper that is nearest to each "
        "reason, and the categories and keywords that connect the search with the paper, with "
        "the share of each. Those are no part of the score.",
        "",
        "A reading beside the search (`with:rerank`) takes a quarter of a second at most; how many "
        "papers were read in it is said.",
        "",
        "## Read and printed",
        "",
        "Every search has one spelling, in which it is printed; read again, it is the same.",
        "",
        "| typed | printed |",
        "|---|---|",
        *(f"| {_code(text)} | {_code(canonical(read(text)))} |" for text in _SEARCHES),
        "",
        "## Refused",
        "",
        "| typed | at | because |",
        "|---|---|---|",
        *(f"| {_code(text)} | {_refused(text)} |" for text in _REFUSED),
        "",
        "## Grammar",
        "",
        "In the notation of [Lark](https://lark-parser.readthedocs.io), LALR(1):",
        "",
        "```lark",
        GRAMMAR.strip(),
        "```",
    ]
    return "\n".join(lines) + "\n"


_SIGNS = (
    (
        "dense retrieval",
        "Words: papers are ordered by them and their meaning; none is demanded.",
    ),
    ('"dense retrieval"', "A phrase: its words must stand side by side."),
    ("-survey", "Not: papers that hold the word are left out; so for phrases and conditions."),
    ("graph^2", "A weight: counts double. `^-0.5` counts against a paper."),
    ("(bert OR gpt)", "Either: one side must hold. AND is what a blank means."),
    ("-(survey OR review)", "Parentheses may be negated as a whole."),
)
_SEARCHES = (
    "graphs  AND “neural networks”^2 -survey",
    "cat:cs.CL OR cat:cs.IR",
    "announced:>2026-09 year:2023..2025",
    'by:"Ada Lovelace" about:attention',
    "task:near:2301.00001 -method:near:2301.00001",
    "saved: by:me",
)
_REFUSED = ('graph "nets', "cta:cs.CL", "x^p", "()", "year:2025..2023", "-meaning:a^-1", "cat:cs^2")


def _refused(text: str) -> str:
    try:
        read(text)
    except QuerySyntaxError as e:
        return f"{e.at + 1} | {str(e).replace('|', chr(92) + '|')}"
    raise AssertionError(f"{text} is read")


def _code(text: str) -> str:
    return f"`{text.replace('|', chr(92) + '|')}`"


def _settings() -> str:
    lines = [
        "# Settings",
        "",
        "The command line stands over the environment, over `broadsheet.toml` in the library, "
        "over these defaults. An unknown key is an error.",
        "",
        "| key | environment | default | meaning |",
        "|---|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = _default(field)
        row = f"| `{name}` | `BROADSHEET_{name.upper()}` | {default} | {field.description or ''} |"
        lines.append(row)
    lines += [
        "",
        "`sources` is a table for each source that `broadsheet sources` lists, as "
        "`[sources.arxiv]`; in the environment all of them as one JSON object.",
        "",
        "| key | default | meaning |",
        "|---|---|---|",
    ]
    lines += _table(SourceSettings)
    for said, table in _TABLES.items():
        lines += ["", said, "", "| key | default | meaning |", "|---|---|---|", *_table(table)]
    for name, field in TrendWeights.model_fields.items():
        lines.append(f"| `weights.{name}` | {_default(field)} | {field.description or ''} |")
    return "\n".join(lines) + "\n"


_TABLES: dict[str, type[BaseModel]] = {
    "`mail` is the table `[mail]`; in the environment one JSON object.": MailSettings,
    "`oidc` is the table `[oidc]`; it needs `pip install 'broadsheet[oidc]'`.": OidcSettings,
    "`trending` is the table `[trending]`. What an admin chooses at `/trending/settings` stands "
    "over it.": TrendingSettings,
}


def _table(settings: type[BaseModel]) -> list[str]:
    fields = settings.model_fields.items()
    return [
        f"| `{name}` | {_default(field)} | {field.description or ''} |"
        for name, field in fields
        if name != "weights"
    ]


def _default(field: FieldInfo) -> str:
    value = None if field.is_required() else field.get_default(call_default_factory=True)
    if isinstance(value, tuple):
        value = ", ".join(map(str, value))
    if isinstance(value, BaseModel):  # told in a table of its own
        return ""
    said = "" if value in (None, "", (), {}) else json.dumps(str(value)).strip('"')
    return f"`{said}`" if said else ""


_CLOSED = ["search", "reading", "trending", "operations", "marks", "collections", "follows"]


def _api() -> str:
    app = FastAPI()
    closed = SimpleNamespace(**dict.fromkeys(_CLOSED), settings=Settings())
    mount_api(app, cast(Any, closed), Requests())
    lines = [
        "# HTTP API",
        "",
        "A running paper describes its API at `/api` and as OpenAPI at `/api/v1/openapi.json`.",
        "",
    ]
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            lines += [f"## {method.upper()} {path}", "", operation["description"], ""]
            lines += ["| parameter | in | meaning |", "|---|---|---|"]
            for p in operation.get("parameters", []):
                meaning = (p.get("description") or p["schema"].get("description") or "").strip()
                lines.append(f"| `{p['name']}` | {p['in']} | {meaning} |")
            lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
