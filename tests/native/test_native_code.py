"""The native code in the hands of other compilers, other processors and the sanitizers."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parent
SANITIZE = ["-g", "-O1", "-fno-omit-frame-pointer"]
ADDRESSES = [*SANITIZE, "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
THREADS = [*SANITIZE, "-fsanitize=thread"]
ON_X86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="an x86-64 machine's test")

Build = Callable[..., Path]


def run(command: list[str], **environ: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environ)
    assert done.returncode == 0, (done.stdout + done.stderr)[-8000:]
    return done.stdout


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_every_pass_agrees_with_plain_code(build_driver: Build, compiler: str) -> None:
    assert " of plain" in run([str(build_driver(compiler, "-O3")), "10000"])


@ON_X86
def test_avx512_agrees_without_such_a_processor(build_driver: Build) -> None:
    if not Path("/usr/include/simde").is_dir():
        pytest.skip("no SIMDe here; Debian: apt install libsimde-dev")
    assert " of avx512" in run([str(build_driver("g++", "-O1", "-DTYPECASE_SIMDE")), "3000"])


@ON_X86
def test_neon_agrees_under_emulation(build_driver: Build) -> None:
    emulator = shutil.which("qemu-aarch64-static")
    if emulator is None:
        pytest.skip("no qemu-aarch64-static here; Debian: apt install qemu-user-static")
    driver = build_driver("aarch64-linux-gnu-g++", "-O2", "-static")
    assert " of neon" in run([emulator, str(driver), "1000"])


def test_no_pass_leaves_its_memory(build_driver: Build) -> None:
    run([str(build_driver("g++", *ADDRESSES)), "3000"])


def test_no_entry_breaks_on_any_argument(build_module: Build) -> None:
    # the interpreter keeps memory until it ends, and its own allocator hides overruns
    options = {"ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"}
    fuzz(build_module("g++", *ADDRESSES), "libasan.so", "--rounds", "400", **options)


def test_no_entry_shares_memory_between_threads(build_module: Build, tmp_path: Path) -> None:
    # a thread's own memory is freed by the system's loader, which tells the sanitizer nothing
    known = tmp_path / "known.txt"
    known.write_text("race:_dl_deallocate_tls\n")
    options = {"TSAN_OPTIONS": f"suppressions={known}:exitcode=66", "OPENBLAS_NUM_THREADS": "1"}
    module = build_module("g++", *THREADS)
    fuzz(module, "libtsan.so", "--rounds", "100", "--threads", "3", **options)


def fuzz(module: Path, sanitizer: str, *arguments: str, **options: str) -> None:
    """Run the fuzzer on this module; the sanitizer must be there before the interpreter."""
    command = [sys.executable, str(HERE / "fuzz_entries.py"), "--module", str(module.parent)]
    found = [run(["g++", f"-print-file-name={name}"]) for name in (sanitizer, "libstdc++.so")]
    environ = {"LD_PRELOAD": " ".join(found).replace("\n", ""), "PYTHONMALLOC": "malloc"}
    assert str(module) in run([*command, *arguments], **environ, **options)
