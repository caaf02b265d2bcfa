"""From asking for mail to its end, and every digest once."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from tests.broadsheet.mail.reports import report_of

from broadsheet.mail import MailPress, SmtpMailer
from broadsheet.model.errors import InvalidValueError, NotFoundError
from broadsheet.model.letters import EVERY_DAY, Subscription, Told
from broadsheet.model.query import Filters
from broadsheet.services.alerts import AlertService
from broadsheet.services.digests import DigestService
from broadsheet.services.prose.plain import to_plain
from broadsheet.services.returning import ReturningService
from broadsheet.services.sending import SendingService
from broadsheet.services.subscribing import MailHouse, SubscribingService, Wish
from broadsheet.store import SqlAccounts, SqlPost, SqlSavedQueries

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
DAILY = Wish(weekday=EVERY_DAY, hour=7)


class NewestFirst:
    """What trends where nothing is known of readers."""

    def __init__(self, store):
        self.store = store

    def top(self, category, *, since, until, limit):
        filters = Filters(
            categories=(category,) if category else (),
            since=since.isoformat(),
            until=until.isoformat(),
        )
        return [Told(paper=p) for p in self.store.listing(filters, limit=limit).papers]


class PostOffice:
    """A library that sends mail, at a moment that a test moves on."""

    def __init__(self, library, server, trusting):
        self.now = MONDAY
        self.library, self.server = library, server
        library.store.clock = self.clock
        self.post = SqlPost.beside(library.store)
        self.saved = SqlSavedQueries.beside(library.store)
        self.accounts = SqlAccounts.beside(library.store)
        self.searcher = library.open()
        house = MailHouse(
            title="The Paper", address="https://paper.example", sender="P <paper@example.org>"
        )
        press = MailPress(
            title="The Paper",
            address="https://paper.example",
            plain=to_plain,
            paper_path=lambda p: f"/paper/{p.id}",
        )
        self.alerts = AlertService(
            reading=library.store, saved=self.saved, percolating=self.searcher, clock=self.clock
        )
        self.subscribing = SubscribingService(
            post=self.post, press=press, house=house, clock=self.clock
        )
        self.digests = DigestService(
            post=self.post,
            saved=self.saved,
            reading=library.store,
            trending=NewestFirst(library.store),
            subscribing=self.subscribing,
            press=press,
            house=house,
            clock=self.clock,
        )
        self.mailer = SmtpMailer(
            host=server.host,
            port=server.port,
            user="paper",
            password="a long password",
            bounce_to="bounces@example.org",
            context=trusting,
            timeout_s=5.0,
        )
        self.sending = SendingService(
            post=self.post, saved=self.saved, mailer=self.mailer, hooks=None
        )

    def clock(self):
        return self.now

    def later(self, **given):
        self.now += timedelta(**given)

    def turn(self):
        """What the server does now and then."""
        self.alerts.run()
        self.digests.run()
        self.sending.run()

    def mail(self):
        """Return what has arrived since it was last looked at, as (address, message)."""
        found = [(to, message_from_bytes(raw, policy=default)) for to, raw in self.server.taken]
        self.server.taken.clear()
        return found

    def link(self, message, path):
        text = message.get_body(("plain",)).get_content()
        return re.search(rf"https://paper\.example/{path}/(\S+)", text)[1]

    def subscribed(self, address="a@example.org", wish=DAILY):
        self.subscribing.ask(address, wish)
        self.sending.run()
        ((_, letter),) = self.mail()
        return self.subscribing.confirm(self.link(letter, "confirm"))

    def add(self, paper, *numbers):
        day = self.now.date().isoformat()
        self.library.add(*(paper(n, f"Title {n} on retrieval", submitted=day) for n in numbers))
        self.searcher.index_words()


@pytest.fixture
def office(library, mail_server, trusting):
    return PostOffice(library, mail_server, trusting)


def told(message):
    text = message.get_body(("plain",)).get_content()
    return [int(n) for n in re.findall(r"^Title (\d+)", text, re.MULTILINE)]


def test_nothing_is_sent_before_it_is_confirmed(office, paper):
    office.add(paper, 1)
    office.subscribing.ask("a@example.org", DAILY)
    office.turn()
    ((to, letter),) = office.mail()
    assert to == "a@example.org"
    assert "Confirm" in letter["Subject"]
    office.later(days=3)
    office.turn()
    assert office.mail() == []


def test_looking_confirms_nothing_and_the_button_does(office, paper):
    office.subscribing.ask("a@example.org", DAILY)
    office.turn()
    token = office.link(office.mail()[0][1], "confirm")
    assert not office.subscribing.look(token, "confirm").confirmed
    assert not office.subscribing.look(token, "confirm").confirmed
    assert office.subscribing.confirm(token).confirmed
    assert office.subscribing.confirm(token).confirmed


def test_a_daily_digest_comes_once_a_day_with_what_is_new(office, paper):
    office.subscribed()
    office.later(days=1)
    office.add(paper, 1, 2)
    office.turn()
    ((_, letter),) = office.mail()
    assert sorted(told(letter)) == [1, 2]
    office.later(hours=5)
    office.turn()
    assert office.mail() == []
    office.later(hours=19)
    office.add(paper, 3)
    office.turn()
    ((_, letter),) = office.mail()
    assert told(letter) == [3]


def test_a_day_with_nothing_new_sends_nothing_unless_asked(office):
    office.subscribed("a@example.org")
    office.subscribed("b@example.org", replace(DAILY, when_empty=True))
    office.later(days=1)
    office.turn()
    ((to, letter),) = office.mail()
    assert to == "b@example.org"
    assert "nothing new" in letter["Subject"]


@pytest.mark.parametrize(
    ("now", "wish", "day"),
    [
        ("2026-11-20T06:59", Wish(weekday=4, hour=7), None),
        ("2026-11-20T07:00", Wish(weekday=4, hour=7), "2026-11-20"),
        ("2026-11-22T23:00", Wish(weekday=4, hour=7), "2026-11-20"),
        ("2026-11-25T07:00", Wish(weekday=4, hour=7), None),
        ("2026-11-20T12:30", Wish(weekday=4, hour=7, zone="America/Los_Angeles"), None),
        ("2026-11-20T15:30", Wish(weekday=4, hour=7, zone="America/Los_Angeles"), "2026-11-20"),
        ("2026-11-19T23:30", Wish(weekday=4, hour=7, zone="Pacific/Auckland"), "2026-11-20"),
        ("2026-11-20T06:30", DAILY, "2026-11-19"),
        ("2027-03-28T01:30", Wish(weekday=6, hour=3, zone="Europe/Berlin"), "2027-03-28"),
    ],
)
def test_an_issue_is_due_in_the_readers_own_time(now, wish, day):
    subscription = Subscription(
        key=1,
        id="x",
        address="a@example.org",
        zone=wish.zone,
        weekday=wish.weekday,
        hour=wish.hour,
        created_at="2026-11-10T00:00:00+00:00",
    )
    due = subscription.due(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert (due.isoformat() if due else None) == day


def test_one_click_ends_it_at_once_and_twice_is_fine(office, paper):
    office.subscribed()
    office.later(days=1)
    office.add(paper, 1)
    office.turn()
    ((_, letter),) = office.mail()
    token = re.search(r"/u/([^>]+)>", letter["List-Unsubscribe"])[1]
    office.subscribing.look(token, "stop")
    office.later(days=1)
    office.add(paper, 2)
    office.subscribing.stop(token)
    office.subscribing.stop(token)
    office.turn()
    assert office.mail() == []
    office.subscribing.resume(token)
    office.turn()
    assert told(office.mail()[0][1]) == [2]


def test_a_token_serves_its_own_purpose_alone(office):
    office.subscribing.ask("a@example.org", DAILY)
    office.turn()
    token = office.link(office.mail()[0][1], "confirm")
    for wrong in (token[:-1], token + "x", "", ".", "x.y", token.partition(".")[0]):
        with pytest.raises(NotFoundError):
            office.subscribing.confirm(wrong)
    with pytest.raises(NotFoundError):
        office.subscribing.stop(token)


def test_whoever_asks_learns_nothing_of_an_address(office):
    office.subscribed("a@example.org")
    assert office.subscribing.ask("a@example.org", DAILY) is None
    assert office.subscribing.ask("new@example.org", DAILY) is None
    office.turn()
    letters = {to: letter["Subject"] for to, letter in office.mail()}
    assert "already" in letters["a@example.org"]
    assert "Confirm" in letters["new@example.org"]


def test_nobody_can_be_flooded(office):
    for _ in range(20):
        office.subscribing.ask("a@example.org", DAILY)
    office.turn()
    assert len(office.mail()) == 1


def test_a_readers_saved_queries_come_first_and_a_paper_once(office, paper):
    ada = office.accounts.add_reader(name="Ada", role="reader")
    office.alerts.save(ada, name="Retrieval", kind="search", asked={"q": "q=retrieval&mode=words"})
    asked = office.subscribing.ask("ada@example.org", DAILY, reader=ada)
    assert not asked.confirmed
    office.turn()
    office.subscribing.confirm(office.link(office.mail()[0][1], "confirm"))
    office.later(days=1)
    office.add(paper, 1, 2)
    office.turn()
    ((_, letter),) = office.mail()
    text = letter.get_body(("plain",)).get_content()
    assert "RETRIEVAL" in text
    assert sorted(told(letter)) == [1, 2]
    assert "TRENDING" not in text
    office.later(days=1)
    office.turn()
    assert office.mail() == []


def test_an_address_that_is_none_any_more_is_given_up(office, paper):
    office.subscribed()
    office.server.answers["a@example.org"] = "550 5.1.1 gone"
    for day in range(5):
        office.later(days=1)
        office.add(paper, 10 + day)
        office.turn()
    assert office.post.count_letters() == {"dead": 3, "sent": 1}
    assert office.post.live() == []


def test_letters_that_come_back_later_end_a_subscription_too(office, paper):
    office.subscribed()
    returning = ReturningService(post=office.post)
    names = []
    for day in range(3):
        assert office.post.live()
        office.later(days=1)
        office.add(paper, 10 * day + 1)
        office.turn()
        ((_, letter),) = office.mail()
        names.append(letter["Message-ID"])
        guessed = re.sub(r"[^@<>]", ".", names[-1].partition("@")[0]) + "@example.org>"
        assert "nothing was done" in returning.take(report_of(guessed))
        said = returning.take(report_of(names[-1]))
        assert said.endswith("came back: 5.1.1 smtp; 550 no such user")
        assert "nothing was done" in returning.take(report_of(names[-1]))  # it counts once
    assert office.post.live() == []
    assert office.post.count_letters()["returned"] == 3
    office.add(paper, 99)
    office.turn()
    assert office.mail() == []


def test_a_letter_that_arrives_begins_the_count_anew(office, paper):
    office.subscribed()
    returning = ReturningService(post=office.post)
    for day in range(6):
        office.later(days=1)
        office.add(paper, 10 * day + 1)
        office.turn()
        ((_, letter),) = office.mail()
        if day % 3:
            returning.take(report_of(letter["Message-ID"]))
    assert office.post.live()


def test_a_server_that_is_busy_is_tried_again_later(office, paper):
    office.subscribed()
    office.later(days=1)
    office.add(paper, 1)
    office.server.answers["a@example.org"] = "451 later"
    office.turn()
    assert office.mail() == []
    office.server.answers.clear()
    office.turn()
    assert office.mail() == []
    office.later(minutes=2)
    office.turn()
    assert [to for to, _ in office.mail()] == ["a@example.org"]
    assert office.post.count_letters() == {"sent": 2}


def test_a_letter_that_is_never_taken_is_dead_and_named(office, paper):
    office.subscribed()
    office.later(days=1)
    office.add(paper, 1)
    office.server.answers["a@example.org"] = "451 later"
    for _ in range(12):
        office.turn()
        office.later(hours=25)
    (dead,) = [x for x in office.post.letters("dead") if x.tries > 1]
    assert "451 later" in dead.trouble


def test_what_a_crash_left_half_sent_is_not_sent_again(office, paper):
    office.subscribed()
    office.later(days=1)
    office.add(paper, 1)
    office.digests.run()
    (letter,) = office.post.claim(limit=5, lease_s=900)
    assert office.post.begin(letter)
    office.later(hours=1)
    office.turn()
    assert office.mail() == []
    (unsure,) = office.post.letters("unsure")
    assert unsure.key == letter.key


def test_what_a_crash_left_before_that_is_sent(office, paper):
    office.subscribed()
    office.later(days=1)
    office.add(paper, 1)
    office.digests.run()
    (letter,) = office.post.claim(limit=5, lease_s=900)
    office.sending.run()
    assert office.mail() == []
    office.later(hours=1)
    office.turn()
    assert len(office.mail()) == 1
    assert not office.post.begin(letter)


def test_two_processes_make_one_issue(office, paper):
    (subscription,) = [office.subscribed()]
    office.later(days=1)
    office.add(paper, 1)
    (live,) = office.post.live()
    issue = office.digests.issue(live, live.due(office.now))
    letter = office.digests.letter(live, issue)
    keep = {"papers": issue.papers, "deliveries": issue.deliveries}
    assert office.post.issue(live, issue.digest.day, letter, **keep)
    assert not office.post.issue(live, issue.digest.day, letter, **keep)
    assert subscription.id == live.id
    office.turn()
    assert len(office.mail()) == 1


@pytest.mark.parametrize(
    ("address", "wish", "said"),
    [
        ("nobody", DAILY, "no mail address"),
        ("a@example.org\r\nBcc: b@example.org", DAILY, "no mail address"),
        ("a" * 250 + "@example.org", DAILY, "254"),
        ("a@example.org", Wish(zone="Europe/Atlantis"), "no time zone"),
        ("a@example.org", Wish(zone="../../etc/passwd"), "no time zone"),
        ("a@example.org", Wish(weekday=7), "weekday"),
        ("a@example.org", Wish(hour=24), "hour"),
        ("a@example.org", Wish(sections=tuple(map(str, range(21)))), "categories"),
    ],
)
def test_what_cannot_be_is_refused(office, address, wish, said):
    with pytest.raises(InvalidValueError, match=said):
        office.subscribing.ask(address, wish)
    office.turn()
    assert office.mail() == []


def test_a_paper_without_a_mail_server_says_so(office):
    closed = SubscribingService(post=office.post, press=None, house=None, clock=office.clock)
    assert not closed.is_open
    with pytest.raises(InvalidValueError, match="sends no mail"):
        closed.ask("a@example.org", DAILY)


def test_what_trends_is_asked_once_a_run_and_anew_in_the_next(office, paper, monkeypatch):
    asked, top = [], office.digests.trending.top
    monkeypatch.setattr(
        office.digests.trending, "top", lambda *what, **how: asked.append(how) or top(*what, **how)
    )
    office.subscribed("a@example.org")
    office.subscribed("b@example.org")
    office.later(days=1)
    office.add(paper, 1)
    assert office.digests.run() == 2
    assert len(asked) == 1
    office.later(days=1)
    office.add(paper, 2)
    assert office.digests.run() == 2
    assert len(asked) == 2
    office.sending.run()
    letters = [message for to, message in office.mail() if to == "b@example.org"]
    assert [told(message) for message in letters] == [[1], [2]]
