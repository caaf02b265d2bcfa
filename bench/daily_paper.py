"""The daily paper: its pages under load, its saved queries, its digests by mail.

    python -m bench.daily_paper LIBRARY --vectors VECTORS

LIBRARY and VECTORS are those of `bench.large_library`; the library is copied, and the copy becomes
a paper with readers: see `bench.daily_readers`. Then

- all saved queries are put to 1,500 new papers (`alerts.run`), twice: first by a process that has
  asked none of them before, so that each is encoded and gets its bar, then with another day's
  papers, as a server does that goes on;
- a digest is made for each reader (`digests.run`) and handed to a mail server on this machine, in a
  process of its own (`sending.run`);
- pages of each kind are asked for, 100 a second over 32 connections, by strangers and by readers
  with sessions: any of the library's, each once while they last, and a thousand of them as often as
  people ask (Zipf). Of topics there are 500, each with four editions; those of saved searches are
  made in the same way.

Vectors of papers and of queries are made ones, but each query pays for the real encoder, too. The
load generator and the mail server share the machine. See `bench.http_load`.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fastapi import FastAPI

from bench.daily_readers import Made, import_day, make_readers, paper_with_readers, phrases_of
from bench.http_load import fixed_rate
from bench.made_encoder import MadeEncoder
from bench.record import write_result
from broadsheet import asgi
from broadsheet.api.measuring import COUNTS_FOLDER
from broadsheet.model.period import parse_period, period_of
from broadsheet.model.settings import MailSettings, Settings
from broadsheet.services.bundle import Services
from broadsheet.web.addresses import (
    category_address,
    edition_address,
    paper_address,
    topic_address,
    trending_address,
)
from broadsheet.wiring import open_library
from typecase.encoders.onnx import OnnxEncoder

SEED = 20261129
CONNECTIONS = 32
RATE = 100.0
POPULAR = 1_000
"""So many pages come again and again, the n-th most frequent 1/n times as often as the first."""

_VECTORS = "BENCH_VECTORS"
_KINDS = ("edition", "trending", "feed", "paper", "topic")
_N_TOPICS = 500


def main() -> None:
    args = _arguments()
    with tempfile.TemporaryDirectory(dir=args.scratch) as scratch:
        folder = Path(scratch) / "library"
        start = time.perf_counter()
        n_acts, fresh = paper_with_readers(args.library, folder, n_readers=args.readers)
        figures: dict[str, Any] = {"acts": n_acts, "load_at_start": round(os.getloadavg()[0], 1)}
        with _mail_server() as (port, taken), _opened(folder, args.vectors, port) as services:
            made = make_readers(services, folder, fresh, n_queries=args.queries)
            print(f"made in {time.perf_counter() - start:.0f} s", flush=True)
            figures |= {"readers": len(made.sessions), "queries": made.n_queries}
            figures["alerts"] = _alerts(services, folder, args.papers)
            figures["mail"] = _mail(services)
            figures["mail"]["taken_by_the_server"] = taken.value
            figures["papers"] = services.reading.reading.counts().papers
            paths = _paths(services)
        print(json.dumps(figures, indent=2), flush=True)
        with _served(folder, args.vectors, args.workers) as (url, pid):
            figures["workers"] = args.workers
            asked = {kind: paths[kind] for kind in args.kinds.split(",")}
            figures["pages"] = _load(url, pid, asked, made, args.seconds)
        figures["load_at_end"] = round(os.getloadavg()[0], 1)
    figures["note"] = args.note
    packages = ["broadsheet", "numpy", "sqlalchemy", "onnxruntime", "granian", "aiosmtpd"]
    name = "daily_paper_quick" if args.quick else "daily_paper"
    print(write_result(name, figures, seed=SEED, packages=packages).read_text("utf-8"))


def app() -> FastAPI:
    """Return what the server's workers serve: the application, over made vectors."""
    queries = Path(os.environ[_VECTORS]) / "synthetic_queries.npy"
    encoder = MadeEncoder(queries=queries, paid=OnnxEncoder())
    with patch("broadsheet.wiring.encoder_of", lambda *_, **__: encoder):
        return asgi.app()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("--vectors", type=Path, required=True, help="the folder of synthetic.npy")
    parser.add_argument("--scratch", type=Path, help="folder for the copy, if not the usual one")
    parser.add_argument("--readers", type=int, default=1_000)
    parser.add_argument("--queries", type=int, default=5, help="saved queries of a reader")
    parser.add_argument("--papers", type=int, default=1_500, help="new papers a day")
    parser.add_argument("--seconds", type=float, default=15.0, help="of load on each kind of page")
    parser.add_argument("--kinds", default=",".join(_KINDS), help="of pages, with commas")
    parser.add_argument("--workers", type=int, default=2, help="processes that serve")
    parser.add_argument("--note", default="", help="kept with the result")
    parser.add_argument("--quick", action="store_true", help="write under another name")
    return parser.parse_args()


@contextmanager
def _opened(folder: Path, vectors: Path, port: int) -> Iterator[Services]:
    """Open the library as the server's background does, over made vectors."""
    encoder = MadeEncoder(
        queries=vectors / "synthetic_queries.npy",
        texts=vectors / "synthetic.npy",
        paid=OnnxEncoder(),
    )
    mail = MailSettings(
        host="127.0.0.1", port=port, security="none", sender="Broadsheet <paper@example.org>"
    )
    settings = Settings(
        library=folder, accounts="open", address="https://paper.example.org", mail=mail
    )
    with patch("broadsheet.wiring.encoder_of", lambda *_, **__: encoder):
        services = open_library(settings)
        encoder.encode(["the encoder opens"], kind="query")
        yield services
        services.close()


def _alerts(services: Services, folder: Path, n_papers: int) -> dict[str, Any]:
    found: dict[str, Any] = {"new_papers": n_papers}
    for number, name in enumerate(("first", "next_day")):
        import_day(services, folder / f"day-{number}.jsonl", n_papers, first=number * n_papers)
        services.embedding.run()
        found |= _timed(name, services.alerts.run)
        print(found, flush=True)
    return found


def _mail(services: Services) -> dict[str, Any]:
    return _timed("digests", services.digests.run) | _timed("sending", services.sending.run)


def _timed(name: str, run: Callable[[], int]) -> dict[str, Any]:
    """Return how much came of it, its seconds, and those that this process computed."""
    start, cpu = time.perf_counter(), time.process_time()
    n = run()
    seconds, cpu_s = time.perf_counter() - start, time.process_time() - cpu
    return {name: n, f"{name}_s": round(seconds, 2), f"{name}_cpu_s": round(cpu_s, 2)}


def _paths(services: Services) -> dict[str, list[str]]:
    """Return the addresses of all editions and feeds, of some papers, and of all rankings.

    The newest stand first, so that they are the most popular.
    """
    reading = services.reading.reading
    days = [count.name for count in reading.days(since="1900", until="2100")]
    months = list(dict.fromkeys(day[:7] for day in days))
    codes = [count.name for count in reading.categories()][:100]
    editions = ["/all", *(f"/{period}" for period in _mixed(days, months))]
    editions += [category_address(code) for code in codes]
    windows = ("all", "day", "week", "month")
    rankings = [trending_address(code, w) for w in windows for code in ("", *codes[:50])]
    n = reading.counts().papers
    newest, some = range(n, max(0, n - 500), -1), random.Random(SEED).sample(range(1, n), n // 4)
    papers = reading.papers(list(dict.fromkeys([*newest, *some[:5_000]])))
    return {
        "edition": editions,
        "trending": ["/", *rankings],
        "feed": [f"{path}.atom" for path in editions],
        "paper": [paper_address(paper) for paper in papers],
        "topic": _topics(services, days),
    }


def _topics(services: Services, days: list[str]) -> list[str]:
    """Return topics, each with its editions of a year, a month, a week and a day."""
    rng = random.Random(SEED)
    found = []
    for words in phrases_of(services, rng, _N_TOPICS):
        day, address = parse_period(rng.choice(days)), topic_address(words)
        around = [period_of(day.first, kind) for kind in ("year", "month", "week", "day")]
        found += [address, *(edition_address(period, address) for period in around)]
    return found


def _mixed(days: list[str], months: list[str]) -> list[str]:
    """Return days with a month after each thirty."""
    found = []
    for n, day in enumerate(days):
        found += [day, *months[n // 30 : n // 30 + 1]] if n % 30 == 0 else [day]
    return found


def _load(
    url: str, pid: int, paths: dict[str, list[str]], made: Made, seconds: float
) -> dict[str, dict[str, Any]]:
    rng = random.Random(SEED)
    strangers = ["Accept-Encoding: gzip\r\n"]
    readers = [f"{strangers[0]}Cookie: broadsheet={session}\r\n" for session in made.sessions]
    found: dict[str, dict[str, Any]] = {}
    for kind, of_kind in paths.items():
        popular = of_kind[:POPULAR]
        weights = [1 / rank for rank in range(1, len(popular) + 1)]
        often = rng.choices(popular, weights, k=int(RATE * seconds))
        any_of = rng.sample(of_kind, len(of_kind))
        half = len(any_of) // 2
        for who, headers, distinct in (
            ("strangers", strangers, any_of[:half]),
            ("readers", readers, any_of[half:]),
        ):
            for draw, asked in (("any, each once", distinct), ("Zipf", often)):
                name = f"{kind}, {who}, {draw}"
                found[name] = _ask(url, pid, asked, headers, seconds)
                print(f"{name:35} {found[name]}", flush=True)
    return found


def _ask(
    url: str, pid: int, paths: Sequence[str], headers: Sequence[str], seconds: float
) -> dict[str, Any]:
    """Return latencies, and what a request cost the server: a busy machine changes that less."""
    before = _computed_s(pid)
    found = fixed_rate(
        url, paths, n_connections=CONNECTIONS, rate=RATE, seconds=seconds, headers=headers
    )
    cpu_s = _computed_s(pid) - before
    return {**found, "server_cpu_ms_a_request": round(1e3 * cpu_s / found["requests"], 1)}


def _computed_s(pid: int) -> float:
    """Return the seconds that the children of a process have computed (Linux)."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    stats = [
        Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        for one in children
        for child in one.read_text().split()
    ]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _served(folder: Path, vectors: Path, workers: int) -> Iterator[tuple[str, int]]:
    """Serve the pages alone, without what a server does beside; yield address and process."""
    with socket.socket() as probe, tempfile.TemporaryDirectory() as counts:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory"]
        command += ["--loop", "asyncio", "--no-ws", "--workers", str(workers)]
        command += ["--port", str(port), "bench.daily_paper:app"]
        chosen = {"BROADSHEET_LIBRARY": str(folder), "BROADSHEET_ACCOUNTS": "open"}
        chosen |= {_VECTORS: str(vectors), COUNTS_FOLDER: counts}
        server = subprocess.Popen(command, env={**os.environ, **chosen})
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}", server.pid
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            time.sleep(5)  # the other workers open the library, too
            return
    sys.exit("The server does not answer.")


@contextmanager
def _mail_server() -> Iterator[tuple[int, Any]]:
    """Run a mail server in a process of its own; yield its port and how many letters it has."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    taken = context.Value("i", 0)
    server = context.Process(target=_take_mail, args=(theirs, taken), daemon=True)
    server.start()
    yield ours.recv(), taken
    server.terminate()
    server.join(30)


def _take_mail(pipe: Connection, taken: Any) -> None:
    from aiosmtpd.smtp import SMTP

    class Handler:
        async def handle_DATA(self, *_: object) -> str:  # noqa: N802
            taken.value += 1
            return "250 OK"

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(Handler(), loop=loop), "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
