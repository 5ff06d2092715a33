"""What cron and systemd are given: nothing of the user's crontab is lost, and every word arrives as it was meant."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from shlex import quote

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.cli import Group
from archive.errors import ConfigurationError
from archive.home import Home
from crawler import cron
from crawler.unattended import COMMANDS

# keeps what the real one keeps: a table, and an error where there is none
FAKE = """#!/bin/sh
[ -n "$FAKE_FAILS" ] && { echo "$FAKE_FAILS" >&2; exit 1; }
case "$1" in
-l) [ -f "$FAKE_CRONTAB" ] && exec cat "$FAKE_CRONTAB"; echo "no crontab for tester" >&2; exit 1;;
-) exec cat > "$FAKE_CRONTAB";;
esac
exit 3
"""
SHOW = """#!/bin/sh
exec "{python}" -c 'import json, os, sys; print(json.dumps([os.environ["PATH"], sys.argv[1:]]))' "$@"
"""
# what a crontab may hold: an end that is missing, Windows' ends, no UTF-8, our line commented out, another home's
TABLES = [
    b"",
    b"\n",
    b"MAILTO=a@b.example\n\n# mine\n*/5 * * * * echo 50\\% \t > /dev/null\n",
    b"0 1 * * * no end of line",
    b"0 1 * * * win\r\n0 2 * * * latin \xe9\xff\n\n\n",
    b"# 7 * * * * x # communique crawl of /srv/a b\n1 * * * * y # communique crawl of /srv/a b/c\n",
]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the crontab program of this test keeps its table; the user's own is out of reach."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "crontab").write_text(FAKE)
    (programs / "crontab").chmod(0o755)
    kept = tmp_path / "table"
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_CRONTAB", str(kept))
    for name in ("CONTACT", "QUOTA", "DEAD_MAN", "WEBHOOK"):
        monkeypatch.delenv(f"COMMUNIQUE_{name}", raising=False)
    return kept


@pytest.fixture
def show(tmp_path: Path) -> Path:
    """A program in a folder with every kind of odd character that prints its PATH and its arguments."""
    program = tmp_path / "50% of O'Neill's \"$HOME\" `x` ж;#" / "communique"
    program.parent.mkdir()
    program.write_text(SHOW.format(python=sys.executable))
    program.chmod(0o755)
    return program


def plan(home: Path = Path("/srv/a b"), every: str = "15m", *arguments: str) -> cron.Plan:
    return cron.plan(Home(home), cron.interval(every), arguments)


def run(*arguments: str) -> Result:
    main = Group("communique", commands={str(command.name): command for command in COMMANDS})
    return CliRunner().invoke(main, ["schedule", *arguments])


def test_a_line_says_when_and_what_with_absolute_paths() -> None:
    found = cron.crontab_line(plan(Path("/srv/news"), "1h", "--contact", "desk@a.example"))
    minute, *rest = found.split(" ", 5)
    assert 0 <= int(minute) < 60
    assert rest[:4] == ["*"] * 4
    bin_folder = Path(sys.executable).parent
    assert rest[4] == (
        f"PATH={quote(f'{bin_folder}:/usr/local/bin:/usr/bin:/bin')} {quote(f'{bin_folder}/communique')}"
        " crawl --due --jitter 120"
        " --home /srv/news --contact desk@a.example # communique crawl of /srv/news"
    )


@pytest.mark.parametrize("every", cron.EVERY)
def test_every_interval_comes_as_often_as_it_says(every: timedelta) -> None:
    minutes = every // timedelta(minutes=1)
    text = f"{minutes}m" if minutes < 1440 else "1d"
    fields = cron.crontab_line(plan(Path("/srv/news"), text)).split()[:5]
    assert fields[2:] == ["*", "*", "*"]
    times = [(h, m) for h in _values(fields[1], 24) for m in _values(fields[0], 60)]
    assert len(times) == 1440 // minutes
    at = [h * 60 + m for h, m in times]
    assert {(b - a) % 1440 for a, b in zip(at, [*at[1:], at[0]], strict=True)} == {minutes % 1440}


def _values(field: str, end: int) -> list[int]:
    """The numbers that a crontab field stands for."""
    if field == "*":
        return list(range(end))
    span, _, step = field.partition("/")
    low, _, high = span.partition("-")
    return list(range(int(low), int(high) + 1, int(step))) if high else [int(low)]


def test_homes_do_not_all_ask_on_the_same_minute() -> None:
    assert len({plan(Path(f"/srv/{n}"), "1h").phase for n in range(20)}) > 5


def test_the_jitter_is_shorter_than_the_interval() -> None:
    assert plan(Path("/srv/a"), "1m").arguments[2:4] == ("--jitter", "30")


@pytest.mark.parametrize("text", ["", "15", "7m", "0m", "5h", "2d", "-1h", "1w", "90m"])
def test_an_interval_that_cron_cannot_hold_is_an_error(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--every"):
        cron.interval(text)


@pytest.mark.parametrize("word", ["a\nb", "a\\b", "a\rb", "a\0b", "a\x1b[0m"])
def test_a_word_that_a_crontab_cannot_hold_is_an_error(word: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written into a crontab"):
        plan(Path("/srv/news"), "1h", "--contact", word)


def test_a_command_that_cron_would_cut_off_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="999 characters"):
        cron.crontab_line(plan(Path("/srv/news"), "1h", *["some-source"] * 100))


def as_cron_does(line: str, stand_in: Path) -> list[object]:
    """Run a line's command as cron does, with a program of ours instead: its PATH, and its arguments."""
    command, escaped = "", False
    for char in line.split(" ", 5)[5]:  # crontab(5): % is the end of the command, unless escaped
        if char == "%" and not escaped:
            break
        command = command[:-1] + char if char == "%" else command + char
        escaped = char == "\\"
    done = subprocess.run(
        ["/bin/sh", "-c", command], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return list(json.loads(done.stdout))


def odd(show: Path) -> cron.Plan:
    home = Path("/srv/50% of O'Neill's \"$HOME\" `x` ж;#")
    arguments = ("crawl", "--home", str(home), "--webhook", "http://a.example/?x=%20&y=$(id)", "it's")
    return cron.Plan(home, show, arguments, timedelta(minutes=15))


def test_odd_paths_and_arguments_arrive_as_they_were_meant(show: Path) -> None:
    made = odd(show)
    path, arguments = as_cron_does(cron.crontab_line(made), show)
    assert arguments == list(made.arguments)
    assert str(path).startswith(str(show.parent) + ":")


def test_the_words_of_a_line_are_read_back(show: Path) -> None:
    made = odd(show)
    assert cron.words(os.fsencode(cron.crontab_line(made))) == [str(show), *made.arguments]
    assert cron.words(b"") == []
    with pytest.raises(ValueError, match="quotation"):
        cron.words(b"* * * * * 'x")


@pytest.mark.parametrize("before", TABLES)
def test_installing_twice_writes_once_and_removing_leaves_the_rest(before: bytes) -> None:
    home, line = Path("/srv/a b"), "1 * * * * x # communique crawl of /srv/a b"
    once = cron.with_line(before, home, line)
    assert cron.with_line(once, home, line) == once
    assert once.startswith(before)
    assert once[len(before) :].lstrip(b"\n") == line.encode() + b"\n"
    assert cron.find(once, home) == line.encode()
    rest = cron.without_line(once, home)
    assert rest == before or (rest == before + b"\n" and not before.endswith(b"\n"))


def test_another_line_takes_the_place_of_the_one_before() -> None:
    home = Path("/srv/a")
    before = b"0 1 * * * a\n1 * * * * x # communique crawl of /srv/a\n0 2 * * * b"
    new = "2 * * * * y # communique crawl of /srv/a"
    assert cron.with_line(before, home, new) == b"0 1 * * * a\n" + new.encode() + b"\n0 2 * * * b"
    twice = before + b"\n3 * * * * z # communique crawl of /srv/a\n"
    assert cron.with_line(twice, home, new).count(b"communique") == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200).map(lambda data: data.replace(b"communique", b"")))
def test_no_byte_of_any_other_line_changes(before: bytes) -> None:
    home, line = Path("/srv/ж 5%"), cron.crontab_line(plan(Path("/srv/ж 5%")))
    once = cron.with_line(before, home, line)
    assert once.startswith(before)
    assert cron.without_line(once, home).rstrip(b"\n") == before.rstrip(b"\n")


def test_the_command_prints_a_line_and_units_and_touches_nothing(table: Path, tmp_path: Path) -> None:
    done = run("--home", str(tmp_path / "home"), "--every", "30m", "--dead-man", "https://hc.example/x")
    assert done.exit_code == 0, done.output
    assert f"--home {tmp_path / 'home'} --dead-man https://hc.example/x # communique crawl of" in done.stdout
    for part in ("[Service]", "[Timer]", "OnCalendar=*:", "Persistent=true", "systemctl --user"):
        assert part in done.stdout
    assert not table.exists()
    assert not (tmp_path / "home").exists()


def test_the_command_installs_replaces_and_removes(table: Path, tmp_path: Path) -> None:
    before = b"MAILTO=''\n0 1 * * * mine \\% \xff"
    table.write_bytes(before)
    home = ["--home", str(tmp_path / "my home")]
    assert run(*home, "--install").exit_code == 0
    first = table.read_bytes()
    assert first.startswith(before + b"\n")
    assert first.count(b"\n") == 3
    again = run(*home, "--install")
    assert (again.exit_code, table.read_bytes()) == (0, first)
    assert "has it already" in again.stderr
    assert run(*home, "--install", "--every", "1d").exit_code == 0
    assert table.read_bytes().count(b"communique crawl of") == 1
    assert table.read_bytes() != first
    assert run(*home, "--remove").exit_code == 0
    assert table.read_bytes() == before + b"\n"
    none = run(*home, "--remove")
    assert (none.exit_code, none.stdout) == (0, "")
    assert "no line for this archive" in none.stderr


def test_a_first_crontab_is_made(table: Path, tmp_path: Path) -> None:
    assert run("--home", str(tmp_path), "--install").exit_code == 0
    assert table.read_bytes().count(b"\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [["--install", "--remove"], ["--every", "7m"], ["no-such-source"], ["--webhook", "file:///etc/passwd"]],
)
def test_wrong_options_are_one_line_and_exit_code_2(table: Path, tmp_path: Path, arguments: list[str]) -> None:
    done = run("--home", str(tmp_path), "--install", *arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith("communique: ")
    assert done.stderr.count("\n") == 1
    assert not table.exists()


def test_a_crontab_that_cannot_be_read_is_never_written(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.write_bytes(b"0 1 * * * mine\n")
    monkeypatch.setenv("FAKE_FAILS", "You (tester) are not allowed to use this program (crontab)")
    for option in ("--install", "--remove"):
        done = run("--home", str(tmp_path), option)
        assert done.exit_code == 2
        assert done.stderr == (
            "communique: cannot read the crontab: You (tester) are not allowed to use this program (crontab)\n"
        )
    assert table.read_bytes() == b"0 1 * * * mine\n"


def test_without_a_crontab_program_it_says_what_else_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="install cron, or use the systemd units"):
        cron.read()


def verified(folder: Path, units: dict[str, str]) -> list[str]:
    """What systemd says against units."""
    for name, text in units.items():
        (folder / name).write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *(str(folder / name) for name in units)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if "Failed to initialize manager" in done.stderr:
        pytest.skip(f"systemd-analyze does not run here: {done.stderr.splitlines()[-1]}")
    return [line for line in done.stderr.splitlines() if "communique-" in line]


def test_systemd_takes_the_units(show: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze here")
    units = cron.units(odd(show))
    assert verified(tmp_path, {name: text.replace("oneshot", "nonsense") for name, text in units.items()}) != []
    assert verified(tmp_path, units) == []
    for every in cron.EVERY:
        timer = list(cron.units(cron.Plan(Path("/srv/a"), show, ("crawl",), every)).values())[1]
        [when] = [line.partition("=")[2] for line in timer.splitlines() if line.startswith("OnCalendar=")]
        done = subprocess.run(
            ["systemd-analyze", "calendar", "--iterations=3", when], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_a_unit_escapes_what_systemd_would_fill_in(show: Path) -> None:
    made = odd(show)
    service = next(iter(cron.units(made).values()))
    [command] = [line for line in service.splitlines() if line.startswith("ExecStart=/bin/sh -c ")]
    word = command.partition(" -c ")[2]
    assert (word[0], word[-1]) == ('"', '"')
    # systemd.service(5) and systemd.syntax(7): these four pairs, nothing else, stand for another character
    plain = re.sub(r'%%|\$\$|\\\\|\\"', lambda pair: pair[0][1], word[1:-1])
    assert re.sub(r'%%|\$\$|\\\\|\\"', "", word[1:-1]).count("%") == 0
    done = subprocess.run(["/bin/sh", "-c", plain], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)[1] == list(made.arguments)


@pytest.mark.slow
def test_a_real_cron_runs_the_line(tmp_path: Path) -> None:
    """Only where cron is installed, nobody's crontab is in the way, and no daemon runs that is not ours."""
    if os.geteuid() != 0 or not (shutil.which("cron") and shutil.which("crontab")):
        pytest.skip("needs root and an installed cron")
    if os.environ.get("COMMUNIQUE_TEST_CRON") != "yes":
        pytest.skip("writes a system crontab: set COMMUNIQUE_TEST_CRON=yes to allow it")
    out = tmp_path / "out 5%"
    program = tmp_path / "it's 5%" / "communique"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$PATH" "$@" > "{out}"\n')
    program.chmod(0o755)
    made = cron.Plan(tmp_path / "my 5% home", program, ("crawl", "--home", "a b 5%"), timedelta(minutes=1))
    when, command = cron.crontab_line(made).rsplit(" PATH=", 1)
    # a file of its own in the system's folder: no user's table is touched
    place = Path("/etc/cron.d/communique-test")
    daemon = None
    try:
        place.write_text(f"{when} root PATH={command}\n")
        daemon = subprocess.Popen(["cron", "-f"])
        end = time.monotonic() + 130
        while not out.exists() and time.monotonic() < end:
            assert daemon.poll() is None, "another cron runs here"
            time.sleep(1)
    finally:
        place.unlink(missing_ok=True)
        if daemon is not None:
            daemon.terminate()
            daemon.wait(10)
    path, *arguments = out.read_text().splitlines()
    assert path.startswith(f"{program.parent}:")
    assert arguments == list(made.arguments)
