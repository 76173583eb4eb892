"""`python -m sandbox`: start Microsoft's systems in small."""

import argparse
import errno
import ipaddress
import os
import socket
import sqlite3
import ssl
import sys
from pathlib import Path

from sandbox import demo
from sandbox.server import bind, create_sandbox
from sandbox.state import SandboxState
from sandbox.tls import server_context


class StartError(Exception):
    """Why the sandbox cannot start, in one sentence."""


def main() -> int:
    arguments = _arguments()
    try:
        _run(arguments)
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _run(arguments: argparse.Namespace) -> None:
    listener = _listener(arguments)
    state, context = _prepared(arguments.state)
    server = bind(create_sandbox(state), listener, context)
    host, port = listener.getsockname()[:2]
    sys.stdout.write(f"Sandbox is ready: https://{host}:{port}\n")
    sys.stdout.flush()
    server.serve_forever()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default=os.environ.get("SANDBOX_PORT", "8443"))
    parser.add_argument("--state", default=os.environ.get("ENTREPOT_STATE", "var"), type=Path)
    parser.add_argument(
        "--open-to-others", action="store_true", help="listen where other machines can call"
    )
    return parser.parse_args()


def _listener(arguments: argparse.Namespace) -> socket.socket:
    try:
        is_loopback = ipaddress.ip_address(arguments.host).is_loopback
        port = int(arguments.port)
    except ValueError as error:
        raise StartError(f"The sandbox cannot listen there: {error}.") from error
    if not is_loopback and not arguments.open_to_others:
        raise StartError(
            f"The sandbox listens on 127.0.0.1 only; {arguments.host} needs --open-to-others."
        )
    listener = socket.socket(socket.AF_INET6 if ":" in arguments.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((arguments.host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        raise StartError(_why_no_port(port, error)) from error
    return listener


def _why_no_port(port: int, error: OSError | OverflowError) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use by another program: stop it or set SANDBOX_PORT."
    return f"The sandbox cannot listen on port {port}: {error}."


def _prepared(folder: Path) -> tuple[SandboxState, ssl.SSLContext]:
    """The demo world and the certificate of a state folder, new or as they were left."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        state = SandboxState.opened(folder)
        demo.load(state)
        demo.write_access(state)
        return state, server_context(folder)
    except (OSError, sqlite3.Error, ValueError) as error:  # ValueError: no certificate or key
        raise StartError(f"The state folder {folder} cannot be used: {error}.") from error


if __name__ == "__main__":
    sys.exit(main())
