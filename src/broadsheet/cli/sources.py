"""`broadsheet sources`."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_json, print_line
from broadsheet.model.harvest import About, HarvestState


@handles_errors
def sources(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List where papers can come from: what each gives, its rules, how far it is.

    Those with a rate can be asked with `broadsheet sync`; saved answers of all of them, and the
    others' files, are read by `broadsheet import`.
    """
    context: Context = ctx.obj
    found = _found(context)
    if as_json:
        print_json([_shape(about, states) for about, states in found])
        return
    for about, states in found:
        _print(about, states)


def _found(context: Context) -> list[tuple[About, list[HarvestState]]]:
    """The sources with their harvests; a library is not made for a look at them."""
    if not context.has_library():
        return [(about, []) for about in context.doors.known_sources(context.settings())]
    with context.opened() as services:
        return services.harvesting.sources()


def _shape(about: About, states: list[HarvestState]) -> dict[str, Any]:
    said = [asdict(state) for state in states]
    for state in said:
        state["pending"] = state.pop("request") is not None
        del state["validator"], state["source"]
    return {**asdict(about), "harvests": said}


def _print(about: About, states: list[HarvestState]) -> None:
    print_line(f"{about.name:16}{about.title}")
    rows = [("gives", about.gives), ("rules", about.rules), ("select", about.selects)]
    rows += [("see", about.home)]
    for name, value in rows:
        if value:
            print_line(f"{'':16}{name:8}{value}")
    for state in states:
        print_line(f"{'':16}{'state':8}{_state(state)}")


def _state(state: HarvestState) -> str:
    parts = [state.selection or "all"]
    if state.request is not None:
        parts.append(f"{state.pages:,} pages of a run from {state.since} on, not at its end")
    if state.complete_until:
        parts.append(f"complete until {state.complete_until}")
    if state.trouble:
        parts.append(state.trouble)
    return " · ".join(parts)
