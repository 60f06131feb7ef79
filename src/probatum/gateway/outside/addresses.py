"""Which addresses on the network are outside: where a server may go on behalf of somebody else.

The IANA registries of special-purpose addresses (RFC 6890 and its updates), as tables and not as ``ipaddress.is_global``, whose
answer differs between versions of Python; what it refuses is refused as well. Of IPv6 only global unicast is outside. Addresses
that carry an IPv4 address inside (mapped, NAT64, 6to4, Teredo) are refused whatever they carry.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address

_SPECIAL_4: Final = tuple(
    (IPv4Network(network), what)
    for network, what in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a provider's customers"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's own service"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "for examples"),
        ("192.31.196.0/24", "reserved"),
        ("192.52.193.0/24", "reserved"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "reserved"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for examples"),
        ("203.0.113.0/24", "for examples"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_UNICAST_6: Final = IPv6Network("2000::/3")
_SPECIAL_6: Final = tuple(
    (IPv6Network(network), what)
    for network, what in (
        ("::/128", "this host"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "an IPv4 address in IPv6"),
        ("64:ff9b::/96", "an IPv4 address behind NAT64"),
        ("64:ff9b:1::/48", "an IPv4 address behind NAT64"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "for examples"),
        ("2002::/16", "an IPv4 address in 6to4"),
        ("2620:4f:8000::/48", "reserved"),
        ("3fff::/20", "for examples"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("ff00::/8", "multicast"),
    )
)


def inside(address: Address) -> str | None:
    """What an address is, in a word or two, if nobody outside may be sent there; None if it is outside."""
    special: tuple[tuple[IPv4Network | IPv6Network, str], ...] = _SPECIAL_4 if address.version == 4 else _SPECIAL_6
    for network, what in special:
        if address in network:
            return what
    if isinstance(address, IPv6Address) and (address not in _UNICAST_6 or address.scope_id is not None):
        return "not global unicast"
    return None if address.is_global and not address.is_multicast and not address.is_reserved else "reserved"
