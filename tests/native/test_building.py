"""The package builds with a compiler, and goes on without one."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
NO_COMPILER = {"CC": "false", "CXX": "false"}


def build(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "setup.py", "-q", "build_ext", "--build-lib", str(folder)]
    clean = {name: value for name, value in os.environ.items() if name != "TYPECASE_NATIVE"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=clean | environ)


def test_without_a_compiler_the_build_goes_on_and_says_what_to_do(tmp_path: Path) -> None:
    before = sorted((ROOT / "src/typecase/kernels").glob("_native.*"))
    done = build(tmp_path, **NO_COMPILER)
    assert done.returncode == 0
    assert "built without native code, so search is slow" in done.stdout
    assert list(tmp_path.rglob("_native.*")) == []
    assert sorted((ROOT / "src/typecase/kernels").glob("_native.*")) == before


def test_native_code_that_is_required_fails_without_a_compiler(tmp_path: Path) -> None:
    assert build(tmp_path, TYPECASE_NATIVE="required", **NO_COMPILER).returncode != 0


def test_a_wheel_of_a_machine_without_a_compiler_has_no_native_code(tmp_path: Path) -> None:
    command = [sys.executable, "setup.py", "-q", "build", "--build-base", str(tmp_path / "build")]
    command += ["bdist_wheel", "-d", str(tmp_path)]
    clean = {name: value for name, value in os.environ.items() if name != "TYPECASE_NATIVE"}
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=clean | NO_COMPILER)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    assert "typecase/kernels/native.py" in names
    assert [name for name in names if name.endswith((".so", ".pyd", ".cpp"))] == []
