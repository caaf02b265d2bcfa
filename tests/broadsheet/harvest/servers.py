"""Real HTTP servers on loopback that speak a source's protocol, with faults on demand."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(kw_only=True)
class Reply:
    """What is sent: a body, and what is wrong with the sending of it.

    Args:
        cut: how many bytes of the body are held back although they were announced.
        pause_s: how long the server waits in the middle of the body.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    pause_s: float = 0.0


Answering = Callable[[str, dict[str, str]], Reply]


@dataclass
class Server:
    """A server that runs, and what it was asked.

    Args:
        faults: sent first, one a request, before real answers.
    """

    base: str
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    faults: list[Reply] = field(default_factory=list)


@contextmanager
def serving(answering: Answering) -> Iterator[Server]:
    """Serve on a free port of loopback until the block ends."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                server.asked.append(self.path)
                server.headers.append(headers)
                reply = server.faults.pop(0) if server.faults else answering(self.path, headers)
            self._send(reply)

        do_POST = do_GET  # noqa: N815

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            sent = reply.body[: len(reply.body) - reply.cut]
            half = len(sent) // 2 if reply.pause_s else len(sent)
            try:
                self.wfile.write(sent[:half])
                self.wfile.flush()
                time.sleep(reply.pause_s)
                self.wfile.write(sent[half:])
            except OSError:
                pass  # the other side has gone: that is what slow servers see
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    server = Server(base=f"http://127.0.0.1:{httpd.server_address[1]}")
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


@dataclass(kw_only=True)
class Oai:
    """arXiv's OAI-PMH as its server does it: offset paging by (day of change, id).

    Args:
        records: arXivRaw elements by id, each with its day of change; may change while it serves.
        expired: tokens are refused, as after midnight UTC.
    """

    page_size: int = 3
    moment: str = "2026-11-20T22:31:27Z"
    records: dict[str, tuple[str, str]] = field(default_factory=dict)
    expired: bool = False
    after_answer: Callable[[int], None] = lambda number: None
    answered: int = 0

    def put(self, number: int, *, day: str, version: int = 1, title: str = "") -> None:
        """Make or change a record of the month."""
        name = f"2611.{number:05d}"
        versions = "".join(
            f'<version version="v{n}"><date>Mon, {n + 1} Nov 2026 10:00:00 GMT</date></version>'
            for n in range(1, version + 1)
        )
        self.records[name] = (
            day,
            f'<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{name}</id>{versions}'
            f"<title>{title or f'A study of matter {number}'}</title>"
            f"<authors>Ada Author{number}</authors><categories>cs.CL</categories>"
            f"<abstract>On matter {number}.</abstract></arXivRaw>",
        )

    def __call__(self, path: str, headers: dict[str, str]) -> Reply:
        words = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        token = words.get("resumptionToken")
        if token is not None and (self.expired or set(words) != {"verb", "resumptionToken"}):
            self.expired = False
            return self._reply('<error code="badResumptionToken">token has expired</error>')
        said = parse_qs(token) if token else {}
        first = said.get("from", [words.get("from", "")])[0]
        skip = int(said.get("skip", ["0"])[0])
        chosen = sorted((day, name) for name, (day, _) in self.records.items() if day >= first)
        if not chosen:
            return self._reply('<error code="noRecordsMatch">none</error>')
        page = chosen[skip : skip + self.page_size]
        body = "".join(self._record(day, name) for day, name in page)
        if skip + self.page_size < len(chosen):
            following = f"verb=ListRecords&amp;from={first}&amp;skip={skip + self.page_size}"
            body += f"<resumptionToken>{following}</resumptionToken>"
        reply = self._reply(f"<ListRecords>{body}</ListRecords>")
        self.answered += 1
        self.after_answer(self.answered)
        return reply

    def delete(self, number: int, *, day: str) -> None:
        """Leave of a record no more than that it was deleted."""
        self.records[f"2611.{number:05d}"] = (day, "")

    def _record(self, day: str, name: str) -> str:
        if not self.records[name][1]:
            return (
                f'<record><header status="deleted"><identifier>oai:arXiv.org:{name}</identifier>'
                f"<datestamp>{day}</datestamp></header></record>"
            )
        return (
            f"<record><header><identifier>oai:arXiv.org:{name}</identifier>"
            f"<datestamp>{day}</datestamp></header>"
            f"<metadata>{self.records[name][1]}</metadata></record>"
        )

    def _reply(self, body: str) -> Reply:
        text = (
            '<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
            f"<responseDate>{self.moment}</responseDate>{body}</OAI-PMH>"
        )
        return Reply(body=text.encode(), headers={"Content-Type": "text/xml"})
