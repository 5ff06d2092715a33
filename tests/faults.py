"""Makes things go wrong for the real command: a server that misbehaves, a disk that is full, a clock that jumps.

Run as a program it is the command with other limits, so that a test waits a second where a user waits a minute:
``python -m tests.faults MODULE:NAME=NUMBER… -- COMMAND…`` sets module attributes, then calls the command.
"""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[1]
# an answer: what is left of it is up to the function, and the connection ends where it returns
Behaviour = Callable[[socket.socket, threading.Event], None]
_HEAD = 64 << 10  # bytes; no request of ours has a longer head


class Misbehaving:
    """A server before a site: addresses it was given a behaviour for misbehave, all others are the site's.

    Speaks HTTP/1.1 with one request a connection on 127.0.0.1. ``asked`` are the (host, path) it was asked for.
    """

    def __init__(self, site: str) -> None:
        host, _, port = site.rpartition(":")
        self._site = (host, int(port))
        self._behaviours: dict[tuple[str, str], Behaviour] = {}
        self._ending = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._threads: list[threading.Thread] = []
        self.asked: list[tuple[str, str]] = []

    @property
    def address(self) -> str:
        """Where it listens, as "127.0.0.1:PORT"."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def on(self, host: str, path: str, behaviour: Behaviour | None) -> None:
        """Misbehave at an address, or no more."""
        if behaviour is None:
            self._behaviours.pop((host, path), None)
        else:
            self._behaviours[(host, path)] = behaviour

    def calm(self) -> None:
        """Misbehave nowhere any more."""
        self._behaviours.clear()

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept, which closing alone does not
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True, name="misbehaving")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        # a client that has had enough goes away in the middle, which is no failure of the server's
        with connection, suppress(OSError):
            connection.settimeout(30)
            head = b""
            while b"\r\n\r\n" not in head and len(head) < _HEAD:
                data = connection.recv(4096)
                if not data:
                    return
                head += data
            lines = head.decode("latin-1").split("\r\n")
            path = lines[0].split(" ")[1]
            host = next((line[5:].strip() for line in lines if line.lower().startswith("host:")), "")
            self.asked.append((host, path))
            behaviour = self._behaviours.get((host, path))
            if behaviour is not None:
                behaviour(connection, self._ending)
            else:
                self._relay(connection, lines)

    def _relay(self, connection: socket.socket, lines: list[str]) -> None:
        kept = [line for line in lines if not line.lower().startswith("connection:")]
        kept.insert(1, "Connection: close")
        with socket.create_connection(self._site, timeout=30) as site:
            site.sendall("\r\n".join(kept).encode("latin-1"))
            while data := site.recv(1 << 16):
                connection.sendall(data)


def _head(*headers: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *headers, "", ""]).encode("latin-1")


def says(body: bytes, *headers: str, status: str = "200 OK") -> Behaviour:
    """A whole answer with exactly these headers, whatever they say about the body."""

    def behave(connection: socket.socket, _: threading.Event) -> None:
        length = (
            () if any(h.lower().startswith("content-length") for h in headers) else (f"Content-Length: {len(body)}",)
        )
        connection.sendall(_head(*headers, *length, status=status) + body)

    return behave


def reset(begun: bytes = b"") -> Behaviour:
    """The connection is reset: at once, or after a part of the body."""

    def behave(connection: socket.socket, _: threading.Event) -> None:
        if begun:
            connection.sendall(_head("Content-Type: text/html", "Content-Length: 100000") + begun)
        # a linger time of nothing makes closing send RST
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return behave


def stall(begun: bytes | None) -> Behaviour:
    """Nothing more comes: after headers and a part of the body, or (None) ever."""

    def behave(connection: socket.socket, ending: threading.Event) -> None:
        if begun is not None:
            connection.sendall(_head("Content-Type: text/html", "Content-Length: 100000") + begun)
        ending.wait(60)

    return behave


def drip(connection: socket.socket, ending: threading.Event) -> None:
    """A body that comes a few bytes at a time and never ends: there is always something to hope for."""
    connection.sendall(_head("Content-Type: text/html"))
    while not ending.wait(0.1):
        connection.sendall(b"<p>and ")


def pour(content_type: str, part: bytes, length: int | None = None) -> Behaviour:
    """A body of ``length`` bytes, or without an end, as fast as it is taken."""

    def behave(connection: socket.socket, ending: threading.Event) -> None:
        stated = () if length is None else (f"Content-Length: {length}",)
        connection.sendall(_head(f"Content-Type: {content_type}", *stated))
        sent = 0
        while not ending.is_set() and (length is None or sent < length):
            connection.sendall(part)
            sent += len(part)

    return behave


def bomb(megabytes: int, *headers: str) -> Behaviour:
    """A gzip body of a thousandth of what it becomes."""

    def behave(connection: socket.socket, ending: threading.Event) -> None:
        says(_bomb(megabytes), "Content-Encoding: gzip", *headers)(connection, ending)

    return behave


@cache
def _bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS + 16)
    return b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(megabytes)), packer.flush()])


def endless_headers(connection: socket.socket, ending: threading.Event) -> None:
    """An answer whose head never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    part = b"".join(b"X-Header-%d: %s\r\n" % (n, b"x" * 100) for n in range(500))
    while not ending.wait(0.05):  # as fast as it is taken, it would keep the crawl from everything else
        connection.sendall(part)


def no_http(connection: socket.socket, _: threading.Event) -> None:
    """Bytes that are no HTTP."""
    connection.sendall(b"\x15\x03\x01\x00\x02\x02\x28" * 20 + b"\r\n\r\n")


def driven(changes: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """The command line of the command with other limits: ``changes`` as MODULE:NAME=NUMBER."""
    return [sys.executable, "-m", "tests.faults", *changes, "--", *arguments]


def clocked(offset: str, arguments: Sequence[str]) -> list[str]:
    """A command line with the clock of its processes moved: ``offset`` as ``-1h`` or ``+400d``.

    Time that passes is still measured by the machine's own clock, as where somebody sets a real one.
    """
    return ["faketime", "-m", "-f", offset, *arguments]


def run(line: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command line to its end, as cron does: no terminal."""
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)


@contextmanager
def mounted(*arguments: str) -> Iterator[None]:
    """Mount something (arguments as of mount(8), the folder last) for a while.

    Raises:
        PermissionError: this process may not.
    """
    if shutil.which("mount") is None:
        raise PermissionError("there is no mount command")
    _mount(*arguments)
    try:
        yield
    finally:
        # lazily: what a failed test still holds open must not hide why it failed
        subprocess.run(["umount", "--lazy", arguments[-1]], check=True, capture_output=True)


def remount(folder: Path, options: str) -> None:
    """Change how something is mounted, its size for example."""
    _mount("-o", f"remount,{options}", str(folder))


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PermissionError(done.stderr.strip() or f"mount ends with {done.returncode}")


def fill(folder: Path, leave: int) -> Path:
    """Fill the disk of a folder up to ``leave`` bytes; returns the file that does it."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        block = b"\0" * 4096
        while True:
            free = shutil.disk_usage(folder).free
            if free <= leave:
                break
            os.write(file.fileno(), block * max(1, min(256, (free - leave) // 4096)))
    return path


def _main() -> None:
    at = sys.argv.index("--")
    for change in sys.argv[1:at]:
        where, _, value = change.partition("=")
        module, _, name = where.partition(":")
        home = importlib.import_module(module)
        assert hasattr(home, name), f"there is no {name} in {module}"
        setattr(home, name, type(getattr(home, name))(float(value)))
    from crawler.cli import main

    main(sys.argv[at + 1 :], prog_name="communique")


if __name__ == "__main__":
    _main()
