"""Formulas by which others order what is new: pure functions of votes and age, by name.

Each takes a `Standing` and returns a number, higher is better. None of them looks at the field
except `lemmy_scaled`; the house's own is `surprise` (`model.trending`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

_EPOCH_OF_REDDIT = 1134028003


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What these formulas know of a paper.

    Args:
        ups, downs: votes for and against.
        listed: when it was listed, in seconds since 1970.
        now: the present, in seconds since 1970.
        comments: points of comments, for `lobsters`.
        activity: signals in the paper's category, for `lemmy_scaled`.
    """

    ups: float
    downs: float = 0.0
    listed: float
    now: float
    comments: float = 0.0
    activity: float = 0.0

    @property
    def score(self) -> float:
        """Votes for less votes against."""
        return self.ups - self.downs

    @property
    def age_h(self) -> float:
        """Hours since it was listed; negative where that is still to come."""
        return (self.now - self.listed) / 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A formula, as it is shown and as it is run."""

    title: str
    tex: str
    score: Callable[[Standing], float]


def hacker_news(s: Standing) -> float:
    """Return `(p-1)^0.8 / ((age_min+120)/60)^1.8`; p counts the submitter's own point.

    Source: news.arc of the Arc distribution, without its penalties.
    Differs: votes for a paper are all its readers', so p - 1 is their number less those against;
    what is below 0 stays so by its sign, and an age below 0 is 0.
    """
    return math.copysign(math.pow(abs(s.score), 0.8), s.score) / _gravity(s)


def hacker_news_short(s: Standing) -> float:
    """Return `(p-1) / (h+2)^1.8`, as the formula is often told; kept for comparison."""
    return s.score / _gravity(s)


def reddit_hot(s: Standing) -> float:
    """Return `sign(s) log10(max(|s|, 1)) + (t - 1134028003) / 45000`.

    Source: reddit's published code, `_sorts.pyx`. Ten times the votes make up for 12.5 hours.
    Differs: what is listed in the future counts as of now.
    """
    sign = (s.score > 0) - (s.score < 0)
    order = math.log10(max(abs(s.score), 1))
    return round(sign * order + (min(s.listed, s.now) - _EPOCH_OF_REDDIT) / 45000, 7)


def controversy(s: Standing) -> float:
    """Return `(u+d)^(min/max)`, 0 where nobody disagrees: for disputed papers.

    Source: reddit's published code, `_sorts.pyx`; Lemmy's `controversy_rank`.
    """
    if s.ups <= 0 or s.downs <= 0:
        return 0.0
    return float((s.ups + s.downs) ** (min(s.ups, s.downs) / max(s.ups, s.downs)))


def wilson(s: Standing, z: float = 1.281551565545) -> float:
    """Return the lower bound of the share of votes that are for it; 0 without votes.

    Args:
        z: 1.2816 (80 %) is reddit's "best"; 1.96 is 95 %.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA
    1927. Says nothing of time, and needs votes against.
    """
    n = s.ups + s.downs
    if n <= 0:
        return 0.0
    p = s.ups / n
    spread = z * math.sqrt((p * (1 - p) + z * z / (4 * n)) / n)
    return (p + z * z / (2 * n) - spread) / (1 + z * z / n)


def lemmy_hot(s: Standing) -> float:
    """Return `log10(max(2, s+2)) / (h+2)^1.8`; 0 after 7 days, and 0 for the future.

    Source: Lemmy's `utils.sql`, function `hot_rank`.
    """
    if not 0 <= s.age_h < 24 * 7:
        return 0.0
    return math.log10(max(2.0, s.score + 2)) / _gravity(s)


def lemmy_scaled(s: Standing) -> float:
    """Return `hot / log10(2 + activity)`: a small field shows beside a large one.

    Source: Lemmy's `utils.sql`, function `scaled_rank`. Differs: activity is what readers did of
    late with papers of the category, where Lemmy counts users of a month.
    """
    return lemmy_hot(s) / math.log10(2 + max(s.activity, 0.0))


def lobsters(s: Standing) -> float:
    """Return `sign log10(max(|score+1| + comment points, 1)) + t / 79200`: a window of 22 hours.

    Source: lobsters' `story.rb`, `calculated_hotness`, whose sign is turned (it sorts ascending).
    Comment points count up to the score. Differs: no base of tags; the future counts as now.
    """
    points = abs(s.score + 1) + min(s.comments, max(s.score, 0.0))
    sign = (s.score > 0) - (s.score < 0)
    return sign * math.log10(max(points, 1)) + min(s.listed, s.now) / 79200


def votes(s: Standing) -> float:
    """Return the number of votes for it. Source: SciRate, which counts them for a span of days."""
    return s.ups


def _gravity(s: Standing) -> float:
    return math.pow(max(s.age_h, 0.0) + 2, 1.8)


NAMED: dict[str, Named] = {
    "hacker_news": Named(title="Hacker News", tex=r"(p-1)^{0.8} / (h+2)^{1.8}", score=hacker_news),
    "reddit_hot": Named(
        title="Reddit, hot",
        tex=r"\mathrm{sign}(s) \log_{10} \max(|s|, 1) + (t - 1134028003) / 45000",
        score=reddit_hot,
    ),
    "controversy": Named(
        title="Reddit, controversial",
        tex=r"(u+d)^{\min(u,d) / \max(u,d)}",
        score=controversy,
    ),
    "wilson": Named(
        title="Wilson’s lower bound",
        tex=r"\frac{p + z^2/2n - z \sqrt{(p(1-p) + z^2/4n) / n}}{1 + z^2/n}",
        score=wilson,
    ),
    "lemmy_hot": Named(
        title="Lemmy, hot", tex=r"\log_{10} \max(2, s+2) / (h+2)^{1.8}", score=lemmy_hot
    ),
    "lemmy_scaled": Named(
        title="Lemmy, scaled", tex=r"\mathrm{hot} / \log_{10}(2 + a)", score=lemmy_scaled
    ),
    "lobsters": Named(
        title="Lobsters",
        tex=r"\mathrm{sign}(s) \log_{10} \max(|s+1| + c, 1) + t / 79200",
        score=lobsters,
    ),
    "votes": Named(title="Votes, counted", tex="u", score=votes),
}
"""All but `surprise`, by the name that the settings give. A new one is a function and a row."""
