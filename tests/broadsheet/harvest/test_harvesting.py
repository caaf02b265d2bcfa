"""Harvests against a real server of arXiv's protocol, a real store and a real client."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.broadsheet.harvest.servers import Oai, Reply, Server, serving

from broadsheet.model.errors import InvalidValueError, NotFoundError, StoreError
from broadsheet.model.query import Filters
from broadsheet.services.harvesting import HarvestService
from broadsheet.sources import HttpWeb, all_wires
from broadsheet.store import open_store
from broadsheet.store.store import SqlStore
from broadsheet.store.writing import SqlWriting

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Desk:
    """A library, a server and the service between them; pauses are counted, not slept."""

    store: SqlStore
    oai: Oai
    server: Server
    now: datetime = NOW
    pauses: list[float] = field(default_factory=list)
    keep_raw: bool = False

    def service(self) -> HarvestService:
        return HarvestService(
            store=self.store,
            wires=all_wires(lambda: self.now),
            described=[],
            web=HttpWeb(
                contact="desk@example.org",
                inside=[self.server.base.removeprefix("http://")],
                read_s=1.0,
            ),
            clock=lambda: self.now,
            wait=self._wait,
            bases={"arxiv": self.server.base},
            keep_raw=self.keep_raw,
        )

    def titles(self) -> list[str]:
        listing = self.store.listing(Filters(), limit=1000)
        return sorted(paper.title for paper in listing.papers)

    def _wait(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        return False


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    oai = Oai()
    for number in range(1, 9):
        oai.put(number, day="2026-11-18")
    with closing(open_store(folder=tmp_path, clock=lambda: NOW)) as store, serving(oai) as server:
        yield Desk(store, oai, server)


def test_every_page_comes_in(desk: Desk) -> None:
    report = desk.service().run("arxiv")
    assert report.is_complete
    assert (report.pages, report.new_papers, report.changed) == (3, 8, 0)
    assert desk.titles() == [f"A study of matter {n}" for n in range(1, 9)]


def test_the_first_run_begins_a_week_ago_and_the_next_two_days_before_the_last(
    desk: Desk,
) -> None:
    desk.service().run("arxiv")
    assert "from=2026-11-15" in desk.server.asked[0]
    desk.service().run("arxiv")
    assert "from=2026-11-18" in desk.server.asked[3]
    desk.service().run("arxiv", since=date(1991, 1, 1))
    assert "from=1991-01-01" in desk.server.asked[6]


def test_answers_are_kept_as_they_came_where_it_is_asked_for(desk: Desk) -> None:
    desk.service().run("arxiv")
    paper = desk.store.paper("2611.00005")
    assert paper is not None
    assert desk.service().answers(paper) == []
    desk.keep_raw = True
    desk.service().run("arxiv", since=date(2026, 11, 1))
    (kept,) = desk.service().answers(paper)
    assert kept.body.startswith(b'<?xml version="1.0"?><OAI-PMH')
    assert b"<id>2611.00005</id>" in kept.body
    assert (kept.source, kept.at) == ("arxiv", "2026-11-22T12:00:00+00:00")
    assert "resumptionToken=" in kept.url


def test_an_answer_goes_in_with_its_records_or_not_at_all(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise StoreError("no")

    desk.keep_raw = True
    monkeypatch.setattr(SqlWriting, "save_harvest", refused)
    with pytest.raises(StoreError):
        desk.service().run("arxiv")
    assert desk.titles() == []
    with desk.store.reader.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM answers").scalar() == 0


def test_what_the_server_has_deleted_is_hidden_until_it_is_back(desk: Desk) -> None:
    desk.service().run("arxiv")
    desk.oai.delete(3, day="2026-11-21")
    desk.service().run("arxiv")
    assert desk.titles() == [f"A study of matter {n}" for n in (1, 2, 4, 5, 6, 7, 8)]
    (gone,) = desk.store.events(kinds=["gone"])
    assert (gone.paper, gone.source, gone.event.at) == ("2611.00003", "arxiv", "2026-11-22")
    desk.oai.put(3, day="2026-11-22")
    desk.service().run("arxiv")
    assert len(desk.titles()) == 8


def test_a_second_run_adds_nothing(desk: Desk) -> None:
    desk.service().run("arxiv")
    seq = desk.store.last_seq()
    report = desk.service().run("arxiv")
    assert (report.new_papers, report.new_records, report.changed) == (0, 0, 0)
    assert report.unchanged == 8
    assert desk.store.last_seq() == seq


def test_a_new_version_changes_its_paper(desk: Desk) -> None:
    desk.service().run("arxiv")
    desk.oai.put(3, day="2026-11-20", version=2, title="Another title")
    report = desk.service().run("arxiv")
    assert (report.changed, report.new_papers) == (1, 0)
    paper = desk.store.paper("2611.00003")
    assert paper is not None
    assert paper.title == "Another title"
    assert len(paper.versions) == 2


def test_a_change_is_seen_in_a_run_that_asks_the_same_in_the_same_second(desk: Desk) -> None:
    desk.oai.page_size = 100  # the record moves down within one page
    desk.service().run("arxiv", since=date(2026, 11, 1))
    desk.oai.put(1, day="2026-11-20", version=2)
    report = desk.service().run("arxiv", since=date(2026, 11, 1))
    assert (report.changed, report.unchanged) == (1, 7)


def test_who_asks_is_said_and_turns_are_three_seconds_apart(desk: Desk) -> None:
    desk.service().run("arxiv")
    assert "desk@example.org" in desk.server.headers[0]["user-agent"]
    assert [round(pause) for pause in desk.pauses] == [3, 6]  # the clock of this test stands still


def test_turns_are_shared_by_all_that_open_the_library(desk: Desk) -> None:
    first = desk.store.take_turn("arxiv", interval_s=3.0)
    second = desk.store.take_turn("arxiv", interval_s=3.0)
    assert (first, second) == (0.0, 3.0)
    desk.store.put_off("arxiv", seconds=60)
    assert desk.store.take_turn("arxiv", interval_s=3.0) == 60.0
    assert desk.store.take_turn("other", interval_s=3.0) == 0.0


@pytest.mark.parametrize(
    "fault",
    [
        Reply(status=503, headers={"Retry-After": "7"}),
        Reply(status=429),
        Reply(status=500, body=b"oops"),
        Reply(body=b"<html>maintenance</html>"),
        Reply(body=b""),
        Reply(body=b"<OAI-PMH" + b" " * 500, cut=100),
        Reply(body=b"<a/>" * 50, pause_s=1.5),
        Reply(body=b"nonsense", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["503", "429", "500", "html", "empty", "cut", "slow", "bad-gzip"],
)
def test_passing_trouble_is_waited_out(desk: Desk, fault: Reply) -> None:
    desk.server.faults = [fault]
    report = desk.service().run("arxiv")
    assert report.is_complete
    assert report.new_papers == 8


def test_the_server_says_how_long_to_wait(desk: Desk) -> None:
    desk.server.faults = [Reply(status=503, headers={"Retry-After": "600"})]
    desk.service().run("arxiv")
    assert 600 <= desk.pauses[0] <= 610


def test_too_busy_without_a_word_is_half_a_minute_at_least(desk: Desk) -> None:
    desk.server.faults = [Reply(status=429), Reply(status=429)]
    desk.service().run("arxiv")
    assert all(pause >= 30 for pause in desk.pauses[:2])


def test_a_day_to_wait_ends_the_run_and_keeps_the_turn(desk: Desk) -> None:
    desk.server.faults = [Reply(status=503, headers={"Retry-After": "86400"})]
    report = desk.service().run("arxiv")
    assert not report.is_complete
    assert "24.0 hours" in report.trouble
    assert desk.store.take_turn("arxiv", interval_s=3.0) > 80_000


def test_lasting_trouble_ends_the_run_and_the_next_goes_on_there(desk: Desk) -> None:
    service = desk.service()
    desk.oai.after_answer = lambda number: (
        desk.server.faults.extend([Reply(status=500)] * 6) if number == 1 else None
    )
    report = service.run("arxiv")
    assert (report.is_complete, report.new_papers) == (False, 3)
    assert "Tried 6 times" in report.trouble
    (state,) = desk.store.harvests()
    assert state.trouble == report.trouble
    again = service.run("arxiv")
    assert (again.is_complete, again.resumed, again.new_papers) == (True, True, 5)
    assert desk.titles() == [f"A study of matter {n}" for n in range(1, 9)]


def test_a_refusal_is_not_asked_again(desk: Desk) -> None:
    desk.server.faults = [desk.oai._reply('<error code="badArgument">no such set</error>')]
    report = desk.service().run("arxiv", selection=["nothing"])
    assert "no such set" in report.trouble
    assert len(desk.server.asked) == 1


def test_an_expired_token_begins_anew_from_the_same_day(desk: Desk) -> None:
    def expire(number: int) -> None:
        desk.oai.expired = number == 2

    desk.oai.after_answer = expire
    report = desk.service().run("arxiv")
    assert report.is_complete
    assert desk.titles() == [f"A study of matter {n}" for n in range(1, 9)]
    assert sum("from=2026-11-15" in path for path in desk.server.asked) == 2


def test_a_record_that_moves_while_pages_are_turned_is_found_by_the_next_run(
    desk: Desk,
) -> None:
    """Offsets shift left by one when a record moves to the end: one is passed over."""

    def move(number: int) -> None:
        if number == 1:
            desk.oai.put(1, day="2026-11-20", version=2)

    desk.oai.after_answer = move
    desk.service().run("arxiv")
    assert "A study of matter 4" not in desk.titles()
    desk.service().run("arxiv")
    assert desk.titles() == [f"A study of matter {n}" for n in range(1, 9)]


def test_a_quiet_week_is_no_trouble(desk: Desk) -> None:
    desk.oai.records.clear()
    report = desk.service().run("arxiv")
    assert (report.is_complete, report.pages, report.trouble) == (True, 1, "")


def test_what_is_no_record_is_named_and_kept(desk: Desk) -> None:
    day, text = desk.oai.records["2611.00005"]
    desk.oai.records["2611.00005"] = day, text.replace("<title>", "<title></title><x>")
    desk.oai.records["2611.00005"] = day, text.replace("2611.00005", "nonsense")
    report = desk.service().run("arxiv")
    assert (report.rejected, report.new_papers) == (1, 7)
    assert report.faults[0].reason == "id is not an arXiv id"
    ((_, kept),) = desk.store.rejects()
    assert kept.reason == "id is not an arXiv id"


def test_a_dry_run_asks_once_and_stores_nothing(desk: Desk) -> None:
    report = desk.service().run("arxiv", dry_run=True)
    assert report.new_records == 3
    assert desk.titles() == []
    assert desk.store.harvests() == []


def test_a_stop_keeps_what_has_gone_in(desk: Desk) -> None:
    report = desk.service().run("arxiv", stop=lambda: desk.oai.answered >= 1)
    assert (report.is_complete, report.new_papers) == (False, 3)
    assert desk.service().run("arxiv").new_papers == 5


def test_selections_are_apart(desk: Desk) -> None:
    desk.service().run("arxiv", selection=["cs"])
    desk.service().run("arxiv", selection=["math"])
    assert [state.selection for state in desk.store.harvests()] == ["cs", "math"]
    assert sum("set=math" in path for path in desk.server.asked) == 1


def test_what_is_asked_wrongly_is_an_error(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match=r"There are: arxiv"):
        desk.service().run("arxvi")
    with pytest.raises(InvalidValueError):
        desk.service().run("arxiv", selection=["no set!"])


def test_what_is_due_runs_once_a_period(desk: Desk) -> None:
    service = desk.service()
    service.selections = {"arxiv": ["cs"]}
    assert len(service.run_due(every_h=6)) == 1
    assert service.run_due(every_h=6) == []
    desk.now = datetime(2026, 11, 22, 19, tzinfo=UTC)
    assert len(service.run_due(every_h=6)) == 1
