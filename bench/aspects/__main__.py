"""Task, method and dataset: generic against specialised vectors, and searches that say no.

    python -m bench.aspects --shared ../shared/data [--cache FOLDER] [--heads FOLDER]
    python -m bench.aspects --facets FOLDER [--cache FOLDER]
    python -m bench.aspects --shared ../shared/data --papers PAPERS.npy --ship FOLDER

The first measures the heads that broadsheet carries, or other ones, on given collections that did
not teach them, and writes docs/reference/aspects.md; the second measures on a folder of judged
facets of one's own (`typecase.data.faceted` says its form); the third trains heads.
PAPERS.npy is what `bench.filtered.papers` makes.
"""

import argparse
import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.aspects.given import FACETS, told_apart
from bench.aspects.measuring import (
    Collection,
    collection_of,
    of_documents,
    of_phrases,
    spaces,
)
from bench.aspects.negative import negative_figures
from bench.aspects.other_method import other_method_figures
from bench.aspects.page import write_page
from bench.aspects.sentences import by_sentences
from bench.aspects.teaching import KnownEncoder, measured_collections, teaching
from bench.record import write_result
from broadsheet.search.aspects import SHIPPED, Aspects
from broadsheet.search.trials.kept_encoder import KeptEncoder
from typecase.data.faceted import read_faceted
from typecase.encoders.onnx import OnnxEncoder
from typecase.training.specialized import card_of, train_heads, write_heads

MODEL = "bge-small-en-v1.5-int8"
SEED = 0
# Fewer texts teach of datasets: with the usual rate the head moves too far from what it starts as.
_PARAMS: dict[str, dict[str, Any]] = {"dataset": {"n_dims": 192, "learning_rate": 3e-4}}


def main() -> None:
    args = _arguments()
    encoder = KeptEncoder(encoder=OnnxEncoder(model=MODEL), path=args.cache / f"{MODEL}.vectors")
    if args.ship:
        _ship(args, encoder)
        return
    aspects = Aspects(model_id=encoder.model_id, folder=args.heads)
    if args.facets:
        found = collection_of(args.facets.name, read_faceted(args.facets), encoder, FACETS)
        print(json.dumps(_measured(found, aspects, encoder), indent=2))
        return
    collections = [
        collection_of(name, told_apart(documents), encoder, FACETS)
        for name, documents in measured_collections(args.shared).items()
    ]
    heads = {name: partial(aspects.vectors, name) for name in aspects.names}
    figures = {
        "model": encoder.model_id,
        "trained": aspects.card["facets"],
        "collections": {one.name: _measured(one, aspects, encoder) for one in collections},
        "sentences": by_sentences(collections[0], heads, args.shared, encoder),
        "negative": negative_figures(collections, encoder),
    }
    path = write_result("aspects", figures, seed=SEED, packages=["broadsheet", "numpy"])
    _say(f"written to {path} and {write_page()}")


def _measured(found: Collection, aspects: Aspects, encoder: KeptEncoder) -> dict[str, Any]:
    maps = spaces({name: partial(aspects.vectors, name) for name in aspects.names})
    _say(f"measuring {found.name}")
    return {
        "documents": len(found.documents),
        "by_document": of_documents(found, maps),
        "by_name": of_phrases(found, maps, encoder),
        "other_method": other_method_figures(found, aspects),
    }


def _ship(args: argparse.Namespace, encoder: KeptEncoder) -> None:
    vectors = np.load(args.papers, mmap_mode="r") if args.papers else None
    documents, known = teaching(args.shared, vectors)
    _say(f"{len(documents):,} documents teach")
    known_first = KnownEncoder(encoder=encoder, known=known)
    heads = {}
    for facet in FACETS:
        params = {"random_state": SEED, **_PARAMS.get(facet, {})}
        heads |= train_heads(documents, known_first, facets=[facet], params=params)
    write_heads(args.ship, heads, card=card_of(documents, heads, encoder.model_id))
    _say(f"written to {args.ship}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "broadsheet")
    parser.add_argument("--heads", type=Path, default=SHIPPED, help="heads to measure")
    parser.add_argument("--facets", type=Path, help="a folder of judged facets")
    parser.add_argument("--papers", type=Path, help="vectors of papers that teach, too")
    parser.add_argument("--ship", type=Path, help="train, and write the heads there")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")


if __name__ == "__main__":
    main()
