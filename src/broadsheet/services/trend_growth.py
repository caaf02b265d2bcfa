"""How much denser it has become around papers: what a small group has when votes are few."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, timedelta

from broadsheet.model.dates import first_number
from broadsheet.model.errors import BroadsheetError
from broadsheet.model.search_ports import Searcher
from broadsheet.model.trend_ports import TrendInputs
from broadsheet.model.trending import content_growth

N_NEAREST = 50
MOST_PAPERS = 200
AT_ONCE = 25
_MONTH = timedelta(days=30)
_YEAR = timedelta(days=365)
_REMEMBERED = 2_000


class Growth:
    """Growth around papers, remembered for a day.

    Neighbours cost a search each, so the 200 newest papers are looked at, 25 more each time that
    a ranking is made.
    """

    def __init__(self, *, searcher: Searcher, inputs: TrendInputs) -> None:
        self.searcher = searcher
        self.inputs = inputs
        self._known: OrderedDict[tuple[int, date], float] = OrderedDict()

    def around(self, keys: Sequence[int], *, today: date) -> dict[int, float]:
        """Return growth around those of the papers that have been looked at.

        Args:
            keys: newest first.
        """
        wanted = [int(key) for key in keys[:MOST_PAPERS]]
        new = [key for key in wanted if (key, today) not in self._known][:AT_ONCE]
        if new:
            self._look_at(new, today)
        return {key: self._known[key, today] for key in wanted if (key, today) in self._known}

    def _look_at(self, keys: Sequence[int], today: date) -> None:
        try:
            near = {
                key: [item.key for item in self.searcher.similar(key, k=N_NEAREST)] for key in keys
            }
        except BroadsheetError:
            return  # the index is being made: votes alone count until it is there
        every = {other for found in near.values() for other in found}
        listed = self.inputs.known(sorted(every), until=today)
        day_of = {paper.key: paper.day for paper in listed}
        month = first_number((today - _MONTH).isoformat())
        year = first_number((today - _MONTH - _YEAR).isoformat())
        for key, found in near.items():
            days = [day_of.get(other, 0) for other in found]
            recent = sum(day > month for day in days)
            before = sum(year < day <= month for day in days)
            self._known[key, today] = float(content_growth(recent, before))
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
