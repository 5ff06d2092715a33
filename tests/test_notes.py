"""The readers' notes, tags and saved searches: who may write, what survives, and what happens when the file does not."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import lxml.html
import pytest
from datasette.app import Datasette
from hypothesis import given
from hypothesis import strategies as st

from archive.home import Home
from archive.models import Exchange
from archive.rebuild import rebuild
from archive.revise import Reviser
from archive.store import Store
from archive.web import bodies, notes_store
from archive.web.notes import LONGEST, linked, place_of
from archive.web.notes_store import Notes
from archive.web.server import SETTINGS, metadata_path
from tests.keeping import captured, keep, source
from tests.test_elements import page
from tests.test_web import serving

METADATA: dict[str, Any] = json.loads(metadata_path().read_text())
HERE = "http://127.0.0.1:8001"
FORM = {"content-type": "application/x-www-form-urlencoded"}
PLACE = {"source": "herald", "url": "http://herald.example/a", "url_key": "herald.example/a", "part": 1, "article": 1}
TEXTS = {
    "/harbour": "The harbour of Tessel Roads opens again on Monday. The pilots have counted eleven ships at anchor.",
    "/bridge": "The bridge over the Morvina stays closed until May. Two arches are to be built anew before that.",
}


class Client:
    """Somebody with a browser: keeps cookies, sends forms with the token of the page they stand on."""

    def __init__(self, datasette: Datasette, name: str | None = None, base: str = HERE, **headers: str) -> None:
        self._datasette, self._app = datasette, datasette.app()
        self._base = base
        self._headers = headers
        self.cookies = {} if name is None else {"ds_actor": datasette.sign({"a": {"id": name}}, "actor")}

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url=self._base, cookies=self.cookies) as client:
                response = await client.request(method, path, **{"headers": self._headers, **more})
            self.cookies |= dict(response.cookies)
            return response

        return asyncio.run(run())

    def get(self, path: str) -> httpx.Response:
        return self.ask("GET", path)

    def token(self, path: str = "/article/1") -> str:
        found = lxml.html.fromstring(self.get(path).text).xpath("//input[@name='csrftoken']/@value")
        return str(found[0]) if found else ""

    def post(self, path: str, _from: str = "/article/1", **fields: str) -> httpx.Response:
        token = self.token(_from)
        return self.ask(
            "POST", path, content=urlencode({"csrftoken": token, **fields}), headers={**self._headers, **FORM}
        )


@pytest.fixture(scope="module")
def kept_once(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two articles: number 1 on a harbour, number 2 on a bridge."""
    home = Home(tmp_path_factory.mktemp("kept") / "home")
    add(home, [captured(f"http://herald.example{path}", page(f"<p>{text}</p>"), n) for n, (path, text) in enumerate(TEXTS.items())])  # fmt: skip
    return home


@pytest.fixture
def home(kept_once: Home, tmp_path: Path) -> Home:
    """A copy of them to change."""
    shutil.copytree(kept_once.path, tmp_path / "home")
    return Home(tmp_path / "home")


def served(home: Home, local: bool = True, **plugins: Any) -> Datasette:
    own = {"communique": {"home": str(home.path), "local": local}}
    return Datasette([str(home.database)], metadata={**METADATA, "plugins": {**own, **plugins}}, settings=SETTINGS)


@pytest.fixture
def desk(home: Home) -> Client:
    """Whoever sits at the machine."""
    return Client(served(home))


def kept(home: Home, table: str = "notes") -> list[dict[str, Any]]:
    path = home.path / "notes.db"
    if not path.exists():
        return []
    conn = sqlite3.connect(path)
    conn.row_factory = sqlite3.Row
    rows = [dict(row) for row in conn.execute(f"select * from {table} order by id")]
    conn.close()
    return rows


def change(home: Home, sql: str, *values: object) -> None:
    conn = sqlite3.connect(home.database)
    with conn:
        conn.execute(sql, values)
    conn.close()


def words(response: httpx.Response, path: str = "//main") -> str:
    return " ".join(
        " ".join(t for e in lxml.html.fromstring(response.text).xpath(path) for t in e.itertext()).split()
    )


def forms(response: httpx.Response) -> list[str]:
    return [str(f) for f in lxml.html.fromstring(response.text).xpath("//form[@method='post']/@action")]


# writing


def test_a_note_is_written_beside_an_article_and_found_among_all(desk: Client, home: Home) -> None:
    assert not (home.path / "notes.db").exists()
    desk.get("/article/1")
    desk.get("/notes")
    assert not (home.path / "notes.db").exists()  # reading makes none
    done = desk.post("/article/1/notes", text="Ask the pilots.\nSee https://pilots.example/roster?a=1&b=2.")
    assert (done.status_code, done.headers["location"]) == (303, "/article/1#note-1")
    (note,) = lxml.html.fromstring(desk.get("/article/1").text).xpath("//div[@id='note-1']")
    assert "local" in note.text_content()
    (link,) = note.xpath(".//div[@class='cq-typed']//a")
    assert (link.get("href"), link.get("rel")) == (
        "https://pilots.example/roster?a=1&b=2",
        "noopener noreferrer nofollow",
    )
    assert len(note.xpath(".//div[@class='cq-typed']/br")) == 1
    assert "Ask the pilots." in words(desk.get("/notes"))
    assert "Ask the pilots." not in words(desk.get("/article/2"))
    (row,) = kept(home)
    assert (row["author"], row["edited"], row["revision"]) == (None, None, None)


def test_a_quotation_is_kept_as_it_stands_with_its_place_and_revision(desk: Client, home: Home) -> None:
    assert (
        desk.post("/article/1/notes", text="Eleven?", quotation=" pilots have\n counted   eleven").status_code == 303
    )
    (row,) = kept(home)
    conn = sqlite3.connect(home.database)
    text, digest, revision = conn.execute("select text, text_sha256, id from revisions where article = 1").fetchone()
    conn.close()
    assert text[row["start"] : row["stop"]] == row["quotation"] == "pilots have counted eleven"
    assert (row["field"], row["revision"], row["text_sha256"]) == ("text", revision, digest)
    assert f"/article/1?revision_id={revision}" in desk.get("/article/1").text
    assert "pilots have counted eleven" in words(desk.get("/notes"), "//blockquote")


def test_words_that_do_not_stand_in_the_text_are_not_kept_and_what_was_typed_is_still_there(
    desk: Client, home: Home
) -> None:
    done = desk.post("/article/1/notes", text="My <note>", quotation="twelve ships")
    assert done.status_code == 400
    assert words(done, "//*[@role='alert']") == "The words quoted do not stand like that in revision 1."
    fields = lxml.html.fromstring(done.text).xpath("//form[@method='post']//textarea")
    assert [field.text.strip() for field in fields] == ["My <note>", "twelve ships"]
    assert kept(home) == []


def test_a_note_on_an_earlier_text_says_so_when_the_text_has_changed(desk: Client, home: Home) -> None:
    desk.post("/article/1/notes", text="Eleven.", quotation="counted eleven ships")
    assert "do not stand in the text as it is now" not in desk.get("/article/1").text
    later = "The harbour of Tessel Roads opens again on Monday. The pilots have counted nine ships at anchor."
    keep(home, [captured("http://herald.example/harbour", page(f"<p>{later}</p>"), 90)])
    assert "do not stand in the text as it is now" in desk.get("/article/1").text
    old = re.search(r"/article/1\?revision_id=\d+", desk.get("/article/1").text)
    assert old and desk.get(old[0]).status_code == 200
    # from the page of an earlier revision a note is on that one
    revision = old[0].rpartition("=")[2]
    done = desk.post("/article/1/notes", old[0], text="Then.", quotation="eleven ships", revision=revision)
    assert done.headers["location"] == f"{old[0]}#note-2"
    assert kept(home)[1]["revision"] == int(revision)
    assert desk.post("/article/1/notes", text="x", revision="987").status_code == 400


def test_its_author_changes_and_deletes_a_note(desk: Client, home: Home) -> None:
    desk.post("/article/1/notes", text="First.")
    assert desk.post("/notes/1", text="Second.").headers["location"] == "/article/1#notes"
    (row,) = kept(home)
    assert (row["text"], row["edited"] is not None) == ("Second.", True)
    empty = desk.post("/notes/1", text="   ")
    assert (empty.status_code, words(empty, "//*[@role='alert']")) == (400, "There is nothing in this note yet.")
    assert desk.post("/notes/1", delete="1").status_code == 303
    assert (kept(home), kept(home, "places")) == ([], [])
    assert desk.get("/notes/1").status_code == 404
    desk.post("/article/1/notes", text="Third.")
    assert kept(home)[0]["id"] == 2  # an address that led to one note never leads to another
    assert b"Second." not in (home.path / "notes.db").read_bytes()


def test_tags_are_one_however_they_are_written(desk: Client, home: Home) -> None:
    assert desk.post("/article/1/tags", tags="Порт, to check ,  PORT, порт").status_code == 303
    desk.post("/article/2/tags", tags="TO CHECK, bridges")
    assert [row["tag"] for row in kept(home, "tags")] == ["порт", "to check", "PORT", "TO CHECK", "bridges"]
    listed = lxml.html.fromstring(desk.get("/notes").text).xpath("//section[h2='Tags']//li")
    assert [" ".join(item.text_content().split()) for item in listed][:2] == ["TO CHECK 2", "bridges 1"]
    tagged = words(desk.get("/notes?tag=To+Check"))
    assert "Articles tagged To Check" in tagged
    assert len(lxml.html.fromstring(desk.get("/notes?tag=To+Check").text).xpath("//*[@class='cq-news']/li")) == 2
    assert desk.post("/notes/tags/1/delete", on="1").headers["location"] == "/article/1#notes"
    assert desk.post("/notes/tags/1/delete", on="1").status_code == 404
    assert "порт" not in desk.get("/article/1").text


@pytest.mark.parametrize(
    ("tags", "line"),
    [
        (" , ", "There is no tag in it yet."),
        ("x" * 61, "A tag has 60 characters at most; “xxxxxxxxxxxxxxxxxxxx…” has 61."),
        (",".join("abcdefghijk"), "10 tags at a time at most; these are 11."),
    ],
)
def test_a_tag_that_cannot_be_kept_comes_back(desk: Client, home: Home, tags: str, line: str) -> None:
    done = desk.post("/article/1/tags", tags=tags)
    assert (done.status_code, words(done, "//*[@role='alert']")) == (400, line)
    assert lxml.html.fromstring(done.text).xpath("//input[@name='tags']/@value") == [tags.strip()]
    assert kept(home, "tags") == []


def test_notes_are_searched_by_words_in_any_case_and_by_author(home: Home) -> None:
    datasette = served(home, local=False)
    ada, bo = Client(datasette, "ada"), Client(datasette, "bo")
    ada.post("/article/1/notes", text="ЗЕРНО у порту: 100% _ok_")
    bo.post("/article/2/notes", text="Nothing on grain.")
    found = {asked: len(lxml.html.fromstring(ada.get(f"/notes?{asked}").text).xpath("//article")) for asked in (
        "q=зерно", "q=порту+зер", "q=%25", "q=0%25_", "q=grain", "q=bridge", "by=bo", "by=nobody", "",
    )}  # fmt: skip
    assert found == {
        "q=зерно": 1, "q=порту+зер": 1, "q=%25": 1, "q=0%25_": 0, "q=grain": 1, "q=bridge": 1, "by=bo": 1,
        "by=nobody": 0, "": 2,
    }  # fmt: skip


def test_notes_have_pages(desk: Client, home: Home) -> None:
    for n in range(51):
        Notes(home.path / "notes.db").add(PLACE, None, f"Note {n}", None, f"2031-04-20T06:00:{n:02}.000Z")
    first, second = desk.get("/notes"), desk.get("/notes?page=2")
    assert "Note 50" in first.text and "Note 0<" not in first.text and 'href="/notes?page=2"' in first.text
    assert "Note 0<" in second.text and 'href="/notes"' in second.text
    for odd in ("0", "-1", "x", "9" * 18, "9" * 30):
        assert desk.get(f"/notes?page={odd}").status_code == 200


# who may


def test_nobody_else_changes_a_note_and_everybody_signed_in_sees_it(home: Home) -> None:
    datasette = served(home, local=False)
    ada, bo = Client(datasette, "ada"), Client(datasette, "bo")
    ada.post("/article/1/notes", text="By Ada.")
    ada.post("/article/1/tags", tags="hers")
    assert "By Ada." in words(bo.get("/article/1"))
    assert forms(bo.get("/article/1")) == ["/article/1/notes", "/article/1/tags"]
    assert forms(bo.get("/notes/1")) == []
    assert bo.post("/notes/1", text="By Bo.").status_code == 403
    assert bo.post("/notes/1", delete="1").status_code == 403
    assert bo.post("/notes/tags/1/delete").status_code == 404
    assert [row["text"] for row in kept(home)] == ["By Ada."]
    assert len(kept(home, "tags")) == 1
    assert "ada" in words(bo.get("/notes/1"))


def test_readers_of_a_public_instance_see_neither_notes_nor_forms(home: Home) -> None:
    datasette = served(home, local=False)
    Client(datasette, "ada").post("/article/1/notes", text="Not for everybody.")
    anybody = Client(datasette)
    for path in ("/article/1", "/notes", "/notes/1", "/notes.json", "/notes.csv", "/searches", "/search?q=harbour"):
        response = anybody.get(path)
        assert "Not for everybody" not in response.text, path
        assert 'method="post"' not in response.text, path
        assert response.status_code == (200 if path.startswith(("/article", "/search?")) else 403), path
    before = (home.path / "notes.db").read_bytes()
    for path in ("/article/1/notes", "/article/1/tags", "/notes/1", "/notes/tags/1/delete", "/searches"):
        assert anybody.post(path, text="x", tags="x", name="x", query="q=x").status_code == 403, path
    assert (home.path / "notes.db").read_bytes() == before


@pytest.mark.parametrize("actor", [{}, {"id": None}, {"id": ""}, {"name": "ada"}])
def test_an_actor_without_a_name_signs_no_note(home: Home, actor: dict[str, Any]) -> None:
    datasette = served(home)
    client = Client(datasette)
    client.cookies["ds_actor"] = datasette.sign({"a": {**actor, "more": 1}}, "actor")
    assert client.get("/notes").status_code == 403


def test_a_plain_datasette_keeps_notes_beside_the_archive_for_who_signed_in(home: Home) -> None:
    datasette = Datasette([str(home.database)], metadata=METADATA, settings=SETTINGS)
    assert Client(datasette).get("/notes").status_code == 403
    assert Client(datasette, "root").post("/article/1/notes", text="By root.").status_code == 303
    assert [row["author"] for row in kept(home)] == ["root"]


def test_who_opened_the_one_time_address_of_the_server_is_who_sits_at_the_machine(home: Home) -> None:
    datasette = served(home)
    Client(datasette).post("/article/1/notes", text="Before.")
    root = Client(datasette, "root")
    assert root.post("/notes/1", text="After.").status_code == 303
    assert root.post("/article/1/notes", text="Another.").status_code == 303
    assert [(row["author"], row["text"]) for row in kept(home)] == [(None, "After."), (None, "Another.")]
    elsewhere = Client(datasette, "root", **{"x-forwarded-for": "10.0.0.1"})
    assert forms(elsewhere.get("/notes/1")) == []


def test_where_somebody_can_sign_in_nobody_writes_without(home: Home) -> None:
    accounts = {"datasette-auth-passwords": {"ada_password_hash": "pbkdf2_sha256$1$x$x"}}
    assert Client(served(home)).get("/notes").status_code == 200
    assert Client(served(home, **accounts)).get("/notes").status_code == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8001", 200), ("localhost:8001", 200), ("[::1]:8001", 200), ("127.9.9.9", 200),
        ("news.localhost:8001", 200), ("LOCALHOST", 200),
        ("evil.example", 403), ("evil.example:8001", 403), ("127.0.0.1.evil.example", 403), ("localhost.evil.example", 403),
        ("10.0.0.1:8001", 403), ("0.0.0.0:8001", 403), ("evil.example:127.0.0.1", 403), ("", 403),
    ],
)  # fmt: skip
def test_a_name_that_was_made_to_lead_here_gets_no_notes(home: Home, host: str, status: int) -> None:
    here = Client(served(home))
    here.post("/article/1/notes", text="Local alone.")
    fields = urlencode({"csrftoken": here.token(), "text": "From elsewhere."})
    assert here.ask("GET", "/notes", headers={"host": host}).status_code == status
    done = here.ask("POST", "/article/1/notes", content=fields, headers={**FORM, "host": host})
    assert done.status_code == (303 if status == 200 else 403)
    assert len(kept(home)) == (2 if status == 200 else 1)


@pytest.mark.parametrize(
    "header",
    [
        {"x-forwarded-for": "127.0.0.1"}, {"forwarded": "for=127.0.0.1"}, {"x-real-ip": "127.0.0.1"}, {"via": "1.1 proxy"},
        {"x-forwarded-host": "localhost"}, {"x-forwarded-proto": "https"}, {"origin": "https://news.example"},
    ],
)  # fmt: skip
def test_what_a_proxy_passes_on_is_not_local(home: Home, header: dict[str, str]) -> None:
    assert Client(served(home), **header).get("/notes").status_code == 403
    assert 'method="post"' not in Client(served(home), **header).get("/article/1").text


def test_what_speaks_http_1_0_is_no_browser(home: Home) -> None:
    app = served(home).app()

    async def old(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "http_version": "1.0"}, receive, send)

    async def ask() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=old), base_url=HERE) as client:
            return (await client.get("/notes")).status_code

    assert asyncio.run(ask()) == 403


def test_a_form_without_the_token_of_a_page_of_ours_is_refused(desk: Client, home: Home) -> None:
    token = desk.token()
    fields = {"text": "From another site.", "tags": "x", "name": "x", "query": "q=x", "delete": "1"}
    good = urlencode({**fields, "csrftoken": token})
    for path in ("/article/1/notes", "/article/1/tags", "/searches"):
        for content, cookies, more in (
            (urlencode(fields), True, {}),  # no token
            (urlencode({**fields, "csrftoken": "x"}), True, {}),
            (urlencode(fields), False, {}),  # and no cookie: Datasette itself lets that through
            (good, False, {}),  # a token, and no cookie that it belongs to
            (urlencode(fields), False, {"authorization": "Bearer x"}),
            (urlencode(fields), True, {"x-csrftoken": token}),
            (good, True, {"sec-fetch-site": "cross-site"}),
            (good, True, {"sec-fetch-site": "same-site"}),
            (good, True, {"content-type": "text/plain"}),
            (json.dumps(fields), True, {"content-type": "application/json"}),
        ):
            other = Client(desk._datasette)
            other.cookies = dict(desk.cookies) if cookies else {}
            done = other.ask("POST", path, content=content, headers={**FORM, **more})
            assert done.status_code == 403, (path, content, more)
    assert not (home.path / "notes.db").exists()
    assert desk.ask("POST", "/article/1/notes", content=good, headers={**FORM, "sec-fetch-site": "same-origin"}).status_code == 303  # fmt: skip


@pytest.mark.parametrize(
    ("path", "field"),
    [("/article/1/notes", "text"), ("/article/1/tags", "tags"), ("/searches", "name"), ("/notes/1", "text")],
)
def test_what_was_typed_on_a_page_of_before_the_server_was_started_anew_is_shown_again(
    desk: Client, home: Home, path: str, field: str
) -> None:
    desk.post("/article/1/notes", text="First.")
    token = desk.token()
    after = Client(served(home))  # with another secret
    after.cookies = dict(desk.cookies)
    fields = urlencode({"csrftoken": token, field: "Typed for an hour", "query": "q=pilots"})
    done = after.ask("POST", path, content=fields, headers={**FORM, "sec-fetch-site": "same-origin"})
    assert done.status_code == 400
    assert (
        words(done, "//*[@role='alert']")
        == "This page is older than the server: nothing was kept yet. Send it once more."
    )
    assert "Typed for an hour" in done.text
    assert [row["text"] for row in kept(home)] == ["First."]
    fresh = lxml.html.fromstring(done.text).xpath("//form[@method='post']//input[@name='csrftoken']/@value")[0]
    again = urlencode({"csrftoken": fresh, field: "Typed for an hour", "query": "q=pilots"})
    assert (
        after.ask("POST", path, content=again, headers={**FORM, "sec-fetch-site": "same-origin"}).status_code == 303
    )
    for other in ("/notes/1", "/notes/tags/1/delete"):
        gone = urlencode({"csrftoken": token, "delete": "1"})
        more = {**FORM, "sec-fetch-site": "same-origin"}
        assert after.ask("POST", other, content=gone, headers=more).status_code in (400, 403)
    assert kept(home)


def test_addresses_of_forms_answer_a_get_without_doing_anything(desk: Client, home: Home) -> None:
    desk.post("/article/1/notes", text="Here.")
    desk.post("/article/1/tags", tags="here")
    for path in ("/article/1/notes", "/article/1/tags"):
        assert desk.get(f"{path}?text=x&tags=y").headers["location"] == "/article/1#notes"
    assert desk.get("/notes/tags/1/delete").status_code == 403
    assert (len(kept(home)), len(kept(home, "tags"))) == (1, 1)


# what survives


def test_notes_are_still_there_after_a_rebuild(desk: Client, home: Home) -> None:
    desk.post("/article/1/notes", text="Before.", quotation="eleven ships")
    before = (home.path / "notes.db").read_bytes()
    with home.writing():
        rebuild(home, (), None, [source("herald")])
    assert (home.path / "notes.db").read_bytes() == before
    shown = words(desk.get("/article/1"))
    assert "Before." in shown and "eleven ships" in shown


def test_notes_are_found_in_another_archive_that_numbers_its_articles_otherwise(
    desk: Client, home: Home, tmp_path: Path
) -> None:
    desk.post("/article/1/notes", text="On the harbour.", quotation="eleven ships")
    other = Home(tmp_path / "other")
    keep(other, [captured(f"http://herald.example{path}", page(f"<p>{text}</p>"), n) for n, (path, text) in enumerate(reversed(TEXTS.items()))])  # fmt: skip
    for file in home.path.glob("notes.db*"):
        shutil.copy(file, other.path)
    there = Client(served(other))
    assert "On the harbour." in words(there.get("/article/2"))
    assert "On the harbour." not in words(there.get("/article/1"))
    assert lxml.html.fromstring(there.get("/notes").text).xpath("//article//h2/a/@href") == ["/article/2"]


def test_notes_on_an_article_that_was_removed_are_on_the_one_that_has_what_it_had(desk: Client, home: Home) -> None:
    desk.post("/article/1/notes", text="On the first.")
    desk.post("/article/1/tags", tags="first")
    store = Store(home.database, write=True)
    with store.transaction():
        Reviser(store).remove(1, into=2)
    store.close()
    assert desk.get("/article/1").headers["location"] == "/article/2"
    assert "On the first." in words(desk.get("/article/2"))
    assert "first" in words(desk.get("/article/2"), "//ul[@class='cq-tags']")
    assert lxml.html.fromstring(desk.get("/notes").text).xpath("//article//h2/a/@href") == ["/article/2"]


def test_notes_follow_a_page_to_its_other_address(desk: Client, home: Home) -> None:
    desk.post("/article/1/notes", text="Wherever it is.")
    change(home, "update articles set url = 'https://herald.example/2031/harbour' where id = 1")
    assert "Wherever it is." in words(desk.get("/article/1"))
    assert lxml.html.fromstring(desk.get("/notes").text).xpath("//article//h2/a/@href") == ["/article/1"]


def test_a_note_on_what_is_not_there_is_kept_and_quotes_nothing(desk: Client, home: Home) -> None:
    desk.post("/article/1/notes", text="Mine.", quotation="eleven ships")
    change(home, "insert into restricted values (1, '2031-05-01T00:00:00.000Z', 'a court order')")
    listed = words(desk.get("/notes"))
    assert "Mine." in listed and "not in this archive, or not shown by it" in listed
    for path in ("/notes", "/notes/1", "/notes.json", "/notes.csv"):
        response = desk.get(path)
        assert response.status_code == 200, path
        assert "eleven ships" not in response.text, path
        assert "http://herald.example/harbour" in response.text, path
    assert desk.post("/notes/1", "/notes/1", text="Still mine.").headers["location"] == "/notes"
    assert desk.post("/article/1/notes", "/notes/1", text="x").status_code == 451
    change(home, "delete from restricted")
    assert "eleven ships" in words(desk.get("/article/1"))


# files


def test_notes_are_taken_along_as_json_and_csv(desk: Client) -> None:
    desk.post("/article/1/notes", text='=HYPERLINK("http://evil.example")\nsecond "line"', quotation="eleven ships")
    desk.post("/article/1/notes", text="\t@SUM(1)")
    desk.post("/article/1/tags", tags="-2+3, grain")
    desk.post("/article/2/tags", tags="grain")
    response = desk.get("/notes.json")
    assert response.headers["content-disposition"] == 'attachment; filename="notes.json"'
    found = response.json()
    assert [note["text"] for note in found["notes"]] == [
        "@SUM(1)",
        '=HYPERLINK("http://evil.example")\nsecond "line"',
    ]
    assert found["notes"][1]["quotation"] == "eleven ships"
    assert found["notes"][1]["tags"] == ["-2+3", "grain"]
    assert found["notes"][1]["author"] == "local"
    assert sorted((tag["tag"], tag["article"]) for tag in found["tags"]) == [("-2+3", 1), ("grain", 1), ("grain", 2)]
    response = desk.get("/notes.csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["text"][:2] for row in rows] == ["'@", "'="]
    assert rows[0]["tags"] == "'-2+3, grain"
    assert len(list(csv.DictReader(io.StringIO(desk.get("/notes.csv?q=second").text)))) == 1
    assert desk.get("/notes.json?tag=nothing").json() == {"notes": [], "tags": []}


# hostile texts


HOSTILE = "<script>alert(1)</script> </textarea><img src=x onerror=alert(1)> javascript:alert(1) \u202egnp.exe \x1b[31m \x00"


def test_hostile_texts_are_text(desk: Client, home: Home) -> None:
    desk.post("/article/1/notes", text=HOSTILE)
    desk.post("/article/1/tags", tags=HOSTILE[:50])
    desk.post("/searches", name=HOSTILE[:100], query=urlencode({"q": HOSTILE}))
    again = desk.post("/article/1/notes", text=HOSTILE, quotation=HOSTILE)
    for response in (desk.get("/article/1"), desk.get("/notes"), desk.get("/notes/1"), desk.get("/searches"), again):
        tree = lxml.html.fromstring(response.text)
        assert not tree.xpath("//script | //img | //@onerror | //a[starts-with(@href, 'javascript')]")
        assert "script-src" not in response.headers["content-security-policy"]
        assert "\x1b" not in response.text and "\x00" not in response.text
    assert kept(home)[0]["text"] == HOSTILE.replace("\x1b", "").replace("\x00", "").strip()


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see (https://a.example/b). Then", ["https://a.example/b"]),
        ("HTTP://A.example/ javascript:alert(1) ftp://x.example data:text/html,x", []),
        ('https://a.example/"onclick="x', ["https://a.example/"]),
        ("https://a.example/<b>https://b.example/?c=d&e", ["https://a.example/", "https://b.example/?c=d&e"]),
        ("https://", []),
        ("https://a.example/ж’", ["https://a.example/ж"]),
    ],
)
def test_only_web_addresses_become_links(text: str, links: list[str]) -> None:
    html = linked(text)
    assert [a.get("href") for a in lxml.html.fromstring(f"<p>{html}</p>").iter("a")] == links
    assert lxml.html.fromstring(f"<p>{html}</p>").text_content() == text


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"])))
def test_a_note_reads_as_it_was_typed(text: str) -> None:
    assert lxml.html.fromstring(f"<p>{linked(text)}</p>").text_content() == text


@given(st.text(), st.text(alphabet="ab \n", max_size=20))
def test_a_quotation_has_a_place_only_where_it_stands(text: str, quotation: str) -> None:
    found = place_of(quotation or "a", {"text": text, "summary": None, "title": quotation})
    if found:
        field, start, stop = found
        stood = {"text": text, "title": quotation}[field][start:stop]
        assert stood.split() == (quotation or "a").split()


def test_sizes_are_bounded(desk: Client, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.post("/article/1/notes", text="ж" * LONGEST).status_code == 303
    long = desk.post("/article/1/notes", text="ж" * (LONGEST + 1))
    assert words(long, "//*[@role='alert']") == "A note has 20,000 characters at most; this one has 20,001."
    assert "ж" * (LONGEST + 1) in long.text
    quoted = desk.post("/article/1/notes", text="x", quotation="ж" * 2001)
    assert words(quoted, "//*[@role='alert']").startswith("A quotation has 2,000 characters at most")
    monkeypatch.setattr(notes_store, "MOST_NOTES", 1)
    full = desk.post("/article/1/notes", text="One more.")
    assert (full.status_code, words(full, "//*[@role='alert']")) == (400, "a reader keeps 1 notes at most")
    monkeypatch.setattr(notes_store, "MOST_TAGS", 1)
    tagged = desk.post("/article/1/tags", tags="one, two")
    assert (tagged.status_code, words(tagged, "//*[@role='alert']")) == (400, "a reader keeps 1 tags at most")
    assert desk.post("/article/1/tags", tags="one").status_code == 303
    assert desk.post("/article/1/tags", tags="two").status_code == 400
    monkeypatch.setattr(notes_store, "MOST_SEARCHES", 0)
    assert desk.post("/searches", name="x", query="q=harbour").status_code == 400
    assert (len(kept(home)), len(kept(home, "tags")), kept(home, "searches")) == (1, 1, [])


def test_what_is_sent_is_bounded_before_anything_reads_it(desk: Client) -> None:
    token = desk.token()
    most = f"csrftoken={token}&text=".ljust(bodies.LONGEST, "x")
    for path in ("/article/1/notes", "/-/nothing"):
        assert desk.ask("POST", path, content=most, headers=FORM).status_code in (400, 404)
        assert desk.ask("POST", path, content=most + "x", headers=FORM).status_code == 413
        assert desk.ask("POST", path, content=b"text=\xff\xfe", headers=FORM).status_code == 400
    assert desk.post("/article/1/notes", **{f"f{n}": "x" for n in range(100)}).status_code == 403
    many = "&".join(f"a{n}=" for n in range(50_000))
    assert desk.ask("POST", "/article/1/notes", content=f"csrftoken={token}&{many}", headers=FORM).status_code == 403


def test_a_form_that_was_cut_off_is_not_kept(desk: Client, home: Home) -> None:
    token = desk.token()
    sent = iter(
        [
            {"type": "http.request", "body": f"csrftoken={token}&text=Half+of".encode(), "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    answered: list[Any] = []

    async def receive() -> Any:
        return next(sent)

    async def send(message: Any) -> None:
        answered.append(message)

    cookies = "; ".join(f"{name}={value}" for name, value in desk.cookies.items())
    headers = {**FORM, "host": "127.0.0.1:8001", "sec-fetch-site": "same-origin", "cookie": cookies}
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/article/1/notes",
        "raw_path": b"/article/1/notes", "query_string": b"", "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    asyncio.run(desk._app(scope, receive, send))
    assert answered == [] and not (home.path / "notes.db").exists()
    sent = iter([{"type": "http.request", "body": f"csrftoken={token}&text=All+of+it".encode()}])
    asyncio.run(desk._app(scope, receive, send))
    assert answered[0]["status"] == 303 and [row["text"] for row in kept(home)] == ["All of it"]


@pytest.mark.parametrize("article", ["9", "x", "1" * 30, "-1", "%00"])
def test_there_is_no_note_on_no_article(desk: Client, home: Home, article: str) -> None:
    assert desk.post(f"/article/{article}/notes", text="x").status_code == 404
    assert desk.post(f"/article/{article}/tags", tags="x").status_code == 404
    assert desk.get("/notes/99999999999999999999").status_code == 404
    assert not (home.path / "notes.db").exists()


# the file


def foreign(path: Path) -> None:
    conn = sqlite3.connect(path)
    conn.execute("create table notes (id integer primary key, text text)")
    conn.commit()
    conn.close()


def newer(path: Path) -> None:
    Notes(path).add(PLACE, None, "Kept.", None, "2031-04-20T06:00:00.000Z")
    conn = sqlite3.connect(path)
    conn.execute(
        "insert into _sqlite_migrations (migration_set, name, applied_at) values ('communique-notes', 'm099', '')"
    )
    conn.commit()
    conn.execute("pragma wal_checkpoint(truncate)")
    conn.close()


def damaged(path: Path) -> None:
    path.write_bytes(b"This is no database at all, whatever it is called. " * 100)


def cut(path: Path) -> None:
    for n in range(200):
        Notes(path).add(PLACE, None, f"Kept {n} " * 50, None, "2031-04-20T06:00:00.000Z")
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * 8192 + data[12288:])


@pytest.mark.parametrize("spoil", [foreign, newer, damaged, cut])
def test_a_file_that_cannot_be_read_is_one_line_and_is_left_as_it_is(
    desk: Client, home: Home, spoil: Callable[[Path], None]
) -> None:
    token = desk.token()
    path = home.path / "notes.db"
    spoil(path)
    before = path.read_bytes()
    for address in ("/article/1", "/notes", "/searches"):
        response = desk.get(address)
        assert response.status_code == 200, address
        assert words(response, "//*[@role='status']").startswith("notes.db "), address
        assert len(lxml.html.fromstring(response.text).xpath("//*[@role='status']")) == 1
    assert desk.get("/notes/1").status_code == 503
    assert desk.get("/notes.csv").status_code == 503
    assert desk.get("/searches/AAAAAAAAAAAAAAAAAAAAAA/feed.atom").status_code == 503
    fields = urlencode({"csrftoken": token, "text": "What I typed."})
    done = desk.ask("POST", "/article/1/notes", content=fields, headers=FORM)
    assert done.status_code == 503
    assert words(done, "//*[@role='alert']").startswith("notes.db ")
    assert "What I typed." in done.text
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_one_line(home: Home) -> None:
    client = Client(served(Home(home.path)))
    token = client.token()
    client._datasette._metadata_local["plugins"]["communique"]["home"] = "/proc/self/nothing"
    fields = urlencode({"csrftoken": token, "text": "What I typed."})
    done = client.ask("POST", "/article/1/notes", content=fields, headers=FORM)
    assert done.status_code == 503
    assert words(done, "//*[@role='alert']") == "notes.db cannot be written: No such file or directory"
    assert "What I typed." in done.text


@contextmanager
def full(size: int) -> Iterator[None]:
    """No file grows beyond that: what is written then fails, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("written", [False, True])
def test_a_full_disk_is_one_line_and_loses_nothing(desk: Client, home: Home, written: bool) -> None:
    if written:
        desk.post("/article/1/notes", text="Before.")
    token = desk.token()
    fields = urlencode({"csrftoken": token, "text": "What I typed. " * 1000})
    with full(8192):
        done = desk.ask("POST", "/article/1/notes", content=fields, headers=FORM)
    assert done.status_code == 503
    assert re.fullmatch(
        r"notes\.db cannot be written: .*(I/O error|full|too large)", words(done, "//*[@role='alert']")
    )
    assert "What I typed." in done.text
    assert [row["text"] for row in kept(home)] == (["Before."] if written else [])
    assert not [path for path in home.path.glob("notes.db*") if path.name.endswith(".new")]
    assert desk.post("/article/1/notes", text="After.").status_code == 303


def test_a_copy_put_back_while_it_is_served_is_read(desk: Client, home: Home) -> None:
    desk.post("/article/1/notes", text="First.")
    path = home.path / "notes.db"
    shutil.copy(path, home.path / "copy")
    desk.post("/article/1/notes", text="Second.")
    for file in home.path.glob("notes.db*"):
        file.unlink()
    assert "First." not in words(desk.get("/article/1"))
    (home.path / "copy").rename(path)
    assert "First." in words(desk.get("/article/1")) and "Second." not in words(desk.get("/article/1"))


WRITER = """
import sys
from pathlib import Path
from archive.web.notes_store import Notes
place = {"source": "herald", "url": "http://herald.example/a", "url_key": "herald.example/a", "part": 1, "article": 1}
print("ready", flush=True)
sys.stdin.readline()
for n in range(10):
    Notes(Path(sys.argv[1])).add(place, sys.argv[2], f"Note {n}", None, "2031-04-20T06:00:00.000Z")
"""


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    """From nothing: one of them makes the file, all of them write to it."""
    path = tmp_path / "notes.db"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), f"w{n}"], stdin=-1, stdout=-1, stderr=-1, text=True
        )
        for n in range(3)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    with ThreadPoolExecutor() as pool:
        assert [done[1] for done in pool.map(lambda writer: writer.communicate("go\n", timeout=60), writers)] == [
            ""
        ] * 3
    rows, total = Notes(path).listed(limit=100)
    assert total == len({(row["author"], row["text"]) for row in rows}) == 30
    assert {row["place"] for row in rows} == {1}
    assert [file.name for file in tmp_path.glob("*.new*")] == []
    assert path.stat().st_mode & 0o777 == 0o600


# saved searches


def saved(client: Client, query: str, name: str = "Harbours") -> str:
    client.post("/searches", name=name, query=query)
    found = re.findall(r"/searches/([\w-]{22})/feed\.atom", client.get("/searches").text)
    return str(found[-1])


def add(home: Home, exchanges: list[Exchange]) -> None:
    """A crawl that ends."""
    keep(home, exchanges)
    change(home, "update runs set finished = started, status = 'done' where finished is null")


def new(client: Client) -> str:
    return words(client.get("/searches"), "//*[contains(@class, 'cq-new')]")


def test_a_saved_search_tells_what_is_new_until_it_is_opened(desk: Client, home: Home) -> None:
    token = saved(desk, "q=pilots&page=3&junk=1")
    assert [row["query"] for row in kept(home, "searches")] == ["q=pilots"]
    assert new(desk) == "0 new"
    add(
        home,
        [captured("http://herald.example/two", page("<p>The pilots of Grey Sound have boats of their own.</p>"), 60)],
    )
    assert new(desk) == "1 new"
    desk.get("/search?q=pilots")
    desk.get(f"/searches/{token}")
    assert new(desk) == "1 new"  # only its own button marks it
    done = desk.post(f"/searches/{token}", "/searches")
    assert (done.status_code, done.headers["location"]) == (303, "/search?q=pilots&sort=newest")
    assert "boats of their own" in words(desk.get(done.headers["location"]))
    assert new(desk) == "0 new"
    assert desk.post(f"/searches/{token}", "/searches", delete="1").status_code == 303
    assert kept(home, "searches") == []
    assert desk.get(f"/searches/{token}/feed.atom").status_code == 404


@pytest.mark.parametrize(
    ("started", "upto"),
    [("06:30", "06:50"), ("06:55", "06:55"), ("07:30", "07:00"), (None, "07:00")],
)
def test_what_a_crawl_that_is_under_way_brings_is_not_missed(
    desk: Client, home: Home, started: str | None, upto: str
) -> None:
    add(home, [captured("http://herald.example/two", page("<p>A page of seven o’clock.</p>"), 60)])
    if started:
        change(home, "insert into runs (started, status) values (?, 'running')", f"2031-04-20T{started}:00.000Z")
    desk.post("/searches", name="Pilots", query="q=pilots")
    assert kept(home, "searches")[0]["upto"] == f"2031-04-20T{upto}:00.000Z"


def test_the_feed_of_a_saved_search_is_followed_without_signing_in(home: Home) -> None:
    add(home, [captured("http://post.example/x", page("<p>A closed source on the pilots of Grey Sound.</p>"), 60)])
    datasette = served(home, local=False)
    ada = Client(datasette, "ada")
    token = saved(ada, "q=pilots", "Ada’s <harbours>")
    anybody = Client(datasette)
    feed = anybody.get(f"/searches/{token}/feed.json").json()
    assert feed["title"] == "Ada’s <harbours>"
    assert feed["feed_url"] == f"{HERE}/searches/{token}/feed.json"
    assert [item["external_url"] for item in feed["items"]] == [
        "http://post.example/x",
        "http://herald.example/harbour",
    ]
    change(home, "update sources set public = 0 where id = 'post'")
    closed = anybody.get(f"/searches/{token}/feed.json").json()
    assert [item["external_url"] for item in closed["items"]] == ["http://herald.example/harbour"]
    assert len(ada.get(f"/searches/{token}/feed.json").json()["items"]) == 2
    assert anybody.get(f"/searches/{token}/feed.atom").headers["x-robots-tag"] == "noindex"
    for other in (token[:-1], token[:-1] + ("A" if token[-1] != "A" else "B"), "1", "A" * 22, "%00"):
        assert anybody.get(f"/searches/{other}/feed.atom").status_code == 404
    assert len(token) == 22


def test_saved_searches_are_each_readers_own(home: Home) -> None:
    datasette = served(home, local=False)
    ada, bo = Client(datasette, "ada"), Client(datasette, "bo")
    token = saved(ada, "q=pilots", "Only Ada’s")
    assert "Only Ada’s" not in bo.get("/searches").text
    saved(bo, "q=bridge")
    assert bo.post(f"/searches/{token}", "/searches").status_code == 404
    assert bo.post(f"/searches/{token}", "/searches", delete="1").status_code == 404
    assert [row["author"] for row in kept(home, "searches")] == ["ada", "bo"]
    assert bo.ask("POST", f"/searches/{token}", content="delete=1", headers=FORM).status_code == 403


@pytest.mark.parametrize(
    ("name", "query", "line"),
    [
        (" ", "q=pilots", "The search has no name yet."),
        ("x" * 121, "q=pilots", "A name has 120 characters at most; this one has 121."),
        ("x", "", "There is nothing in this search that is looked for."),
        ("x", "source=herald" + "&x=" * 300, "There is nothing in this search that is looked for."),
        ("x", "q=pilots&" + "&".join(f"source=s{n}{'x' * 110}" for n in range(40)), "A search that is saved has 3,000 characters at most in its address."),
    ],
)  # fmt: skip
def test_a_search_that_cannot_be_saved_comes_back(desk: Client, home: Home, name: str, query: str, line: str) -> None:
    done = desk.post("/searches", name=name, query=query)
    assert (done.status_code, words(done, "//*[@role='alert']")) == (400, line)
    assert lxml.html.fromstring(done.text).xpath("//input[@name='name']/@value") == [name.strip()]
    assert kept(home, "searches") == []


def test_the_search_page_saves_what_it_shows(desk: Client, home: Home) -> None:
    tree = lxml.html.fromstring(desk.get("/search?q=pilots&source=herald&page=2&sort=newest").text)
    (form,) = tree.xpath("//form[@action='/searches']")
    assert form.xpath(".//input[@name='query']/@value") == ["q=pilots&source=herald&sort=newest"]
    done = desk.post("/searches", name="From the page", query=form.xpath(".//input[@name='query']/@value")[0])
    assert done.headers["location"] == "/searches"
    assert "From the page" in words(desk.get("/searches"))


# the command


def test_the_command_serves_notes_to_who_sits_at_the_machine(home: Home) -> None:
    with serving(home.path) as address, httpx.Client(base_url=address, timeout=60) as client:
        token = lxml.html.fromstring(client.get("/article/1").text).xpath("//input[@name='csrftoken']/@value")[0]
        done = client.post("/article/1/notes", data={"csrftoken": token, "text": "Over the wire."})
        assert (done.status_code, done.headers["location"]) == (303, "/article/1#note-1")
        assert "Over the wire." in client.get("/notes").text
        assert client.get("/notes", headers={"host": "evil.example"}).status_code == 403
    assert [row["text"] for row in kept(home)] == ["Over the wire."]
