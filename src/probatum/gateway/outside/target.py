"""A URL taken apart once, strictly, so that what was checked is what is asked.

Parsers disagree on the odd URLs, and attacks live in the disagreement. What is odd is therefore refused: user names, backslashes,
white space, controls, hosts beyond ASCII, and every spelling of an IPv4 address but four decimal numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from probatum.errors import EvidenceRefused
from probatum.gateway.outside.addresses import Address

MAX_URL: Final = 2048
PORTS: Final = {"http": 80, "https": 443}

_BAD = re.compile(r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff]")
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Target:
    """Where to ask, and for what.

    Attributes:
        scheme: ``http`` or ``https``.
        host: lower-case ASCII, without brackets or a final dot.
        address: the host, if it is an address.
        port: 1 to 65535.
        path: begins with a slash, with the query; percent-encoded ASCII.
    """

    scheme: str
    host: str
    address: Address | None
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the ``Host`` header has them."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def parse(url: str) -> Target:
    """Take a URL apart; the fragment is dropped.

    Raises:
        EvidenceRefused: it is not an http or https URL that every reader reads alike.
    """
    shown = _BAD.sub("\ufffd", url[:200])
    if len(url) > MAX_URL:
        raise EvidenceRefused(f"{shown}...: a URL of {len(url)} characters; at most {MAX_URL} are allowed")
    if bad := _BAD.search(url):
        raise EvidenceRefused(f"{shown}: U+{ord(bad.group()):04X} in the URL; percent-encode it")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise EvidenceRefused(f"{shown}: not a URL ({error})") from None
    if parts.scheme not in PORTS:
        raise EvidenceRefused(f"{shown}: only http and https are fetched")
    if "@" in parts.netloc:
        raise EvidenceRefused("a URL with a user name or password is not fetched; leave out what stands before the @")
    if port == 0:
        raise EvidenceRefused(f"{shown}: there is no port 0")
    host, address = _host(parts, shown)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = "?" + quote(parts.query, safe="/?%:@!$&'()*+,;=~-._") if parts.query else ""
    return Target(parts.scheme, host, address, PORTS[parts.scheme] if port is None else port, path + query)


def follow(target: Target, location: str) -> Target:
    """Where a redirect leads.

    Raises:
        EvidenceRefused: as for :func:`parse`, or it leads from https to http.
    """
    following = parse(urljoin(str(target), location))
    if target.scheme == "https" and following.scheme == "http":
        raise EvidenceRefused(f"{target}: redirects from https to http ({following}); give a URL that stays with https")
    return following


def _host(parts: SplitResult, shown: str) -> tuple[str, Address | None]:
    host = (parts.hostname or "").removesuffix(".")
    try:
        if parts.netloc.startswith("["):
            v6 = IPv6Address(host)
            if v6.scope_id is None:
                return v6.compressed, v6
        elif not host.isascii():
            raise EvidenceRefused(f"{shown}: the host is not ASCII; write it in its xn-- form")
        elif _NUMBER.fullmatch(host.rpartition(".")[2]):  # then it is meant as an IPv4 address (URL standard, "ends in a number")
            v4 = IPv4Address(host)
            return str(v4), v4
        elif len(host) <= 253 and _HOST.fullmatch(host):
            return host, None
    except AddressValueError:
        pass
    raise EvidenceRefused(f"{shown}: {host[:100]!r} is neither a host name nor an address in its usual form")
