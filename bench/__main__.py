"""`python -m bench [NAME…]`: run the benches one after another, each in a process of its own.

Names: importing, embedding, vector_search, codecs, quality, search. Without names, all that can be
run: `search` needs --library, a library of 100,000 papers with their vectors. Each file has options
of its own: `python -m bench.embedding --help`.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
NAMES = ("importing", "merging", "embedding", "vector_search", "codecs", "quality", "search")


def main() -> int:
    """Run what is asked for; return 1 when one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder of real data")
    parser.add_argument("--library", type=Path, help="a library of 100,000 papers, for search")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in NAMES]
    if unknown:
        parser.error(f"no bench is called {unknown[0]!r}; there are {', '.join(NAMES)}")
    if "search" in args.names and args.library is None:
        parser.error("search needs --library")
    names = args.names or [name for name in NAMES if name != "search" or args.library]
    failed = [name for name in names if not _run(name, args)]
    for name in failed:
        sys.stderr.write(f"bench {name} failed\n")
    return 1 if failed else 0


def _run(name: str, args: argparse.Namespace) -> bool:
    started = time.monotonic()
    sys.stderr.write(f"bench {name} …\n")
    done = subprocess.run([sys.executable, "-m", f"bench.{name}", *_options(name, args)])
    sys.stderr.write(f"bench {name}: {time.monotonic() - started:.0f} s\n")
    return done.returncode == 0


def _options(name: str, args: argparse.Namespace) -> list[str]:
    if name == "vector_search":
        return []
    given = ["--shared", str(args.shared)]
    return [str(args.library), *given] if name == "search" else given


if __name__ == "__main__":
    sys.exit(main())
