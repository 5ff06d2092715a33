"""What a text is found by once it is to go: in every script, however short it is, in whatever bytes it stands."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from archive.forget import forget
from archive.home import Home
from archive.traces import Traces, named
from tests.crawling import rows
from tests.keeping import captured, keep, source
from tests.pages import own_div

NOW = datetime(2031, 5, 1, 9, 30, tzinfo=UTC)
PAGE, OTHER, POST = "http://outlet.example/gone", "http://outlet.example/stays", "https://t.me/outlet/12"


class Story(NamedTuple):
    """A story: its title, its text, a teaser of it, and another that shares words with it."""

    title: str
    text: tuple[str, ...]
    teaser: str
    other_title: str
    other: tuple[str, ...]


STORIES = {
    "zh": Story(
        "港务局宣布渡轮停航三天",
        (
            "港务局周五表示，由于河口水位比去年高出三英尺，西码头的渡轮将停航三天，乘客可以改乘巴士前往市区。",
            "局长说，工程队已经开始清理航道，预计下周一恢复通航。",
        ),
        "西码头的渡轮将停航三天，乘客可以改乘巴士前往市区。",
        "市政府批准新图书馆",
        ("港务局周五表示支持这项计划，新图书馆将建在老火车站旁边的空地上，明年春天开工，市民可以提出意见。",),
    ),
    "ja": Story(
        "港の渡し船が三日間の運休を発表",
        (
            "港湾局は金曜日、河口の水位が昨年より高いため、西の桟橋の渡し船を三日間運休にすると明らかにしました。",
            "局長は、航路の清掃はすでに始まっており、来週の月曜日に再開する見通しだと述べました。",
        ),
        "西の桟橋の渡し船を三日間運休にすると明らかにしました。",
        "新しい図書館の建設が決まる",
        ("港湾局は金曜日、新しい図書館の計画を支持しました。来年の春に古い駅の隣で工事が始まる予定です。",),
    ),
    "th": Story(
        "การท่าเรือประกาศหยุดเดินเรือข้ามฟากสามวัน",
        (
            "การท่าเรือแถลงเมื่อวันศุกร์ว่าระดับน้ำที่ปากแม่น้ำสูงกว่าปีที่แล้วจึงต้องหยุดเดินเรือที่ท่าตะวันตกสามวัน",
            "ผู้อำนวยการกล่าวว่าคนงานเริ่มขุดลอกร่องน้ำแล้วและคาดว่าจะเปิดเดินเรืออีกครั้งในวันจันทร์หน้า",
        ),
        "ระดับน้ำที่ปากแม่น้ำสูงกว่าปีที่แล้วจึงต้องหยุดเดินเรือที่ท่าตะวันตก",
        "เทศบาลอนุมัติห้องสมุดแห่งใหม่",
        ("การท่าเรือแถลงสนับสนุนแผนสร้างห้องสมุดแห่งใหม่ข้างสถานีรถไฟเก่าซึ่งจะเริ่มก่อสร้างในฤดูใบไม้ผลิปีหน้า",),
    ),
    "uk": Story(
        "Порт зупиняє пороми на три дні",
        (
            "Портове управління повідомило в п'ятницю, що рівень води в лимані вищий, ніж торік, і пороми стоятимуть.",
            "Начальник порту сказав, що робітники вже чистять фарватер і відкриють його наступного понеділка.",
        ),
        "Рівень води в лимані вищий, ніж торік, і пороми стоятимуть.",
        "Міська рада погодила нову бібліотеку",
        ("Портове управління повідомило в п'ятницю, що підтримує нову бібліотеку біля старого вокзалу міста.",),
    ),
    "en": Story(  # a post: five words below two
        "Ferries halted",
        ("Both western piers stay closed.",),
        "Both western piers stay closed.",
        "Library approved",
        ("The council said that both western piers stay as they are, and that a library is built beside them.",),
    ),
}


def rss(title: str, teaser: str) -> str:
    item = f"<item><title>{title}</title><description>&lt;p&gt;{teaser}&lt;/p&gt;</description></item>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Outlet</title>{item}</channel></rss>'


def forms(title: str, teaser: str, language: str) -> Mapping[str, tuple[bytes, str]]:
    """A feed or a list that says so, in each of the ways that servers have, with its Content-Type."""
    feed = rss(title, teaser)
    data = json.dumps({"items": [{"title": title, "content_html": f"<p>{teaser}</p>"}]})
    listed = f'<h2>{title}</h2><script>window.__DATA__ = "{{\\"items\\": {json.dumps(json.dumps(teaser))[1:-1]}}}"'
    found = {
        "utf8.xml": (feed.encode(), "application/rss+xml"),
        "utf16.xml": (feed.encode("utf-16"), "application/rss+xml"),
        "utf16be-declared.xml": (feed.encode("utf-16-be"), "text/xml; charset=utf-16be"),
        "escaped.json": (data.encode(), "application/feed+json"),
        "marked.json": (b"\xef\xbb\xbf" + data.encode(), "application/json"),
        "jsonp.js": (f"/**/callback({data});".encode(), "text/javascript"),
        "list.html": (own_div("Latest", [], []).replace("<main>", f"<main>{listed}</script>").encode(), "text/html"),
        "alt.html": (f'<img src="/1.jpg" alt="{title}. {teaser}">'.encode(), "text/html; charset=utf-8"),
    }
    if language == "uk":
        # what the body declares is of the file it was made from
        said = feed.replace("?>", ' encoding="utf-8"?>', 1)
        found["header.xml"] = (said.encode("cp1251"), 'application/rss+xml; charset="windows-1251"')
        found["unsaid.xml"] = (feed.encode("cp1251"), "application/rss+xml")
        found["header.json"] = (
            json.dumps({"title": title, "text": teaser}, ensure_ascii=False).encode("cp1251"),
            "application/json; charset=windows-1251",
        )
    return found


def post(said: Story) -> str:
    return (
        '<div class="tgme_widget_message" data-post="outlet/12"><div class="tgme_widget_message_text js-message_text">'
        f"{'<br>'.join((said.title, *said.text))}</div></div>"
    )


def discovery(name: str, body: bytes, content_type: str, minute: int) -> Any:
    return captured(
        f"http://outlet.example/{name}", body, minute, kind="discovery", headers=(("Content-Type", content_type),)
    )


def kept(path: Path, language: str, said: Story, posted: bool) -> tuple[Home, list[str]]:
    """An archive with both stories, and with each form of what tells of either; the names of these."""
    home = Home(path / "home")
    exchanges = [
        captured(POST, post(said), 0, "outlet") if posted else captured(PAGE, own_div(said.title, said.text, []), 0),
        captured(OTHER, own_div(said.other_title, said.other, []), 1),
    ]
    names = []
    for n, (folder, title, teaser) in enumerate(
        [("title", said.title, "…"), ("teaser", "…", said.teaser), ("other", said.other_title, said.other[0])]
    ):
        if folder == "title" and language == "en":
            continue  # of two words, which anybody may say
        for m, (name, (body, content_type)) in enumerate(forms(title, teaser, language).items()):
            names.append(f"{folder}/{name}")
            exchanges.append(discovery(names[-1], body, content_type, 10 + 20 * n + m))
    keep(home, exchanges, {"outlet": source("outlet", language=language)})
    return home, names


def places(home: Home, words: tuple[str, ...]) -> list[str]:
    """The files with one of these strings, in whatever encoding, escaped or not."""
    needles = {form for text in words for form in _encoded(text)}
    found = []
    for path in sorted(path for path in home.path.rglob("*") if path.is_file()):
        data = path.read_bytes()
        data += gzip.decompress(data) if path.name.endswith(".gz") else b""
        found += [path.name] if any(needle in data for needle in needles) else []
    return found


def _encoded(text: str) -> list[bytes]:
    escaped = json.dumps(text)[1:-1].encode()
    known = [text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"), escaped]
    known.append(json.dumps(escaped.decode())[1:-1].encode())
    return known + ([text.encode("cp1251")] if re.search("[а-я]", text) else [])


@pytest.mark.parametrize("language", STORIES)
def test_no_word_of_it_stays_in_any_script_and_encoding_and_other_lists_do(tmp_path: Path, language: str) -> None:
    said = STORIES[language]
    home, names = kept(tmp_path, language, said, language == "en")
    words = (*said.text, said.teaser, *(() if language == "en" else (said.title,)))
    [article] = rows(home, "select id, title from articles where url in (?, ?)", PAGE, POST)
    assert article["title"] == said.title
    assert {"archive.db", "communique-000001.warc.gz"} <= set(places(home, words))
    done = forget(home, int(article["id"]), "An order of the harbour court", NOW)
    assert done.problems == () and places(home, words) == []
    left = {row["url"].removeprefix("http://outlet.example/") for row in rows(home, "select url from captures")}
    assert left & set(names) == {name for name in names if name.startswith("other/")}
    assert "stays" in left


@pytest.mark.parametrize("language", ["zh", "ja", "th"])
def test_a_log_and_a_file_of_somebody_else_are_seen_without_spaces_too(tmp_path: Path, language: str) -> None:
    said = STORIES[language]
    home, _ = kept(tmp_path, language, said, True)
    home.logs.mkdir()
    log = home.logs / "crawl-2031-04.log"
    log.write_text(f"INFO: began\nERROR: {said.title}: 503\nINFO: {said.other_title}\n", "utf-8")
    (home.path / "own.txt").write_text(f"{said.other[0]}\n{said.text[0]}\n", "utf-8")
    [article] = rows(home, "select id from articles where url = ?", POST)
    done = forget(home, int(article["id"]), "An order of the harbour court", NOW)
    assert [problem.partition(" still ")[0] for problem in done.problems] == ["own.txt"]
    assert log.read_text("utf-8").splitlines()[::2] == ["INFO: began", f"INFO: {said.other_title}"]
    assert places(home, (said.title, *said.text)) == ["own.txt"]


# what a text is known by


@pytest.mark.parametrize(
    ("text", "part", "less"),
    [
        ("one two three four five six seven eight nine", "Two three four - five six seven eight nine", "two three four"),
        ("港务局周五表示，由于河口水位比去年高出三英尺", "周五表示「由于河口水位比去年高出三」", "周五表示由于河口水位比去年高出"),
        ("かわのみずがきょねんよりたかいため、ふねをとめました", "わのみずがきょねんよりたかいためふねをとめました", "みずがきょねんよりたかいためふねをとめました"),
        ("การท่าเรือประกาศหยุดเดินเรือข้ามฟากสามวัน", "ประกาศ หยุดเดินเรือ ข้ามฟากสามวัน", "หยุดเดินเรือข้ามฟากสามวัน"),
        ("In Tokyo 新桟橋 opened on Friday with a band", "tokyo 新桟橋 OPENED on Friday with a band", "新桟橋 opened on friday with a"),
    ],
)  # fmt: skip
def test_a_run_is_what_eight_words_are_in_its_script(text: str, part: str, less: str) -> None:
    traces = Traces.of([text])
    assert traces.within(f"{text[:2]} {part}") and not traces.within(less)


@pytest.mark.parametrize(
    ("text", "said", "else_said"),
    [
        ("Both western piers stay closed.", "both western piers – stay closed", "both western piers stay open"),
        ("西码头的渡轮停航三天", "西码头的渡轮，停航三天", "西码头的渡轮停航两天"),
        ("ท่าตะวันตกหยุดสามวัน", "ท่าตะวันตก หยุดสามวัน", "ท่าตะวันตกหยุดสองวัน"),
    ],
)
def test_a_text_shorter_than_a_run_is_looked_for_as_a_whole(text: str, said: str, else_said: str) -> None:
    traces = Traces.of([text])
    assert traces.within(f"Office: {said}!") and not traces.within(else_said)


def test_what_anybody_says_is_looked_for_nowhere() -> None:
    titles = ["", "Ferries halted", "渡轮停航中", "フェリー", "ท่าเรือ", "…"]
    assert Traces.of(["", "The pier stays closed.", "渡轮将停航三天。", "ศุกร์ว่าระดับน้ำ"], titles).runs == {}


def test_it_is_found_in_another_spelling_of_the_same_characters() -> None:
    traces = Traces.of([], ["Der Fährmann trägt 25 Körbe", "ﾌｪﾘｰが２５隻とまる"])
    assert traces.within("Der Fa\u0308hr\u00admann tra\u0308gt 25 Ko\u0308rbe")
    assert traces.within("フェリーが25隻とまる")


@pytest.mark.parametrize("times", [0, 1, 2])
def test_escapes_are_undone_however_deep_they_are(times: int) -> None:
    title = 'Порт «зупиняє» "усі" пороми 𠮷'
    text = f"Порт\n{title}"
    for _ in range(times):
        text = json.dumps(text)
    assert Traces.of([], [title]).within(text)
    assert Traces.of([], ["Порт зупиняє пороми"]).within_raw(
        r"\x3cb\x3e\u041fорт\x3c\/b\x3e\nзупиняє пороми".encode()
    )


def test_bytes_that_are_no_text_hold_nothing_and_end_well() -> None:
    traces = Traces.of([], ["Порт зупиняє пороми"])
    for kind in ("text/html; charset=hex", "text/html; charset=idna", "text/html; charset=none", "image/png", None):
        assert not traces.within_raw(b"\x89PNG\x00\xff\xfe nothing {\\ud83d", kind)
        assert not traces.within_raw(b"\xff\xfe\x3c", kind)
        assert traces.within_raw("Порт зупиняє пороми".encode() + b"\xff", kind)  # one byte that is none


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_feed_names_its_addresses_in_each_encoding(encoding: str) -> None:
    feed = '<link>http://a.example/1</link> {"url": "http:\\u002F\\/a.example\\/2"}'
    assert {"http://a.example/1", "http://a.example/2"} <= set(named(feed.encode(encoding)))


def test_what_an_earlier_version_had_begun_to_look_for_is_found() -> None:
    hashes = Traces.of([], ["one two three four five six seven eight"]).as_json()
    assert Traces.from_json(hashes).within("zero one two three four five six seven eight nine")
    assert list(hashes) == ["8"]


def test_a_page_of_quotes_and_signs_that_nobody_closes_is_looked_through() -> None:
    traces = Traces.of([], ["Порт зупиняє пороми"])
    for body in ('="' + "a " * 500_000, "='" + "я " * 500_000, '="' * 500_000, "<" * 1_000_000, "\\" * 1_000_000):
        assert not traces.within_raw(body.encode())
