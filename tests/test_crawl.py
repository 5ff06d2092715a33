"""The crawl as a user runs it: the real command, real HTTP, exit codes, what it prints and what it keeps."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archive.home import Home
from crawler.demo.site import Answer, DemoSite
from crawler.demo.stories import CHANGES
from crawler.demo.tour import crawl_apart, tour
from tests.crawling import COMMAND, catalogue, command, contents, crawl, crawl_arguments, outlet, rows, warc_files

STORY = (
    "<html lang='en'><head><meta property='og:title' content='{0}'></head><body><article><h1>{0}</h1>"
    "<p>The ferry between the two banks of the {0} ran again on Monday after a week of storms, its master said.</p>"
    "<p>About four hundred people crossed before noon, most of them to the market on the eastern side.</p>"
    "</article></body></html>"
)
CHECK = Path(sys.executable).with_name("warcio")


def add_story(site: DemoSite, host: str, path: str, title: str) -> None:
    site.add(f"{host}.example", path, STORY.format(title).encode())


def test_both_days_of_the_demo_come_out_as_the_site_intends(demo_home: Home) -> None:
    outcomes = {row["outcome"] for row in rows(demo_home, "select distinct outcome from captures")}
    assert {"new", "revised", "unchanged", "not_modified", "redirect", "discovery", "blocked", "gone"} <= outcomes
    assert [row["status"] for row in rows(demo_home, "select status from runs")] == ["done", "done"]
    assert len(rows(demo_home, "select id from articles")) >= 80


def test_every_capture_of_the_demo_has_an_outcome_and_its_record(demo_home: Home) -> None:
    assert (
        rows(demo_home, "select id from captures where outcome is null or (status is null) <> (warc_file is null)")
        == []
    )


def test_warcio_accepts_every_file_and_none_is_left_open(demo_home: Home) -> None:
    files = warc_files(demo_home)
    assert files and all(file.name.endswith(".warc.gz") for file in files)
    done = subprocess.run([CHECK, "check", "-v", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_a_silent_edit_is_a_revision_and_a_new_sidebar_item_is_none(demo_home: Home) -> None:
    for url in CHANGES.silent:
        [row] = rows(demo_home, "select revisions, modified from articles where url = ?", url)
        assert row["revisions"] == 2
    for url in CHANGES.sidebar:
        [row] = rows(demo_home, "select revisions from articles where url = ?", url)
        assert row["revisions"] == 1
    changed = {row["url"] for row in rows(demo_home, "select url from changes")}
    assert changed == {*CHANGES.silent, *CHANGES.corrected}


def test_a_withdrawn_story_keeps_its_text_and_says_since_when(demo_home: Home) -> None:
    for url in CHANGES.withdrawn:
        [row] = rows(demo_home, "select gone_at, words from articles where url = ?", url)
        assert row["gone_at"] and row["words"] > 20


def test_a_story_is_found_at_every_address_that_led_to_it(demo_home: Home) -> None:
    [row] = rows(
        demo_home,
        "select count(*) as n from addresses where article = (select article from addresses where url_key like"
        " '%412-relief-corridor')",
    )
    assert row["n"] == 3


def test_crawling_an_unchanged_site_again_changes_nothing(demo_home: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "again")
    shutil.copytree(demo_home.path, home.path)
    before = contents(home)
    runs = rows(home, "select id, number, text_sha256 from revisions order by id")
    with DemoSite() as site:
        site.day = 1
        crawl_apart(home, site.address)
    assert contents(home) == before
    assert rows(home, "select id, number, text_sha256 from revisions order by id") == runs
    [run] = rows(home, "select * from runs order by id desc limit 1")
    # what fails once (500, 429), what never ends and what is too large
    assert (run["new"], run["revised"], run["failed"]) == (0, 0, 4)


def test_the_demo_may_run_twice_and_never_into_a_real_archive(
    demo_home: Home, tmp_path: Path, site: DemoSite
) -> None:
    again = Home(tmp_path / "again")
    shutil.copytree(demo_home.path, again.path)
    assert tour(again) == []
    real = Home(tmp_path / "real")
    catalogue(real, outlet("ferry"))
    site.add("ferry.example", "/", b"<a href='/a'>a</a>")
    add_story(site, "ferry", "/a", "Morvina")
    assert crawl(real, site.address, "ferry").returncode == 0
    refused = command("demo", "--no-serve", "--home", str(real.path))
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 2)
    assert "real archive" in refused.stderr
    catalogue(again, outlet("ferry"))
    refused = crawl(again, site.address, "ferry")
    assert (refused.returncode, "fictional archive" in refused.stderr) == (2, True)


def test_robots_txt_is_obeyed_and_the_crawler_says_who_it_is(home: Home) -> None:
    with DemoSite() as site:
        crawl_apart(home, site.address)
        assert not [hit for hit in site.log if hit.path.startswith("/internal")]
        assert all(hit.user_agent.startswith("communique/") for hit in site.log)
        assert {hit.host for hit in site.log if hit.path == "/robots.txt"} == {hit.host for hit in site.log}


def test_known_pages_are_asked_for_conditionally(home: Home, site: DemoSite) -> None:
    catalogue(home, outlet("ferry"))
    site.add("ferry.example", "/", b"<a href='/a'>a</a>")
    add_story(site, "ferry", "/a", "Morvina")
    assert crawl(home, site.address, "ferry").returncode == 0
    assert crawl(home, site.address, "ferry").returncode == 0
    hits = [hit for hit in site.log if hit.path == "/a"]
    assert [(hit.status, hit.conditional) for hit in hits] == [(200, False), (304, True)]
    [article] = rows(home, "select first_seen, last_checked, revisions from articles")
    assert article["revisions"] == 1 and article["first_seen"] < article["last_checked"]
    [revision] = rows(home, "select seen_to from revisions")
    assert revision["seen_to"] == article["last_checked"]


def test_a_clean_run_without_a_terminal_prints_nothing(home: Home, site: DemoSite) -> None:
    catalogue(home, outlet("ferry"))
    site.add("ferry.example", "/", b"<a href='/a'>a</a>")
    add_story(site, "ferry", "/a", "Morvina")
    done = crawl(home, site.address, "ferry")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_on_a_terminal_it_says_how_it_goes(home: Home, site: DemoSite) -> None:
    catalogue(home, outlet("ferry"))
    site.add("ferry.example", "/", b"<a href='/a'>a</a>")
    add_story(site, "ferry", "/a", "Morvina")
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *crawl_arguments(home, site.address, "ferry")], stdout=follower, stderr=follower, stdin=follower
    )
    os.close(follower)
    said = b""
    while True:
        try:
            data = os.read(leader, 4096)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        said += data
    os.close(leader)
    assert process.wait(60) == 0
    assert b"ferry" in said and b"1 new" in said


def test_a_source_without_an_answer_fails_the_run_in_one_line(home: Home, site: DemoSite) -> None:
    catalogue(home, outlet("ferry") + outlet("silent", homepage="http://no-such-host.invalid/"))
    text = home.sources.read_text("utf-8").replace("http://silent.example/", "http://no-such-host.invalid/")
    catalogue(home, text)
    site.add("ferry.example", "/", b"<a href='/a'>a</a>")
    add_story(site, "ferry", "/a", "Morvina")
    done = crawl(home, site.address, "ferry", "silent")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "silent: failing" in done.stderr
    assert len(rows(home, "select id from articles")) == 1
    failed = rows(home, "select distinct outcome, warc_file from captures where source = 'silent'")
    assert failed == [{"outcome": "failed", "warc_file": None}]


def test_a_block_fails_the_run_once_and_is_a_state_afterwards(home: Home, site: DemoSite) -> None:
    catalogue(home, outlet("wall"))
    for path in ("/", "/robots.txt"):
        site.add("wall.example", path, b"Access denied", status=403)
    first, second = crawl(home, site.address, "wall"), crawl(home, site.address, "wall")
    assert (first.returncode, second.returncode) == (1, 0)
    assert "wall: blocked" in first.stderr and second.stderr == ""
    [state] = rows(home, "select state, last_success from source_health where source = 'wall'")
    assert state == {"state": "blocked", "last_success": None}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["crawl", "nobody"], "no such source: nobody"),
        (["crawl", "--connect-to", "x"], "--connect-to takes"),
        (["crawl", "ferry"], "sources.toml: [ferry] kind"),
        (["show", "1"], "no archive in"),
        (["status"], "no archive in"),
        (["search", "x"], "no archive in"),
        (["rebuild"], "no archive in"),
    ],
)
def test_what_a_user_gets_wrong_is_one_line_and_exit_code_2(home: Home, arguments: list[str], says: str) -> None:
    if "ferry" in arguments:
        catalogue(home, outlet("ferry", kind="gossip"))
    done = command(*arguments, "--home", str(home.path))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert says in done.stderr


def test_a_second_crawl_of_the_same_home_is_told_to_come_back(home: Home, site: DemoSite) -> None:
    catalogue(home, outlet("slow"))
    site.respond(
        "slow.example", "/", lambda _: Answer(200, {"content-type": "text/html"}, b"<a href='/a'>a</a>", 4.0)
    )
    first = subprocess.Popen([*COMMAND, *crawl_arguments(home, site.address, "slow")], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not home.database.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    second = crawl(home, site.address, "slow")
    assert (second.returncode, second.stderr.count("\n")) == (75, 1)
    first.wait(60)


def test_sigterm_ends_a_run_cleanly_and_the_run_says_so(home: Home, site: DemoSite) -> None:
    catalogue(home, outlet("slow", delay=0.2))
    links = "".join(f"<a href='/{n}'>{n}</a>" for n in range(60))
    site.add("slow.example", "/", links.encode())
    for n in range(60):
        add_story(site, "slow", f"/{n}", f"River {n}")
    process = subprocess.Popen([*COMMAND, *crawl_arguments(home, site.address, "slow")])
    deadline = time.monotonic() + 30
    while len(site.log) < 10 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 130
    [run] = rows(home, "select status, exit_code, fetched, new from runs")
    assert (run["status"], run["exit_code"]) == ("interrupted", 130)
    assert 0 < run["new"] < 60
    assert not [file for file in warc_files(home) if file.name.endswith(".open")]


def test_status_show_search_and_sources_say_what_is_there(demo_home: Home) -> None:
    where = ("--home", str(demo_home.path))
    status = command("status", *where)
    assert status.returncode == 0 and "vardania-mod" in status.stdout and "blocked" in status.stdout
    found = command("search", "relief", "convoy", "--nl", *where)
    assert found.returncode == 0 and found.stdout.count("\n") >= 2
    [row] = rows(demo_home, "select id, title from articles where source = 'two-banks-digest' order by id limit 1")
    shown = command("show", str(row["id"]), *where)
    assert shown.returncode == 0 and row["title"] in shown.stdout and "hidden: repeated" in shown.stderr
    assert command("show", str(row["id"]), "--blocks", *where).stdout.count("repeated") >= 5
    assert "mod-ua" in command("sources", "--csv", *where).stdout
    assert command("search", '"unbalanced', "AND", "(", *where).returncode == 0


def test_what_a_page_led_to_for_a_while_does_not_become_its_story(home: Home, site: DemoSite) -> None:
    catalogue(home, outlet("ferry"))
    site.add("ferry.example", "/", b"<a href='/a'>a</a><a href='/b'>b</a>")
    for path in ("/a", "/b"):
        site.add("ferry.example", path, b"", status=302, headers={"Location": "/maintenance"})
    add_story(site, "ferry", "/maintenance", "We will be back")
    assert crawl(home, site.address, "ferry").returncode == 0
    add_story(site, "ferry", "/a", "Morvina")
    add_story(site, "ferry", "/b", "Tolmir")
    assert crawl(home, site.address, "ferry").returncode == 0
    found = {
        row["url"]: (row["title"], row["revisions"])
        for row in rows(home, "select url, title, revisions from articles")
    }
    assert found["http://ferry.example/a"] == ("Morvina", 1) and found["http://ferry.example/b"] == ("Tolmir", 1)


def test_a_story_that_moved_is_fetched_at_its_new_address_and_stays_one(home: Home, site: DemoSite) -> None:
    catalogue(home, outlet("ferry"))
    site.add("ferry.example", "/", b"<a href='/a'>a</a>")
    add_story(site, "ferry", "/a", "Morvina")
    assert crawl(home, site.address, "ferry").returncode == 0
    site.add("ferry.example", "/a", b"", status=301, headers={"Location": "/moved"})
    add_story(site, "ferry", "/moved", "Morvina")
    assert crawl(home, site.address, "ferry").returncode == 0
    assert [(hit.status, hit.conditional) for hit in site.log if hit.path == "/moved"] == [(200, False)]
    assert rows(home, "select revisions, gone_at from articles") == [{"revisions": 1, "gone_at": None}]


def test_rules_for_words_of_our_user_agents_comment_are_not_ours(home: Home, site: DemoSite) -> None:
    catalogue(home, outlet("ferry"))
    site.add("ferry.example", "/robots.txt", b"User-agent: news\nDisallow: /\n\nUser-agent: archive\nDisallow: /\n")
    site.add("ferry.example", "/", b"<a href='/a'>a</a>")
    add_story(site, "ferry", "/a", "Morvina")
    assert crawl(home, site.address, "ferry").returncode == 0
    assert len(rows(home, "select id from articles")) == 1


def test_pages_that_robots_txt_keeps_us_from_are_a_block(home: Home, site: DemoSite) -> None:
    catalogue(home, outlet("ferry"))
    site.add("ferry.example", "/robots.txt", b"User-agent: *\nDisallow: /a\n")
    site.add("ferry.example", "/", b"<a href='/a'>a</a>")
    add_story(site, "ferry", "/a", "Morvina")
    done = crawl(home, site.address, "ferry")
    assert (done.returncode, "robots.txt disallows every page" in done.stderr) == (1, True)
