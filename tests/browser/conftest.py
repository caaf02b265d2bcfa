"""A real server over a real library, and Debian's Chromium; skips where there is none."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from broadsheet.demo import shelf_path
from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.model.settings import Settings
from broadsheet.wiring import open_library

sync_api = pytest.importorskip("playwright.sync_api")

FLAGS = [
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
AWKWARD = Record(
    source="arxiv",
    source_id="math/0309136",
    arxiv_id="math/0309136",
    title=r"Donaudampfschifffahrtselektrizitätenhauptbetriebswerk and $\sum_{k=0}^{\infty} "
    r"\frac{a_k x^k}{k!} + \int_0^1 f(x)\,dx + \prod_{i=1}^{n} (1 + x_i) + \sqrt{a^2 + b^2}$",
    abstract=r"\[ \|f\|_{L^p(\mathbb{R}^n)} \le C \sum_{k=0}^{\infty} 2^{-k} \|P_k f\|_{L^q} + "
    r"\int_0^1 \int_0^1 K(x,y) f(x) g(y) \,dx\,dy + a + b + c + d + e + f + g + h \] "
    "<script>alert(1)</script> <img src=x onerror=alert(1)> " + "x" * 300,
    authors=tuple(f"Author Number{i}" for i in range(100)),
    categories=("math.FA", "math.CA"),
    submitted="2003-09-08",
    comment="https://example.org/" + "long/" * 40,
)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shelf and an awkward paper, found by words."""
    folder = tmp_path_factory.mktemp("library")
    services = open_library(Settings(library=folder), create=True)
    services.importing.run([shelf_path()])
    with services.importing.store.writing() as writing:
        writing.put(
            [Assigned(record=AWKWARD, origin="o", fingerprint="f", line=1, paper=None, group=1)]
        )
    services.embedding.index_words()
    services.close()
    return folder


@contextmanager
def serving(library: Path) -> Iterator[str]:
    """Serve a library on a free port of loopback; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory"]
    server = subprocess.Popen(
        [*command, "--port", str(port), "broadsheet.asgi:app"],
        env={**os.environ, "BROADSHEET_LIBRARY": str(library)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for line in server.stdout:
        if "Started worker" in line:
            break
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.communicate(timeout=30)


@pytest.fixture(scope="session")
def address(library: Path) -> Iterator[str]:
    """Where a server of the library listens."""
    with serving(library) as there:
        yield there


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """The browser."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium here; on Debian: apt install chromium fonts-liberation2")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, address):
    """Open a path; what goes wrong in the page is kept in its `faults`."""
    contexts = []

    def opened(path: str = "/", *, width: int = 1440, scheme: str = "light", js: bool = True):
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=js,
            base_url=address,
        )
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("dialog", lambda dialog: (page.faults.append("dialog"), dialog.dismiss()))
        page.on(
            "console",
            lambda said: page.faults.append(said.text) if said.type in ("error", "warning") else 0,
        )
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith((address, "data:")) else page.faults.append(asked.url)
            ),
        )
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
