"""Tells whether two records are of one paper, where no rule does. Wiring comes in through here."""

from broadsheet.judging.trained_judge import TrainedJudge

__all__ = ["TrainedJudge"]
