"""Which IP addresses are not of the public internet. Pure."""

from __future__ import annotations

import ipaddress

# networks that the library takes for public: site-local (RFC 3879), documentation (RFC 9637), SRv6 (RFC 9602),
# and NAT64's local-use prefix (RFC 8215)
_SPECIAL = [ipaddress.ip_network(n) for n in ("fec0::/10", "3fff::/20", "5f00::/16", "64:ff9b:1::/48")]
# networks whose addresses carry an IPv4 address, and how far from the right it stands
_CARRYING = [
    (ipaddress.ip_network(n), shift)
    for n, shift in (("::/96", 0), ("::ffff:0:0/96", 0), ("64:ff9b::/96", 0), ("2002::/16", 80))
]


def is_private(address: str) -> bool:
    """Whether an IP address is not one of the public internet (IANA's special-purpose registries).

    IPv6 forms that carry an IPv4 address (mapped, compatible, 6to4, NAT64) are what that address is.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in _SPECIAL):
            return True
        for network, shift in _CARRYING:
            if ip in network:
                return is_private(str(ipaddress.IPv4Address((int(ip) >> shift) & 0xFFFFFFFF)))
    return not ip.is_global or ip.is_multicast
