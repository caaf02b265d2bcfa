"""The compiled kernels: there or not, said once, the same answers from every instruction set."""

import ast
import inspect
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from typecase.kernels import native

ROOT = Path(__file__).resolve().parents[3]
needs_native = pytest.mark.skipif(not native.AVAILABLE, reason=native.describe())

if native.AVAILABLE:
    from typecase.kernels import _native

    SETS = _native.simd_names()
else:
    SETS = []


@pytest.fixture(params=SETS)
def simd(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each instruction set of this machine in turn."""
    _native.use_simd(request.param)
    yield request.param
    _native.use_simd("")


def run(code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    # what the harness itself forces would overrule the test
    clean = {name: value for name, value in os.environ.items() if name != "TYPECASE_SIMD"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env=clean | environ)


def test_without_native_code_it_works_and_says_once_that_it_is_slow() -> None:
    hidden = "import sys; sys.modules['typecase.kernels._native'] = None\n"
    again = "from typecase.kernels import native\n" * 2
    done = run(hidden + again + "print(native.AVAILABLE, native.simd())\nprint(native.describe())")
    assert done.stdout.startswith("False None\nnative kernels: none, search is slow.")
    assert done.stderr.count("search is slow") == 1
    assert "apt install g++" in done.stderr


def test_off_leaves_native_code_unused() -> None:
    done = run("from typecase.kernels import native; print(native.AVAILABLE)", TYPECASE_SIMD="off")
    assert done.stdout == "False\n"


@needs_native
@pytest.mark.parametrize("name", SETS)
def test_the_environment_forces_an_instruction_set(name: str) -> None:
    done = run("from typecase.kernels import native; print(native.describe())", TYPECASE_SIMD=name)
    assert (done.stdout, done.stderr) == (f"native kernels: {name}\n", "")


@needs_native
def test_an_instruction_set_that_is_not_there_is_refused() -> None:
    done = run("from typecase.kernels import native", TYPECASE_SIMD="mmx")
    assert done.returncode == 1
    assert "InvalidInputError: TYPECASE_SIMD must be one of" in done.stderr
    with pytest.raises(ValueError, match=r"plain on this machine, got mmx\."):
        _native.use_simd("mmx")


def test_importing_the_engine_leaves_native_code_alone() -> None:
    done = run("import typecase, sys; print('typecase.kernels.native' in sys.modules)")
    assert done.stdout == "False\n"


@pytest.mark.usefixtures("simd")
@given(st.data())
def test_products_of_bytes_are_exact(data: st.DataObject) -> None:
    n, dim = data.draw(st.integers(0, 5)), 32 * data.draw(st.integers(0, 9))
    extreme = data.draw(st.booleans())
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    q = (np.full(dim, 127) if extreme else rng.integers(0, 128, dim)).astype("u1")
    rows = rng.choice([-127, 127], (n, dim)) if extreme else rng.integers(-127, 128, (n, dim))
    less, out = rng.integers(-1000, 1000, n).astype(np.int32), np.empty(n, np.int32)
    _native.dot_u7(q, rows.astype("i1"), less, out)
    np.testing.assert_array_equal(out, rows @ q.astype(np.int64) - less)


@pytest.mark.usefixtures("simd")
@given(st.integers(0, 300), st.integers(0, 2**32))
def test_products_of_floats_are_summed_in_double(dim: int, seed: int) -> None:
    q, x = np.random.default_rng(seed).normal(size=(2, dim)).astype(np.float32)
    wide = q.astype(np.float64) * x
    assert abs(_native.dot_f32(q, x) - wide.sum()) <= 1e-15 * (1 + dim) * np.abs(wide).sum()
    assert _native.square_f32(x) == pytest.approx(float((x.astype(np.float64) ** 2).sum()), 1e-14)


@needs_native
def test_sizes_and_types_that_do_not_fit_are_refused() -> None:
    q, rows, out = np.zeros(32, np.uint8), np.zeros((2, 32), np.int8), np.zeros(2, np.int32)
    less = np.zeros(2, np.int32)
    with pytest.raises(ValueError, match="q must be at most 127"):
        _native.dot_u7(q + np.uint8(128), rows, less, out)
    with pytest.raises(ValueError, match=r"less must be at most 2\^30"):
        _native.dot_u7(q, rows, np.full(2, -(2**31), np.int32), out)
    with pytest.raises(ValueError, match="less must have as many elements"):
        _native.dot_u7(q, rows, less[:1], out)
    with pytest.raises(ValueError, match="q must have as many elements"):
        _native.dot_u7(q[:31], rows, less, out)
    with pytest.raises(ValueError, match="dim must be a multiple of 32"):
        _native.dot_u7(q[:31].copy(), rows[:, :31].copy(), less, out)
    with pytest.raises(TypeError):
        _native.dot_u7(q, rows.astype(np.int16), less, out)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        _native.dot_u7(q, rows[:, ::-1], less, out)
    out.flags.writeable = False
    with pytest.raises(TypeError):
        _native.dot_u7(q, rows, less, out)


@needs_native
def test_other_threads_run_while_a_call_computes() -> None:
    q, rows = np.ones(1024, np.uint8), np.ones((20_000, 1024), np.int8)
    less, out = np.zeros(len(rows), np.int32), np.empty(len(rows), np.int32)
    turns, seen = [0], []

    def call() -> None:
        before = turns[0]
        _native.dot_u7(q, rows, less, out)
        seen.append(turns[0] > before)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)  # nobody takes the interpreter; it is given away or kept
    try:
        for _ in range(200):
            thread = threading.Thread(target=call)
            thread.start()
            while thread.is_alive():
                turns[0] += 1
                time.sleep(0)  # gives the interpreter away
            if seen[-1]:
                break
    finally:
        sys.setswitchinterval(interval)
    assert any(seen)


@needs_native
def test_the_stub_tells_of_every_entry_and_its_arguments() -> None:
    stub = ast.parse((ROOT / "src/typecase/kernels/_native.pyi").read_text(encoding="utf-8"))
    assert dict(_said(stub)) == dict(_offered(_native))


def _said(node: ast.Module | ast.ClassDef) -> Iterator[tuple[str, object]]:
    for each in node.body:
        if isinstance(each, ast.ClassDef):
            yield each.name, dict(_said(each))
        elif isinstance(each, ast.FunctionDef):
            is_property = any(ast.unparse(d) == "property" for d in each.decorator_list)
            names = [a.arg for a in [*each.args.args, *each.args.kwonlyargs] if a.arg != "self"]
            yield each.name, None if is_property else names


def _offered(owner: object) -> Iterator[tuple[str, object]]:
    for name, each in vars(owner).items():
        if name.startswith("_") and name != "__init__":
            continue
        if inspect.isclass(each):
            yield name, dict(_offered(each))
        elif isinstance(each, property):
            yield name, None
        elif signatures := getattr(each, "__nb_signature__", None):
            yield name, _arguments(signatures[0][0])


def _arguments(signature: str) -> list[str]:
    """Return the names in `def f(self, a: int, *, b: ndarray[dtype=int8, shape=(*)]) -> None`."""
    while (bare := re.sub(r"\[[^\[\]]*\]", "", signature)) != signature:
        signature = bare
    return re.findall(r"(\w+):", signature)
