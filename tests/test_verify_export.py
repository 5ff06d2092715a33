"""Whether an export that is not as it was written is found, with the archive that it came from and without."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive import signing
from archive.exports import manifest
from archive.exports.chosen import Asked
from archive.exports.formats import FORMATS
from archive.exports.run import export
from archive.home import Home
from archive.verify_export import verify_export
from tests.crawling import command
from tests.test_verify import change, said

# of each export and of its manifest, so many bytes are flipped
FLIPS = 20
# some public key
KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAW2dNCrik1LKfDkY9UL+OJU7J4c5i59zHF74rYg4GTRw=
-----END PUBLIC KEY-----
"""
WRITTEN = ("jsonl", "jsonl.zst", "csv", "parquet", "markdown", "sqlite", "warc", "wacz", "bagit")


@pytest.fixture(scope="module")
def exports(kept: Home, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An export in each format; only to be read."""
    folder = tmp_path_factory.mktemp("exports")
    written = {}
    for name in WRITTEN:
        form = FORMATS[name]
        written[name] = folder / name / f"all{form.suffix}"
        written[name].parent.mkdir()
        export(kept, form, written[name], Asked(), False, lambda *_: None)
    return written


def copied(exports: dict[str, Path], name: str, tmp_path: Path) -> Path:
    """A copy of an export with its manifest, to be damaged."""
    shutil.copytree(exports[name].parent, tmp_path / name)
    return tmp_path / name / exports[name].name


def flip(path: Path, place: random.Random) -> int:
    """Flip one bit of a file; returns where."""
    data = bytearray(path.read_bytes())
    where = place.randrange(len(data))
    data[where] ^= 1 << place.randrange(8)
    path.write_bytes(data)
    return where


def manifest_of(path: Path) -> Path:
    return path / "manifest.json" if path.is_dir() else path.with_name(f"{path.name}.manifest.json")


@pytest.mark.parametrize("name", WRITTEN)
def test_an_export_as_it_was_written_is_whole_with_its_archive_and_without(
    name: str, exports: dict[str, Path], kept: Home
) -> None:
    for home in (None, kept):
        found = verify_export(exports[name], home)
        assert said(found) == []
        assert found.checked["manifest"] == found.checked["custody head"] == 1
        assert found.checked["files"] >= 1
        assert any(note.startswith("signed by the key ") for note in found.notes)
    assert found.checked["custody head in the archive's chain"] == 1
    assert found.checked["line in the archive's list of exports"] == 1


@pytest.mark.parametrize("name", WRITTEN)
def test_a_byte_that_is_flipped_in_an_export_is_found_and_its_file_named(
    name: str, exports: dict[str, Path], tmp_path: Path
) -> None:
    path = copied(exports, name, tmp_path)
    place = random.Random(name)
    for _ in range(FLIPS):
        files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
        file = place.choice(sorted(f for f in files if f != manifest_of(path) and f.stat().st_size))
        before = file.read_bytes()
        where = flip(file, place)
        found = said(verify_export(path))
        named = file.relative_to(path).as_posix() if path.is_dir() else path.name
        assert any(line.startswith(named) for line in found), (named, where, found)
        file.write_bytes(before)
    assert said(verify_export(path)) == []


@pytest.mark.parametrize("name", ["jsonl", "markdown", "wacz"])
def test_a_byte_that_is_flipped_in_a_manifest_is_found_and_named(
    name: str, exports: dict[str, Path], tmp_path: Path
) -> None:
    path = copied(exports, name, tmp_path)
    file = manifest_of(path)
    before, place = file.read_bytes(), random.Random(7)
    for _ in range(2 * FLIPS):
        where = flip(file, place)
        found = said(verify_export(path))
        assert any(line.startswith(f"{file.name}: ") for line in found), (where, found)
        file.write_bytes(before)


def test_what_differs_in_a_record_is_named(exports: dict[str, Path], tmp_path: Path) -> None:
    path = copied(exports, "jsonl", tmp_path)
    data = path.read_bytes()
    line = data.split(b"\n")[1]
    words = b"Its master, who has served"
    place = data.index(line) + line.index(words)
    path.write_bytes(data[:place] + b"Her" + data[place + 3 :])
    found = said(verify_export(path))
    assert found[0] == "all.jsonl: its bytes are not those that the manifest states"
    assert found[1].startswith(f"all.jsonl, line 2 (article {json.loads(line)['id']}): ")


def test_a_file_that_is_missing_or_too_many_in_a_folder_is_named(exports: dict[str, Path], tmp_path: Path) -> None:
    path = copied(exports, "markdown", tmp_path)
    first, second, *_ = sorted(file for file in path.rglob("*.md"))
    first.rename(first.with_name("another.md"))
    second.unlink()
    found = said(verify_export(path))
    assert f"{first.relative_to(path).as_posix()}: the file is missing" in found
    assert f"{second.relative_to(path).as_posix()}: the file is missing" in found
    assert f"{first.with_name('another.md').relative_to(path).as_posix()}: no manifest states this file" in found


def test_a_manifest_that_somebody_made_up_is_not_by_the_archives_key(
    exports: dict[str, Path], kept: Home, tmp_path: Path
) -> None:
    path = copied(exports, "jsonl", tmp_path)
    path.write_bytes(path.read_bytes().replace(b"master", b"keeper"))
    there = json.loads(manifest_of(path).read_bytes())
    there["files"] = {name: file._asdict() for name, file in manifest.measured(path).items()}
    there["sha256"] = manifest.digest(there)
    manifest_of(path).write_bytes(manifest.written(there))
    name = manifest_of(path).name
    assert said(verify_export(path)) == [f"{name}: its signature is not one by the key in it"]
    other = signing.make(tmp_path / "keys", "other.pem")
    there["signer"] = {"key": other.fingerprint, "public": other.public}
    there["sha256"] = manifest.digest(there)
    there["signed"] = other.sign(there["sha256"])
    manifest_of(path).write_bytes(manifest.written(there))
    # whose key it is, the file cannot tell; beside the archive it shows
    assert said(verify_export(path)) == []
    assert said(verify_export(path, kept)) == [
        f"{name}: it is signed by another key ({other.fingerprint[:16]}) than those of the archive whose head it has"
    ]


def test_an_export_of_a_chain_that_was_changed_since_is_not_of_it(
    exports: dict[str, Path], kept: Home, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(kept.path, home.path)
    change(
        home,
        "update custody set hash = substr(hash, 1, 63) || iif(substr(hash, 64) = '0', '1', '0') where seq = ?",
        json.loads(manifest_of(exports["jsonl"]).read_bytes())["custody"]["seq"],
    )
    [found] = said(verify_export(exports["jsonl"], home))
    assert "is not in the chain of the archive, whose key it has" in found


def test_a_wacz_alone_is_checked_by_what_is_in_it(exports: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "alone.wacz"
    shutil.copy(exports["wacz"], path)
    found = verify_export(path)
    assert said(found) == []
    assert found.checked["manifest"] == 1
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("archive/data.warc.gz")
    data = bytearray(path.read_bytes())
    data[info.header_offset + info.compress_size // 2] ^= 1
    path.write_bytes(data)
    lines = said(verify_export(path))
    assert any(line.startswith("alone.wacz, archive/data.warc.gz") for line in lines)
    assert any("archive/data.warc.gz, record at " in line for line in lines)


@pytest.mark.parametrize("edited", ["archive/data.warc.gz", "pages/pages.jsonl"])
def test_a_wacz_whose_own_list_was_written_anew_is_found_by_its_signed_manifest(
    exports: dict[str, Path], tmp_path: Path, edited: str
) -> None:
    def changed(name: str, data: bytes) -> bytes:
        return data + data if name == edited else data

    path = tmp_path / "alone.wacz"
    rewritten(exports["wacz"], path, changed, "archive/added.warc.gz")
    assert said(verify_export(path)) == [
        "archive/added.warc.gz: no manifest states this member",
        f"{edited}: its bytes are not those that the manifest in this file states",
    ]


def rewritten(source: Path, path: Path, change: Callable[[str, bytes], bytes], added: str) -> None:
    """Write a WACZ file with other members, and its list of them as if they had been so from the first."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        members = {name: change(name, old.read(name)) for name in old.namelist()} | {added: b"none"}
        package = json.loads(members["datapackage.json"])
        package["resources"].append({"path": added})
        for one in package["resources"]:
            one["hash"] = f"sha256:{hashlib.sha256(members[one['path']]).hexdigest()}"
        members["datapackage.json"] = json.dumps(package).encode()
        digest = f"sha256:{hashlib.sha256(members['datapackage.json']).hexdigest()}"
        members["datapackage-digest.json"] = json.dumps({"path": "datapackage.json", "hash": digest}).encode()
        for name, data in members.items():
            new.writestr(name, data)


@pytest.mark.parametrize("with_manifest", [False, True])
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("datapackage.json", b"[]"),
        ("datapackage.json", b'{"resources": [1]}'),
        ("datapackage.json", b'{"resources": [{"path": "pages/pages.jsonl"}]}'),
        ("datapackage-digest.json", b"[]"),
        ("datapackage-digest.json", None),
    ],
)
def test_a_wacz_that_says_odd_things_of_itself_is_named(
    exports: dict[str, Path], tmp_path: Path, name: str, data: bytes | None, with_manifest: bool
) -> None:
    path = copied(exports, "wacz", tmp_path)
    if not with_manifest:
        manifest_of(path).unlink()
    with zipfile.ZipFile(exports["wacz"]) as old, zipfile.ZipFile(path, "w") as new:
        for one in old.namelist():
            if one != name or data is not None:
                new.writestr(one, old.read(one) if one != name or data is None else data)
    assert any(line.startswith("all.wacz: it cannot be read") for line in said(verify_export(path)))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"files": {}}, "all.jsonl: no manifest states this file"),
        ({"custody": "none"}, "all.jsonl.manifest.json: its custody head cannot be read"),
        ({"custody": {"seq": 1 << 70, "hash": "0"}}, None),
        ({"signer": {"key": [1], "public": 3}, "signed": 3}, "all.jsonl.manifest.json: its signature cannot be read"),
        (
            {"signer": {"key": {}, "public": "none"}, "signed": ""},
            "all.jsonl.manifest.json: Unable to load PEM file.",
        ),
        (  # one bit from a key of ours: the number of an algorithm that there is not
            {"signer": {"key": "", "public": KEY.replace("K2Vw", "K3Vw")}, "signed": ""},
            "all.jsonl.manifest.json: no Ed25519 key (",
        ),
    ],
)
def test_a_manifest_that_says_odd_things_is_named(
    kept: Home, exports: dict[str, Path], tmp_path: Path, change: dict[str, Any], line: str | None
) -> None:
    path = copied(exports, "jsonl", tmp_path)
    stated = json.loads(manifest_of(path).read_bytes())
    stated = {name: value for name, value in stated.items() if name not in ("signer", "signed")} | change
    stated["sha256"] = manifest.digest(stated)
    manifest_of(path).write_bytes(manifest.written(stated))
    lines = said(verify_export(path, kept))
    assert lines == [] if line is None else any(one.startswith(line) for one in lines), lines


def test_the_command_needs_no_archive_and_refuses_what_is_no_export(exports: dict[str, Path], tmp_path: Path) -> None:
    none = str(tmp_path / "none")
    done = command("verify", "--home", none, "--export", str(exports["jsonl"]))
    assert (done.returncode, done.stdout) == (0, "nothing differs: 1 manifest, 1 file, 1 custody head\n")
    path = copied(exports, "jsonl", tmp_path)
    path.write_bytes(path.read_bytes()[:-2] + b"\n")
    assert command("verify", "--home", none, "--export", str(path)).returncode == 1
    (tmp_path / "text.txt").write_text("no export")
    done = command("verify", "--home", none, "--export", str(tmp_path / "text.txt"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert command("verify", "--export", str(path), "--article", "1").returncode == 2
