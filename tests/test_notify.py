"""Dead-man URL and webhook: they are told the truth, and whatever they do, a run ends as it would without them."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from archive.errors import ConfigurationError
from crawler.notify import check_url, dead_man_url, notify, report
from crawler.run import Result


def ended(code: int, *problems: str) -> Result:
    return Result(7, code, "run 7 done", problems)


class Service(ThreadingHTTPServer):
    """Answers as a path says, and keeps what it was asked: (method, path, body)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[tuple[str, str, bytes]] = []
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    """``/status/N``, ``/to?TARGET`` (a redirect), ``/stall``, ``/endless``; else 200."""

    server: Service

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.server.asked.append((self.command, self.path, self.rfile.read(length)))
        if self.path.startswith("/stall"):
            self.server.released.wait(20)
            return
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("?")[2])
        elif self.path.startswith("/status/"):
            self.send_response(int(self.path.split("/")[2]))
        else:
            self.send_response(200)
        if self.path.startswith("/endless"):
            self.end_headers()
            try:
                while not self.server.released.is_set():
                    self.wfile.write(b"x" * 65_536)
            except OSError:
                return
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.released.set()
        running.shutdown()
        thread.join()


def test_a_run_that_went_well_pings_the_address_itself(service: Service) -> None:
    assert notify(ended(0), dead_man=f"{service.url}/ping/abc") == []
    assert service.asked == [("GET", "/ping/abc", b"")]


@pytest.mark.parametrize("code", [1, 2])
def test_a_run_that_did_not_says_fail(service: Service, code: int) -> None:
    assert notify(ended(code, "harbour: failing"), dead_man=f"{service.url}/ping/abc/?k=1") == []
    assert service.asked == [("GET", "/ping/abc/fail?k=1", b"")]


@pytest.mark.parametrize("code", [75, 130])
def test_a_run_that_was_none_is_left_to_the_next(service: Service, code: int) -> None:
    assert dead_man_url(service.url, code) is None
    assert notify(ended(code), dead_man=service.url) == []
    assert service.asked == []


def test_a_webhook_gets_the_facts(service: Service) -> None:
    problems = ["harbour: failing: DNS", "порт: blocked"]
    assert notify(ended(1, *problems), webhook=f"{service.url}/hook") == []
    [(method, path, body)] = service.asked
    assert (method, path) == ("POST", "/hook")
    assert json.loads(body) == {
        "run": 7,
        "exit_code": 1,
        "summary": "run 7 done",
        "problems": problems,
    }


def test_a_report_is_bounded() -> None:
    told = report(Result(7, 1, "s" * 10_000, ("p" * 10_000,) * 1000))
    assert len(json.dumps(told)) < 20_000
    assert told["problems"]


def test_nobody_to_tell_costs_nothing() -> None:
    assert notify(ended(0)) == []


@pytest.mark.parametrize("path", ["/stall", "/to?/stall"])
def test_a_service_that_stalls_is_given_up_and_the_other_is_told(service: Service, path: str) -> None:
    begin = time.monotonic()
    lines = notify(ended(0), dead_man=service.url + path, webhook=f"{service.url}/hook", deadline=0.5)
    assert time.monotonic() - begin < 5
    assert len(lines) == 1
    assert lines[0].startswith("the dead-man URL could not be told: ")
    assert ("POST", "/hook") in [asked[:2] for asked in service.asked]


def test_a_body_that_never_ends_is_not_read(service: Service) -> None:
    assert notify(ended(0), dead_man=f"{service.url}/endless", deadline=5) == []


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/x", "data:text/plain,x", "gopher:x"])
def test_a_redirect_to_no_web_address_is_an_error_in_one_line(service: Service, target: str) -> None:
    [line] = notify(ended(0), dead_man=f"{service.url}/to?{target}")
    assert line.endswith("it redirects to what is no http or https address")


def test_a_ping_is_redirected_and_a_report_is_not(service: Service) -> None:
    assert notify(ended(0), dead_man=f"{service.url}/to?/there") == []
    assert service.asked[-1] == ("GET", "/there", b"")
    [line] = notify(ended(0), webhook=f"{service.url}/to?/there")
    assert line.endswith("it redirects (302): set the address it leads to")
    assert [asked[1] for asked in service.asked].count("/there") == 1


def test_a_circle_of_redirects_ends(service: Service) -> None:
    with_circle = f"{service.url}/to?/to?"
    [line] = notify(ended(0), dead_man=with_circle + "/to?" * 20)
    assert line.endswith("it redirects too often")


@pytest.mark.parametrize("code", [400, 404, 500, 503])
def test_an_answer_that_is_an_error_is_one_line_and_logged(
    service: Service, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    secret = f"{service.url}/status/{code}/secret"
    with caplog.at_level(logging.WARNING):
        lines = notify(ended(0), webhook=secret)
    assert lines == [f"the webhook could not be told: it answers {code}"]
    assert [record.getMessage() for record in caplog.records] == lines


def test_nobody_who_listens_and_no_http_at_all_are_one_line_each() -> None:
    with socket.create_server(("127.0.0.1", 0)) as quiet:
        port = quiet.getsockname()[1]
    [line] = notify(ended(0), dead_man=f"http://127.0.0.1:{port}/")
    assert "refused" in line
    assert "\n" not in line
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_babble, args=(server,))
        thread.start()
        [line] = notify(ended(0), dead_man=f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()
    assert "could not be told" in line
    assert "\n" not in line


def _babble(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(b"SSH-2.0-something\r\nelse\r\n\r\n")


@pytest.mark.parametrize(
    "url",
    ["", "x", "file:///etc/passwd", "ftp://x/", "http://", "http:///x", "http://[x/", "http://x y/", "http://x/\n",
     "http://x:99999/", "http://x/ж"],
)  # fmt: skip
def test_an_address_that_cannot_be_asked_for_is_told_at_once(url: str) -> None:
    with pytest.raises(ConfigurationError, match="--webhook takes an http or https address"):
        check_url(url, "--webhook")


def test_an_address_that_nobody_checked_cannot_fail_a_run() -> None:
    lines = notify(ended(0), "http://[x/", "http://x y/")
    assert len(lines) == 2
    assert all("takes an http or https address" in line for line in lines)


@pytest.mark.parametrize("url", ["https://hc.example/abc", "http://192.168.1.2:8000/api?x=%20", "http://[::1]/"])
def test_an_address_on_the_own_network_is_the_users_own_affair(url: str) -> None:
    assert check_url(url, "--dead-man") == url
