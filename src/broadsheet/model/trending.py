"""What makes a paper trend: the sum of what happened to it, against what is normal.

Pure functions over numbers or arrays of them; nothing here knows a clock or a database. The
formula is that of the page `/trending/formula`:

    x = sum of weight * trust * correction * 2^(-age / half-life)
    surprise = (x - mean) / sqrt(mean + epsilon)
    trend = surprise * freshness + content weight * content * freshness
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

NEW_ACCOUNT_H = 72.0
NEW_ACCOUNT_TRUST = 0.5
FULL_TRUST_A_DAY = 10
LAST_PLACE = 50
"""Farther down a list nobody's opening counts for more."""
OLDEST = 60
"""Announcements are counted up to here."""

_WORDS = {
    "up": ("vote", "votes"),
    "down": ("vote against", "votes against"),
    "save": ("save", "saves"),
    "open": ("opening", "openings"),
    "featured": ("feature", "features"),
    "code": ("code release", "code releases"),
    "published": ("publication", "publications"),
}
_NORMAL_IS_NOTHING = 0.01

Numbers = NDArray[np.float64]


def decay(age_h: ArrayLike, half_life_h: float) -> Numbers:
    """Return what is left of a signal: half after a half-life; nothing of one yet to come."""
    age = np.asarray(age_h, dtype=np.float64)
    left = np.exp2(-np.maximum(age, 0.0) / half_life_h)
    return np.asarray(np.where(age < 0, 0.0, left), dtype=np.float64)


def position_correction(place: ArrayLike) -> Numbers:
    """Return by how much an opening counts for more because its place is looked at less.

    The inverse of the examination curve 1 / log2(place + 1): 1 at the first place, 2 at the
    third. An unknown place (0) counts as the first, which is the least; places past 50 as 50.

    Source:
        The discount of Jarvelin, Kekalainen, "Cumulated gain-based evaluation of IR techniques",
        TOIS 2002, taken as the chance that a place is looked at (Joachims et al., "Unbiased
        learning-to-rank with biased feedback", WSDM 2017, weigh clicks by its inverse). That
        position alone draws readers: Haque, Ginsparg, arXiv:0907.4740.
    """
    looked_at = np.clip(np.asarray(place, dtype=np.float64), 1, LAST_PLACE)
    return np.asarray(np.log2(looked_at + 1), dtype=np.float64)


def trust(account_age_h: ArrayLike, nth_of_day: ArrayLike) -> Numbers:
    """Return how far a reader's act counts, from 0 to 1.

    Args:
        account_age_h: the account's age at the act, in hours; under three days it counts half.
        nth_of_day: which of the reader's acts of that day it is, from 1. The first ten count
            whole, then the nth counts 10 / n, so that a hundred acts count as 33.
    """
    young = np.asarray(account_age_h, dtype=np.float64) < NEW_ACCOUNT_H
    nth = np.asarray(nth_of_day, dtype=np.float64)
    known = np.where(young, NEW_ACCOUNT_TRUST, 1.0)
    return np.asarray(known * np.minimum(1.0, FULL_TRUST_A_DAY / nth), dtype=np.float64)


def most_of_one_account(weights: Mapping[str, float]) -> float:
    """Return the most that one account can add to x of a paper: each of its acts once, now.

    Args:
        weights: of the kinds of signals, by name.
    """
    opening = float(position_correction(LAST_PLACE)) * weights["open"]
    return weights["up"] + weights["save"] + opening


def freshness(announcements: ArrayLike, *, fresh_days: int, fade_days: int) -> Numbers:
    """Return 1 up to `fresh_days` announcements after a paper's own, then half every `fade_days`.

    Announcements, not days: over a weekend or a holiday nothing grows stale.
    """
    late = np.maximum(np.asarray(announcements, dtype=np.float64) - fresh_days, 0)
    return np.asarray(np.exp2(-late / fade_days), dtype=np.float64)


def bucket(announcements: ArrayLike) -> NDArray[np.int64]:
    """Return the age bucket: 0, 1, 2-3, 4-7, 8-15, 16-31, 32 and more announcements."""
    age = np.asarray(announcements, dtype=np.float64)
    return np.where(age < 1, 0, np.floor(np.log2(np.maximum(age, 1))) + 1).astype(np.int64)


def shrunk_mean(total: ArrayLike, n: ArrayLike, wider: ArrayLike, shrink: float) -> Numbers:
    """Return a group's mean, drawn towards a wider group's as if `shrink` papers had that mean.

    Never below 0. Source: the mean of a normal prior's posterior (empirical Bayes).
    """
    weight = np.asarray(n, dtype=np.float64) + shrink
    drawn = (np.asarray(total) + shrink * np.asarray(wider)) / np.maximum(weight, 1e-12)
    mean = np.where(weight > 0, drawn, np.asarray(wider, dtype=np.float64))
    return np.asarray(np.maximum(mean, 0.0), dtype=np.float64)


def surprise(x: ArrayLike, mean: ArrayLike, epsilon: float) -> Numbers:
    """Return by how many standard deviations (of a count) x is over what is normal.

    What is liked, but less than is normal, is 0 and not pushed below what nobody has looked at;
    below 0 is only what readers voted down.

    Source: Pearson's residual of a Poisson count, with epsilon added to the variance.
    """
    x, mean = np.asarray(x, dtype=np.float64), np.asarray(mean, dtype=np.float64)
    residual = (x - mean) / np.sqrt(mean + epsilon)
    return np.asarray(np.where(x < 0, residual, np.maximum(residual, 0.0)), dtype=np.float64)


def content_growth(this_month: ArrayLike, year_before: ArrayLike) -> Numbers:
    """Return how much denser it has become around a paper: the surprise of this month's share.

    Args:
        this_month: how many of the 50 nearest papers are of the last 30 days.
        year_before: how many are of the 365 days before those.
    """
    normal = np.asarray(year_before, dtype=np.float64) * 30 / 365
    return np.maximum((np.asarray(this_month) - normal) / np.sqrt(normal + 1), 0.0)


def trend(
    surprise: ArrayLike, freshness: ArrayLike, content: ArrayLike, content_weight: float
) -> Numbers:
    """Return the number that orders papers."""
    above = np.asarray(surprise) + content_weight * np.asarray(content)
    return np.asarray(above * np.asarray(freshness), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The signals of one kind: how many there are, how many of the last 24 hours, what they add."""

    kind: str
    number: int
    last_day: int
    sum: float

    def __str__(self) -> str:
        shown = self.last_day or self.number
        one, many = _WORDS.get(self.kind, (self.kind, self.kind))
        return f"{shown:,} {one if shown == 1 else many}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A paper's score with every term that it is made of.

    Args:
        formula: the name of the formula that made the score.
        parts: the signals by kind; kinds without any are left out.
        x: what the parts sum up to.
        mean: what is normal for `n` papers of the primary category `group` and of this age.
        announcements: how often there was an announcement since the paper's own, up to 60.
        content: growth around the paper, or None where it was not looked at.
    """

    formula: str
    score: float
    parts: tuple[Part, ...]
    x: float
    mean: float
    group: str
    n: int
    surprise: float
    announcements: int
    freshness: float
    content: float | None
    content_weight: float

    def __str__(self) -> str:
        """Return the line under a story: `+4.1: 6 votes in 24 h, 3.2 times normal for math.CO`."""
        said = [line for line in (self._signals(), self._normal(), self._content()) if line]
        return f"{self.score:+.1f}: {', '.join(said) or 'no signals'}; {self._announced()}"

    def _signals(self) -> str:
        recent = [str(part) for part in self.parts if part.last_day]
        if recent:
            return f"{', '.join(recent)} in 24 h"
        return ", ".join(map(str, self.parts))

    def _normal(self) -> str:
        if self.formula != "surprise" or not self.parts:
            return ""
        of = self.group or "papers without a category"
        if self.mean < _NORMAL_IS_NOTHING:
            return f"where hardly any is normal for {of}"
        return f"{self.x / self.mean:.1f} times normal for {of}"

    def _content(self) -> str:
        growing = self.content_weight and self.content
        return f"growth around it {self.content:.1f}" if growing else ""

    def _announced(self) -> str:
        if self.announcements == 0:
            return "just announced"
        if self.announcements >= OLDEST:
            return f"announced {OLDEST} days ago or more"
        return f"announced {self.announcements} day{'s'[: self.announcements > 1]} ago"
