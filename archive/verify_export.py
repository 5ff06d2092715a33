"""Checks an export without the archive that it came from: by its manifest, and by the digests within it.

The manifest states each file's bytes; it is itself stated by its own hash, which the archive's key signs where it has
one. That the end of the chain in it is that of an archive shows only beside that archive.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from archive import records, signing
from archive.contents import MALFORMED, Damaged, member, member_sha256, name_contents
from archive.errors import ConfigurationError
from archive.exports import manifest
from archive.exports.chosen import silent
from archive.exports.run import LIST
from archive.exports.wacz import MANIFEST as WITHIN_WACZ
from archive.findings import Findings, short
from archive.home import Home
from archive.models import Progress
from archive.store import Store

# a manifest of an archive with 100,000 files (markdown) has 15 MB
_LIMIT = 256 << 20
_HEAD = {"seq", "hash", "signature", "key", "public"}
# members of a WACZ file that are written behind the manifest in it, and so are not in that
_DESCRIBING = {WITHIN_WACZ, "datapackage.json", "datapackage-digest.json"}


class _Stated(NamedTuple):
    """A manifest, and where what it states lies."""

    path: Path
    said: dict[str, Any]
    files: dict[str, Path]


def verify_export(path: Path, home: Home | None = None, tell: Progress = silent) -> Findings:
    """Check an export: a file, a folder or its manifest. ``home``: an archive in whose chain its head is sought.

    Raises:
        ConfigurationError: there is no export of ours there.
    """
    found = Findings()
    stated = _find(path, found)
    if stated is None:
        _check_alone(path, found)
        return found
    _check_manifest(stated, found)
    _check_files(stated, found, tell)
    if isinstance(stated.said.get("custody"), dict):
        _check_head(stated, home, found)
    elif stated.said.get("custody") is not None:
        found.differs(stated.path.name, "its custody head cannot be read")
    else:
        found.note("the archive had no custody chain when this was exported")
    if home is not None:
        _look_up(stated, home, found)
    return found


def _find(path: Path, found: Findings) -> _Stated | None:
    """The manifest of an export; None: a file that carries its own."""
    if path.is_dir():
        if not (path / manifest.NAME).is_file():
            raise ConfigurationError(f"{path} holds no {manifest.NAME}: it is no export of Communique")
        there = (file for file in path.rglob("*") if file.is_file() and file != path / manifest.NAME)
        files = {file.relative_to(path).as_posix(): file for file in there}
        return _Stated(path / manifest.NAME, _load(path / manifest.NAME, found), files)
    if path.name.endswith(manifest.SUFFIX):
        path = path.with_name(path.name.removesuffix(manifest.SUFFIX))
    beside = manifest.path_of(path, folder=False)
    if beside.is_file():
        return _Stated(beside, _load(beside, found), {path.name: path} if path.is_file() else {})
    if not zipfile.is_zipfile(path):
        raise ConfigurationError(
            f"there is no {beside.name} beside it: it is no export of Communique, or half of one"
        )
    return None


def _load(path: Path, found: Findings) -> dict[str, Any]:
    """A manifest; an empty one where it cannot be read."""
    try:
        if path.stat().st_size > _LIMIT:
            raise ValueError("too long")
        return _parsed(path.read_bytes(), path.name, found)
    except (OSError, ValueError, RecursionError) as error:
        found.differs(path.name, f"the manifest cannot be read ({short(error)})")
        return {}


def _parsed(data: bytes, name: str, found: Findings) -> dict[str, Any]:
    said = json.loads(data)
    if not isinstance(said, dict):
        raise ValueError("no manifest")
    if manifest.written(said) != data:
        found.differs(name, "the manifest is not as Communique writes it: its bytes were changed")
    return said


def _check_manifest(stated: _Stated, found: Findings) -> None:
    said, name = stated.said, stated.path.name
    if not said:
        return
    found.checked["manifest"] += 1
    if manifest.digest(said) != said.get("sha256"):
        found.differs(name, "what it says is not that of its own sha256")
    signer = said.get("signer")
    if signer is None and "signed" not in said:
        found.note("the manifest is not signed: whoever changed both it and the files is not found by it")
        return
    try:
        if not isinstance(signer, dict):
            raise ValueError("it is signed, and does not say by which key")
        if signing.fingerprint(signer["public"]) != signer["key"]:
            raise ValueError("the key has another fingerprint than it states")
        if not signing.verifies(signer["public"], said["sha256"], said["signed"]):
            raise ValueError("its signature is not one by the key in it")
        found.note(f"signed by the key {signer['key']}: whose that is, tells only who gave it to you")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        found.differs(name, str(error) if isinstance(error, ValueError) else "its signature cannot be read")


def _check_files(stated: _Stated, found: Findings, tell: Progress) -> None:
    """Hold files against the manifest; of one that differs, name what in it."""
    said = stated.said.get("files")
    if not isinstance(said, dict):
        if stated.said:
            found.differs(stated.path.name, "it states no files")
        said = {}
    for name in sorted(stated.files.keys() - said.keys()):
        if stated.said:
            found.differs(name, "no manifest states this file")
    of = left = sum(stated.files[name].stat().st_size for name in said if name in stated.files)

    def read(count: int) -> None:
        nonlocal left
        left -= count
        tell("bytes", of, left)

    for name, wanted in sorted(said.items()):
        if name not in stated.files:
            found.differs(name, "the file is missing")
            continue
        found.checked["files"] += 1
        length, digest = records.digest(stated.files[name], read)
        if isinstance(wanted, dict) and (wanted.get("bytes"), wanted.get("sha256")) == (length, digest):
            continue
        found.differs(name, "its bytes are not those that the manifest states")
        _name_damage(stated.files[name], name, found)


def _name_damage(path: Path, name: str, found: Findings) -> None:
    """Say what in a file is not what its own digests say."""
    try:
        for where, what in name_contents(path):
            found.differs(f"{name}, {where}", what)
    except Damaged as error:
        found.differs(name, f"it cannot be read to its end ({short(error)})")


def _check_alone(path: Path, found: Findings) -> None:
    """Check a file that carries its own manifest (WACZ)."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if WITHIN_WACZ in names:
                said = _parsed(member(archive, WITHIN_WACZ), WITHIN_WACZ, found)
                _check_manifest(_Stated(Path(WITHIN_WACZ), said, {}), found)
                _check_members(archive, said.get("files"), found)
                found.note("there is no manifest beside it: its members are checked by the one within it")
            elif "datapackage.json" not in names:
                raise ConfigurationError(f"{path} is no export of Communique")
        _name_damage(path, path.name, found)
        found.checked["files"] += 1
    except MALFORMED as error:
        found.differs(path.name, f"it cannot be read ({short(error)})")


def _check_members(archive: zipfile.ZipFile, files: Any, found: Findings) -> None:
    """Hold the members of a WACZ file against the manifest in it, which may be signed; its own list is not."""
    stated = files if isinstance(files, dict) else {}
    for name in sorted({*stated, *archive.namelist()} - _DESCRIBING):
        if name not in stated:
            found.differs(name, "no manifest states this member")
        elif name not in archive.namelist():
            found.differs(name, "the member is missing")
        else:
            found.checked["members"] += 1
            if not isinstance(stated[name], dict) or stated[name].get("sha256") != _member_sha256(archive, name):
                found.differs(name, "its bytes are not those that the manifest in this file states")


def _member_sha256(archive: zipfile.ZipFile, name: str) -> str | None:
    """The SHA-256 of a member; None: it cannot be read, which is named elsewhere."""
    try:
        return member_sha256(archive, name)
    except MALFORMED:
        return None


def _check_head(stated: _Stated, home: Home | None, found: Findings) -> None:
    """Hold the end of the chain that an export carries against its signature, and against an archive's chain."""
    head, name = stated.said["custody"], stated.path.name
    if head.keys() - _HEAD or not {"seq", "hash"} <= head.keys():
        found.differs(name, "its custody head cannot be read")
        return
    found.checked["custody head"] += 1
    if head.get("signature") is not None:
        try:
            if signing.fingerprint(head["public"]) != head["key"]:
                found.differs(name, "the key of its custody head has another fingerprint than it states")
            if not signing.verifies(head["public"], head["hash"], head["signature"]):
                found.differs(name, "the signature of its custody head is not one by the key beside it")
        except (ValueError, TypeError, KeyError, AttributeError):
            found.differs(name, "the key of its custody head cannot be read")
    if home is None:
        return
    store = Store(home.database)
    try:
        seq = head["seq"] if isinstance(head["seq"], int) else 0
        signed = store.entry(seq) if seq.bit_length() < 64 else None
        keys = {json.loads(signed.entry.details)["key"] for signed in store.entries("key")}
        if signed is None or signed.entry.hash != head["hash"]:
            line = f"its custody head (entry {head['seq']}) is not in the chain of the archive"
            if str(head.get("key")) in keys:
                found.differs(name, f"{line}, whose key it has")
            else:
                found.note(f"{line} in {home.path}")
            return
        found.checked["custody head in the archive's chain"] += 1
        signer = stated.said.get("signer")
        by = signer.get("key") if isinstance(signer, dict) else None
        if by is not None and not (isinstance(by, str) and by in keys):
            found.differs(
                name, f"it is signed by another key ({short(by)[:16]}) than those of the archive whose head it has"
            )
    finally:
        store.close()


def _look_up(stated: _Stated, home: Home, found: Findings) -> None:
    """Look for the manifest in the archive's own list of what left it."""
    try:
        digest = hashlib.sha256(stated.path.read_bytes()).hexdigest()
        lines = (home.path / LIST).read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for line in reversed(lines):
        try:
            row: Mapping[str, Any] = json.loads(line)
            if row.get("manifest_sha256") == digest:
                found.checked["line in the archive's list of exports"] += 1
                return
        except (ValueError, AttributeError):
            continue
    found.note("the archive's list of exports does not name this manifest")
