"""Whether an address leads to this machine alone."""

from __future__ import annotations

import ipaddress
import socket

from hpo.errors import UserError

LOOPBACK = "127.0.0.1"


def is_loopback(host: str) -> bool:
    """Whether a name or an address leads to this machine alone.

    Raises:
        UserError: there is no such host.
    """
    try:
        addresses = {str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError) as error:
        raise UserError(f"--host: it is a name or an address of this machine. Received {host!r}: {error}.") from error
    return all(ipaddress.ip_address(address).is_loopback for address in addresses)
