"""A time-stamping authority of one's own, made by `openssl ts`, that answers on this machine."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

_CONFIGURATION = """
[ tsa ]
default_tsa = own
[ own ]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
[ req ]
distinguished_name = name
prompt = no
[ name ]
CN = Test
[ authority ]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[ stamping ]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
"""


def openssl(*arguments: str | Path) -> str:
    """Run openssl; what it prints."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Stamper:
    """An authority whose files lie in ``folder``; ``answer`` takes the place of what openssl says.

    ``host``: it speaks TLS, with a certificate for that name.
    """

    def __init__(self, folder: Path, host: str | None = None) -> None:
        folder.mkdir(parents=True)
        self.folder, self.ca = folder, folder / "ca.pem"
        self.configuration = folder / "tsa.cnf"
        self.configuration.write_text(_CONFIGURATION.format(folder=folder))
        (folder / "serial").write_text("01\n")
        self.asked: list[bytes] = []
        self.hosts: list[str] = []
        self.answer: tuple[int, bytes] | None = None
        self.go = threading.Event()  # lets go of what ``hold`` holds
        self.hold = False
        new = ("req", "-config", self.configuration, "-newkey", "rsa:2048", "-nodes")
        openssl(
            *new, "-x509", "-days", "30", "-keyout", folder / "ca.key", "-out", self.ca, "-subj", "/CN=Test root",
            "-extensions", "authority",
        )  # fmt: skip
        openssl(*new, "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr", "-subj", "/CN=Test stamps")
        openssl(
            "x509", "-req", "-in", folder / "tsa.csr", "-CA", self.ca, "-CAkey", folder / "ca.key",
            "-set_serial", "2", "-days", "30", "-extfile", self.configuration, "-extensions", "stamping",
            "-out", folder / "tsa.pem",
        )  # fmt: skip
        stamper = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                stamper.asked.append(body)
                stamper.hosts.append(self.headers["Host"])
                if stamper.hold:
                    stamper.go.wait(30)
                status, answer = stamper.answer or (200, stamper.stamp(body))
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Nothing is said."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        if host is not None:
            self._wrap(host)
        self.url = f"http://127.0.0.1:{self.port}/tsr"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _wrap(self, host: str) -> None:
        names = self.folder / "names"
        names.write_text(f"subjectAltName = DNS:{host}\n")
        key, request, certificate = (self.folder / f"tls.{end}" for end in ("key", "csr", "pem"))
        openssl(
            "req", "-config", self.configuration, "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request,
            "-subj", "/CN=Test server",
        )  # fmt: skip
        openssl(
            "x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.folder / "ca.key", "-set_serial", "3",
            "-days", "30", "-extfile", names, "-out", certificate,
        )  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def stamp(self, query: bytes) -> bytes:
        """What openssl answers to a question."""
        (self.folder / "query.tsq").write_bytes(query)
        openssl(
            "ts", "-reply", "-config", self.configuration, "-queryfile", self.folder / "query.tsq",
            "-out", self.folder / "reply.tsr",
        )  # fmt: skip
        return (self.folder / "reply.tsr").read_bytes()

    def close(self) -> None:
        """Answer no more."""
        self.go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def configure(self, home: Path, **fields: object) -> None:
        """Have a home ask this authority."""
        home.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.ca, home / "authority.pem")
        row = {"name": "test", "url": self.url, "certificates": "authority.pem", "private": True, **fields}
        lines = [f"{key} = {json.dumps(value)}" for key, value in row.items()]
        (home / "custody.toml").write_text("\n".join(["[[witness]]", *lines, ""]))
