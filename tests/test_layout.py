"""The layout that docs and reviews rest on: who imports whom, where SQL and the clock are, what no file may hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE = [
    "models", "errors", "urls", "payload", "fingerprint", "extract", "dates", "metadata", "boilerplate", "diff",
    "walls", "post", "schedule", "forecast", "body", "elements", "letters",
    "asides", "lines", "nearest", "standfirst",
    "complete", "doubt", "jsonld", "language", "people", "printed", "split", "stories",
    "layout", "entries", "parts", "asked_once", "copies", "quotations", "related", "keys", "standings", "chart", "spreadsheet",
    "query", "snippets", "stems", "lemmas", "wordlist", "findings", "inclusion", "chain", "private", "der",
    "traces", "stops", "exports.prose", "exports.record", "imports.streams", "imports.exchanges",
    "characters", "textlines", "titles", "plain", "stated", "fronts", "markup", "handed", "outcomes",
]  # fmt: skip
PURE += ["facts", *(f"facts.{file.stem}" for file in sorted((ROOT / "archive/facts").glob("[!_]*.py")))]
# where SQL stands: the schema, what passes on the way of a page, and what a check-up asks
SQL_MODULES = re.compile(r"archive/(schema|store)(_[a-z]+)?\.py")
# what pure modules may import of the archive's own


def file_of(name: str) -> str:
    """The file of a module of the archive; a package's is where it begins."""
    path = "archive/" + name.replace(".", "/")
    return f"{path}/__init__.py" if (ROOT / path).is_dir() else f"{path}.py"


VALUES = {f"archive.{name}" for name in PURE}
KEEPING = {"sqlite3", "sqlite_utils", "socket", "subprocess", "scrapy", "twisted", "datasette", "filelock", "pebble"}
SQL = re.compile(
    r"^\s*(select|insert|update|delete|create|with)\b.*\b(from|into|set|table|as)\b", re.IGNORECASE | re.DOTALL
)
CLOCK = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter"}


def modules(*packages: str) -> list[str]:
    """Paths, relative to the root, of each module of the packages."""
    return sorted(str(path.relative_to(ROOT)) for package in packages for path in (ROOT / package).rglob("*.py"))


@cache
def tree(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text("utf-8"), module)


def imported(module: str) -> Iterator[str]:
    """Every module named in an import, also within functions and under TYPE_CHECKING."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            assert node.module is not None
            yield node.module
            # `from archive import warc` names a module too
            yield from (
                f"{node.module}.{alias.name}" for alias in node.names if node.module in ("archive", "crawler")
            )


def strings(module: str) -> Iterator[tuple[int, str]]:
    """Line and text of each string constant that is no docstring; f-strings without what is put into them."""
    docstrings = set()
    within = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                docstrings.add(first.value)
        if isinstance(node, ast.JoinedStr):
            within.update(value for value in ast.walk(node) if isinstance(value, ast.Constant))
            parts = [v.value if isinstance(v, ast.Constant) else " ? " for v in node.values]
            yield node.lineno, "".join(str(part) for part in parts)
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings | within:
            yield node.lineno, node.value


def tracked() -> list[Path]:
    """The files that are under version control, or would be."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [path for name in done.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("module", modules("archive"))
def test_the_archive_knows_nothing_of_the_crawler(module: str) -> None:
    wrong = [name for name in imported(module) if name.partition(".")[0] in ("crawler", "scrapy", "twisted")]
    assert wrong == []


@pytest.mark.parametrize("module", [file_of(name) for name in PURE])
def test_pure_modules_import_only_values_and_libraries(module: str) -> None:
    names = set(imported(module))
    own = {name for name in names if name.startswith("archive.")}
    assert own <= VALUES
    assert not {name.partition(".")[0] for name in names} & KEEPING


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_brings_no_database_along(name: str) -> None:
    """What its libraries import counts too: a worker that starts with it must be small."""
    code = f"import sys, archive.{name}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"sqlite_utils", "scrapy", "twisted", "datasette", "pebble", "archive.store", "archive.warc"}


@pytest.mark.parametrize("module", [file_of(name) for name in PURE])
def test_pure_modules_ask_no_clock(module: str) -> None:
    calls = [node.func for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    names = {
        f.attr if isinstance(f, ast.Attribute) else f.id for f in calls if isinstance(f, ast.Attribute | ast.Name)
    }
    assert not names & CLOCK
    assert not {name.partition(".")[0] for name in imported(module)} & {"time", "random"}


# wordlist keeps what it makes of a library's data, and maps it into memory: the same comes out without its file
@pytest.mark.parametrize("module", [file_of(name) for name in PURE if name != "wordlist"])
def test_pure_modules_open_no_file(module: str) -> None:
    calls = [node.func for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    names = {
        f.attr if isinstance(f, ast.Attribute) else f.id for f in calls if isinstance(f, ast.Attribute | ast.Name)
    }
    assert not names & {"open", "read_text", "read_bytes", "write_text", "write_bytes", "urlopen"}


@pytest.mark.parametrize("module", modules("archive"))
def test_only_the_doing_modules_open_the_store(module: str) -> None:
    allowed = {
        "cli", "history_cli", "losses_cli", "restrict_cli", "search_cli", "show_cli", "ingest", "rebuild", "revise", "group", "figures", "health", "checkup", "verify", "verify_chain", "verify_records",
        "verify_texts", "verify_export", "chosen",
        "importer", "homes", "copying", "intake", "run", "overrule", "forget", "forget_cli", "holdings", "custody", "custody_cli", "custody_health", "custody_head", "custody_keys", "marking", "settling",
    }  # fmt: skip
    if "archive.store" in set(imported(module)):
        assert Path(module).stem in allowed or module.startswith("archive/web/")


def test_the_store_leans_on_nothing_that_leans_on_it() -> None:
    for module in (m for m in modules("archive") if SQL_MODULES.fullmatch(m) or m == "archive/warc.py"):
        own = {found for found in imported(module) if found.startswith("archive.")}
        assert {o for o in own if not o.startswith(("archive.store_", "archive.schema"))} <= VALUES, module


@pytest.mark.parametrize("module", modules("archive", "crawler"))
def test_sql_stands_in_schema_and_store_alone(module: str) -> None:
    if SQL_MODULES.fullmatch(module):
        return
    if module.startswith("archive/web/"):  # Datasette's queries: they share schema and views, nothing else
        return
    found = [f"{module}:{line}: {text[:60]}" for line, text in strings(module) if SQL.search(text)]
    assert found == []


def test_the_search_for_sql_finds_it() -> None:
    assert any(SQL.search(text) for _, text in strings("archive/store.py"))
    assert any(SQL.search(text) for _, text in strings("archive/schema.py"))


@pytest.mark.parametrize("module", modules("archive", "crawler", "benchmarks", "tests"))
def test_every_module_says_what_it_owns(module: str) -> None:
    text = ast.get_docstring(tree(module))
    assert text or not (ROOT / module).read_text("utf-8").strip()


def test_every_public_function_of_the_archive_is_documented() -> None:
    bare = []
    for module in modules("archive", "crawler"):
        if "/demo/" in module:
            continue
        for node in tree(module).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_":
                bare += [f"{module}: {node.name}"] if not ast.get_docstring(node) else []
    assert bare == []


def test_no_file_names_a_place_of_this_machine_or_a_registry_of_its_own() -> None:
    # put together here, so that this file does not hold them
    places = ["/" + "work" + "/", "/" + "root/", "/home" + "/user"]
    index = re.compile(r"(?:index[-_]url|extra-index|registry)\s*[=:]\s*[\"']?https?://", re.IGNORECASE)
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{path.relative_to(ROOT)}: {place}" for place in places if place in text]
        if index.search(text):
            found.append(f"{path.relative_to(ROOT)}: a registry's address")
    assert found == []


def test_the_lock_carries_hashes_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert "--hash=sha256:" in text
    assert "://" not in text.replace("https://docs.astral.sh", "")


def test_every_dependency_has_an_upper_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    # tzdata's versions are years, click's and the rest's are not
    assert [name for name in project["dependencies"] if "<" not in name and not name.startswith("tzdata")] == []
