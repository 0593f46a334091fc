"""Servers that misbehave over real sockets, for the contract that every gateway keeps."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

Behaviour = Callable[[socket.socket, bytes], None]
"""What the server does with a connection once the whole request, given as bytes, has come."""


class Misbehaving:
    """Listens on a free port. `requests` holds every complete request that came."""

    def __init__(self, behave: Behaviour, *, certificate: Path | None = None) -> None:
        self._behave = behave
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopped = False
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def stop(self) -> None:
        """Close everything."""
        self._stopped = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while not self._stopped:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            self.connections += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), self._secured(connection) as connection:
            while request := read_request(connection):
                self.requests.append(request)
                self._behave(connection, request)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._tls is None:
            return connection
        return self._tls.wrap_socket(connection, server_side=True)


def read_request(connection: socket.socket) -> bytes:
    """One request with its body; empty when the client has gone."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65_536)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    (length,) = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@contextmanager
def misbehaving(behave: Behaviour, *, certificate: Path | None = None) -> Iterator[Misbehaving]:
    """A server that misbehaves until the end of the block; over TLS with key and certificate."""
    server = Misbehaving(behave, certificate=certificate)
    try:
        yield server
    finally:
        server.stop()


def response(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A complete HTTP response; underscores in names of headers become hyphens."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answers(status: int, body: object = None, **headers: str) -> Behaviour:
    """Answers every request with this status and body: bytes as they are, anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda connection, request: connection.sendall(response(status, content, **headers))


def answers_each(make: Callable[[dict[str, Any]], object], *, status: int = 200) -> Behaviour:
    """Answers with JSON made from the JSON that came."""

    def behave(connection: socket.socket, request: bytes) -> None:
        document = json.loads(request.partition(b"\r\n\r\n")[2])
        connection.sendall(response(status, json.dumps(make(document)).encode()))

    return behave


def stays_silent(connection: socket.socket, request: bytes) -> None:
    """Reads the request and never answers."""
    connection.recv(1)


def closes(connection: socket.socket, request: bytes) -> None:
    """Reads the request and closes the connection in good order."""
    connection.shutdown(socket.SHUT_RDWR)


def resets(connection: socket.socket, request: bytes) -> None:
    """Reads the request and tears the connection down."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def breaks_off(connection: socket.socket, request: bytes) -> None:
    """Announces more than it sends."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"results": [')
    connection.shutdown(socket.SHUT_RDWR)


def breaks_off_in_a_chunk(connection: socket.socket, request: bytes) -> None:
    """Announces more in a chunk than it sends."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"results"')
    connection.shutdown(socket.SHUT_RDWR)


def speaks_no_http(connection: socket.socket, request: bytes) -> None:
    """Answers like something else altogether."""
    connection.sendall(b"220 mail.example ESMTP\r\n")
    connection.shutdown(socket.SHUT_RDWR)


def trickles(connection: socket.socket, request: bytes) -> None:
    """Sends a byte now and then, often enough for any read to succeed."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    stop = threading.Event()
    for _ in range(200):
        connection.sendall(b" ")
        stop.wait(0.05)


def is_endless(connection: socket.socket, request: bytes) -> None:
    """Sends and sends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        connection.sendall(b" " * 65_536)


@contextmanager
def never_accepting() -> Iterator[str]:
    """The address of a port whose queue is full, so that connecting times out."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            with suppress(BlockingIOError):
                one.connect(address)
        yield f"http://127.0.0.1:{address[1]}"
        for one in waiting:
            one.close()


def unused_address() -> str:
    """The address of a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
