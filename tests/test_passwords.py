"""Signing in: with datasette-auth-passwords as it is installed, and on one's own machine without it."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx
import lxml.html
import pytest
from datasette.app import Datasette
from datasette_auth_passwords.utils import hash_password

from archive.errors import ConfigurationError
from archive.home import Home
from archive.store import Store
from archive.web.configured import merged
from archive.web.server import SETTINGS, metadata_path
from tests.keeping import captured, keep
from tests.prose import prose
from tests.test_revise import URL, story
from tests.test_web import SERVE, free_port, serving

OURS: dict[str, Any] = json.loads(metadata_path().read_text("utf-8"))
# few rounds: it is tested that they are asked for, not how long they take
HASH = hash_password("the ninth wave", iterations=1000)
PLUGINS = {"datasette-auth-passwords": {"editor_password_hash": HASH}}
SQL = "/archive.json?sql=select+1+as+one&_shape=array"


@pytest.fixture
def shut(home: Home) -> Home:
    """An archive of two outlets, one of them not public."""
    keep(
        home,
        [captured(URL.format(1), story(1)), captured("http://gulls.example/2", f"<h1>Gulls</h1><p>{prose(3)}</p>")],
    )
    public(home, False)
    return home


def public(home: Home, value: bool) -> None:
    store = Store(home.database, write=True)
    with store.transaction():
        store.conn.execute("update sources set public = ? where id = 'ferries'", (value,))
    store.close()


class Session:
    """A browser at a server with a ``datasette.json``."""

    def __init__(self, home: Home, own: dict[str, Any]) -> None:
        file = home.path / "datasette.json"
        file.write_text(json.dumps(own), "utf-8")
        metadata = merged(copy.deepcopy(OURS), file)
        self.datasette = Datasette([str(home.database)], metadata=metadata, settings=SETTINGS)
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, **data: str) -> httpx.Response:
        request = getattr(self.datasette.client, method)
        response: httpx.Response = asyncio.run(
            request(path, cookies=self.cookies, **({"data": data} if data else {}))
        )
        self.cookies |= dict(response.cookies)
        return response

    def get(self, path: str) -> httpx.Response:
        return self.ask("get", path)

    def sign_in(self, password: str) -> httpx.Response:
        form = lxml.html.fromstring(self.get("/-/login").text).forms[0]
        token = form.fields["csrftoken"] or ""
        return self.ask("post", "/-/login", username="editor", password=password, csrftoken=token)


def test_who_signs_in_with_a_password_sees_what_is_not_public(shut: Home) -> None:
    session = Session(shut, {"plugins": PLUGINS})
    refused = session.get("/article/1")
    assert refused.status_code == 403
    [link] = lxml.html.fromstring(refused.text).xpath("//main//a/@href")
    assert link == "/-/login"
    assert [session.get(path).status_code for path in ("/article/2", "/archive/articles", SQL)] == [200, 403, 403]
    wrong = session.sign_in("the tenth wave")
    assert "Invalid username or password" in wrong.text
    assert session.get("/article/1").status_code == 403
    assert session.sign_in("the ninth wave").status_code == 302
    assert [session.get(path).status_code for path in ("/article/1", "/archive/articles", SQL)] == [200] * 3
    assert session.get("/article/1").headers["cache-control"] == "private, no-store"
    session.cookies.clear()
    assert session.get("/article/1").status_code == 403


def test_no_page_shows_the_hash_of_a_password_or_where_the_archive_lies(shut: Home) -> None:
    (shut.path / "datasette.json").write_text(json.dumps({"plugins": PLUGINS}), "utf-8")
    with serving(shut.path) as address:
        shown = httpx.get(f"{address}/-/metadata.json", timeout=60).text
        assert "communique" in shown and "pbkdf2" not in shown and str(shut.path) not in shown
        with httpx.Client(base_url=address, timeout=60) as client:
            token = lxml.html.fromstring(client.get("/-/login").text).forms[0].fields["csrftoken"]
            data = {"username": "editor", "password": "the ninth wave", "csrftoken": str(token)}
            assert client.post("/-/login", data=data).status_code == 302


def test_arbitrary_sql_can_be_put_behind_a_password_alone(shut: Home) -> None:
    public(shut, True)
    session = Session(shut, {"plugins": PLUGINS, "databases": {"archive": {"allow_sql": {"id": "editor"}}}})
    pages = ("/article/1", "/archive/articles", "/archive/by_day", "/feed.atom")
    assert [session.get(path).status_code for path in pages] == [200] * 4
    assert session.get(SQL).status_code == 403
    assert session.get("/archive/articles.json?_where=1=1").status_code in (400, 403)
    assert 'name="sql"' not in session.get("/archive").text
    session.sign_in("the ninth wave")
    assert session.get(SQL).json() == [{"one": 1}]
    assert 'name="sql"' in session.get("/archive").text


def test_the_whole_archive_can_be_put_behind_a_password(shut: Home) -> None:
    public(shut, True)
    session = Session(shut, {"plugins": PLUGINS, "allow": {"id": "*"}})
    pages = ("/", "/article/1", "/article/2/diff", "/archive", "/archive/articles.json", "/archive/articles.csv", SQL)
    pages += ("/feed.atom", "/feed.json", "/changes", "/search?q=ferry", "/archive/articles/1", "/losses", "/about")
    for path in pages:
        answer = session.get(path)
        assert answer.status_code in (403, 404), path
        assert "ferr" not in answer.text.lower().replace("/search?q=ferry", ""), path
    assert "/-/login" in session.get("/article/1").text
    session.sign_in("the ninth wave")
    assert {session.get(path).status_code for path in pages if path != "/article/2/diff"} == {200}


@pytest.mark.parametrize(
    ("own", "line"),
    [
        ("{", "is not JSON"),
        ([], "it must be an object"),
        ({"alow": {"id": "*"}}, "it has no key 'alow'; there are about,"),
        ({"databases": {"Archive": {}}}, "databases has no key 'Archive'; there are archive, notes"),
        ({"databases": {"archive": {"allow-sql": False}}}, "databases.archive has no key 'allow-sql'"),
        ({"databases": {"archive": {"allow_sql": "editor"}}}, "databases.archive.allow_sql must be true, false or"),
        ({"allow": ["editor"]}, "allow must be true, false or an object"),
        ({"databases": {"archive": {"tables": {"articles": {"allow": 1.5}}}}}, "tables.articles.allow must be"),
        ({"plugins": []}, "plugins must be an object"),
        ({"plugins": {"communique": {"local": True}}}, "plugins.communique is the server's own"),
        ({"plugins": {"datasette-auth-passwords": {"editor": HASH}}}, "no key 'editor'; an account is NAME_password_hash"),
        ({"plugins": {"datasette-auth-passwords": {"editor_password_hash": "secret"}}}, "is no hash: `datasette hash-p"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_meant_so_is_one_line(tmp_path: Path, own: Any, line: str) -> None:
    file = tmp_path / "datasette.json"
    file.write_text(own if isinstance(own, str) else json.dumps(own), "utf-8")
    with pytest.raises(ConfigurationError) as raised:
        merged({}, file)
    assert line in str(raised.value) and "\n" not in str(raised.value)


def test_what_the_file_says_stands_over_ours_and_leaves_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "datasette.json"
    assert merged(OURS, file) is OURS
    own = {"title": "Ours", "allow": {"id": "a"}, "databases": {"archive": {"allow_sql": False}}, "plugins": {}}
    file.write_text(json.dumps(own), "utf-8")
    found = merged({**OURS, "allow": {"id": "b", "role": "c"}}, file)
    assert (found["title"], found["allow"]) == ("Ours", {"id": "a"})
    assert found["databases"]["archive"].pop("allow_sql") is False
    assert found["databases"]["archive"] == OURS["databases"]["archive"]


def serve(home: Home) -> subprocess.Popen[str]:
    arguments = [*SERVE, "--home", str(home.path), "--port", str(free_port())]
    return subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)


def test_on_ones_own_machine_a_link_signs_in_once(shut: Home) -> None:
    with serve(shut) as server:
        try:
            assert server.stderr is not None
            address = re.search(r"http://\S+", server.stderr.readline())
            link = re.search(r"http://\S+", server.stderr.readline())
            assert address and link and link[0].startswith(address[0])
            with (
                httpx.Client(base_url=address[0], timeout=60) as browser,
                httpx.Client(base_url=address[0], timeout=60) as another,
            ):
                assert browser.get("/article/1").status_code == 403
                assert browser.get(link[0]).status_code == 302
                assert browser.get("/article/1").status_code == 200
                assert another.get(link[0]).status_code == 403
                assert another.get("/article/1").status_code == 403
        finally:
            server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0


def test_a_broken_file_keeps_the_server_from_starting(shut: Home) -> None:
    (shut.path / "datasette.json").write_text('{"alow": {}}', "utf-8")
    with serve(shut) as server:
        assert server.stderr is not None
        said = server.stderr.read()
    assert (server.returncode, said.count("\n")) == (2, 1)
    assert "datasette.json: it has no key 'alow'" in said
