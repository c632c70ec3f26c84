"""Where requests go: what stands for it in plans, and what lies on this machine."""

from __future__ import annotations

import ipaddress
import re

IN_A_FILE = "shadow"
"""What stands for an address where the account is in a file on this machine."""


def is_loopback(host: str) -> bool:
    """Whether a name or an address without port leads back to this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_local(place: str) -> bool:
    """Whether what is sent to a place stays on this machine."""
    found = _ADDRESS.fullmatch(place)
    return place == IN_A_FILE or bool(found and is_loopback(found["host"].strip("[]")))


def same_place(one: str, other: str) -> bool:
    """Whether two places are one; a server on this machine may come back at another port."""
    return one == other or (is_local(one) and is_local(other))


def origin(address: str, *, path: bool = True) -> str:
    """An address as it is compared: lower case, without the usual port and without a slash at its end.

    What is no plain http or https address stays as it is.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return address
    scheme, port = found["scheme"].lower(), found["port"]
    shown = "" if port in (None, _USUAL[scheme]) else f":{port}"
    return f"{scheme}://{found['host'].lower()}{shown}{found['path'].rstrip('/') if path else ''}"


# Narrow on purpose: what a library could take for another host is no address here.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:/[\w.~-]*)*)",
    re.ASCII | re.IGNORECASE,
)

_USUAL = {"https": "443", "http": "80"}
