"""`broadsheet query`."""

from dataclasses import fields, is_dataclass
from typing import Annotated, Any

import typer

from broadsheet.cli.context import handles_errors
from broadsheet.cli.output import print_json, print_line
from broadsheet.model.language import canonical, plan_of, read
from broadsheet.model.language.fields import FIELDS
from broadsheet.model.language.plan import Plan
from broadsheet.model.language.printing import number


@handles_errors
def query(
    text: Annotated[
        list[str] | None, typer.Argument(metavar="QUERY", help="A search, quoted for the shell.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how a search is understood: its tree, its one spelling, what will be done.

    Without a search, list the fields. No library is read: this is what the box, the addresses,
    the API and saved queries understand, too.
    """
    if not text:
        for spec in FIELDS:
            print_line(f"{spec.example:32} {spec.says}")
        return
    tree = read(" ".join(text))
    plan = plan_of(tree)
    if as_json:
        parts = [_shape(node) for node in tree.nodes]
        print_json({"canonical": canonical(tree), "tree": parts, "plan": _shape(plan)})
        return
    print_line(canonical(tree))
    for step in steps(plan):
        print_line(f"  {step}")


def steps(plan: Plan) -> list[str]:
    """Return what a search does, in sentences."""
    said = []
    for words in plan.words:
        times = "" if words.weight == 1 else f", times {number(words.weight)}"
        verb = "look for" if words.weight > 0 else "count against a paper"
        said.append(
            f"{verb} the {words.kind}{'s' if words.kind == 'word' else ''} {words.text!r}{times}"
        )
    said += [f"demand that {text!r} stands side by side" for text in plan.phrases]
    if plan.text:
        said.append(f"rank by nearness to the meaning of {plan.text!r}")
    for soft in plan.softs:
        what = f"the paper {soft.text}" if soft.is_paper else repr(soft.text)
        verb = "rank by nearness to" if soft.weight > 0 else "turn away from"
        times = "" if abs(soft.weight) == 1 else f", times {number(abs(soft.weight))}"
        kind = "meaning" if soft.kind == "near" else soft.kind
        said.append(f"{verb} the {kind} of {what}{times}")
    if plan.condition is not None:
        said.append(f"keep what meets: {_said(_shape(plan.condition))}")
    if not plan.is_ranked:
        said.append("list by date, newest first")
    if plan.sort:
        said.append(f"sort by {plan.sort}")
    return said + [f"with: {option}" for option in sorted(plan.options)]


def _said(shape: Any) -> str:
    if isinstance(shape, dict):
        kind = shape["is"]
        rest = ", ".join(f"{_said(v)}" for k, v in shape.items() if k not in ("is", "weight"))
        return f"{kind}({rest})"
    if isinstance(shape, list):
        return ", ".join(_said(one) for one in shape)
    return str(shape)


def _shape(value: Any) -> Any:
    """Return nodes as JSON takes them: their kind under `is`, then what they hold."""
    if is_dataclass(value) and not isinstance(value, type):
        held = {f.name: _shape(getattr(value, f.name)) for f in fields(value)}
        return {"is": type(value).__name__.lower()} | held
    if isinstance(value, tuple | frozenset):
        return [_shape(one) for one in (sorted(value) if isinstance(value, frozenset) else value)]
    return value
