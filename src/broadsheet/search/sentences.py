"""The sentences of a paper, and which of them is nearest to a part of a search."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.reasons import Reason, Why
from broadsheet.search.analysis import encodable, terms_of
from broadsheet.search.meaning import Meaning
from broadsheet.search.pointing import Pointed

_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"”’)]))\s+(?=[\"“(]?[A-Z0-9$\\])")
_NO_END = re.compile(r"(?:\b(?:e\.g|i\.e|etc|cf|vs|al|Fig|Eq|Sec|resp|approx|Dr)|\b[A-Z])\.\Z")
_MOST = 40


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text, at most 40; abbreviations and initials end none."""
    found: list[str] = []
    for part in _END.split(" ".join(text.split())):
        if found and _NO_END.search(found[-1]):
            found[-1] = f"{found[-1]} {part}"
        elif part:
            found.append(part)
    return found[:_MOST]


def with_sentences(why: Why, text: str, toward: Pointed | None, meaning: Meaning) -> Why:
    """Return the reasons, each with the sentence of the text that is nearest to it.

    A word's is the first that holds it. A part of the meaning has the one whose vector, made by
    the same model, has the greatest inner product with the part's own; of an aspect there is none.

    Raises:
        SettingsError: the model cannot be had.
    """
    sentences = sentences_of(text)
    if not sentences:
        return why
    parts: dict[tuple[str, str], NDArray[np.float32]] = {}
    if toward is not None and toward.plain is not None:
        for soft, part in zip(toward.plain.softs, toward.plain.parts, strict=True):
            named = ("meaning", "") if soft is None else (soft.kind, soft.text)
            parts[named] = part
    x = meaning.documents([encodable(one) for one in sentences]) if parts else None
    reasons = (_told(reason, sentences, parts, x) for reason in why.reasons)
    return replace(why, reasons=tuple(reasons))


def _told(
    reason: Reason,
    sentences: Sequence[str],
    parts: dict[tuple[str, str], NDArray[np.float32]],
    x: NDArray[np.float32] | None,
) -> Reason:
    if reason.kind == "word":
        term = terms_of(reason.text)
        holding = (one for one in sentences if set(term) <= set(terms_of(one)))
        return replace(reason, sentence=next(holding, ""))
    part = parts.get((reason.kind, reason.text))
    if part is None or x is None:
        return reason
    # A part that turns away is told by what it has been turned from.
    nearest = int((x @ part).argmax() if reason.share >= 0 else (x @ part).argmin())
    return replace(reason, sentence=sentences[nearest])
