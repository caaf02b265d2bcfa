"""Build the native kernels where there is a compiler; where there is none the package installs.

The environment's TYPECASE_NATIVE says what to do: `auto` (the default) tries and goes on without,
`required` fails where the kernels cannot be built, `off` does not try. Everything else about the
package stands in pyproject.toml; docs/decisions/0007-native-code.md says why it is built this way.
"""

import hashlib
import os
import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nanobind
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
NATIVE = Path("src/typecase/kernels/native")
NANOBIND = Path(nanobind.__file__).resolve().parent
WANTED = os.environ.get("TYPECASE_NATIVE", "auto")

# No -march: what a processor has is asked for when the program runs (native/dispatch.cpp).
# Products are not fused with sums unless the code says so: else every machine rounds differently.
FLAGS = [
    *("-std=c++17", "-O3", "-g0", "-fvisibility=hidden", "-ffunction-sections", "-fdata-sections"),
    *("-ffp-contract=off", "-fno-strict-aliasing"),
    # GCC 12 says so of its own AVX-512 header
    *("-Wno-maybe-uninitialized", "-Wno-uninitialized"),
]
LINK = [] if sys.platform == "darwin" else ["-Wl,--gc-sections", "-Wl,-s"]


class BuildNative(build_ext):
    """Compiles only what changed, two files at a time, and may do without."""

    def run(self) -> None:
        """Build, or say why not and leave nothing of older sources."""
        folders = [ROOT / NATIVE.parent] if self.inplace or self.editable_mode else []
        try:
            super().run()
        except Exception as error:
            if WANTED == "required":
                raise
            for folder in [*folders, Path(self.build_lib, "typecase", "kernels")]:
                for old in folder.glob("_native.*.so"):
                    old.unlink()
            print("typecase: built without native code, so search is slow. Install a C++ compiler")
            print(f"(Debian: apt install g++ python3-dev), then: make native. {str(error)[:100]}")

    def build_extension(self, ext: Extension) -> None:
        """Compile into a folder that outlives this build, then link."""
        self.build_temp = str(ROOT / "build" / f"native-{_fingerprint(self.compiler)}")
        compile_all = self.compiler.compile

        def compile_changed(sources, output_dir=None, depends=None, **options):  # type: ignore[no-untyped-def]
            # not among ext.sources: an absolute path there stops the editable installation
            sources = [str(NANOBIND / "src" / "nb_combined.cpp"), *sources]
            objects = self.compiler.object_filenames(sources, output_dir=output_dir)
            pairs = list(zip(sources, objects, strict=True))
            stale = [source for source, made in pairs if _is_stale(source, made, depends or [])]
            with ThreadPoolExecutor(max_workers=2) as pool:
                one = lambda source: compile_all([source], output_dir=output_dir, **options)  # noqa: E731
                list(pool.map(one, stale))
            return objects

        self.compiler.compile = compile_changed
        super().build_extension(ext)


def _is_stale(source: str, made: str, depends: list[str]) -> bool:
    """Tell whether the object is older than its source or, for a source of ours, a header."""
    if not Path(made).exists():
        return True
    ours = not Path(source).is_absolute()
    newest = max(Path(p).stat().st_mtime for p in [source, *(depends if ours else [])])
    return Path(made).stat().st_mtime <= newest


def _fingerprint(compiler: object) -> str:
    """Name everything but the sources that an object depends on."""
    command = " ".join(getattr(compiler, "compiler_so_cxx", None) or [type(compiler).__name__])
    parts = (command, sys.version, platform.machine(), nanobind.__version__, *FLAGS)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def extensions() -> list[Extension]:
    """Return the one extension, or none where none is wanted."""
    if WANTED == "off" or sys.platform == "win32":  # its compiler lacks GCC's built-ins
        return []
    return [
        Extension(
            "typecase.kernels._native",
            sources=sorted(str(path) for path in NATIVE.glob("*.cpp")),
            depends=sorted(str(path) for path in NATIVE.glob("*.hpp")),
            include_dirs=[str(NANOBIND / "include"), str(NANOBIND / "ext/robin_map/include")],
            define_macros=[("NDEBUG", None), ("NB_COMPACT_ASSERTIONS", None)],
            extra_compile_args=FLAGS,
            extra_link_args=LINK,
            language="c++",
        )
    ]


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildNative})
