"""Who may read and write notes, and the forms that they send.

Whoever has signed in. Where ``communique serve`` listens at this machine alone and nobody can sign in, whoever sits
at it: a page of another site must not be able to write there, so a request counts as local only if it names this
machine and came straight from a browser on it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from datasette import Response

from archive.web import audience, frame
from archive.web.notes_store import NAME, Notes

# fields of a form of ours; the most has a dozen
_FIELDS = 40
# the addresses that take forms
_FORMS = re.compile(r"/(notes/[0-9]+|notes/tags/[0-9]+/delete|article/[^/]*/(notes|tags)|searches(/[^/]*)?)")
# an actor's id in characters
_WIDE = 200
# who passes requests on says so in one of them, as most proxies do without being asked
_PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
# plugins with which nobody can sign in until somebody wrote accounts down
_NEEDS_ACCOUNTS = {"datasette-auth-passwords"}
# line breaks stay, what else nobody types goes
_CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may read all notes, and write. ``name``: under which they signed in; None: nobody signs in."""

    name: str | None


def signed(name: str | None) -> str:
    """The author of a note as pages name it."""
    return "local" if name is None else name


def reader(datasette: Any, request: Any) -> Reader | None:
    """Who asks; None: somebody who has no part in the notes."""
    actor = request.actor
    # root: whoever opened the one-time address that the server's start printed, on the same machine
    if (actor is None or actor.get("id") == "root") and _is_local(datasette, request):
        return Reader(None)
    name = str((actor or {}).get("id") or "")[:_WIDE]
    return Reader(name) if name else None


def notes(datasette: Any) -> Notes | None:
    """The notes that belong to the archive: in its home folder, or beside its file. None: there is no such place."""
    home = (datasette.plugin_config("communique") or {}).get("home")
    if home:
        return Notes(Path(home) / NAME)
    path = datasette.databases[frame.DATABASE].path if frame.DATABASE in datasette.databases else None
    return Notes(Path(path).absolute().parent / NAME) if path else None


def _is_local(datasette: Any, request: Any) -> bool:
    """Whether the request comes from a browser on this machine that shows a page of this server.

    A name of another site may be made to lead here (DNS rebinding): its pages then send its name as ``Host``. A proxy
    on this machine may bring requests from anywhere: it names itself, sends the name it is known by, or (nginx, as
    it comes) speaks HTTP/1.0, which no browser does.
    """
    if (datasette.plugin_config("communique") or {}).get("local") is not True or _can_sign_in(datasette):
        return False
    headers = request.headers
    origin = headers.get("origin") or "null"  # null: as our referrer policy has it
    return (
        request.scope.get("http_version") != "1.0"
        and not any(name in headers for name in _PASSED_ON)
        and _is_loopback(headers.get("host", ""))
        and (origin == "null" or _is_loopback(urlsplit(origin).netloc))
    )


def _is_loopback(host: str) -> bool:
    """Whether a host, with its port or without, is this machine by its name."""
    name = re.sub(r":[0-9]*\Z", "", host).strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _can_sign_in(datasette: Any) -> bool:
    """Whether a plugin tells readers apart, besides what Datasette itself has."""
    # not above: where this is imported first, it would load us as a plugin while we are half made
    from datasette.plugins import pm

    for hook in pm.hook.actor_from_request.get_hookimpls():
        module = getattr(hook.plugin, "__name__", "")
        if module.partition(".")[0] == "datasette":
            continue
        name = module.partition(".")[0].replace("_", "-")
        if name not in _NEEDS_ACCOUNTS or datasette.plugin_config(name):
            return True
    return False


def skip_csrf(datasette: Any, scope: Any) -> bool:
    """Whether a form is ours, so that :func:`form` looks at its token, and Datasette does not.

    Datasette lets a form without any cookie through, and throws away what was typed on a page that is older than the
    server's start.
    """
    path: str = (scope.get("raw_path") or scope["path"].encode()).decode("ascii", "replace").partition("?")[0]
    return _FORMS.fullmatch("/" + path.removeprefix(datasette.setting("base_url")).lstrip("/")) is not None


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody sent. ``stale``: from a page of this server that is too old: to be shown again, not kept."""

    fields: Mapping[str, str]
    stale: bool


async def form(request: Any) -> Form | None:
    """A form of ours; None: it was not sent from a page of this server."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    site = request.headers.get("sec-fetch-site", "")  # a browser's word, which no page can change
    if kind != "application/x-www-form-urlencoded" or site not in ("", "none", "same-origin"):
        return None
    body = (await request.post_body()).decode("ascii", "replace")
    try:
        fields = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:  # more fields than that
        return None
    token = fields.pop("csrftoken", "")
    # where no cookie came, or one of another start of the server, the token asked for here is a new one
    ours = secrets.compare_digest(token.encode(), request.scope["csrftoken"]().encode())
    if not ours and not (token and site == "same-origin"):
        return None
    return Form({name: typed(value) for name, value in fields.items()}, not ours)


def typed(text: str) -> str:
    """A text as somebody typed it: with line breaks of one kind, without what cannot be typed."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


async def refused(request: Any, datasette: Any) -> Response:
    """The answer to somebody who has no part in the notes: how to sign in, where one can."""
    return await frame.withheld(request, datasette, audience.Withheld(None, None), None)


STALE = "This page is older than the server: nothing was kept yet. Send it once more."


async def not_ours(request: Any, datasette: Any) -> Response:
    """The answer to a form that did not come from a page of this server."""
    message = "This form did not come from a page of this server, or from one that is too old: open it again."
    return await frame.page(request, datasette, "communique_404.html", {"message": message}, status=403)
