"""The rows of a plan, as crawls would have left them."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from itertools import chain
from typing import Any

import numpy as np

from archive import query, stems
from archive.boilerplate import compose
from archive.fingerprint import EXTRACTOR, block_hash
from archive.models import Block, Reading
from archive.urls import url_key
from benchmarks import plan, vocabulary
from benchmarks.plan import Outlet, Plan, moment

# articles of a transaction; reprints are of texts of the same
CHUNK = 2_000
# share of articles that carry another's text, and of these with a paragraph of their own
REPRINTED, EXTENDED = 0.08, 0.4
# words of a text: the logarithm is normal (mean 300)
WORDS, SPREAD, LEAST, MOST = 300, 0.55, 60, 1500
# of a source: lines that stand on its pages again and again, and how many a page has
REPEATED, EACH = 8, 2
_CATEGORIES = {
    "ukraine": ("personnel", "tanks", "armoured_vehicles", "artillery", "mlrs", "air_defence", "aircraft",
                "helicopters", "uavs", "cruise_missiles", "ships", "vehicles_and_fuel_tanks", "special_equipment"),
    "russia": ("aircraft", "helicopters", "uavs", "air_defence", "tanks_and_armoured_vehicles", "mlrs",
               "artillery_and_mortars", "special_vehicles"),
}  # fmt: skip
# bytes of a record
RECORD = 21_000
_METADATA = [
    f.name for f in fields(Reading) if f.name not in ("title", "blocks", "links", "media", "quotes", "entries")
]


# rows by table
Tables = dict[str, list[tuple[Any, ...]]]


@dataclass(slots=True)
class _Text:
    """What an article says in the end, as blocks; ``paragraphs``: the part that is text, without the standfirst."""

    title: str
    summary: str | None
    blocks: list[Block]
    marks: list[str | None]
    stems: str
    figures: list[tuple[str, str, int, int, str]] = field(
        default_factory=list
    )  # category, series, total, delta, line

    @property
    def text(self) -> str:
        return compose(self.blocks, self.marks)  # type: ignore[arg-type]

    @property
    def whole(self) -> str:
        return f"{self.summary}\n\n{self.text}" if self.summary else self.text


def _indexed(text: _Text, language: str) -> str:
    return query.indexed(text.title, text.whole, language)[2]


class _Stems(dict[int, tuple[str, ...]]):
    """The stems of a language's forms, as they are asked for."""

    def __init__(self, forms: list[str], language: str) -> None:
        super().__init__()
        self.forms, self.language = forms, language

    def __missing__(self, form: int) -> tuple[str, ...]:
        self[form] = found = stems.meant(self.forms[form], self.language)
        return found

    def of(self, prose: vocabulary.Prose) -> str:
        """As :func:`archive.query.indexed` puts them: those of the title four times."""
        forms = prose.forms.tolist()
        named = dict.fromkeys(chain.from_iterable(map(self.__getitem__, forms[: prose.titled])))
        every = dict.fromkeys(chain.from_iterable(map(self.__getitem__, forms)))
        return " ".join((*named, *named, *named, *every))


class Rows:
    """Makes the rows of a plan. ``stemmed``: with what texts are found by besides their words, as listed words."""

    def __init__(self, outlets: list[Outlet], made: Plan, seed: int, stemmed: bool) -> None:
        self.outlets, self.plan, self.chance = outlets, made, np.random.default_rng(seed)
        self.stemmed = stemmed
        self.words = {
            language: vocabulary.Vocabulary(language, stemmed) for language in sorted({o.language for o in outlets})
        }
        self.stems = {name: _Stems(words.forms, name) for name, words in self.words.items()}
        self.lines = [
            [p.paragraphs[0] for p in self.words[o.language].write(self.chance, [14] * REPEATED, [0] * REPEATED)]
            for o in outlets
        ]
        self.urls = [
            f"https://{outlets[source].host}/{moment(at)[:10].replace('-', '/')}/{n}.html"
            for n, (at, source) in enumerate(zip(made.born.tolist(), made.source.tolist(), strict=True), 1)
        ]
        self.next_reading, self.next_revision, self.next_figure = (itertools.count(1) for _ in range(3))
        # what the sides have claimed so far, and today
        self.totals = {(side, c): 0 for side, categories in _CATEGORIES.items() for c in categories}
        self.today: dict[Any, Any] = {}
        self.outcomes: dict[int, Counter[str]] = defaultdict(Counter)

    def chunks(self) -> Iterator[Tables]:
        """All of them, some articles at a time."""
        for start in range(0, len(self.urls), CHUNK):
            yield self._chunk(start, min(start + CHUNK, len(self.urls)))
        yield {"captures": self._lists()}
        yield {"runs": self._runs()}

    def _chunk(self, start: int, stop: int) -> Tables:
        texts = self._texts(start, stop)
        rows: Tables = {name: [] for name in COLUMNS if name != "runs"}
        self._reprints(start, texts, rows)
        for n in range(start, stop):
            self._article(n, texts[n - start], rows)
        rows["sightings"].sort()
        return rows

    def _texts(self, start: int, stop: int) -> list[_Text]:
        made, chance = self.plan, self.chance
        found: list[_Text | None] = [None] * (stop - start)
        for language, words in self.words.items():
            which = [n for n in range(start, stop) if self.outlets[made.source[n]].language == language]
            lengths = np.exp(chance.normal(np.log(WORDS) - SPREAD**2 / 2, SPREAD, len(which))).astype(int)
            prose = words.write(
                chance,
                np.clip(lengths, LEAST, MOST).tolist(),
                chance.integers(0, vocabulary.SUBJECTS, len(which)).tolist(),
            ) if which else []  # fmt: skip
            known = self.stems[language]
            for n, one in zip(which, prose, strict=True):
                tokens = known.of(one) if self.stemmed else ""
                found[n - start] = self._text(n, one, tokens, language)
        for n in (
            range(0, stop - start, CHUNK // 8) if self.stemmed else ()
        ):  # as the archive's own function writes them
            text = found[n]
            assert text is not None
            wanted = _indexed(text, self.outlets[made.source[start + n]].language).split()
            # a word may have another stem where it begins a sentence
            assert len(set(wanted) ^ set(text.stems.split())) <= len(wanted) / 20, text
        return found  # type: ignore[return-value]

    def _text(self, n: int, prose: vocabulary.Prose, tokens: str, language: str) -> _Text:
        chance, lines = self.chance, self.lines[self.plan.source[n]]
        report = int(self.plan.report[n])
        paragraphs = list(prose.paragraphs)
        if len(paragraphs) > 3 and n % 3 == 0:
            paragraphs[2] = f"“{paragraphs[2]}”"
        summary = paragraphs.pop(0) if len(paragraphs) > 2 and n % 10 < 7 else None
        parts: list[tuple[str, str, str | None]] = [("p", summary, "summary")] if summary else []
        title, figures = prose.title, []
        if report >= 0:
            title, figures = self._report(n, plan.REPORTS[report][0])
            parts += [("p", paragraphs[0], None), *(("li", line, None) for *_, line in figures)]
        else:
            parts += [("p", paragraph, None) for paragraph in paragraphs]
        for line in chance.integers(0, len(lines), EACH).tolist():
            parts.append(("p", lines[line], "repeated"))
        blocks = [
            Block(kind, text, block_hash(text), 0.0, "summary" if mark == "summary" else None)
            for kind, text, mark in parts
        ]
        text = _Text(title, summary, blocks, [mark for *_, mark in parts], tokens, figures)
        if figures and self.stemmed:
            text.stems = _indexed(text, language)
        return text

    def _report(self, n: int, side: str) -> tuple[str, list[tuple[str, str, int, int, str]]]:
        """What a side claims for a day; who prints it again says the same, and one in thirty misprints a number."""
        day = moment(self.plan.born[n])[:10]
        if self.today.get(side) != day:
            self.today[side] = day
            deltas = {c: int(self.chance.integers(0, 40)) for c in _CATEGORIES[side]}
            for category, delta in deltas.items():
                self.totals[side, category] += delta
            self.today[side, "deltas"] = deltas
        figures = []
        for category in _CATEGORIES[side]:
            total, delta = self.totals[side, category], self.today[side, "deltas"][category]
            if self.chance.random() < 1 / 400:
                total += 100
            figures.append((category, "total", total, delta, f"{category.replace('_', ' ')} — {total:,} (+{delta})"))
        return f"Claimed losses as of {day}", figures

    def _reprints(self, start: int, texts: list[_Text], rows: Tables) -> None:
        """Some articles carry the text of an earlier one of another source: stories."""
        made, chance = self.plan, self.chance
        self.story: dict[int, int] = {}
        by_language: dict[str, list[int]] = {}
        carried: dict[int, list[int]] = {}
        for n in range(len(texts)):
            source = int(made.source[start + n])
            before = by_language.setdefault(self.outlets[source].language, [])
            if made.report[start + n] < 0:
                if chance.random() < REPRINTED and before:
                    # some texts are carried by many
                    origin = before[int(len(before) * (1 - chance.random() ** 3 / 3)) - 1]
                    if made.source[start + origin] != source:
                        texts[n] = self._reprint(texts[origin], texts[n], self.outlets[source].language)
                        carried.setdefault(origin, []).append(n)
                        score = 1.0 if texts[n].text == texts[origin].text else 0.86
                        rows["copies"].append(
                            (start + origin + 1, start + n + 1, "same_text", 1.0, "letter for letter the same text")
                            if score == 1.0
                            else (
                                start + origin + 1,
                                start + n + 1,
                                "near_copy",
                                score,
                                "86% of the wording is the same",
                            )
                        )
                        continue
                before.append(n)
        for origin, others in carried.items():
            first = start + origin
            members = [origin, *others]
            self.story.update((start + n, first + 1) for n in members)
            outlets = {int(made.source[start + n]) for n in members}
            rows["stories"].append(
                (first + 1, texts[origin].title, moment(made.born[first]), "published", len(members), len(outlets))
            )

    def _reprint(self, origin: _Text, own: _Text, language: str) -> _Text:
        hidden = [(b, m) for b, m in zip(own.blocks, own.marks, strict=True) if m == "repeated"]
        pairs = [(b, m) for b, m in zip(origin.blocks, origin.marks, strict=True) if m != "repeated"]
        extra = [(b, m) for b, m in zip(own.blocks, own.marks, strict=True) if m is None][-1:]
        longer = self.chance.random() < EXTENDED and extra
        blocks, marks = zip(*pairs, *(extra if longer else ()), *hidden, strict=True)
        text = _Text(origin.title, origin.summary, list(blocks), list(marks), origin.stems)
        if longer and self.stemmed:
            text.stems = _indexed(text, language)
        return text

    def _versions(self, n: int, last: _Text) -> list[tuple[_Text, int | None, int | None]]:
        """An article's texts, the first first, with the words that came and went."""
        found: list[tuple[_Text, int | None, int | None]] = []
        now = last
        for _ in range(int(self.plan.revisions[n]) - 1):
            shown = [i for i, mark in enumerate(now.marks) if mark is None and now.blocks[i].kind == "p"]
            at = shown[int(self.chance.integers(0, len(shown)))]
            blocks, marks = list(now.blocks), list(now.marks)
            old = blocks[at].text
            if len(shown) > 2 and self.chance.random() < 0.5:
                del blocks[at], marks[at]
                change = len(old.split()), 0
            else:
                sentence, _, rest = old.partition(". ")
                other = sentence.split()[::-1]
                text = " ".join([*other[: len(other) // 2 + 1], *([rest] if rest else [])]) + " before."
                blocks[at] = Block("p", text, block_hash(text))
                change = len(sentence.split()), len(other) // 2 + 2
            found.append((now, *change))
            title = now.title if self.chance.random() < 0.8 else f"{now.title.split()[-1]} {now.title}"
            now = _Text(title, last.summary, blocks, marks, "")
        found.append((now, None, None))
        return found[::-1]

    def _article(self, n: int, last: _Text, rows: Tables) -> None:
        made, article = self.plan, n + 1
        outlet, url = self.outlets[made.source[n]], self.urls[n]
        born, key = float(made.born[n]), url_key(url)
        published, first, stop = moment(born - 300), int(made.starts[n]), int(made.starts[n + 1])
        times, ids = made.captured[first:stop].tolist(), made.ids[first:stop].tolist()
        stamps = [moment(at) for at in times]
        versions = self._versions(n, last)
        opened = [0, *sorted(self.chance.choice(np.arange(1, len(ids)), len(versions) - 1, replace=False).tolist())]
        readings = []
        seen: dict[int, int] = {}
        for number, (text, added, removed) in enumerate(versions, 1):
            reading, revision = next(self.next_reading), next(self.next_revision)
            readings.append(reading)
            at, until = opened[number - 1], (opened[number] if number < len(versions) else len(ids)) - 1
            metadata = self._metadata(n, outlet, published)
            digest = hashlib.sha256(text.text.encode()).hexdigest()
            content = hashlib.sha256(f"{number} {text.title} {digest}".encode()).hexdigest()
            rows["readings"].append(
                (
                    reading, article, EXTRACTOR, digest, text.title, metadata, content, stamps[at],
                    _extras(n, text, url),
                )
            )  # fmt: skip
            rows["blocks"] += [
                (reading, i, block.kind, block.text, block.hash, 0.0, mark, block.role)
                for i, (block, mark) in enumerate(zip(text.blocks, text.marks, strict=True))
            ]
            for block in text.blocks:
                seen.setdefault(block.hash, int(times[at]))
            rows["revisions"].append(
                (
                    revision, article, number, ids[at], stamps[at], stamps[until], text.title, text.text, digest,
                    added, removed, text.summary, outlet.id, number < len(versions),
                    None if added is None else int(n % 20 > 0),
                    '[{"old": ["12"], "new": ["14"]}]' if added is not None and n % 7 == 0 else None, digest,
                )
            )  # fmt: skip
        rows["sightings"] += [(outlet.id, block, at, article) for block, at in seen.items()]
        proof = self._captures(n, url, key, ids, stamps, opened, readings, rows)
        digest = hashlib.sha256(last.text.encode()).hexdigest()
        rows["articles"].append(
            (
                article, url, outlet.id, outlet.name, last.title, last.title, "Mara Quill", '["Mara Quill"]',
                published, published, "json-ld", published[:10], "+00:00", stamps[0], stamps[-1], outlet.language,
                ("Harbour", "Council", "Courts", "Weather")[n % 4], '["port", "council"]', last.summary, last.text,
                len(last.text.split()), digest, len(versions), self.story.get(n), proof, EXTRACTOR,
                stamps[-1] if n % 200 == 7 else None,
            )
        )  # fmt: skip
        rows["addresses"].append((key, article))
        rows["search_text"].append((article, last.title, last.whole, last.stems))
        rows["signatures"].append((article, digest, int(born), len(last.text.split()), *_blobs(self.chance), b""))
        shown = json.loads(_extras(n, last, url))
        for table in ("links", "media", "quotes"):
            rows[table] += [(article, *row) for row in shown[table]]
        if last.figures:
            self._figures(n, last, rows)

    def _captures(
        self, n: int, url: str, key: str, ids: list[int], stamps: list[str], opened: list[int], readings: list[int],
        rows: Tables,
    ) -> int:  # fmt: skip
        """Rows for the captures of an article; returns the one that proves its text."""
        source, full, reading = self.outlets[self.plan.source[n]].id, ids[0], -1
        for i, (capture, at) in enumerate(zip(ids, stamps, strict=True)):
            reading += i in opened
            plain = i not in opened and (capture + n) % 5 < 2
            outcome = "new" if i == 0 else "revised" if i in opened else "not_modified" if plain else "unchanged"
            confirms = full if plain else None
            full = full if plain else capture
            gone = i == len(ids) - 1 and n % 200 == 7 and i > 0 and i not in opened
            if gone:
                outcome, confirms = "gone", None
            self.outcomes[self._run(i, n)][outcome] += 1
            rows["captures"].append(
                (
                    capture, url, key, source, self._run(i, n), "page", at, 404 if gone else 304 if plain else 200,
                    f'"{capture:024x}"', None if plain or gone else hashlib.sha256(at.encode()).hexdigest(),
                    *self._position(capture), outcome, confirms,
                )
            )  # fmt: skip
            rows["capture_articles"].append((capture, n + 1, None if gone else readings[reading]))
            full = confirms or (full if gone else capture)
        return int(full)

    def _figures(self, n: int, text: _Text, rows: Tables) -> None:
        """What a report states, and how it stands to the side's own report of the day."""
        side, place = plan.REPORTS[int(self.plan.report[n])][0], int(self.plan.report[n])
        outlet, day = self.outlets[self.plan.source[n]], moment(self.plan.born[n])[:10]
        revision = rows["revisions"][-1][0]
        own = plan.REPORTS[place - 1][0] != side if place else True
        taken = self.today.setdefault(side + " taken", {})
        for position, (category, series, total, delta, line) in enumerate(text.figures, 1):
            figure = next(self.next_figure)
            if own:
                taken[category] = figure, total
            standing = "taken" if own else "agrees" if taken[category][1] == total else "differs"
            about = "russia" if side == "ukraine" else "ukraine"
            rows["figures"].append(
                (
                    figure, n + 1, revision, side, about, series, category, day, total, delta, 0, line, position,
                    outlet.id, own, moment(self.plan.born[n]), standing, taken[category][0],
                )
            )  # fmt: skip
        if own:
            before = self.today.get(side + " report")
            if before:
                reason = "the same form with other figures: 65% of them differ"
                rows["copies"].append((n + 1, before, "template_series", 1.0, reason))
            self.today[side + " report"] = n + 1

    def _metadata(self, n: int, outlet: Outlet, published: str) -> str:
        known = {
            "headline": None, "byline": "Mara Quill", "authors": ["Mara Quill"], "publisher": outlet.name,
            "published": published, "published_printed": published, "published_from": "json-ld",
            "published_day": published[:10], "published_zone": "+00:00", "language": outlet.language,
            "section": ("Harbour", "Council", "Courts", "Weather")[n % 4], "tags": ["port", "council"], "steps": [],
        }  # fmt: skip
        return json.dumps({name: known.get(name) for name in _METADATA}, ensure_ascii=False)

    def _run(self, capture: int, n: int) -> int:
        return self._run_at(self.plan.captured[self.plan.starts[n] + capture])

    def _run_at(self, at: float) -> int:
        return 1 + int(at - self.plan.begin) // plan.RUN

    def _position(self, capture: int) -> tuple[str, int]:
        """A file for each thousand records."""
        return f"communique-{capture // 1000 + 1:06}.warc.gz", capture % 1000 * RECORD

    def _lists(self) -> list[tuple[Any, ...]]:
        made = self.plan
        rows = []
        for at, source, capture in zip(
            made.listed.tolist(), made.list_source.tolist(), made.list_ids.tolist(), strict=True
        ):
            host, run = self.outlets[source].host, self._run_at(at)
            self.outcomes[run]["discovery"] += 1
            rows.append(
                (
                    capture, f"https://{host}/feed.xml", f"{host}/feed.xml", self.outlets[source].id, run,
                    "discovery", moment(at), 200, f'"{capture:024x}"', None, *self._position(capture),
                    "discovery", None,
                )
            )  # fmt: skip
        return sorted(rows)

    def _runs(self) -> list[tuple[Any, ...]]:
        names = ",".join(o.id for o in self.outlets)
        rows = []
        for run in range(1, 1 + (self.plan.end - self.plan.begin) // plan.RUN):
            by, at = self.outcomes[run], self.plan.begin + (run - 1) * plan.RUN
            counts = (by[outcome] for outcome in ("new", "revised", "unchanged", "not_modified"))
            rows.append((run, moment(at), moment(at + 900), "done", names, sum(by.values()), *counts, 0, 0))
        return rows


COLUMNS = {
    "captures": "id, url, url_key, source, run, kind, fetched_at, status, etag, payload_sha256, warc_file,"
    " warc_offset, outcome, confirms",
    "articles": "id, url, source, publisher, title, headline, byline, authors, published, published_printed,"
    " published_from, published_day, published_zone, first_seen, last_checked, language, section, tags, summary,"
    " text, words, text_sha256, revisions, story, capture, extractor, gone_at",
    "addresses": "url_key, article",
    "readings": "id, article, extractor, payload_sha256, title, metadata, content_sha256, first_at, extras",
    "blocks": "reading, position, kind, text, hash, link_share, mark, role",
    "capture_articles": "capture, article, reading",
    "revisions": "id, article, number, first_capture, seen_from, seen_to, title, text, text_sha256, words_added,"
    " words_removed, summary, source, superseded, stated, numbers, figures_sha256",
    "sightings": "source, hash, at, article",
    "search_text": "article, title, text, stems",
    "signatures": "article, digest, at, words, minhash, sentences, quoted, stems, forms",
    "links": "article, position, url, text",
    "media": "article, position, url, alt, caption",
    "quotes": "article, position, text, speaker, url",
    "copies": "article, other, relation, score, reason",
    "stories": "id, title, first_published, first_from, articles, sources",
    "runs": "id, started, finished, status, sources, fetched, new, revised, unchanged, not_modified, failed,"
    " exit_code",
    "figures": "id, article, revision, claimed_by, about, series, category, as_of, total, delta, precision, sentence,"
    " position, source, official, known_from, standing, taken",
}


def _extras(n: int, text: _Text, url: str) -> str:
    """Links, a picture and a quotation, by their blocks (JSON)."""
    shown = [i for i, mark in enumerate(text.marks) if mark is None]
    first, last = text.blocks[shown[0]], shown[-1]
    links = [[shown[0], f"{url}#more", " ".join(first.text.split()[:3])]] if n % 2 else []
    media = [[last, f"{url}/picture.jpg", "Cranes at the quay", "Cranes at the quay on Monday"]] if n % 5 < 3 else []
    quotes = [[shown[0], first.text, "Mara Quill", None]] if n % 10 == 3 else []
    return json.dumps({"links": links, "media": media, "quotes": quotes, "entries": []}, ensure_ascii=False)


def _blobs(chance: np.random.Generator) -> Iterator[bytes]:
    """As long as those of a text of 300 words: values, sentences, quoted, stems."""
    return (chance.bytes(size) for size in (256, 176, 72, 72))
