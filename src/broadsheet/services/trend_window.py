"""The signals of the last half-lives, kept in memory and brought up to date by what has changed."""

from datetime import date, datetime, timedelta

import numpy as np

from broadsheet.model.trend_ports import Mark, Signals, TrendInputs
from broadsheet.model.trend_settings import TrendingSettings


class SignalWindow:
    """One window of signals. Not safe for two threads at once.

    It begins with a day, and is read whole once for each day and each choice of kinds; then only
    what is new is read, and all of the readers who have changed anything: what they undid is gone.
    """

    def __init__(self, *, inputs: TrendInputs) -> None:
        self.inputs = inputs
        self._name: object = None
        self._kept: tuple[Signals, Mark] | None = None

    def read(self, settings: TrendingSettings, *, moment: datetime, fresh: date) -> Signals:
        """Return the signals of ten half-lives before a moment, and of that day from its start."""
        oldest = moment - timedelta(hours=settings.window_h)
        since = oldest.replace(hour=0, minute=0, second=0, microsecond=0)
        kinds = tuple(settings.weights.by_kind())
        name = (kinds, since, fresh)
        before = self._kept if self._name == name else None
        mark = before[1] if before else None
        batch = self.inputs.signals(kinds=kinds, since=since, fresh=fresh, mark=mark)
        signals = batch.signals
        if before:
            held = before[0]
            if batch.again:
                held = held.taken(~np.isin(held.reader, batch.again))
            signals = held.with_more(signals)
        self._name, self._kept = name, (signals, batch.mark)
        return signals
