"""The papers that are fresh, kept in memory and brought up to date by those that have changed."""

from datetime import date

from broadsheet.model.dates import first_number, last_number
from broadsheet.model.trend_ports import ListedPaper, TrendInputs
from broadsheet.services.trend_table import PaperTable

_MOST_CHANGED = 2_000


class FreshPapers:
    """One table of papers. Not safe for two threads at once.

    It is read whole once a day, and when more than 2,000 papers have changed at once.
    """

    def __init__(self, *, inputs: TrendInputs) -> None:
        self.inputs = inputs
        self._span: tuple[date, date] | None = None
        self._seq = -1
        self._papers: dict[int, ListedPaper] = {}
        self._table: PaperTable | None = None

    def table(self, *, since: date, until: date, seq: int) -> PaperTable:
        """Return the papers listed in a span of days.

        Args:
            seq: the papers' last number; when it is as before, so is the table.
        """
        if self._table is None or self._span != (since, until) or self._seq != seq:
            self._bring_up_to_date(since, until)
            self._span, self._seq = (since, until), seq
            self._table = PaperTable(list(self._papers.values()), today=until)
        return self._table

    def _bring_up_to_date(self, since: date, until: date) -> None:
        changed = []
        if self._span == (since, until):
            changed = self.inputs.changed(after=self._seq, limit=_MOST_CHANGED)
        if not changed or len(changed) == _MOST_CHANGED:
            self._papers = {p.key: p for p in self.inputs.listed(since=since, until=until)}
            return
        first, last = first_number(since.isoformat()), last_number(until.isoformat())
        for paper in changed:
            self._papers.pop(paper.key, None)
            if first <= paper.day <= last:
                self._papers[paper.key] = paper
