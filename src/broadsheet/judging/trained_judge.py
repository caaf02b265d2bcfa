"""The judge of records, with weights that come with the package; nothing is trained at run time.

`trained_judge.json` holds its card, its threshold and its weights. `python -m bench.merging --ship`
makes it, and docs/reference/merging.md says how well it judges.
"""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.judging.fields import FIELDS, compared
from broadsheet.model.errors import LibraryError
from broadsheet.model.merging import Merged, Opinion, year_of
from typecase.integrate.similarity import n_features
from typecase.integrate.table_integration import TableIntegration

SHIPPED = Path(__file__).with_name("trained_judge.json")
_ARRAYS = ("mean_", "scale_", "weights_")
_DIGITS = 6


class TrainedJudge:
    """Judges pairs by a small network over how alike their fields are (`model.ports.Judge`).

    Args:
        path: of the weights; read when the first pair comes.
    """

    def __init__(self, *, path: Path = SHIPPED) -> None:
        self.path = path

    def judge(self, pairs: Sequence[tuple[Merged, Merged]]) -> list[Opinion]:
        """Return what is said of each pair.

        Raises:
            LibraryError: the weights cannot be read.
        """
        if not pairs:
            return []
        sides = [(_shown(one), _shown(other)) for one, other in pairs]
        # Each pair, then the same pair with one field left out: what that changes, it said.
        asked = [
            version
            for one, other in sides
            for version in [
                (one, other),
                *((one, {**other, name: None}) for name in _left_out(one, other)),
            ]
        ]
        records = [side for pair in asked for side in pair]
        rows = np.arange(len(records), dtype=np.int64).reshape(-1, 2)
        likely = iter(self._model.judge(records, rows).astype(float).tolist())
        return [self._opinion(one, other, likely) for one, other in sides]

    @cached_property
    def _model(self) -> TableIntegration:
        return read_judge(self.path)

    def _opinion(self, one: dict[str, Any], other: dict[str, Any], likely: Any) -> Opinion:
        whole = next(likely)
        changes = {name: _odds(whole) - _odds(next(likely)) for name in _left_out(one, other)}
        speak = sorted(changes, key=lambda name: -changes[name])
        pro = ", ".join(name for name in speak if changes[name] > 0)
        con = ", ".join(name for name in reversed(speak) if changes[name] < 0)
        grounds = f"judged {whole:.3f}; for it: title{', ' if pro else ''}{pro}"
        return Opinion(
            likely=whole,
            is_one=whole >= self._model.threshold,
            grounds=f"{grounds}; against it: {con}" if con else grounds,
        )


def read_judge(path: Path) -> TableIntegration:
    """Read what `write_judge` wrote.

    Raises:
        LibraryError: it is not there, or damaged.
    """
    try:
        said = json.loads(path.read_text("utf-8"))
        model = TableIntegration(
            fields=FIELDS, n_hidden=int(said["n_hidden"]), threshold=float(said["threshold"])
        )
        state = {name: np.array(said[name], dtype=np.float32) for name in _ARRAYS}
        _check_sizes(state, model.n_hidden)
        model.set_state(state)
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise LibraryError(
            f"The judge's weights at {path} cannot be read. Install broadsheet anew."
        ) from e
    return model


def _check_sizes(state: dict[str, NDArray[np.float32]], n_hidden: int) -> None:
    n = n_features([kind for _, kind in FIELDS])
    wanted = {"mean_": (n,), "scale_": (n,), "weights_": (n_hidden * (n + 2) + 1,)}
    for name, values in state.items():
        if values.shape != wanted[name] or not np.isfinite(values).all():
            raise ValueError(f"{name} must be {wanted[name]} and finite, got {values.shape}.")


def write_judge(path: Path, model: TableIntegration, *, card: dict[str, Any]) -> None:
    """Write a trained judge as JSON, with a card that says what it is made of."""
    arrays = {
        name: [round(float(value), _DIGITS) for value in getattr(model, name)] for name in _ARRAYS
    }
    head = {"card": card, "n_hidden": model.n_hidden, "threshold": round(model.threshold, _DIGITS)}
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in (head | arrays).items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def _shown(paper: Merged) -> dict[str, Any]:
    return compared(
        title=paper.title,
        authors=paper.authors,
        year=year_of(paper.submitted, paper.announced),
        abstract=paper.abstract,
        venue=paper.venue,
    )


def _left_out(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return the fields that both have, beside the title."""
    return [name for name, _ in FIELDS[1:] if one[name] is not None and other[name] is not None]


def _odds(likely: float) -> float:
    kept = min(max(likely, 1e-7), 1 - 1e-7)
    return float(np.log(kept / (1 - kept)))
