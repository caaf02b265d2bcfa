"""The methods under contract: everything that the registry holds, without a list of its own."""

from typing import Any

import pytest

from typecase.base.registry import entries, get, rooms


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test over every method of every room, or over every method of one room."""
    if "method" in metafunc.fixturenames:
        found = [(room, entry.name) for room in rooms() for entry in entries(room)]
        ids = [f"{room}/{name}" for room, name in found]
        metafunc.parametrize("method", [get(*pair) for pair in found], ids=ids)
    if "make_index" in metafunc.fixturenames:
        found_names = [entry.name for entry in entries("indexes")]
        metafunc.parametrize(
            "make_index", [get("indexes", n) for n in found_names], ids=found_names
        )
    for fixture, wanted in (("make_codec", "encode"), ("make_scan_codec", "scan_encode")):
        if fixture in metafunc.fixturenames:
            found_names = [entry.name for entry in entries("compress")]
            methods = {n: get("compress", n) for n in found_names}
            able = {n: m for n, m in methods.items() if hasattr(m, wanted)}
            metafunc.parametrize(fixture, list(able.values()), ids=list(able))


@pytest.fixture
def other_values() -> dict[type, Any]:
    """A value that differs from a default, by the default's type."""
    return {str: "other", int: 17, float: 0.25, bool: True, type(None): "given", tuple: ("x",)}
