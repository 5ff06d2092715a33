"""An integrity record as text, and the commands that check it with tools that are not ours."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from archive.web import proving
from archive.web.queries import Row


def commands(record: Row) -> Iterator[tuple[str, list[str], str]]:
    """How to check it, step by step: what is done, the shell's commands, and what they print."""
    proof, chain = record["proof"], record["chain"]
    if proof is None:
        return
    file = shlex.quote(f"warc/{proof['warc_file']}")
    if proof["warc_file"] and proof["payload_sha256"]:
        yield (
            "The payload, in the archive's folder (in the WACZ file it lies in archive/data.warc.gz: `warcio index`)",
            [f"warcio extract --payload {file} {proof['warc_offset']} | sha256sum"],
            proof["payload_sha256"],
        )
    if chain is None:
        return
    if chain["file"]:
        yield (
            f"The WARC file as a whole, as entry {chain['file']['seq']} of the chain states it",
            [f"sha256sum < {file}"],
            chain["file"]["sha256"],
        )
    if chain["beside"] is not None:
        way = [f"h=$(printf '\\000%s' {shlex.quote(chain['leaf'])} | sha256sum | cut -c1-64)"]
        for side, other in chain["beside"]:
            pair = f'{other} "$h"' if side == "left" else f'"$h" {other}'
            way.append(f"h=$({{ printf '\\001'; printf %s%s {pair} | xxd -r -p; }} | sha256sum | cut -c1-64)")
        yield (
            "From the capture to the root of its run (the Merkle tree of RFC 9162)",
            [*way, "echo $h"],
            chain["details"]["root"],
        )
    entry = chain["entry"]
    yield (
        "The entry of the chain, which names that root and the entry before it",
        [f"printf %s {shlex.quote(chain['hashed'])} | sha256sum"],
        entry["hash"],
    )
    if entry["signature"] and chain["public"]:
        yield (
            f"The signature over it, by the key {entry['key']}",
            [
                f"printf %s {shlex.quote(chain['public'])} > key.pem",
                f"printf %s {shlex.quote(entry['hash'])} > hash.txt",
                f"printf %s {shlex.quote(entry['signature'])} | base64 -d > signature.bin",
                "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in hash.txt -sigfile signature.bin",
            ],
            "Signature Verified Successfully",
        )
    for witness in chain["witnesses"]:
        yield (
            f"The time stamp by {witness['authority']}, {witness['at']} (its certificates come from that authority)",
            [
                f"printf %s {witness['token']} | xxd -r -p > stamp.tsr",
                f"openssl ts -verify -digest {shlex.quote(entry['hash'])} -in stamp.tsr -CAfile authority.pem",
            ],
            "Verification: OK",
        )


SHOWS = (
    "That a server answered this archive's request for this address at this time with these bytes, as this archive"
    " recorded it; that the bytes have not changed since the entry of the chain that covers them was made; and, where"
    " an authority stamped that entry, that they were there at that time.",
    "That the text is what this version's extractor reads in these bytes: `communique verify` reads them again.",
)
SHOWS_NOT = (
    "That the server really sent this, or that it is the outlet's: whoever runs an archive could have written other"
    " bytes before the entry was made. The captures of others are what speaks for or against that.",
    "That what the page says is true, who wrote it, or that it stood there before or after the times of capture.",
    "Whose the key is: the archive's owner says so elsewhere. Without a key and a witness, the chain shows that its"
    " parts belong together, and not when they were made.",
)


def lines(record: Row) -> Iterator[str]:
    """A record as text."""
    article, proof, chain = record["article"], record["proof"], record["chain"]
    yield f"INTEGRITY RECORD of article {article['id']}"
    yield ""
    for name in ("title", "url", "source_name", "published", "first_seen", "last_checked", "gone_at"):
        if article[name]:
            yield f"{name.replace('_', ' ')}: {_line(article[name])}"
    if article["part"] != 1:
        yield f"part {article['part']} of that page"
    yield f"text: SHA-256 {article['text_sha256']}, read by {_line(article['extractor'])}"
    if record["quote"]:
        yield ""
        yield f"quotation: “{_line(record['quote'])}”"
        if record["saying"]:
            numbers = ", ".join(str(r["number"]) for r in record["saying"])
            yield f"These exact words stand in revision {numbers} of {len(record['revisions'])}."
        else:
            count = len(record["revisions"])
            kept = "1 revision that is" if count == 1 else f"{count} revisions that are"
            yield f"These exact words stand in none of the {kept} kept. Below is all that was looked through."
    yield from ("", "REVISIONS")
    for r in record["revisions"]:
        yield f"{r['number']}: seen {r['seen_from']} to {r['seen_to']}, SHA-256 of the text {r['text_sha256']}"
    if record["derivations"]:
        yield from ("", "CHANGES OF THE TEXT BY THIS ARCHIVE ITSELF (other rules, not another page)")
        for d in record["derivations"]:
            yield f"{d['at']}: {d['cause']}, by {d['extractor']}, to {d['text_sha256']}"
    which = "each revision that says so" if record["saying"] else "each revision"
    yield from ("", f"CAPTURES (the first and the last of {which}, and those that they confirm)")
    for c in record["captures"]:
        yield f"{c['id']}: {c['fetched_at']} {_line(c['url'])}"
        answer = "a file that was handed over" if c["file"] else f"HTTP {c['status']}"
        yield f"    {c['outcome']}, {answer}, payload SHA-256 {c['payload_sha256'] or 'none'}"
        where = f"{c['warc_file']} at {c['warc_offset']}" if c["warc_file"] else "no record"
        covered = f"entry {c['custody']} of the chain" if c["custody"] else "not in the chain yet"
        yield f"    {where}; {covered}"
    if record["more"]:
        yield f"(the first {proving.CAPTURES} are named)"
    if article["proof"] == "none":
        yield from ("", "This text came without its raw page: nothing here shows what the page was.")
    yield from ("", "THE CHAIN")
    if chain is None:
        yield (
            "No capture that this rests on is in the chain yet: the end of the next run covers it." if proof else "-"
        )
    else:
        entry, last = chain["entry"], chain["last"]
        which = f"entry {entry['seq']} ({entry['event']}, {entry['at']})"
        yield f"Capture {proof['id']} is one of {chain['details'].get('captures')} that {which} covers."
        yield f"hash of the entry: {entry['hash']}"
        yield f"signed by: {entry['key'] or 'nobody'}"
        yield f"end of the chain: entry {last['seq']}, {last['hash']}"
        for w in chain["witnesses"]:
            yield f"time stamp: {w['authority']}, {w['at']}"
        if chain["beside"] is None:
            yield "The way from the capture to the root is left out: the entry covers too many captures."
    yield from ("", "HOW TO CHECK IT")
    for what, steps, prints in commands(record):
        yield ""
        yield f"# {what}:"
        yield from steps
        yield f"# prints {prints}"
    yield from ("", "WHAT THIS SHOWS", *(f"- {one}" for one in SHOWS))
    yield from ("", "WHAT THIS DOES NOT SHOW", *(f"- {one}" for one in SHOWS_NOT))


def _line(text: object) -> str:
    """Scraped text on one line, without what would move a terminal's cursor."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(str(text).split()))
