"""The address of the client: the peer's, or the one that a proxy gives if the operator trusts that proxy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from actiongraph.errors import SettingsError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Network = IPv4Network | IPv6Network
_HOME = 64
"""The bits of an IPv6 address that a household or a machine gets as a whole."""


def read_networks(written: str) -> tuple[Network, ...]:
    """Return the addresses and networks in a list with commas, such as `127.0.0.1, 10.0.0.0/8`.

    Raises:
        SettingsError: one of them is neither.
    """
    networks = []
    for part in filter(None, (part.strip() for part in written.split(","))):
        try:
            networks.append(ip_network(part, strict=False))
        except ValueError as error:
            raise SettingsError(
                f"The trusted proxy {part!r} is not an IP address or network; use one such as 127.0.0.1 or 10.0.0.0/8."
            ) from error
    return tuple(networks)


def client_of(environ: WSGIEnvironment, trusted: Sequence[Network] = ()) -> str:
    """Return the address of the client; of IPv6, the network that is one client's.

    `X-Forwarded-For` is read from its end, as far as those who wrote it are trusted; so what a client
    writes there itself is never believed.
    """
    client = environ.get("REMOTE_ADDR", "")
    if not trusted:
        return _peer_name(client)
    hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    address = _address(client)
    while hops and address is not None and any(address in network for network in trusted):
        if (named := _address(hops.pop())) is None:
            break
        address = named
    return _name(address) or client


@lru_cache(maxsize=1_024)
def _peer_name(peer: str) -> str:
    """Return the name of the client that the server calls `peer`: nothing in it was sent by the client."""
    return _name(_address(peer)) or peer


def _name(address: IPv4Address | IPv6Address | None) -> str | None:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, _HOME), strict=False).network_address)
    return str(address) if address else None


def _address(written: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(written.strip("[]"))
    except ValueError:
        return None
