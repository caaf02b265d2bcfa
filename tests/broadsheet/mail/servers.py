"""A real mail server on this machine, for tests."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class MailServer:
    """What a server took, and how it answers.

    Args:
        answers: what to say to an address at RCPT or, under `data`, to a message.
    """

    host: str = "127.0.0.1"
    port: int = 0
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    sessions: set[int] = field(default_factory=set)
    encrypted: bool = False

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if "data" in self.answers:
            return self.answers["data"]
        self.encrypted = session.ssl is not None
        self.sessions.add(id(session))
        self.taken += [(to, envelope.content) for to in envelope.rcpt_tos]
        return "250 OK"


@contextmanager
def serving(handler: MailServer, **options: Any) -> Iterator[MailServer]:
    """Serve mail in a thread, on a free port of this machine."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> asyncio.Server:
        return await loop.create_server(
            lambda: SMTP(handler, loop=loop, **options), handler.host, handler.port
        )

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    handler.port = server.sockets[0].getsockname()[1]
    yield handler

    async def stop() -> None:
        server.close()
        open_still = asyncio.all_tasks() - {asyncio.current_task()}
        for task in open_still:
            task.cancel()
        await asyncio.gather(*open_still, return_exceptions=True)
        await asyncio.sleep(0.01)  # transports close in the loop's next rounds

    asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
