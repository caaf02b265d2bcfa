"""The way out: one question over HTTP, to public places only, in bounded time and size.

A name is resolved once and the connection goes to the address that was looked at, so that a name
which answers differently a moment later leads nowhere else. Redirects are followed here, each
held to the same rules.
"""

import ipaddress
import socket
import ssl
import time
import typing
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from urllib.parse import urlsplit

import httpcore2
import httpx2

from broadsheet import __version__
from broadsheet.model.errors import RetryError, SourceError
from broadsheet.model.harvest import About, Answer, Request

MAX_BODY_BYTES = 200_000_000
_HOPS = 5
_CONNECT_S = 15.0
_READ_S = 60.0
_WHOLE_S = 300.0
_REDIRECTS = (301, 302, 303, 307, 308)
_PORTS = {"http": 80, "https": 443}


class HttpWeb:
    """Fetches over HTTP (`model.ports.Web`).

    Args:
        contact: an address for those who run the servers; said with every request.
        keys: an API key for a source's name.
        inside: `host:port` of servers that may be asked although they are not public, because
            the settings name them.
        max_body_bytes: what an answer may hold, uncompressed.
        hops: how many redirects are followed.
        read_s, whole_s: how long one piece and a whole answer may take, in seconds.
    """

    def __init__(
        self,
        *,
        contact: str = "",
        keys: Mapping[str, str] | None = None,
        inside: Iterable[str] = (),
        max_body_bytes: int = MAX_BODY_BYTES,
        hops: int = _HOPS,
        read_s: float = _READ_S,
        whole_s: float = _WHOLE_S,
    ) -> None:
        self.contact = contact
        self.keys = dict(keys or {})
        self.max_body_bytes = max_body_bytes
        self.hops = hops
        self.inside = frozenset(inside)
        self.read_s = read_s
        self.whole_s = whole_s

    def fetch(self, request: Request, *, about: About) -> Answer:
        """Ask, following redirects to public places; whatever status comes is an answer.

        Raises:
            RetryError: no answer in time, or one that was cut off.
            SourceError: the address is none that may be asked, the answer is too large, or
                redirects do not end.
        """
        url, body = request.url, request.body
        origin = _origin(url)
        for _ in range(self.hops + 1):
            _check_address(url)
            sent = self._headers(request, about, with_key=_origin(url) == origin)
            address = self._with_key(url, about) if _origin(url) == origin else url
            answer = self._ask(address, body, sent, shown=url, key=self.keys.get(about.name, ""))
            place = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not place:
                return answer
            url = str(httpx2.URL(url).join(place))
            if answer.status in (301, 302, 303):
                body = ""
        raise SourceError(f"{_host(request.url)} redirects too often.")

    @cached_property
    def _client(self) -> httpx2.Client:
        """The client: made for the first question, for most commands never ask one."""
        return httpx2.Client(
            transport=_Outward(self.inside),
            follow_redirects=False,
            trust_env=False,
            timeout=httpx2.Timeout(self.read_s, connect=min(_CONNECT_S, self.read_s)),
        )

    def _ask(
        self, url: str, body: str, headers: Mapping[str, str], *, shown: str, key: str
    ) -> Answer:
        method = "POST" if body else "GET"
        began = time.monotonic()
        with _errors_of(_host(url)):
            sent = self._client.build_request(
                method, url, headers=dict(headers), content=body.encode() or None
            )
            answer = self._client.send(sent, stream=True)
            try:
                data = self._body(answer, began, _host(url))
            finally:
                answer.close()
        if key:  # servers say in their errors what they were asked with
            data = data.replace(key.encode(), b"...")
        return Answer(
            status=answer.status_code,
            body=data,
            headers={name.lower(): value for name, value in answer.headers.items()},
            url=shown,
        )

    def _body(self, answer: httpx2.Response, began: float, host: str) -> bytes:
        parts, size = [], 0
        for part in answer.iter_bytes():
            size += len(part)
            if size > self.max_body_bytes:
                raise SourceError(f"{host} answers with over {self.max_body_bytes:,} bytes.")
            if time.monotonic() - began > self.whole_s:
                raise RetryError(f"{host} took over {self.whole_s:.0f} s for one answer.")
            parts.append(part)
        return b"".join(parts)

    def _headers(self, request: Request, about: About, *, with_key: bool) -> dict[str, str]:
        who = f"; {self.contact}" if self.contact else ""
        headers = {
            "User-Agent": f"Broadsheet/{__version__} (self-hosted paper reader{who})",
            "Accept": request.accept,
            "Accept-Encoding": "gzip",
            **dict(request.headers),
        }
        if request.body:
            headers["Content-Type"] = "application/json"
        kind, _, name = about.key.partition(" ")
        if with_key and kind == "header" and about.name in self.keys:
            headers[name] = self.keys[about.name]
        return headers

    def _with_key(self, url: str, about: About) -> str:
        kind, _, name = about.key.partition(" ")
        value = self.contact if kind == "contact" else self.keys.get(about.name, "")
        if kind not in ("query", "contact") or not value:
            return url
        return str(httpx2.URL(url).copy_merge_params({name: value}))


class _Outward(httpx2.BaseTransport):
    """Carries requests over connections that lead to public addresses."""

    def __init__(self, inside: frozenset[str]) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=4,
            keepalive_expiry=30.0,
            network_backend=_PublicOnly(inside),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        asked = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        answer = self._pool.handle_request(asked)
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Stream(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx2.SyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from typing.cast(Iterable[bytes], self._answer.stream)

    def close(self) -> None:
        self._answer.close()


class _PublicOnly(httpcore2.NetworkBackend):
    """Opens connections to public addresses, and to those that the settings name."""

    def __init__(self, inside: frozenset[str]) -> None:
        self._inside = inside
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        trouble: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port):
            try:
                return self._backend.connect_tcp(
                    address,
                    port,
                    timeout=timeout,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as e:
                trouble = e
        raise trouble

    def connect_unix_socket(self, *_: object, **__: object) -> httpcore2.NetworkStream:
        raise SourceError("Sources are not asked over a socket of this machine.")

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)

    def _addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of a name, looked up once.

        Raises:
            SourceError: any of its addresses is none of the public network.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as e:
            raise httpcore2.ConnectError(f"{host} is not known") from e
        addresses = [str(entry[4][0]) for entry in found]
        if f"{host}:{port}" not in self._inside and not all(map(_is_public, addresses)):
            raise SourceError(f"{host} is a private address; sources are asked in public only.")
        return list(dict.fromkeys(addresses))


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global and not found.is_multicast


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise SourceError(f"{url[:200]!r} is no http or https address.")
    if parts.username or parts.password:
        raise SourceError("An address with a name and a password in it is not asked.")


def _origin(url: str) -> tuple[str, str, int | None]:
    """Return what must be the same for a key to be sent: scheme, host, port."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
    except ValueError as e:
        raise SourceError(f"{url[:200]!r} is no http or https address.") from e


def _host(url: str) -> str:
    return urlsplit(url).hostname or url[:80]


@contextmanager
def _errors_of(host: str) -> Iterator[None]:
    """Turn the client's errors into ours; none of them names a key."""
    try:
        yield
    except (httpx2.TimeoutException, httpcore2.TimeoutException) as e:
        raise RetryError(f"{host} did not answer in time.") from e
    except (httpx2.DecodingError, httpx2.RemoteProtocolError, httpcore2.ProtocolError) as e:
        raise RetryError(f"{host} sent a broken answer.") from e
    except (httpx2.TransportError, httpcore2.NetworkError) as e:
        raise RetryError(f"{host} cannot be reached.") from e
    except (httpx2.InvalidURL, UnicodeError) as e:
        raise SourceError(f"{host} is no address that can be asked.") from e
