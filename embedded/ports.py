"""Ports of this machine's loopback address."""

import socket
import time

from embedded.errors import EmbeddedError

LOOPBACK = "127.0.0.1"
# A copy that was just killed may still be letting go of its ports.
_PATIENCE_SECONDS = 2.0


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None = None) -> int:
    """The preferred port where it is free, else any that is."""
    if preferred is not None and is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def insist_on_port(setting: str, port: int) -> None:
    """Raise, naming the setting to change, when something else listens there."""
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while not is_free(port):
        if time.monotonic() > give_up_at:
            raise EmbeddedError(
                f"Port {port} is in use: stop what listens there, "
                f"or choose another with {setting}=NUMBER."
            )
        time.sleep(0.1)
