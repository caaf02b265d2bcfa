"""Where a request comes from and at which address it reached us, in front of proxies or not."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from broadsheet.model.errors import SettingsError
from broadsheet.model.settings import Settings

_COOKIE = "broadsheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Of one request.

    Args:
        base: scheme, host and port of our pages, as the browser sees them.
        client: the network address that asks.
    """

    base: str
    client: str

    @property
    def is_secure(self) -> bool:
        """Whether the browser speaks TLS."""
        return self.base.startswith("https://")

    @property
    def host(self) -> str:
        """The host's name, without a port."""
        return urlsplit(self.base).hostname or ""

    @property
    def has_name(self) -> bool:
        """Whether the host is a name and not a number, as passkeys need."""
        return bool(self.host) and _address(self.host) is None

    @property
    def session_cookie(self) -> str:
        """The session's cookie; under TLS, one that no other host or path can set."""
        return f"__Host-{_COOKIE}" if self.is_secure else _COOKIE


def origin_of(settings: Settings, *, scheme: str, headers: Mapping[str, str], peer: str) -> Origin:
    """Return where a request comes from.

    Args:
        settings: `address` says what browsers see; where it is empty, the request itself does.
            What the `proxies` say of a request is believed, from nobody else.
        headers: by names in small letters.
        peer: the other end of the connection.
    """
    client = peer
    if is_within(peer, settings.proxies):
        client = _client_behind(settings.proxies, headers.get("x-forwarded-for", "")) or peer
        said = headers.get("x-forwarded-proto", "")
        scheme = said if said in ("http", "https") else scheme
    return Origin(base=settings.address or f"{scheme}://{headers.get('host', '')}", client=client)


def check_listening(settings: Settings) -> None:
    """Refuse to let others in where nobody signs in.

    Raises:
        SettingsError: `accounts` is single and `host` is not of this machine alone.
    """
    if settings.accounts == "single" and not is_loopback(settings.host):
        raise SettingsError(
            f"With accounts = single whoever reaches {settings.host} may do everything. "
            "Set accounts to invited or open (BROADSHEET_ACCOUNTS=invited), or host to 127.0.0.1."
        )


def is_within(peer: str, networks: Sequence[str]) -> bool:
    """Return whether an address lies in one of the networks."""
    address = _address(peer)
    if address is None:
        return False
    return any(address in ipaddress.ip_network(network) for network in networks)


def is_loopback(host: str) -> bool:
    """Return whether a host's name or address, without a port, is this machine's own."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    return address is not None and address.is_loopback


def _client_behind(proxies: Sequence[str], forwarded_for: str) -> str:
    """Return the last hop that is no proxy of ours; what stands before it, anyone can have said."""
    client = ""
    for hop in reversed([part.strip() for part in forwarded_for.split(",")]):
        if _address(hop) is None:
            break
        client = hop
        if not is_within(hop, proxies):
            break
    return client


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed
