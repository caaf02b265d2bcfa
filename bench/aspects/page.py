"""Writes docs/reference/aspects.md from results/aspects.json."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.aspects.given import FACETS
from bench.aspects.measuring import GENERIC, HALF
from bench.record import RESULTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "aspects.md"

_HEAD = """# Aspects, measured

<!-- Made by `python -m bench.aspects`; do not edit. -->

A paper has one vector, made of title and abstract. Three small linear heads map it to a vector of
its task, of its method and of its datasets (docs/decisions/0023). Here the stored vectors
themselves ("generic") stand beside the heads, on papers that taught nothing: half of SciREX, the
leaderboards of NLP-progress, and half of SciERC's abstracts. {texts}

Two papers are alike in a facet where they share a name of it that at most a tenth of the
collection bears. SciREX and NLP-progress say tasks and datasets by the results of papers;
methods, and all of SciERC, are names that the text mentions. Any folder of judged facets is
measured by `python -m bench.aspects --facets FOLDER`.
"""

_DOCUMENTS = """## A paper asks for those that are alike

MAP, nDCG@10 and recall@20 of all other papers of the collection. The head of a facet that is not
asked for shows whether a head is one of its facet, and not only a better space. In bold: the
best of generic, the facet's own head, and both at half (which the search uses).
"""

_NAMES = """## A name is typed

`task:"question answering"`: the name is encoded as a query and mapped by the same head.
"""

_SENTENCES = """## What sentences would give

The same heads over the sentences of a role, told by a ridge regression taught by CSAbstruct, on
SciREX: MAP. It would cost some eight more short texts a paper at indexing, and is not shipped.
"""

_OTHER = """## The same task, another method

Of the ten first papers: the share with the same task, the share that names methods and none of the
asking paper's, and the share that is both. Ranked by half the stored cosine and half that of
tasks, less a weight times that of methods. SciERC's names of methods are few a paper, so that
nearly all are other ones.
"""

_NEGATIVE = """## Searches that say no

A, but not B: the query is A's name, B's is unwanted. Relevant are papers of A that are not of B;
papers of both are the mistake. Taken are all pairs of names, of any facets, with at least three
papers of A alone and three of both. *Unwanted* is the share of papers of both among the ten first.
Every way uses the stored vectors. *The mean kept*: B without what it shares with the mean of all
papers. Strengths and weights were not tuned, all that were tried are shown.
"""


def write_page() -> Path:
    """Write the page; return its path."""
    result = json.loads((RESULTS / "aspects.json").read_text("utf-8"))
    PAGE.write_text(_page(result), "utf-8")
    return PAGE


def _page(result: Mapping[str, Any]) -> str:
    figures, machine = result["figures"], result["machine"]
    collections = figures["collections"]
    taught = ", ".join(
        f"{facet} {n['texts']:,} texts and {n['names']:,} names"
        for facet, n in figures["trained"].items()
    )
    return "\n".join(
        [
            _HEAD.format(texts=f"The heads were taught by: {taught}."),
            _DOCUMENTS,
            _facets(collections, "by_document"),
            _NAMES,
            _facets(collections, "by_name"),
            _SENTENCES,
            _sentences(figures),
            _OTHER,
            _others(collections),
            _NEGATIVE,
            _negative(figures["negative"]),
            f"Measured on {result['date']}, commit {result['commit']}, {machine['processor']}, "
            f"{machine['cores']} cores. Seed {result['seed']}. Command: `{result['command']}`.\n",
        ]
    )


def _facets(collections: Mapping[str, Any], part: str) -> str:
    lines = [
        "| collection | facet | queries | space | MAP | nDCG@10 | recall@20 |",
        "| --- | --- | ---: | --- | ---: | ---: | ---: |",
    ]
    for name, found in collections.items():
        for facet, of_facet in found[part].items():
            compared = (GENERIC, facet, f"{facet}{HALF}")
            best = max(of_facet[space]["map"] for space in compared)
            for space in (*compared, *(one for one in FACETS if one != facet)):
                own = of_facet[space]
                said = f"{own['map']:.3f}"
                is_best = space in compared and own["map"] == best
                lines.append(
                    f"| {name} | {facet} | {of_facet['queries']} | {_space(space)} "
                    f"| {f'**{said}**' if is_best else said} "
                    f"| {own['ndcg10']:.3f} | {own['recall20']:.3f} |"
                )
    return "\n".join([*lines, ""])


def _space(space: str) -> str:
    return space if space == GENERIC else f"head of {space}"


def _sentences(figures: Mapping[str, Any]) -> str:
    whole = figures["collections"]["scirex"]["by_document"]
    lines = [
        "| facet | generic | head, whole paper | head, sentences | head, both |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for facet, own in figures["sentences"].items():
        found = [whole[facet][GENERIC], whole[facet][facet], *own.values()]
        lines.append(f"| {facet} | {' | '.join(format(one['map'], '.3f') for one in found)} |")
    return "\n".join([*lines, ""])


def _others(collections: Mapping[str, Any]) -> str:
    lines = [
        "| collection | queries | ranked by | same task | another method | both |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
    ]
    for name, found in collections.items():
        if (of := found["other_method"]) is None:
            continue
        lines += [
            f"| {name} | {of['queries']} | {way} | {own['same_task']:.3f} "
            f"| {own['other_method']:.3f} | {own['both']:.3f} |"
            for way, own in of.items()
            if way != "queries"
        ]
    return "\n".join([*lines, ""])


def _negative(found: Mapping[str, Any]) -> str:
    names = list(found)
    head = " | ".join(f"{name} nDCG@10 | unwanted" for name in names)
    counts = ", ".join(f"{name} {found[name]['questions']}" for name in names)
    lines = [
        f"Questions: {counts}.",
        "",
        f"| way | {head} |",
        "| --- |" + " ---: |" * 2 * len(names),
    ]
    for way in [way for way in found[names[0]] if way != "questions"]:
        cells = " | ".join(
            f"{found[name][way]['ndcg10']:.3f} | {found[name][way]['unwanted']:.3f}"
            for name in names
        )
        lines.append(f"| {way} | {cells} |")
    return "\n".join([*lines, ""])
