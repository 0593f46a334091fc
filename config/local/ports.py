"""Finding and checking TCP ports on loopback."""

import random
import socket

LOOPBACK = "127.0.0.1"

# Below the ports that Linux hands to outgoing connections: none of those can take a server's
# port in the moment between its death and its restart.
_RANGE = range(15_000, 32_000)


def is_free(port: int) -> bool:
    """True when a server could listen on `port` now."""
    with socket.socket() as probe:
        # As servers do; without it a port in TIME_WAIT would look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port on which nobody listens, at random so that two launchers rarely want the same."""
    for port in random.sample(_RANGE, 200):
        if is_free(port):
            return port
    raise NoFreePort("no free TCP port was found between 15000 and 32000 on 127.0.0.1")


class NoFreePort(RuntimeError):
    """No port could be had."""
