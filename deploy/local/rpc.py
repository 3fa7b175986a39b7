"""XML-RPC over a Unix socket, as supervisord speaks it.

One connection a call, each with a timeout; no retries.
"""

import http.client
import socket
import xmlrpc.client
from pathlib import Path
from typing import Any

TIMEOUT_SECONDS = 10


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_SECONDS)
        self.sock.connect(str(self._path))


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = _Connection(self._path)
        self._connection = (host, connection)  # where Transport.close() looks for it
        return connection


def call(path: Path, method: str, *arguments: str | bool) -> object:
    """Raises OSError where nobody listens, xmlrpc.client.Fault where supervisord refuses."""
    with xmlrpc.client.ServerProxy("http://localhost", transport=_Transport(path)) as proxy:
        answer: object = getattr(proxy, f"supervisor.{method}")(*arguments)
        return answer
