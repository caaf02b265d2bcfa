"""Judged sets in folders, and the measures of rankings by them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from broadsheet.model.errors import InvalidValueError, SourceError
from broadsheet.model.evaluation import Collection, Figures, Wanted
from broadsheet.model.ports import Progress
from typecase.base.errors import CorruptFileError, InvalidInputError
from typecase.data.judged import read_judged, splits
from typecase.data.judged_corpora import has_own_texts, read_over_corpora
from typecase.metrics.ranking import mean_of_judged, ndcg, recall, reciprocal_rank

_LIKELIEST = ("", "test", "dev", "train")


class JudgedFolders:
    """Reads judged sets (`model.evaluation.JudgedReading`); `typecase.data.judged` says which."""

    def read(self, folder: Path, wanted: Wanted, *, progress: Progress) -> Collection:
        """Return the set of a folder; without a split, test goes before dev and dev before train.

        Raises:
            InvalidValueError: it is none, has none of the splits, or its texts lie in corpora.
            SourceError: a line cannot be read; the message names file, line and field.
        """
        if not folder.is_dir():
            raise InvalidValueError(f"{folder} is no folder.")
        progress(f"reading {folder.name}", 0, None)
        with _engine_errors():
            split = _chosen(folder, wanted.splits)
            if has_own_texts(folder, split):
                return read_judged(folder, split)
            if wanted.corpora is None:
                raise InvalidValueError(
                    f"{folder} has no corpus.jsonl: its ids point into corpora. "
                    "Name the folder that holds them: --corpora FOLDER."
                )
            return read_over_corpora(
                folder, split, corpora=wanted.corpora, n_others=wanted.n_others
            )

    def figures(
        self, rankings: Sequence[Sequence[str]], grades: Sequence[Mapping[str, int]]
    ) -> Figures:
        """Return the means over queries, as trec_eval counts; see `typecase.metrics.ranking`."""
        pairs = list(zip(rankings, grades, strict=True))
        return Figures(
            ndcg_10=mean_of_judged([ndcg(r, g, 10) for r, g in pairs]),
            ndcg_20=mean_of_judged([ndcg(r, g, 20) for r, g in pairs]),
            recall_20=mean_of_judged([recall(r, g, 20) for r, g in pairs]),
            recall_100=mean_of_judged([recall(r, g, 100) for r, g in pairs]),
            mrr=mean_of_judged([reciprocal_rank(r, g) for r, g in pairs]),
        )


def _chosen(folder: Path, wanted: Sequence[str]) -> str | None:
    known = splits(folder)
    if not wanted:
        return next((split for split in _LIKELIEST if split in known), None)
    found = next((split for split in wanted if split in known), None)
    if found is None and known not in ([], [""]):
        raise InvalidValueError(f"{folder} has none of the splits asked for, but {known}.")
    return found


@contextmanager
def _engine_errors() -> Iterator[None]:
    try:
        yield
    except InvalidInputError as e:
        raise InvalidValueError(str(e)) from e
    except CorruptFileError as e:
        raise SourceError(str(e)) from e
