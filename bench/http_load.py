"""A small load generator: keep-alive connections, closed loop or at fixed times. No dependency.

It runs in the same machine and takes its share of it, so figures are a lower bound. At a fixed
rate the latency counts from the time at which a request was due, so that a server that stalls is
not spared the requests that it keeps waiting (what wrk2 calls coordinated omission).
"""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np


def closed_loop(
    url: str, paths: Sequence[str], *, n_connections: int, seconds: float
) -> dict[str, Any]:
    """Return latencies when each connection asks again as soon as it is answered."""
    return asyncio.run(_run(url, paths, n_connections, seconds, rate=None))


def fixed_rate(
    url: str,
    paths: Sequence[str],
    *,
    n_connections: int,
    rate: float,
    seconds: float,
    headers: Sequence[str] = ("",),
) -> dict[str, Any]:
    """Return latencies when `rate` requests a second fall due, whatever the answers.

    Args:
        headers: lines of a request, each ending in CRLF; requests take them in turn, as paths.
    """
    return asyncio.run(_run(url, paths, n_connections, seconds, rate=rate, headers=headers))


async def _run(
    url: str,
    paths: Sequence[str],
    n_connections: int,
    seconds: float,
    rate: float | None,
    headers: Sequence[str] = ("",),
) -> dict[str, Any]:
    place = urlsplit(url)
    host, port = place.hostname or "127.0.0.1", place.port or 80
    start = time.perf_counter()
    due = _due_times(start, seconds, rate)
    endless = zip(itertools.cycle(paths), itertools.cycle(headers), strict=False)
    latencies: list[float] = []
    statuses: list[int] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            for at in due:
                await asyncio.sleep(max(0.0, at - time.perf_counter()))
                begun = at if rate else time.perf_counter()
                statuses.append(await _ask(reader, writer, host, *next(endless)))
                latencies.append(time.perf_counter() - begun)
        finally:
            writer.close()

    await asyncio.gather(*(connection() for _ in range(n_connections)))
    return _summary(latencies, statuses, time.perf_counter() - start)


def _due_times(start: float, seconds: float, rate: float | None) -> Iterator[float]:
    """Give the moments at which requests are due; connections share it."""
    if rate is None:
        while time.perf_counter() - start < seconds:
            yield start
    else:
        yield from (start + n / rate for n in range(int(rate * seconds)))


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, path: str, more: str
) -> int:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    if "content-length" in headers:
        await reader.readexactly(int(headers["content-length"]))
    elif headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return int(lines[0].split()[1])


def _summary(latencies: list[float], statuses: list[int], seconds: float) -> dict[str, Any]:
    ms = 1e3 * np.array(latencies)
    return {
        "requests": len(ms),
        "requests_a_second": round(len(ms) / seconds, 1),
        "p50_ms": round(float(np.percentile(ms, 50)), 1),
        "p95_ms": round(float(np.percentile(ms, 95)), 1),
        "p99_ms": round(float(np.percentile(ms, 99)), 1),
        "not_200": sum(status != 200 for status in statuses),
    }
