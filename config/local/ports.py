"""Finding, checking and asking TCP ports on loopback."""

import random
import socket
from collections.abc import Mapping

from config.local.errors import CannotGoOn

LOOPBACK = "127.0.0.1"

# Below the ports that Linux hands to outgoing connections: none of those can take a server's
# port in the moment between its death and its restart.
_RANGE = range(15_000, 32_000)


class PortError(CannotGoOn):
    """No port could be had, or not the one that was asked for; the message says what to do."""


def port_from(given: Mapping[str, str], *, name: str, default: int) -> int:
    """The port that the variable `name` asks for. Raises PortError."""
    raw = given.get(name) or str(default)
    if not raw.isdecimal() or not 0 < int(raw) < 65_536:
        raise PortError(f"{name}={raw} is no port: give a number between 1 and 65535")
    return int(raw)


def require_free(port: int, *, variable: str) -> None:
    """Raises PortError, naming the variable that chooses another, when `port` cannot be had."""
    why = _why_not(port)
    if why is not None:
        told = (
            "may not be used by this user: become one who may"
            if isinstance(why, PermissionError)
            else "is taken: stop what listens there"
        )
        example = port + 100 if 1024 <= port <= 65_435 else 8300
        raise PortError(
            f"port {port} on {LOOPBACK} {told}, or choose another, "
            f"for instance: make run {variable}={example}"
        )


def is_free(port: int) -> bool:
    """True when a server could listen on `port` now."""
    return _why_not(port) is None


def _why_not(port: int) -> OSError | None:
    with socket.socket() as probe:
        # As servers do; without it a port in TIME_WAIT would look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return error
        return None


def answers(port: int) -> bool:
    """True when somebody accepts connections on `port`."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port on which nobody listens, at random so that two launchers rarely want the same."""
    for port in random.sample(_RANGE, 200):
        if is_free(port):
            return port
    raise PortError("no free TCP port was found between 15000 and 32000 on 127.0.0.1")
