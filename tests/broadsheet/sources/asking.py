"""Short ways to hand an answer to a source, and what the recorded samples are read with."""

import io
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tests.broadsheet.sources.mutations import check, mutations

from broadsheet.model.errors import SourceError
from broadsheet.model.harvest import Answer, Page, Plan, Request
from broadsheet.model.importing import Located
from broadsheet.model.paper import Record
from broadsheet.model.source_ports import Format, Wire

_ODD = (
    None,
    True,
    -7,
    1e308,
    10**300,
    "",
    " \u202e@",
    "x" * 3_000,
    [],
    [[]],
    [7, None],
    {},
    {"a": 1},
)
PLAN = Plan(now=datetime(2026, 11, 22, tzinfo=UTC))


def page(
    source: Wire,
    body: object,
    *,
    status: int = 200,
    request: Request | str = "http://127.0.0.1/works?cursor=*",
    plan: Plan = PLAN,
) -> Page:
    """Return what a source reads in an answer; body is bytes, or a value that is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = Request(url=request) if isinstance(request, str) else request
    return source.page(plan, asked, Answer(status=status, body=data, headers={}))


def read_mutations(source: Wire, seed: bytes, n: int, *, plan: Plan) -> None:
    """Read n damaged copies as files and as answers: only the named errors may leave."""
    for data in mutations(seed, n):
        _read(source, data, plan)


def read_wrong_kinds(source: Wire, value: object, *, plan: Plan) -> None:
    """Read a document once for every value in it and every odd value in its place."""
    for odd in _ODD:
        for changed in _replaced(value, odd):
            _read(source, json.dumps(changed).encode(), plan)


def _read(source: Wire, data: bytes, plan: Plan) -> None:
    for item in source.read(io.BytesIO(data), file="a.json"):
        if isinstance(item, Located):
            check(item.record)
        else:
            assert item.reason
    with suppress(SourceError):
        for record in page(source, data, request=source.first(plan), plan=plan).items:
            if isinstance(record, Record):
                check(record)


def _replaced(value: object, odd: object) -> Iterator[object]:
    """Yield copies of value, in each of which another part is odd."""
    yield odd
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (value | {key: changed} for changed in _replaced(inner, odd))
    if isinstance(value, list):
        for at, inner in enumerate(value):
            yield from (
                [*value[:at], changed, *value[at + 1 :]] for changed in _replaced(inner, odd)
            )


def samples(shared_data: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the recorded payloads of a source with their names."""
    for path in sorted((shared_data / "samples" / name).glob("*.*")):
        yield path.name, path.read_bytes()


def claimed(source: Format, shared_data: Path) -> set[str]:
    """Return the folders of samples in which a source takes some file for its own."""
    paths = (shared_data / "samples").glob("*/*.*")
    return {path.parent.name for path in paths if source.recognises(path.read_bytes())}
