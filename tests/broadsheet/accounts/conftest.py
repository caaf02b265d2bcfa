"""A paper with readers: its pages and its API over a real library, at a clock that is handed in."""

import importlib.util
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from httpx2 import Response
from starlette.testclient import TestClient

from broadsheet.asgi import make_app
from broadsheet.model.readers import AccountMode, Reader
from broadsheet.model.settings import Settings
from broadsheet.services.bundle import Services
from broadsheet.services.passwords import Passwords
from broadsheet.store import open_store
from broadsheet.wiring import open_library
from broadsheet.wiring_readers import readers_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PASSWORD = "three small grey ducks"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Post:
    """Keeps the letters that were to be sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []

    def go_out(self) -> bool:
        return True

    def confirm_address(self, reader: Reader, address: str, token: str) -> None:
        self.sent.append((reader.name, address, token))


class Browser(TestClient):
    """A browser on the pages of one paper: it keeps cookies and says where forms stood."""

    def submit(
        self, path: str, headers: dict[str, str] | None = None, **fields: object
    ) -> Response:
        """Send a form of a page of ours."""
        own = {"Sec-Fetch-Site": "same-origin", **(headers or {})}
        return self.post(path, data=fields, headers=own)

    def say(self, path: str, **said: object) -> Response:
        """Send JSON as a script of ours does."""
        return self.post(path, json=said, headers={"Sec-Fetch-Site": "same-origin"})

    def sign_up(self, name: str, password: str = PASSWORD, **more: str) -> Response:
        return self.submit("/sign-up", name=name, password=password, **more)

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> Response:
        return self.submit("/sign-in", name=name, password=password, **more)

    @property
    def who(self) -> str:
        """The name in the masthead, or `Sign in`."""
        found = re.search(r'<li class="who"><a [^>]*>(.*?)</a>', self.get("/about").text)
        return found[1] if found else ""


class House:
    """One library, whose clock can be put forward, and browsers on its pages."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.now = NOW
        self.post = Post()
        self.store = open_store(folder=folder, clock=self.clock)
        readers = readers_of(
            settings,
            self.store,
            self.clock,
            passwords=Passwords(hasher=CHEAP),
            letters=self.post,
        )
        opened = open_library(settings)
        self.services: Services = replace(opened, **readers)
        self.app = make_app(self.services)

    def clock(self) -> datetime:
        return self.now

    def tick(self, **by: float) -> None:
        self.now += timedelta(**by)

    def browser(
        self, base: str = "http://paper.example", client: tuple[str, int] = ("10.0.0.7", 5)
    ) -> Browser:
        return Browser(
            self.app,
            base_url=base,
            raise_server_exceptions=False,
            follow_redirects=False,
            client=client,
        )

    def done(self) -> list[str]:
        """What the audit trail has, oldest first."""
        return [row["action"] for row in reversed(self.services.audit.last())]

    def close(self) -> None:
        self.services.close()
        self.store.close()


@pytest.fixture(scope="session")
def empty_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that is made once, to be copied."""
    folder = tmp_path_factory.mktemp("empty") / "library"
    open_library(Settings(library=folder), create=True).close()
    return folder


@pytest.fixture
def build(tmp_path: Path, empty_library: Path) -> Iterator[Callable[..., House]]:
    """Make a house in a mode of accounts."""
    made: list[House] = []

    def building(accounts: AccountMode = "open", **settings: object) -> House:
        folder = tmp_path / "library"
        chosen = Settings(library=folder, accounts=accounts, title="The Test", **settings)  # type: ignore[arg-type]
        shutil.copytree(empty_library, folder)
        made.append(House(folder, chosen))
        return made[-1]

    yield building
    for house in made:
        house.close()


@pytest.fixture
def house(build: Callable[..., House]) -> House:
    """A house in which everyone may sign up."""
    return build("open")


@pytest.fixture
def ada(house: House) -> Browser:
    """The browser of the first reader, who is admin."""
    browser = house.browser()
    assert browser.sign_up("Ada").status_code == 303
    return browser


@pytest.fixture
def bea(house: House, ada: Browser) -> Browser:
    """The browser of the second reader."""
    browser = house.browser()
    assert browser.sign_up("Bea").status_code == 303
    return browser


@pytest.fixture(scope="session")
def new_device() -> Callable[..., object]:
    """Make a device that holds passkeys."""
    path = Path(__file__).with_name("device.py")
    spec = importlib.util.spec_from_file_location("device", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Device  # type: ignore[no-any-return]
