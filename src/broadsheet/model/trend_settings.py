"""How trending counts: the settings of `[trending]`, which an admin may change while it runs."""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Formula = Literal[
    "surprise",
    "hacker_news",
    "reddit_hot",
    "controversy",
    "wilson",
    "lemmy_hot",
    "lemmy_scaled",
    "lobsters",
    "votes",
]
FORMULAS: tuple[Formula, ...] = get_args(Formula)
HALF_LIVES = 10
"""After so many a signal weighs less than a thousandth: it is not read."""


class TrendWeights(BaseModel):
    """What one signal of each kind weighs. A kind of weight 0 is not read."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    up: float = Field(default=1.0, ge=0, le=100, description="A vote for a paper.")
    down: float = Field(default=-1.0, ge=-100, le=0, description="A vote against it.")
    save: float = Field(default=0.8, ge=0, le=100, description="Saved by a reader.")
    open: float = Field(
        default=0.1, ge=0, le=100, description="Opened from the first place of a list, or unknown."
    )
    featured: float = Field(default=1.0, ge=0, le=100, description="Put forward by a source.")
    code: float = Field(default=0.5, ge=0, le=100, description="Its code appeared.")
    published: float = Field(default=0.5, ge=0, le=100, description="It appeared at a venue.")

    def by_kind(self) -> dict[str, float]:
        """Return the kinds that count, with what they weigh."""
        return {kind: weight for kind, weight in self.model_dump().items() if weight}


class TrendingSettings(BaseModel):
    """How trending counts, as `[trending]` in the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    formula: Formula = Field(default="surprise", description="Which formula orders papers.")
    half_life_h: float = Field(
        default=36.0, ge=1, le=720, description="Hours after which a signal weighs half."
    )
    weights: TrendWeights = Field(
        default=TrendWeights(), description="What one signal of each kind weighs."
    )
    fresh_days: int = Field(
        default=3, ge=0, le=10, description="Announcements for which a paper stays fresh."
    )
    fade_days: int = Field(
        default=3, ge=1, le=5, description="Announcements in which it then fades by half."
    )
    epsilon: float = Field(
        default=1.0, ge=0.01, le=100, description="Keeps a rare signal from counting for too much."
    )
    shrink: float = Field(
        default=20.0, ge=0, le=10_000, description="Papers that a wider group's mean counts as."
    )
    content_weight: float = Field(
        default=0.0, ge=0, le=10, description="Of growth around a paper, for small groups; 0: off."
    )

    @property
    def window_h(self) -> float:
        """How many hours of signals are read."""
        return HALF_LIVES * self.half_life_h

    @property
    def fresh_horizon(self) -> int:
        """After how many announcements freshness is below a thousandth."""
        return self.fresh_days + HALF_LIVES * self.fade_days
