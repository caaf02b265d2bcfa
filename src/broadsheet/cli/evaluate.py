"""`broadsheet evaluate`."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli.context import Context, handles_errors
from broadsheet.cli.output import print_json, print_line, progress_shown
from broadsheet.model.errors import InvalidValueError, LibraryError
from broadsheet.model.evaluation import MEASURES, MODES, Figures, SetReport, Wanted

_HEADS = ("nDCG@10", "nDCG@20", "recall@20", "recall@100", "MRR")


@handles_errors
def evaluate(
    ctx: typer.Context,
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER…", help="Judged sets.")],
    modes: Annotated[
        str, typer.Option("--modes", help=f"Some of {', '.join(MODES)}, joined by commas.")
    ] = ",".join(MODES),
    split: Annotated[
        list[str] | None,
        typer.Option("--split", help="As dev; may be repeated, a set takes the first it has."),
    ] = None,
    corpora: Annotated[
        Path | None,
        typer.Option("--corpora", help="Where the papers are, when a set has only ids."),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", min=0, help="So many irrelevant papers of the corpora; all."),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="A folder that keeps vectors for the next run.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure how well the search finds what judges call relevant, on any judged sets.

    Each set is put into a library of its own, in a temporary folder, and searched as readers do,
    in every mode; beside it stand bm25s, where it is installed, and the bare encoder. Figures are
    means over queries times 100, counted as trec_eval does; ms is the median time of a query, its
    embedding left out. The library of the settings is not opened.

    A FOLDER is read by its content; each file may end in .gz:

    corpus.jsonl: lines with _id, title, text (or abstract).

    queries.jsonl, or queries_SPLIT.jsonl: lines with _id and text; or with _id, facet and
    document, the id of a text whose facet (method, task, dataset, background, result) is meant.
    A line may name its candidates, ids or texts, which alone are then ranked, and hold its grades:
    relevance as an object of id and grade, as a list beside the candidates, or as a list of what
    is relevant.

    qrels.tsv, or qrels_SPLIT.tsv: query, text, grade; with a header, or as TREC writes it.

    Where there is no corpus.jsonl, ids like NAME:id point into corpora: --corpora FOLDER holds
    folders corpus_NAME with papers*.jsonl (id, title, abstract). Relevant papers that are in no
    corpus do not count. --sample N takes N of the papers that are not relevant, always the same.
    """
    context: Context = ctx.obj
    if context.doors.evaluating is None:
        raise LibraryError("Nothing that measures is at hand here.")
    wanted = Wanted(
        modes=_modes(modes), splits=tuple(split or ()), corpora=corpora, n_others=sample
    )
    service = context.doors.evaluating(context.settings(), cache)
    reports = []
    for folder in folders:
        with progress_shown() as progress:
            reports.append(service.run(folder, wanted, progress=progress))
        if not as_json:
            _print(reports[-1])
    if as_json:
        print_json({"sets": [asdict(report) for report in reports], "mean": _shape(_mean(reports))})
    elif len(reports) > 1:
        _table(f"mean of {len(reports)} sets", _mean(reports))


def _modes(text: str) -> tuple[str, ...]:
    modes = tuple(dict.fromkeys(mode.strip() for mode in text.split(",") if mode.strip()))
    if not modes:
        raise InvalidValueError(f"--modes takes some of {', '.join(MODES)}.")
    return modes


def _print(report: SetReport) -> None:
    split = f" ({report.split})" if report.split else ""
    said = f"{report.n_queries:,} queries, {report.n_texts:,} texts"
    _table(f"{report.name}{split}: {said}", report.figures)
    for name, reason in report.missing.items():
        print_line(f"  {name:10} {reason}")
    for facet, figures in report.facets.items():
        _table(f"  of these, {facet}", figures)
    for note in report.notes:
        print_line(f"  {note}")
    print_line()


def _table(title: str, figures: Mapping[str, Figures]) -> None:
    print_line(title)
    print_line("  " + f"{'':10}" + "".join(f"{head:>11}" for head in _HEADS) + f"{'ms':>9}")
    for name, row in figures.items():
        values = "".join(f"{100 * getattr(row, measure):11.1f}" for measure in MEASURES)
        print_line(f"  {name:10}{values}" + (f"{row.ms:9.1f}" if row.ms is not None else ""))


def _mean(reports: list[SetReport]) -> dict[str, Figures]:
    """Return the mean over sets of what was measured on all of them."""
    names = [n for n in reports[0].figures if all(n in report.figures for report in reports)]
    return {
        name: Figures(
            **{
                measure: sum(getattr(report.figures[name], measure) for report in reports)
                / len(reports)
                for measure in MEASURES
            }
        )
        for name in names
    }


def _shape(figures: Mapping[str, Figures]) -> dict[str, object]:
    return {
        name: {measure: getattr(row, measure) for measure in MEASURES}
        for name, row in figures.items()
    }
