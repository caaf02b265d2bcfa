"""Who may see the inside of the installation: this machine, named networks, who has the token."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from fastapi import HTTPException, Request

from broadsheet.services.tokens import bearer_of

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may see how the installation is.

    Args:
        networks: from where without a word.
        token: what opens it from elsewhere; empty when nothing does.
    """

    networks: Sequence[IPv4Network | IPv6Network]
    token: str = ""

    def check(self, request: Request) -> None:
        """Let a request pass.

        Raises:
            HTTPException: 403 for a wrong token; 404 for others, who need not know of it.
        """
        given = bearer_of(request.headers.get("authorization", ""))
        if self.token and given is not None:
            if not hmac.compare_digest(given.encode(), self.token.encode()):
                raise HTTPException(403, "This token does not open the metrics")
        elif not self.is_near(request):
            raise HTTPException(404, "There is no such page")

    def is_near(self, request: Request) -> bool:
        """Return whether a request comes straight from one of the networks."""
        # A proxy on this machine asks for others: its address says nothing of who they are.
        if request.client is None or any(name in request.headers for name in _FORWARDED):
            return False
        try:
            address = ip_address(request.client.host)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self.networks)
