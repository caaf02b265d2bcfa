"""Vectors and attributes of real papers, for the benchmark.

    python -m bench.filtered.papers --corpora ../shared/data --out DIR [--tokens 32]

Every paper that has an abstract is embedded from its title and the beginning of its abstract, cut
at so many tokens. The order is random and fixed by a seed, so what is there after an hour is a fair
sample; run again, it goes on where it stopped. The queries are the titles of papers that are held
out, embedded as queries.
"""

import argparse
import dataclasses
import gzip
import hashlib
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.filtered.attributes import Column, labels, numbers, save_attributes, sets
from typecase.encoders import OnnxEncoder

log = logging.getLogger(__name__)

SEED = 20261123
N_QUERIES = 1000
CHUNK = 2000
KEY_DIGITS = 24
NAME_LENGTH = 40  # a few "authors" are long lists
FILES = (
    "corpus_arxiv/papers.jsonl.gz",
    "corpus_acl/papers_with_abstract.jsonl.gz",
    "corpus_conf/papers_with_abstract.jsonl.gz",
)


def main() -> None:
    args = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    papers = read_papers(args.corpora)
    order = np.random.default_rng(SEED).permutation(len(papers))
    queries, base = order[:N_QUERIES], order[N_QUERIES:]
    if not args.assemble:
        encoder = cut_encoder(args.tokens)
        chunks = args.out / "chunks"
        chunks.mkdir(parents=True, exist_ok=True)
        _embed_queries(encoder, [papers[row] for row in queries], args.out)
        _embed_base(encoder, [papers[row] for row in base], chunks, args)
    assemble(papers, base, args.out)


def read_papers(corpora: Path) -> list[dict[str, Any]]:
    """Return every paper with an abstract as title, abstract, and the attributes."""
    papers = []
    for name in FILES:
        with gzip.open(corpora / name, "rt", encoding="utf-8") as lines:
            papers += [_paper(json.loads(line), name.split("/")[0]) for line in lines]
    return [paper for paper in papers if paper["title"] and paper["abstract"]]


def cut_encoder(tokens: int) -> OnnxEncoder:
    """Return the default encoder that reads so many tokens of a text."""
    spec = OnnxEncoder().spec
    return OnnxEncoder(model=dataclasses.replace(spec, max_tokens=tokens))


def assemble(papers: list[dict[str, Any]], base: NDArray[np.int64], out: Path) -> int:
    """Write what has been embedded so far as papers.npy and papers_attributes.npz."""
    done = list(_whole_chunks(out / "chunks"))
    x = np.concatenate([np.load(path) for path in done])
    x = _write(out / "papers.npy", x)
    kept = [papers[row] for row in base[: len(x)]]
    save_attributes(out / "papers_attributes.npz", paper_columns(kept))
    log.info("assembled papers=%d", len(x))
    return len(x)


def paper_columns(papers: list[dict[str, Any]]) -> dict[str, Column]:
    return {
        "category": sets([p["categories"] for p in papers]),
        "author": sets([[name[:NAME_LENGTH] for name in p["authors"]] for p in papers]),
        "venue": labels([p["venue"] for p in papers]),
        "source": labels([p["source"] for p in papers]),
        "year": numbers([p["year"] for p in papers]),
    }


def _paper(record: dict[str, Any], corpus: str) -> dict[str, Any]:
    year = record.get("year") or int(record["date"][:4])
    venue = record.get("venue") or next(iter(record.get("venues") or []), "arXiv")
    return {
        "title": record["title"] or "",
        "abstract": record["abstract"] or "",
        "categories": record.get("categories") or [],
        "authors": record.get("authors") or [],
        "venue": venue,
        "source": corpus.removeprefix("corpus_"),
        "year": int(year),
    }


def _embed_queries(encoder: OnnxEncoder, papers: list[dict[str, Any]], out: Path) -> None:
    if (out / "papers_queries.npy").exists():
        return
    _write(out / "papers_queries.npy", encoder.encode([p["title"] for p in papers], kind="query"))
    save_attributes(out / "papers_queries_attributes.npz", paper_columns(papers))


def _embed_base(
    encoder: OnnxEncoder, base: list[dict[str, Any]], chunks: Path, args: argparse.Namespace
) -> None:
    start, todo = time.perf_counter(), range(0, len(base), CHUNK)
    known = _read_known(args.known)
    for first in todo:
        path = chunks / f"{first:08d}.npy"
        if path.exists():
            continue
        here = base[first : first + CHUNK]
        _write(path, _embed(encoder, [f"{p['title']}\n{p['abstract']}" for p in here], known))
        spent = time.perf_counter() - start
        log.info("embedded papers=%d of=%d seconds=%.0f", first + len(here), len(base), spent)
        if args.minutes and spent > 60 * args.minutes:
            return


def _embed(
    encoder: OnnxEncoder, texts: list[str], known: dict[str, NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Return the vectors of texts, (n, dim); those that are known are not computed again."""
    x = np.empty((len(texts), encoder.dim), dtype=np.float32)
    keys = [hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS] for text in texts]
    new = [row for row, key in enumerate(keys) if key not in known]
    for row, key in enumerate(keys):
        if key in known:
            x[row] = known[key]
    x[new] = encoder.encode([texts[row] for row in new])
    return x


def _read_known(path: Path | None) -> dict[str, NDArray[np.float32]]:
    if path is None:
        return {}
    with np.load(path) as file:
        return dict(zip(file["keys"].tolist(), file["x"], strict=True))


def _whole_chunks(chunks: Path) -> Iterator[Path]:
    """Yield the chunks from the first to the last before a gap."""
    first = 0
    while (path := chunks / f"{first:08d}.npy").exists():
        yield path
        first += CHUNK


def _write(path: Path, x: NDArray[np.float32]) -> NDArray[np.float32]:
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        np.save(file, x)
    part.replace(path)
    return x


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument(
        "--known",
        type=Path,
        help="an .npz of vectors x by keys, the first digits of each text's SHA-256",
    )
    parser.add_argument("--assemble", action="store_true", help="only what is embedded so far")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so many; 0 never")
    return parser.parse_args()


if __name__ == "__main__":
    main()
