"""Categories of papers, how sure they are, topics by keywords, and reasons, on real papers.

    python -m bench.categories --shared ../shared/data --vectors DIR [--cache DIR] [--papers 60000]
    python -m bench.categories --page

DIR holds vectors of papers as `python -m bench.filtered.papers` makes them (its folder `chunks`):
title and abstract, cut at 32 tokens. Of these the arXiv papers are taken, in four parts: 0.7
teach, and a tenth each for tuning, calibration and measuring. Only the news and the keywords are
embedded here, once. About fifteen minutes. The page is docs/reference/categories.md.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.categories import conformal, explicit, nearest, topics
from bench.categories.page import write_page
from bench.categories.papers import arxiv_papers, in_parts
from bench.filtered.papers import cut_encoder
from bench.record import RESULTS, write_result
from broadsheet.search.trials.kept_encoder import KeptEncoder

SEED = 20261128
PARTS = ("nearest", "conformal", "topics", "explicit")
_NEWS_TOKENS = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--vectors", type=Path, help="a folder of vectors of papers")
    parser.add_argument("--papers", type=int, default=60_000, help="so many of them, at most")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "broadsheet")
    parser.add_argument("--only", choices=PARTS, help="measure this anew, keep what is there")
    parser.add_argument("--page", action="store_true", help="only write the page anew")
    args = parser.parse_args()
    if not args.page:
        if args.vectors is None:
            parser.error("--vectors is needed: a folder that bench.filtered.papers made")
        packages = ["broadsheet", "numpy", "onnxruntime"]
        path = write_result("categories", _figures(args), seed=SEED, packages=packages)
        print(f"written to {path}")
    print(f"written to {write_page()}")


def _figures(args: argparse.Namespace) -> dict[str, Any]:
    start = time.monotonic()
    parts = in_parts(arxiv_papers(args.shared, args.vectors, args.papers), SEED)
    print({name: len(part) for name, part in parts.items()}, flush=True)
    encoder = KeptEncoder(
        encoder=cut_encoder(_NEWS_TOKENS), path=args.cache / f"news_{_NEWS_TOKENS}.vectors"
    )
    index = nearest.FoundOnce()
    measures = {
        "nearest": lambda: nearest.measure(parts, index),
        "conformal": lambda: conformal.measure(parts, index, SEED),
        "topics": lambda: topics.measure(parts, args.shared, encoder, SEED),
        "explicit": lambda: explicit.measure(parts, SEED),
    }
    figures: dict[str, Any] = {"model": encoder.model_id, "papers": args.papers}
    if args.only:
        old = json.loads((RESULTS / "categories.json").read_text("utf-8"))
        kept = [name for name in PARTS if name != args.only]
        figures |= {name: old["figures"][name] for name in kept}
        figures["kept"] = {"commit": old["commit"], "parts": kept}
    for name in [args.only] if args.only else PARTS:
        figures[name] = measures[name]()
    return figures | {"seconds": round(time.monotonic() - start)}


if __name__ == "__main__":
    main()
