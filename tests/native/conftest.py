"""Builds the native sources by hand, in ways in which the package never does."""

import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SOURCES = ROOT / "src" / "typecase" / "kernels" / "native"
BINDINGS = ("module.cpp", "bind_")
FLAGS = ["-std=c++17", "-ffp-contract=off", "-fno-strict-aliasing", "-Wall", "-Werror"]
# GCC 12 says these of its own AVX-512 header, SIMDe is older than the ABI of which GCC tells
FLAGS += ["-Wno-maybe-uninitialized", "-Wno-uninitialized", "-Wno-psabi"]
FLAGS += ["-Wno-unknown-warning-option"]  # Clang knows not all of these

Build = Callable[..., Path]


@pytest.fixture
def build_driver(tmp_path: Path) -> Build:
    """Builds the driver and the sources without Python; skips where the compiler is missing."""

    def build(compiler: str, *flags: str) -> Path:
        ours = [p for p in SOURCES.glob("*.cpp") if not p.name.startswith(BINDINGS)]
        return _link(compiler, [HERE / "driver.cpp", *ours], [f"-I{HERE}", *flags], tmp_path / "it")

    return build


@pytest.fixture
def build_module(tmp_path: Path) -> Build:
    """Builds `_native` with these flags, in a folder of its own."""

    def build(compiler: str, *flags: str) -> Path:
        nanobind = Path(pytest.importorskip("nanobind").__file__).parent
        include = [nanobind / "include", nanobind / "ext/robin_map/include"]
        paths = [*include, sysconfig.get_paths()["include"]]
        wanted = ["-fPIC", "-shared", "-fvisibility=hidden", *(f"-isystem{path}" for path in paths)]
        target = tmp_path / f"_native{sysconfig.get_config_var('EXT_SUFFIX')}"
        sources = [nanobind / "src" / "nb_combined.cpp", *SOURCES.glob("*.cpp")]
        return _link(compiler, sources, [*wanted, *flags], target)

    return build


def _link(compiler: str, sources: list[Path], flags: list[str], target: Path) -> Path:
    """Compile each source, two at a time, and link them."""
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler} here")
    command = [compiler, *FLAGS, f"-I{SOURCES}", *flags]
    objects = [target.parent / f"{source.stem}.o" for source in sources]

    def compile_one(source: Path, made: Path) -> None:
        _run([*command, "-c", str(source), "-o", str(made)])

    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(compile_one, sources, objects))
    _run([*command, *map(str, objects), "-o", str(target)])
    return target


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
