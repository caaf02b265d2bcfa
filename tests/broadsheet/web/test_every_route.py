"""The owner, a team mate, a stranger and nobody, over every route of the mounted application."""

from dataclasses import dataclass
from itertools import product

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import or_, select
from starlette.testclient import TestClient
from tests.broadsheet.web.route_table import (
    COLLECTIONS,
    FORMS,
    ID,
    OPEN,
    READ,
    REFUSED,
    SAID,
    V1,
    Ask,
    asks_of,
    routes_of,
)

from broadsheet.asgi import make_app
from broadsheet.model.paper import Record
from broadsheet.model.readers import Reader
from broadsheet.model.settings import MailSettings, Settings
from broadsheet.services.bundle import Services
from broadsheet.services.secret import secret_hash
from broadsheet.services.subscribing import Wish
from broadsheet.store import reader_schema as schema
from broadsheet.store.schema import metadata
from broadsheet.web.assets import Assets
from broadsheet.wiring import now, open_library

pytestmark = pytest.mark.slow

PASSWORD = "seven tall blue herons"
NOTE, TAG, TOPIC = "Zebrasknote of mine", "zebraktag", "zebraktopic"
SHELF, ABOUT, QUERY = "Zebrakshelf", "Zebrakabout", "Zebrakquery"
EMAIL, LABEL, DEVICE = "zebrak@post.example", "Zebraktoken", "Zebrakdevice"
PRIVATE = (NOTE, TAG, TOPIC, SHELF, ABOUT, QUERY, EMAIL, LABEL, DEVICE)
OTHERS = ("Mate", "Stranger", "")
OWN, ELSEWHERE = {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "cross-site"}


@dataclass
class House:
    """A library in which the owner has everything that there is to have."""

    services: Services
    app: FastAPI
    ids: dict[str, str]

    def asks(self, *, reading: bool) -> list[Ask]:
        """Every request, once for each collection where it names one."""
        unfilled = [
            ask
            for method, route in routes_of(self.app)
            for ask in asks_of(method, route)
            if (method == "GET") == reading
        ]
        kinds = [{**self.ids, "collection": self.ids[kind]} for kind in COLLECTIONS]
        asks = [[ask.filled(ids) for ids in kinds] for ask in unfilled]
        found = [ask for pair in asks for i, ask in enumerate(pair) if i == 0 or ask != pair[0]]
        return sorted(found, key=_late)

    def ask(self, name: str, ask: Ask, headers: dict[str, str] = OWN) -> Response:
        """Ask as a reader whose session has just begun, or as nobody."""
        cookies = {}
        if name:
            reader = self.services.readership.named(name)
            cookies = {"broadsheet": self.services.sessions.begin(reader, agent="")}
        client = TestClient(
            self.app,
            base_url="http://paper.example",
            headers=headers,
            cookies=cookies,
            follow_redirects=False,
        )
        sent = {"data": ask.form} if ask.form is not None else {"json": ask.json}
        return client.request(ask.method, ask.path, **(sent if ask.method != "GET" else {}))

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """All rows that are the owner's or hang on what is theirs, secrets too."""
        store = self.services.importing.store
        with store.reader.begin() as connection:
            own = {schema.readers: {self.owner.key}}
            found = {"kept": list(map(tuple, connection.execute(select(schema.kept))))}
            for table in metadata.sorted_tables:
                hangs = [
                    key.parent.in_(own[key.column.table])
                    for key in table.foreign_keys
                    if key.column.table in own
                ]
                if table is schema.readers:
                    hangs = [table.c.key == self.owner.key]
                if hangs:
                    rows = connection.execute(select(table).where(or_(*hangs))).all()
                    found[table.name] = sorted(map(tuple, rows), key=repr)
                    if table in (schema.collections, schema.saved_queries, schema.subscriptions):
                        own[table] = {row.key for row in rows}
        return found

    @property
    def owner(self) -> Reader:
        return self.services.readership.admin()


def _late(ask: Ask) -> int:
    """Return when to ask: first what the rest would end, last what ends the rest."""
    if ask.route == "/account/sessions/end":
        return 0
    if ask.route == "/account/leave":
        return 4
    ends = ("/remove", "/end", "/end-others", "/revoke", "/admin/reader")
    if ask.route.endswith(ends) or (ask.method == "DELETE" and ask.route.endswith("{id}")):
        return 3
    return 2 if EMAIL in ask.said else 1  # who has said it may hear it again


def words_in(answer: Response, said: str) -> set[str]:
    """Return the owner's private words that an answer tells to one who has not said them."""
    told = f"{answer.headers}{answer.text}"
    return {word for word in PRIVATE if word in told and word not in said}


@pytest.fixture
def house(tmp_path, put):
    settings = Settings(
        library=tmp_path / "library",
        title="The Test",
        address="http://paper.example",
        accounts="open",
        mail=MailSettings(folder=tmp_path / "out", sender="Paper <paper@example.org>"),
    )
    services = open_library(settings, create=True)
    put(services, [whale(i, "2020-05-04") for i in (1, 2, 3)])
    for name in ("Owner", "Mate", "Stranger"):
        password = PASSWORD if name == "Owner" else f"{name} has another"
        services.accounts.sign_up(name=name, password=password, client="10.0.0.7")
    ids = furnish(services, put)
    yield House(services, make_app(services), ids)
    services.close()


def whale(i, day):
    return Record(
        source="s",
        source_id=str(i),
        title=f"Whales of the sea {i}",
        abstract=f"Whales sing, part {i}.",
        authors=("One Author", f"Other {i}"),
        categories=("cs.CL", "cs.LG"),
        submitted=day,
        arxiv_id=f"2005.{i:05d}",
    )


def furnish(services, put):
    """Give the owner one of everything; return the ids."""
    accounts, owner = services.accounts.accounts, services.readership.admin()
    accounts.confirm_address(owner.key, EMAIL)
    owner = services.readership.admin()
    paper = services.reading.paper(ID)
    services.marks.change(owner, paper, ["up", "save"], note=NOTE, tags=[TAG])
    services.follows.add(owner, "topic", TOPIC)
    services.follows.add(owner, "category", "cs.CL")
    ids = {}
    for kind in COLLECTIONS:
        name, about = (SHELF, ABOUT) if kind == "private" else ("Team shelf", "")
        made = services.collections.add(owner, name=name, about=about, visibility=kind)
        services.collections.put(made.id, owner, paper)
        ids[kind] = made.id
    services.collections.share(ids["shared"], owner, name="Mate", may_edit=False)
    query = services.alerts.save(
        owner, name=QUERY, kind="search", asked={"q": "q=whales&mode=words"}
    )
    feed = services.alerts.open_feed(query)
    put(services, [whale(9, now().date().isoformat())])
    assert services.alerts.run() == 1
    subscription = services.subscribing.ask(EMAIL, Wish(weekday=-1), reader=owner)
    services.profile.reset_token(owner)  # the library's keys are made when they are first asked for
    letter = dead_letter(services, subscription)
    services.tokens.make(owner, name=LABEL, scopes=["read", "mark"], days=30)
    services.sessions.begin(owner, agent="")
    services.readership.invite(owner, note="x")
    passkey = {"public_key": b"k", "sign_count": 0, "name": DEVICE}
    services.passkeys.passkeys.add(id="pass-key-of-mine", reader=owner.key, **passkey)
    return {
        **ids,
        **{"query": query.id, "feed_hash": secret_hash(feed), "subscription": subscription.id},
        **{"reader": owner.id, "email": EMAIL, "tag": TAG, "topic": TOPIC, "password": PASSWORD},
        "mate": services.readership.named("Mate").id,
        "asset": Assets().address("keys.js"),
        "session": services.sessions.of(owner)[0].id,
        "passkey": "pass-key-of-mine",
        "api_token": services.tokens.of(owner)[0].id,
        "invitation": services.readership.open_invitations()[0].id,
        "letter": letter.key,
    }


def dead_letter(services, subscription):
    """Issue today's digest, which no server takes."""
    digests = services.digests
    issue = digests.issue(subscription, digests.today(subscription))
    letter = digests.letter(subscription, issue)
    told = {"papers": issue.papers, "deliveries": issue.deliveries}
    assert digests.post.issue(subscription, issue.digest.day, letter, **told)
    (claimed,) = digests.post.claim(limit=5, lease_s=900)
    digests.post.failed(claimed, "550", again_in_s=None)
    return claimed


def test_every_route_is_in_a_table_and_the_tables_name_no_other(house):
    routes = routes_of(house.app)
    missing = []
    for method, route in routes:
        try:
            asks_of(method, route)
        except KeyError:
            missing.append((method, route))
    assert missing == [], "say in route_table.py how these are asked"
    read = {route for method, route in routes if method == "GET"}
    assert [r for r in READ if not any(x == r or x.startswith(f"{r}.") for x in read)] == []
    changing = {f"{method} {route}" for method, route in routes}
    assert {*(f"POST {route}" for route in FORMS), *SAID} <= changing


def test_what_is_read_tells_others_none_of_the_owners_words(house):
    shown, asks = set(), house.asks(reading=True)
    for ask in asks:
        answer = house.ask("Owner", ask)
        expected = ask.route not in REFUSED["GET"]
        assert (answer.status_code < 400) == expected, (ask, answer.status_code)
        shown |= {word for word in PRIVATE if word in answer.text}
    assert shown == set(PRIVATE)  # else nothing could have been told
    before = house.rows()
    for ask, name in product(asks, OTHERS):
        answer = house.ask(name, ask)
        assert answer.status_code < 500, (name, ask)
        assert words_in(answer, ask.said) == set(), (name, ask)
    assert house.rows() == before


@pytest.mark.parametrize("name", [*OTHERS, "Owner, from elsewhere"])
def test_what_others_send_changes_nothing_of_the_owners(house, name):
    who, from_here = name.partition(",")[0], OWN if "," not in name else ELSEWHERE
    before, said = house.rows(), ""
    for ask in house.asks(reading=False):
        answer = house.ask(who, ask, from_here)
        after = house.rows()
        if who == "Owner":
            after["sessions"] = before["sessions"]  # each of its requests has a new one
            assert answer.status_code in ({403, 404} if ask.route == "/u/{token}" else {403}), ask
        elif not who and ask.route not in OPEN:
            sent_away = answer.headers.get("location", "").startswith("/sign-in")
            assert answer.status_code == 401 or sent_away, (ask, answer.status_code)
        assert answer.status_code < 500, ask
        said += ask.said
        assert who == "Owner" or words_in(answer, said) == set(), ask
        assert after == before, ask


@pytest.mark.parametrize("api", [True, False])
def test_the_owner_can_send_each_of_them(house, api):
    """Else the requests of the others would show nothing."""
    for ask in house.asks(reading=False):
        if ask.route.startswith(V1) == api:
            answer = house.ask("Owner", ask)
            expected = ask.route not in REFUSED[ask.method]
            assert (answer.status_code < 400) == expected, (ask, answer.status_code, answer.text)
