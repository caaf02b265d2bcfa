"""What an import costs and where arrows may point, where import-linter cannot see it."""

import ast
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from typecase.base.registry import entries, rooms

SRC = Path(__file__).resolve().parents[2] / "src"
HEAVY = ("numpy", "onnxruntime", "tokenizers", "torch", "scipy", "typer", "usearch", "broadsheet")


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def imports_of(path: Path) -> list[tuple[int, str]]:
    """The level and the module of every import in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plain = [(0, a.name) for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    return plain + [(n.level, n.module or "") for n in nodes]


def test_importing_the_engine_loads_nothing_heavy() -> None:
    assert modules_after("import typecase; typecase.names('indexes')").isdisjoint(HEAVY)


@pytest.mark.parametrize("room", rooms())
def test_importing_a_room_loads_none_of_its_methods(room: str) -> None:
    loaded = modules_after(f"import typecase.{room}")
    assert loaded.isdisjoint(HEAVY)
    assert loaded.isdisjoint(entry.module for entry in entries(room))


def test_searching_needs_numpy_and_nothing_else() -> None:
    loaded = modules_after("from typecase.indexes import FlatIndex, SignIndex")
    assert "numpy" in loaded
    assert loaded.isdisjoint(set(HEAVY) - {"numpy"})


@pytest.mark.parametrize("room", rooms())
def test_a_rooms_init_is_the_same_two_statements(room: str) -> None:
    tree = ast.parse((SRC / "typecase" / room / "__init__.py").read_text(encoding="utf-8"))
    statements = [n for n in tree.body if not isinstance(n, ast.Expr)]
    assert [ast.unparse(n) for n in statements] == [
        "from typecase.base.registry import lazy_room",
        "__getattr__, __dir__, __all__ = lazy_room(__name__)",
    ]


@pytest.mark.parametrize("room", rooms())
def test_no_file_of_a_room_imports_one_of_its_methods(room: str) -> None:
    methods = {entry.module for entry in entries(room)}
    for path in (SRC / "typecase" / room).glob("*.py"):
        assert methods.isdisjoint(module for _, module in imports_of(path)), path


def test_imports_are_absolute() -> None:
    for path in sorted(SRC.rglob("*.py")):
        assert [name for level, name in imports_of(path) if level] == [], path


def test_the_registry_ships_in_the_wheel(tmp_path: Path) -> None:
    command = [sys.executable, "setup.py", "-q", "build", "--build-base", str(tmp_path / "build")]
    command += ["bdist_wheel", "-d", str(tmp_path)]
    environ = os.environ | {"TYPECASE_NATIVE": "off"}
    subprocess.run(command, cwd=SRC.parent, check=True, capture_output=True, env=environ)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    assert "typecase/py.typed" in names
    assert {f"typecase/{room}/__init__.pyi" for room in rooms()} <= names
