"""Trains a head for each facet of judged documents, and writes them as one folder.

    python -m typecase.training.specialized FOLDER --out HEADS [--facets task,method,dataset]

FOLDER holds lines of documents with their facets; `typecase.data.faceted` says how. HEADS gets a
folder a facet, as `SpecializedEmbeddings.load` reads it, and `card.json`: the id of the encoder
that the heads belong to, and what they were trained on.
"""

import argparse
import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError
from typecase.base.registry import get
from typecase.data.faceted import Document, read_faceted

log = logging.getLogger(__name__)

CARD = "card.json"
FACETS = ("task", "method", "dataset")
_LEAST_HOLDERS = 2


class Lessons(NamedTuple):
    """What teaches one facet.

    Args:
        texts, names: of documents and of their views, and what is known of them.
        phrases: names that several documents bear; each is a short text of that one name.
    """

    texts: list[str]
    names: list[frozenset[str]]
    phrases: list[str]


def main() -> None:
    args = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    encoder = get("encoders", "onnx")(model=args.encoder)
    documents = read_faceted(args.folder)
    params = {"n_dims": args.dims, "random_state": args.seed}
    heads = train_heads(documents, encoder, facets=args.facets.split(","), params=params)
    write_heads(args.out, heads, card=card_of(documents, heads, encoder.model_id))
    log.info("wrote heads=%s", args.out)


def train_heads(
    documents: Sequence[Document],
    encoder: Any,
    *,
    facets: Sequence[str] = FACETS,
    params: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a fitted `SpecializedEmbeddings` for each facet.

    Args:
        encoder: a text encoder; names are encoded as queries, so that what a user types lands
            where the documents are.
        params: of SpecializedEmbeddings, where they differ from its defaults.

    Raises:
        InvalidInputError: too few documents share a name of a facet.
    """
    heads = {}
    for facet in facets:
        found = lessons(documents, facet)
        parts = [encoder.encode(found.texts)] if found.texts else []
        parts += [encoder.encode(found.phrases, kind="query")] if found.phrases else []
        if not parts:
            raise InvalidInputError(f"No document has a {facet}.")
        x: NDArray[np.float32] = np.concatenate(parts)
        labels = [*found.names, *({phrase} for phrase in found.phrases)]
        heads[facet] = get("spaces", "specialized")(**(params or {})).fit(x, labels)
        log.info("trained facet=%s texts=%d names=%d", facet, len(labels), len(found.phrases))
    return heads


def lessons(documents: Sequence[Document], facet: str) -> Lessons:
    """Return the texts that teach a facet; a document and its view share a name of their own."""
    texts, names = [], []
    for one in documents:
        own, view = one.names(facet), one.views.get(facet)
        if view:
            # No name that is compared holds this sign.
            own |= {f"={one.id}"}
            texts.append(view)
            names.append(own)
        if own:
            texts.append(one.text)
            names.append(own)
    counts = Counter(name for one in documents for name in one.names(facet))
    phrases = sorted(name for name, n in counts.items() if n >= _LEAST_HOLDERS)
    return Lessons(texts, names, phrases)


def write_heads(out: Path, heads: Mapping[str, Any], *, card: Mapping[str, Any]) -> None:
    """Write heads, a folder each, and their card."""
    out.mkdir(parents=True, exist_ok=True)
    for facet, head in heads.items():
        head.save(out / facet)
    (out / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")


def card_of(
    documents: Sequence[Document], heads: Mapping[str, Any], model_id: str
) -> dict[str, Any]:
    """Return what has to be known of heads: of which encoder, and trained on how much."""
    found = {facet: lessons(documents, facet) for facet in heads}
    return {
        "model_id": model_id,
        "facets": {
            facet: {"texts": len(of.texts), "names": len(of.phrases)} for facet, of in found.items()
        },
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="documents with their facets")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the heads")
    parser.add_argument("--facets", default=",".join(FACETS))
    parser.add_argument("--encoder", default="bge-small-en-v1.5-int8")
    parser.add_argument("--dims", type=int, default=128, help="columns of a specialised vector")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
