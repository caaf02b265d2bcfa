"""The documents that teach, all of licences that allow weights to be given away."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.aspects.given import (
    bears_one_of,
    csabstruct,
    is_taught,
    nlpprogress,
    scierc,
    scirex,
    tdmsci,
    titles,
)
from bench.aspects.named import known_names, papers_that_name
from typecase.data.faceted import Document
from typecase.encoders.contract import TextEncoder, TextKind

_MOST_NAMED = 5000
_MOST_WITH_ROLES = 120


class KnownEncoder:
    """An encoder that need not be asked for some texts.

    Args:
        known: vectors by text.
    """

    def __init__(self, *, encoder: TextEncoder, known: Mapping[str, NDArray[np.float32]]) -> None:
        self.encoder = encoder
        self.known = known
        self.model_id = encoder.model_id

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> NDArray[np.float32]:
        """Return (n_texts, dim)."""
        new = [text for text in texts if text not in self.known]
        made = iter(self.encoder.encode(new, kind=kind)) if new else iter(())
        return np.stack([self.known[t] if t in self.known else next(made) for t in texts])


def teaching(
    shared: Path, vectors: NDArray[np.float32] | None
) -> tuple[list[Document], dict[str, NDArray[np.float32]]]:
    """Return half of SciREX, TDMSci, CSAbstruct, and papers of arXiv that name something.

    No paper is among them that is measured: not the other half of SciREX, and none of the
    leaderboards of NLP-progress.

    Args:
        vectors: of papers, as `bench.filtered.papers` makes them from the first 32 tokens of each;
            None leaves arXiv out.

    Returns:
        The documents, and vectors by text of those of arXiv.
    """
    papers = scirex(shared)
    judged = [*(one for one in papers if is_taught(one)), *tdmsci(shared)]
    measured = [*(one for one in papers if not is_taught(one)), *nlpprogress(shared)]
    named = papers_that_name(
        known_names(judged),
        shared,
        n_papers=0 if vectors is None else len(vectors),
        without=titles(measured),
        most=_MOST_NAMED,
    )
    known = {} if vectors is None else {one.text: vectors[row] for row, one in named}
    found = [*judged, *csabstruct(shared, most=_MOST_WITH_ROLES), *(one for _, one in named)]
    return found, known


def measured_collections(shared: Path) -> dict[str, list[Document]]:
    """Return what is measured, by the name of its collection; no paper of it has taught."""
    papers = scirex(shared)
    taught = titles([one for one in papers if is_taught(one)])
    return {
        "scirex": [one for one in papers if not is_taught(one)],
        "nlpprogress": [one for one in nlpprogress(shared) if not bears_one_of(one.title, taught)],
        "scierc": scierc(shared),
    }
