"""Each bench finds what it takes from this project: a name that has moved breaks it unseen."""

import ast
import importlib
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
OWN = ("bench", "broadsheet", "typecase")


def taken(path):
    """Return the modules of ours that a file imports, and the names it takes from them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in OWN:
            yield node.module, [name.name for name in node.names]


@pytest.mark.parametrize(
    "path", sorted(BENCH.rglob("*.py")), ids=lambda p: p.relative_to(BENCH).as_posix()
)
def test_what_a_bench_imports_of_ours_is_there(path):
    for module, names in taken(path):
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as e:
            if (e.name or "").split(".")[0] in OWN:
                pytest.fail(f"{path.name} imports {e.name}")
            continue  # a peer that is not installed here
        for name in names:
            is_there = hasattr(found, name) or importlib.util.find_spec(f"{module}.{name}")
            assert is_there, f"{path.name} takes {name} from {module}"
