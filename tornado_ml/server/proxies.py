"""Who a request comes from, where a proxy passes it on. Only proxies that the settings name are believed.

Tornado's own `xheaders` believes everybody.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from tornado_ml.settings.kinds import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

UNIX_ADDRESS = "127.0.0.1"
"""What stands for a program that has come by a Unix socket."""


class Proxies:
    """The proxies that are believed.

    Args:
        trusted: addresses and networks, and "unix" for whoever comes by a Unix socket.
    """

    def __init__(self, trusted: Iterable[str]) -> None:
        networks = set(trusted)
        self._trusts_unix = Network.UNIX in networks
        self._networks = [ipaddress.ip_network(network) for network in networks - {Network.UNIX}]

    def client_of(self, peer: str | None, headers: Mapping[str, str]) -> str:
        """The address that a request comes from: that of the last who passed it on and is not trusted.

        Args:
            peer: the address of who has sent it; None for a Unix socket.
            headers: of the request.
        """
        client = UNIX_ADDRESS if peer is None else str(_parsed(peer) or peer)
        if not self._is_trusted(peer):
            return client
        # Each proxy appends whom it has heard it from, so what stands on the left is what anybody may have written.
        for hop in reversed(headers.get("X-Forwarded-For", "").split(",")):
            address = _parsed(hop.strip())
            if address is None:
                break
            client = str(address)
            if not self._is_trusted(client):
                break
        return client

    def scheme_of(self, peer: str | None, spoken: str, headers: Mapping[str, str]) -> str:
        """The scheme by which a client asks: `spoken`, unless a proxy says otherwise."""
        said = headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip().lower()
        return said if said in {"http", "https"} and self._is_trusted(peer) else spoken

    def _is_trusted(self, peer: str | None) -> bool:
        if peer is None:
            return self._trusts_unix
        address = _parsed(peer)
        return address is not None and any(address in network for network in self._networks)


def _parsed(text: str) -> Address | None:
    """An address; one of IPv4 that came by a socket for both is what it is."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
