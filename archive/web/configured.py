"""What the operator of a server adds to our metadata: ``datasette.json`` in the home folder.

It says who may see what and who can sign in, so nothing in it is passed over in silence: a key that means nothing to
Datasette would leave open what it was to close.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, MutableMapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from archive.errors import ConfigurationError

PASSWORDS = "datasette-auth-passwords"
_ABOUT = {
    "about",
    "about_url",
    "description",
    "description_html",
    "license",
    "license_url",
    "source",
    "source_url",
    "title",
}
_TOP = _ABOUT | {"allow", "allow_sql", "databases", "extra_css_urls", "plugins"}
_DATABASE = _ABOUT | {"allow", "allow_sql", "queries", "tables"}
_DATABASES = {"archive", "notes"}
# as `datasette hash-password` prints one
_HASH = re.compile(r"pbkdf2_sha256\$\d+\$[^$]+\$[A-Za-z0-9+/]+=*")


def merged(metadata: dict[str, Any], file: Path) -> dict[str, Any]:
    """The metadata with what the file adds to it; as it is where there is no file.

    Raises:
        ConfigurationError: the file cannot be read, or something in it cannot be meant so.
    """
    try:
        own = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return metadata
    except OSError as error:
        raise ConfigurationError(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:  # no UTF-8, or no JSON
        raise ConfigurationError(f"{file} is not JSON: {error}") from error
    problem = _problem(own)
    if problem:
        raise ConfigurationError(f"{file}: {problem}")
    return _over(metadata, own)


def hidden(config: Any, environ: MutableMapping[str, str], name: str = "COMMUNIQUE_SERVED") -> Any:
    """Plugins' configuration with each text put into a variable of this process, as Datasette itself reads secrets.

    ``/-/metadata`` shows everybody what stands in the metadata: hashes of passwords, the place of the home folder.
    """
    if isinstance(config, dict) and set(config) not in ({"$env"}, {"$file"}):
        return {key: hidden(value, environ, f"{name}_{key}") for key, value in config.items()}
    if isinstance(config, list):
        return [hidden(value, environ, f"{name}_{n}") for n, value in enumerate(config)]
    if isinstance(config, str) and "\0" not in config:
        name = re.sub(r"\W", "_", name)
        environ[name] = config
        return {"$env": name}
    return config


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two objects as one; what both have is the second's, of objects within them key by key. What is allowed is never
    mixed."""
    found = dict(below)
    for key, value in above.items():
        mixed = isinstance(value, dict) and isinstance(found.get(key), dict) and key not in ("allow", "allow_sql")
        found[key] = _over(found[key], value) if mixed else value
    return found


def _problem(own: Any) -> str | None:
    """What is wrong with the file, in a line."""
    found = _keys("it", own, _TOP) or _allowed("", own)
    if found:
        return found
    databases = own.get("databases", {})
    found = _keys("databases", databases, _DATABASES)
    if found:
        return found
    for name, database in databases.items():
        where = f"databases.{name}"
        found = _keys(where, database, _DATABASE) or _allowed(f"{where}.", database)
        for kind in ("tables", "queries"):
            for part, values in (database.get(kind, {}) if not found else {}).items():
                found = found or _object(f"{where}.{kind}.{part}", values)
                found = found or _allowed(f"{where}.{kind}.{part}.", values)
        if found:
            return found
    return _object("plugins", own.get("plugins", {})) or _plugins(own.get("plugins", {}))


def _object(where: str, value: Any) -> str | None:
    return None if isinstance(value, dict) else f"{where} must be an object"


def _keys(where: str, value: Any, known: set[str]) -> str | None:
    if not isinstance(value, dict):
        return _object(where, value)
    strange = sorted(set(value) - known)
    return f"{where} has no key {strange[0]!r}; there are {', '.join(sorted(known))}" if strange else None


def _allowed(where: str, value: Mapping[str, Any]) -> str | None:
    for key in ("allow", "allow_sql"):
        if not isinstance(value.get(key, {}), dict | bool):
            return f'{where}{key} must be true, false or an object such as {{"id": ["editor"]}}'
    return None


def _plugins(plugins: Mapping[str, Any]) -> str | None:
    if "communique" in plugins:
        return "plugins.communique is the server's own"
    if PASSWORDS not in plugins:
        return None
    where, own = f"plugins.{PASSWORDS}", plugins[PASSWORDS]
    if not isinstance(own, dict):
        return _object(where, own)
    if find_spec(PASSWORDS.replace("-", "_")) is None:
        return f"{where}: the plugin is not installed (`pip install {PASSWORDS}`)"
    for key, value in own.items():
        if key in ("actors", "http_basic_auth"):
            continue
        # a secret may stand in a variable or in a file of its own: https://docs.datasette.io/en/stable/plugins.html
        if isinstance(value, dict) and len(value) == 1 and set(value) <= {"$env", "$file"}:
            continue
        if not key.endswith("_password_hash"):
            return f"{where} has no key {key!r}; an account is NAME_password_hash"
        if not isinstance(value, str) or not _HASH.fullmatch(value):
            return f"{where}.{key} is no hash: `datasette hash-password` prints one"
    return None
