"""Runs the web server: workers that answer, and one thread that keeps the indexes up."""

import json
import logging
import multiprocessing
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial

from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server

from broadsheet.api.measuring import COUNTS_FOLDER
from broadsheet.jobs.background import Background
from broadsheet.jobs.lifeline import PARENT
from broadsheet.model.errors import SettingsError
from broadsheet.model.ports import Stop
from broadsheet.model.settings import Settings
from broadsheet.services.bundle import Services
from broadsheet.services.origin import check_listening
from broadsheet.services.troubles import TroubleFile
from broadsheet.wiring import now, open_library

_TRIED_PORTS = 20
_LOOK_EVERY_S = 2.0
_SEND_EVERY_S = 10.0
_HARVEST_LOOK_EVERY_S = 60.0
_KNOCK_EVERY_S = 0.05
_REQUEST_FORMAT = '[%(time)s] "%(method)s %(path)s" %(status)d %(dt_ms).1f ms'
"""Neither who asked nor what for: addresses and queries of readers stay out of logs."""


def serve(settings: Settings, *, any_free: bool) -> None:
    """Serve until interrupted.

    Args:
        any_free: take the next free port when the one of the settings is taken.

    Raises:
        SettingsError: the port is taken, the address is none of this machine's, or it is open to
            others while nobody signs in.
    """
    check_listening(settings)
    logging.getLogger().setLevel(settings.log_level.upper())
    # A forked worker would inherit the locks of threads that it does not have, and hang.
    multiprocessing.set_start_method("spawn", force=True)
    port = free_port(settings.host, settings.port, tries=_TRIED_PORTS if any_free else 1)
    _hand_down(settings)
    works = [("indexes", _keep_indexes, _LOOK_EVERY_S), ("mail", _send, _SEND_EVERY_S)]
    if settings.sync_every_h:
        works.append(("harvest", _harvest, _HARVEST_LOOK_EVERY_S))
    server = Server(
        "broadsheet.asgi:app",
        factory=True,
        address=settings.host,
        port=port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.asyncio,
        websockets=False,
        log_level=LogLevels(settings.log_level),
        log_access=settings.log_requests,
        log_access_format=_REQUEST_FORMAT,
    )
    server.on_startup(threading.Thread(target=_announce, args=(settings, port), daemon=True).start)
    troubles = TroubleFile(folder=settings.library, clock=now)
    for name, work, every_s in works:
        background = Background(
            _InLibrary(settings, work), every_s=every_s, failed=partial(troubles.add, name)
        )
        server.on_startup(background.start)
        server.on_shutdown(background.stop)
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as counts:
        os.environ.setdefault(COUNTS_FOLDER, counts)
        server.serve()


def free_port(host: str, port: int, *, tries: int) -> int:
    """Return the first port from `port` on that can be listened on; any free one for 0.

    Raises:
        SettingsError: none of the tried ones can.
    """
    for candidate in range(port, min(port + tries, 65536)) if port else (0,):
        try:
            return _bound_port(host, candidate)
        except OSError as e:
            error = e
    raise SettingsError(
        f"Cannot listen on {host} port {port}: {error.strerror}. Name another with --port."
    ) from error


def _bound_port(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def _hand_down(settings: Settings) -> None:
    """Give the settings to the workers, which start as processes of their own."""
    for name, value in settings.model_dump(mode="json", exclude_none=True).items():
        said = value if isinstance(value, str) else json.dumps(value)
        os.environ[f"BROADSHEET_{name.upper()}"] = said
    os.environ[PARENT] = str(os.getpid())


def _keep_indexes(services: Services, stop: Stop) -> None:
    """Bring the indexes up to the database, then tell readers of what is new."""
    services.embedding.run(stop=stop)
    services.alerts.run(stop=stop)


def _send(services: Services, stop: Stop) -> None:
    """Make the digests that are due, and empty the outbox."""
    services.digests.run(stop=stop)
    services.sending.run(stop=stop)


def _harvest(services: Services, stop: Stop) -> None:
    """Ask the sources that are due."""
    services.harvesting.run_due(every_h=services.settings.sync_every_h, stop=stop)


class _InLibrary:
    """Work on the library, which is opened when the work first runs.

    Args:
        work: takes the library's services and what says when to leave off.
    """

    def __init__(self, settings: Settings, work: Callable[[Services, Stop], object]) -> None:
        self.settings = settings
        self.work = work
        self.services: Services | None = None

    def __call__(self, stop: Stop) -> None:
        if self.services is None:
            self.services = open_library(self.settings, stop=stop)
        self.work(self.services, stop)


def _announce(settings: Settings, port: int) -> None:
    """Print the address once it answers."""
    while not _answers(settings.host, port):
        time.sleep(_KNOCK_EVERY_S)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    sys.stdout.write(f"{settings.title} is at http://{host}:{port}/  (Ctrl-C stops it)\n")
    sys.stdout.flush()


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
