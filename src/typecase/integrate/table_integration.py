"""Records of one thing in many tables: judged in pairs, grouped, and their conflicts resolved."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_rng, check_row_groups
from typecase.base.errors import InvalidInputError
from typecase.base.estimator import Estimator
from typecase.integrate.blocking import near_pairs
from typecase.integrate.communities import communities
from typecase.integrate.conflicts import resolve
from typecase.integrate.contract import Kind, Record
from typecase.integrate.corruption import Corruption, corrupted
from typecase.integrate.pair_judge import Network, train
from typecase.integrate.record_views import KINDS, Names, Text, View, views_of
from typecase.integrate.similarity import all_features, features_of

_LEAST_RECORDS = 10
_LEAST_BATCH = 4


class TableIntegration(Estimator):
    """Learns from the records alone which of them are of one thing, and makes one of them.

    Args:
        fields: name and kind of each field that is compared, in pairs; kinds are `text`, `names`
            and `number`. The first must be a text: by it records are found that may be the same.
        n_near: partners that each record is judged with.
        most_common: words that stand in more records than this find nobody.
        n_train: records that are spoiled and compared for training, at most.
        n_copies: spoiled copies, and near neighbours, of each.
        n_hidden: units of the judge.
        n_steps: steps of training, of `batch_size` pairs.
        batch_size: pairs a step, a quarter of them of one thing.
        learning_rate: of Adam.
        chimeras: how often a near neighbour is also shown under the record's own first field.
            Many make the first field count for little; of papers few share a title.
        hard_negatives: learn from near neighbours that are other things; else from any two.
        adversarial: how far adversarial pairs are moved, in standard deviations of a feature; 0
            trains without them.
        threshold: what a pair must be judged at least to speak for being one.
        random_state: seed of spoiling and training.

    Source:
        Ji, Luo, Bao, Culpepper, "Robust Table Integration in Data Lakes": pairwise integrability
        by self-supervised adversarial contrastive learning, integrable sets by communities,
        conflicts resolved per field.
        Differs: pairs are compared by features of their fields instead of by a language model's
        embeddings; positives are spoiled copies, negatives near neighbours and chimeras (one
        record's first field, another's rest). Communities gain by log odds, for and against,
        instead of by modularity, which cannot hear a "no". Conflicts are resolved by trust found
        from agreement instead of by asking a language model with examples.

    Attributes:
        weights_: of the judge, all in one, float32.
        mean_: (n_features,) of the features in training.
        scale_: (n_features,).
    """

    room = "integrate"

    weights_: NDArray[np.float32]
    mean_: NDArray[np.float32]
    scale_: NDArray[np.float32]

    def __init__(
        self,
        *,
        fields: Sequence[tuple[str, Kind]] | None = None,
        n_near: int = 10,
        most_common: int = 300,
        n_train: int = 3_000,
        n_copies: int = 3,
        n_hidden: int = 24,
        n_steps: int = 1_500,
        batch_size: int = 128,
        learning_rate: float = 0.003,
        chimeras: float = 1.0,
        hard_negatives: bool = True,
        adversarial: float = 0.1,
        threshold: float = 0.5,
        random_state: int | np.random.Generator = 0,
    ) -> None:
        self.fields = fields
        self.n_near = n_near
        self.most_common = most_common
        self.n_train = n_train
        self.n_copies = n_copies
        self.n_hidden = n_hidden
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.chimeras = chimeras
        self.hard_negatives = hard_negatives
        self.adversarial = adversarial
        self.threshold = threshold
        self.random_state = random_state

    def fit(self, records: Sequence[Record], *, corruptions: Sequence[Corruption] = ()) -> Self:
        """Learn what a pair of one thing looks like.

        Args:
            records: at least 10.
            corruptions: further ways in which sources spoil records, each given a copy.

        Raises:
            InvalidInputError: a parameter or a value breaks a rule.
        """
        fields = self._checked()
        if len(records) < _LEAST_RECORDS:
            raise InvalidInputError(
                f"records must be at least {_LEAST_RECORDS}, got {len(records)}."
            )
        rng = check_rng(self.random_state)
        chosen = np.sort(rng.permutation(len(records))[: self.n_train])
        sample = [records[row] for row in chosen]
        x, same = _lessons(sample, fields, self, rng, corruptions)
        network = train(
            x,
            same,
            n_hidden=self.n_hidden,
            n_steps=self.n_steps,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            adversarial=self.adversarial,
            rng=rng,
        )
        self.weights_, self.mean_, self.scale_ = network.weights, network.mean, network.scale
        return self

    def candidates(self, records: Sequence[Record]) -> NDArray[np.int64]:
        """Return pairs worth judging, (n_pairs, 2), each with its lower row first, sorted.

        Raises:
            InvalidInputError: a parameter or a value breaks a rule.
        """
        fields = self._checked()
        first = dict([next(iter(fields.items()))])
        views = [views_of(record, first) for record in records]
        return near_pairs(views, field=0, n_near=self.n_near, most=self.most_common)

    def judge(self, records: Sequence[Record], pairs: ArrayLike) -> NDArray[np.float32]:
        """Return how likely each pair is of one thing, (n_pairs,), from 0 to 1.

        Args:
            pairs: (n_pairs, 2) rows of records.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: pairs are not (n, 2) rows, or a value breaks a rule.
        """
        self.check_fitted()
        fields = self._checked()
        rows = check_row_groups(pairs, n_rows=len(records))
        needed = set(rows.ravel().tolist())
        views: list[tuple[View, ...]] = [
            views_of(record, fields) if row in needed else () for row, record in enumerate(records)
        ]
        network = Network(
            mean=self.mean_, scale=self.scale_, n_hidden=self.n_hidden, weights=self.weights_
        )
        return network.likely(all_features(views, rows, list(fields.values())))

    def group(
        self,
        n: int,
        pairs: ArrayLike,
        likely: ArrayLike,
        *,
        apart: ArrayLike | None = None,
    ) -> NDArray[np.int64]:
        """Return each record's group, (n,), groups numbered by their first record.

        Args:
            n: how many records there are.
            pairs: (n_pairs, 2) rows.
            likely: (n_pairs,) as `judge` gives them.
            apart: pairs that must not be in one group, (n_apart, 2).

        Raises:
            InvalidInputError: shapes do not fit, or rows are out of range.
        """
        self._checked()
        rows = check_row_groups(pairs, n_rows=n)
        p = np.asarray(likely, dtype=np.float32)
        if p.shape != (len(rows),) or not np.isfinite(p).all():
            raise InvalidInputError(f"likely must be ({len(rows)},) and finite, got {p.shape}.")
        never = check_row_groups(apart, n_rows=n) if apart is not None else None
        return communities(n, rows, p, threshold=self.threshold, apart=never)

    def resolve(
        self, records: Sequence[Record], groups: ArrayLike, sources: Sequence[Hashable]
    ) -> list[dict[str, Any]]:
        """Return one record for each group, each field from the record that is most believed.

        Args:
            groups: (n,) as `group` gives them.
            sources: (n,), who says each record.

        Raises:
            InvalidInputError: lengths differ, or a value breaks a rule.
        """
        fields = self._checked()
        numbers = np.asarray(groups, dtype=np.int64)
        if numbers.shape != (len(records),) or len(sources) != len(records):
            raise InvalidInputError(
                f"groups and sources must be ({len(records)},), got {numbers.shape} and "
                f"({len(sources)},)."
            )
        views = [views_of(record, fields) for record in records]
        chosen, _ = resolve(views, numbers, sources, list(fields.values()))
        names = list(fields)
        return [
            {
                name: (records[row].get(name) if row >= 0 else None)
                for name, row in zip(names, of_group, strict=True)
            }
            for of_group in chosen.tolist()
        ]

    def _checked(self) -> dict[str, Kind]:
        """Return the fields, checked with the other parameters."""
        fields = dict(self.fields or ())
        if not fields or next(iter(fields.values())) != "text":
            raise InvalidInputError("fields must name at least one field, the first a text.")
        if unknown := [kind for kind in fields.values() if kind not in KINDS]:
            raise InvalidInputError(f"fields are of kinds {', '.join(KINDS)}, got {unknown[0]!r}.")
        counts = ("n_near", "most_common", "n_train", "n_copies", "n_hidden", "n_steps")
        for name in (*counts, "batch_size"):
            value = getattr(self, name)
            least = _LEAST_BATCH if name == "batch_size" else 1
            if not isinstance(value, int) or value < least:
                raise InvalidInputError(f"{name} must be at least {least}, got {value!r}.")
        if not 0 <= self.chimeras <= 1:
            raise InvalidInputError(f"chimeras must be from 0 to 1, got {self.chimeras}.")
        if not 0 < self.threshold < 1:
            raise InvalidInputError(f"threshold must be between 0 and 1, got {self.threshold}.")
        return fields


def _lessons(
    sample: Sequence[Record],
    fields: Mapping[str, Kind],
    model: TableIntegration,
    rng: np.random.Generator,
    more: Sequence[Corruption],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return features of pairs, and which are of one thing.

    Of one thing: a record and a spoiled copy. Not: near neighbours with another first field, and
    a record beside its neighbour under the record's own first field.
    """
    kinds, first = list(fields.values()), next(iter(fields))
    views = [views_of(record, fields) for record in sample]
    found: list[list[float]] = []
    same: list[bool] = []
    for record, view in zip(sample, views, strict=True):
        for _ in range(model.n_copies):
            copy = corrupted(record, fields, rng, more=more)
            found.append(features_of(view, views_of(copy, fields), kinds))
            same.append(True)
    for a, b in _others(views, kinds, model, rng).tolist():
        if views[a][0] == views[b][0]:
            continue  # it may well be the same thing twice
        chimera = {**sample[b], first: sample[a].get(first)}
        others = [sample[b]]
        if rng.random() < model.chimeras:
            others.append(chimera)
        # Spoiled like the copies: else what is missing would itself speak for being one.
        for other in others:
            view = views_of(corrupted(other, fields, rng, more=more), fields)
            if other is chimera and not _shares_more(views[a], view):
                continue  # nothing tells it from a record whose other fields are not known
            found.append(features_of(views[a], view, kinds))
            same.append(False)
    if all(same):
        raise InvalidInputError("No two records are near each other: there is nothing to learn.")
    return np.array(found, dtype=np.float32), np.array(same)


def _others(
    views: Sequence[Sequence[View]],
    kinds: Sequence[Kind],
    model: TableIntegration,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Return pairs that share rare words of the first field, or names: different things alike."""
    if not model.hard_negatives:
        pairs = rng.integers(0, len(views), (len(views) * model.n_copies, 2))
        return np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    fields = [0, *(place for place, kind in enumerate(kinds) if kind == "names")]
    near = [
        near_pairs(views, field=field, n_near=model.n_copies, most=model.most_common)
        for field in fields
    ]
    return np.unique(np.concatenate(near), axis=0)


def _shares_more(one: Sequence[View], other: Sequence[View]) -> bool:
    """Whether both have some text or names beside the first field: a number tells too little."""
    return any(
        isinstance(a, Text | Names) and b is not None
        for a, b in zip(one[1:], other[1:], strict=True)
    )
