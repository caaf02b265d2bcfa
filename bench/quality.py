"""How well papers are found on judged collections, in every mode, beside bm25s and the bare model.

    python -m bench.quality --shared ../shared/data [--cache FOLDER] [--sets scifact,nfcorpus]

It is `broadsheet evaluate` over the collections, kept as a result, and as the table of
docs/reference/quality.md. bm25s runs here when it is found in the environment that BENCH_PYTHON
names, which `make bench` prepares. Embeddings are kept in --cache, outside the tree, so that it
can be repeated.

What is chosen by measuring was chosen on CHOSEN_ON; the other collections had no part in it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench.quality_page import write_page
from bench.record import write_result
from broadsheet.cli.output import progress_shown
from broadsheet.model.evaluation import MODES, Wanted
from broadsheet.model.settings import Settings
from broadsheet.wiring_evaluation import evaluation_service

SETS = {
    "scifact": "train",
    "nfcorpus": "dev",
    "cranfield": None,
    "cisi": None,
    "med": None,
    "cacm": None,
    "npl": None,
}
CHOSEN_ON = ("nfcorpus", "cranfield", "cisi")


def main() -> None:
    args = _arguments()
    _find_peers()
    names = ["cranfield"] if args.quick else args.sets.split(",")
    service = evaluation_service(Settings(encoder=args.model), args.cache)
    reports = {}
    for name in names:
        split = SETS[name]
        wanted = Wanted(modes=tuple(args.modes.split(",")), splits=(split,) if split else ())
        with progress_shown() as progress:
            report = service.run(args.shared / f"ir_{name}", wanted, progress=progress)
        reports[name] = asdict(report)
        row = {mode: f"{100 * f.ndcg_10:.1f}" for mode, f in report.figures.items()}
        print(f"{name:10}", *(f"{mode} {value}" for mode, value in row.items()), flush=True)
    figures = {"model": args.model, "chosen_on": list(CHOSEN_ON), "sets": reports}
    packages = ["broadsheet", "tantivy", "onnxruntime", "numpy", "bm25s"]
    name = "quality_quick" if args.quick else "quality"
    print(f"written to {write_result(name, figures, seed=0, packages=packages)}")
    if not args.quick:
        print(f"written to {write_page()}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "broadsheet")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--quick", action="store_true", help="cranfield alone, not kept")
    parser.add_argument("--model", default=Settings().encoder)
    return parser.parse_args()


def _find_peers() -> None:
    """Let packages of the environment of peers be imported, behind our own."""
    python = Path(os.environ.get("BENCH_PYTHON", ".venv-bench/bin/python"))
    if python.is_file():
        ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
        done = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True)
        sys.path.append(done.stdout.strip())


if __name__ == "__main__":
    main()
