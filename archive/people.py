"""Whom a page names as its author: people, the agency it credits, and what is neither. Pure.

What is unsure is no person: a name that is missed still stands in the byline, one that is invented is wrong for good.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archive.fingerprint import letters

# News agencies by the name kept here, with the spellings they sign with. Who they are: the members of the European
# Alliance of News Agencies, the Organization of Asia-Pacific News Agencies and MINDS, and the agencies whose reports
# are printed abroad; letters alone are compared (case too where a spelling is one short word)
_AGENCIES = {
    "Reuters": ("Reuters", "Thomson Reuters", "Рейтер", "Рейтерс", "Ройтерс", "رويترز", "ロイター"),
    "AFP": ("AFP", "Agence France-Presse", "Agence France Presse", "АФП"),
    "AP": ("AP", "Associated Press", "The Associated Press", "AP通信"),
    "dpa": ("dpa", "DPA", "Deutsche Presse-Agentur", "dpa-AFX", "dpa Sport", "dpa/lokal"),
    "EFE": ("EFE", "Agencia EFE"),
    "ANSA": ("ANSA", "Agenzia ANSA"),
    "Adnkronos": ("Adnkronos",),
    "AGI": ("AGI", "Agenzia Italia"),
    "LaPresse": ("LaPresse",),
    "Europa Press": ("Europa Press",),
    "Lusa": ("Lusa", "Agência Lusa"),
    "Belga": ("Belga",),
    "ANP": ("ANP",),
    "APA": ("APA", "Austria Presse Agentur"),
    "Keystone-SDA": ("SDA", "Keystone-SDA", "Schweizerische Depeschenagentur", "ATS", "Keystone-ATS"),
    "epd": ("epd", "Evangelischer Pressedienst"),
    "KNA": ("KNA", "Katholische Nachrichten-Agentur"),
    "SID": ("SID", "Sport-Informations-Dienst"),
    "PAP": ("PAP", "Polska Agencja Prasowa"),
    "ČTK": ("ČTK", "CTK"),
    "TASR": ("TASR",),
    "MTI": ("MTI",),
    "HINA": ("HINA",),
    "Tanjug": ("Tanjug", "Танјуг"),
    "BTA": ("BTA", "БТА"),
    "Agerpres": ("Agerpres",),
    "BNS": ("BNS",),
    "ELTA": ("ELTA",),
    "LETA": ("LETA",),
    "TT": ("TT",),
    "NTB": ("NTB",),
    "Ritzau": ("Ritzau",),
    "STT": ("STT",),
    "PA Media": ("PA Media", "PA", "Press Association"),
    "UPI": ("UPI", "United Press International"),
    "Bloomberg": ("Bloomberg", "Bloomberg News"),
    "The Canadian Press": ("The Canadian Press", "Canadian Press", "La Presse canadienne"),
    "AAP": ("AAP", "Australian Associated Press"),
    "TASS": ("TASS", "ТАСС", "ИТАР-ТАСС", "ITAR-TASS"),
    "RIA Novosti": ("RIA Novosti", "РИА Новости", "РИА Новости Украина"),
    "Interfax": ("Interfax", "Интерфакс"),
    "Interfax-Ukraine": ("Interfax-Ukraine", "Інтерфакс-Україна", "Интерфакс-Украина"),
    "Ukrinform": ("Ukrinform", "Укрінформ", "Укринформ"),
    "UNIAN": ("UNIAN", "УНІАН", "УНИАН"),
    "BelTA": ("BelTA", "БелТА"),
    "Anadolu": ("Anadolu", "Anadolu Agency", "Anadolu Ajansı", "AA"),
    "DHA": ("DHA", "Demirören Haber Ajansı"),
    "İHA": ("İHA", "IHA", "İhlas Haber Ajansı"),
    "ANKA": ("ANKA", "ANKA Haber Ajansı"),
    "IRNA": ("IRNA",),
    "SANA": ("SANA",),
    "SPA": ("SPA", "Saudi Press Agency"),
    "WAM": ("WAM",),
    "MENA": ("MENA",),
    "Xinhua": ("Xinhua", "Xinhua News Agency", "新华社", "新华网", "新華社"),
    "CNA": ("CNA", "Central News Agency", "中央社"),
    "Kyodo": ("Kyodo", "Kyodo News", "共同通信", "共同通信社", "共同"),
    "Jiji": ("Jiji", "Jiji Press", "時事通信", "時事通信社", "時事"),
    "Yonhap": ("Yonhap", "Yonhap News Agency", "연합뉴스"),
    "KCNA": ("KCNA",),
    "PTI": ("PTI", "Press Trust of India"),
    "ANI": ("ANI", "Asian News International"),
    "IANS": ("IANS",),
    "Bernama": ("Bernama",),
    "Antara": ("Antara",),
    "VNA": ("TTXVN",),
}  # fmt: skip
_SPELLED = {spelling: name for name, spellings in _AGENCIES.items() for spelling in spellings}
_BY_LETTERS = {letters(spelling): name for spelling, name in _SPELLED.items()}
_ANY = "|".join(sorted(map(re.escape, _SPELLED), key=len, reverse=True))
# how a report names where it came from. At its head: KYIV, April 20 (Reuters) -, Berlin (dpa/lby) -, MOSCOW, May 7.
# /TASS/., (ANSA) - ROMA, МОСКВА, 12 апр - РИА Новости., 新华社北京4月24日电. At its end, alone: (dpa), - AFP, /dpa
_HEAD = re.compile(
    rf"\W{{0,3}}(?:[^\W\d_][^(/\n]{{0,60}})?[(/]\s?(?P<a>{_ANY})(?:\s?[/,-][^)/\n]{{0,30}})?\s?[)/]\s?[-–—.:]"
    rf"|[^\W\d_][^(/\n]{{0,60}}\s[-–—]\s(?P<b>{_ANY})\s?[.:,–—-]"
    rf"|(?P<c>新华社|新華社|中央社)[^，。\n]{{0,12}}[日电電]"
)  # fmt: skip
_END = re.compile(rf"(?:[(/]|[-–—]\s)(?P<a>{_ANY})\s?[)/.]?\s*$")
_ALONE = re.compile(
    rf"\W{{0,3}}(?:(?:Source|Quelle|Fuente|Fonte|Źródło|Kaynak|Джерело|Источник|来源)\s?[:：]\s?)?(?P<a>{_ANY})\W{{0,3}}"
)
# blocks of a text that are looked at for it
_HEADS, _ALONES = 2, 6
# characters of the last one from which on it is a paragraph
_CAPTION = 80

# what stands between names; a single letter ("y", "e", "и") joins surnames too, and parts names of two words alone
_BETWEEN = re.compile(r"\s*(?:[,;|•·\n、，]|\s/\s|&|\b(?:and|und|та|et|ve|oraz|och|en|mit|with)\b)\s*", re.IGNORECASE)
_LETTER_BETWEEN = re.compile(r"\s+(?:и|й|і|y|e|i|a|og)\s+", re.IGNORECASE)
_BY = re.compile(
    r"^(?:(?:story|written|reported|text|words|posted)\s+by|by|von|vom|par|por|di|door|av|af|przez|автор[аи]?|авторка|автори"
    r"|текст|text|autor(?:in|a|zy|ka)?|author|auteur|yazan|haber|kaynak)\s*(?::|(?=\s)|$)\s*",
    re.IGNORECASE,
)
# behind a name: where or for whom somebody writes
_BEHIND = re.compile(r"\s*(?:\(.*|\s(?:[Ff]or|für|in|aus|à|[Ff]rom|skrifar)\s.*|\s[-–—]\s.*|\S*@\S*.*)$")
# a word that no person bears: offices, roles, desks, furniture
_ROLE = re.compile(
    r"(?:^|\W)(?:staff|writer|reporters?|correspondents?|editors?|editorial|editor-in-chief|newsroom|desk|news|team|bureau|press"
    r"|agenc(?:y|ies)|agentur(?:en)?|redaktion\w*|\w*redaktion|redakteur\w*|korrespondent\w*|reporterin|volontär\w*"
    r"|rédaction|journaliste|correspondant\w*|agences?|redacción|redactor\w*|agencias?|corresponsal|enviad[oa]|redazione|agenzi[ae]"
    r"|redakcja|dziennikarz\w*|agencja|redakce|redakcija|redação|ajans\w*|muhabir\w*|editör\w*|servisi|haber\w*"
    r"|редакц\w+|редактор\w*|кореспондент\w*|корреспондент\w*|журналіст\w*|журналист\w*|агентств\w*|прес-?служб\w*|пресс-?служб\w*|новини|новости"
    r"|service|media|online|digital|verlag|gmbh|ministry|department|office|council|university|institute|admin|administrator|contributor|photos?|foto|bild"
    r"|ministerium|universit\w+|institut\w*|профессор|professor\w*|profesorius|director|producer|anchor|columnist|kolumnist\w*)(?:$|\W)",
    re.IGNORECASE,
)  # fmt: skip
_ADDRESS = re.compile(r"https?:|www\.|@|\w\.\w{2,}(?:$|[\s/])")
# words of a name that begin small
_PARTICLES = frozenset((
    "al", "bin", "ben", "bint", "d", "da", "das", "de", "del", "della", "der", "di", "do", "dos", "du", "e", "el",
    "i", "ibn", "la", "le", "les", "lo", "op", "san", "ter", "ten", "van", "von", "y", "zu", "zum", "zur",
))  # fmt: skip
_CAPITALLESS = re.compile(r"[\u0590-\u08ff\u0900-\u0dff\u0e00-\u0eff\u10d0-\u10ff\u3040-\u9fff\uac00-\ud7ff]")
_NO_SPACES = re.compile(r"[\u3040-\u9fff\uac00-\ud7ff]+")
# "reporter" behind a name in Korean, Japanese and Chinese
_TITLED = re.compile(r"\s?(?:기자|특파원|記者|记者)(?:\s.*)?$")
_WORD = re.compile(r"\w+")
# words and letters of a name, and names in a byline
_MOST, _LONGEST, _PEOPLE = 5, 60, 20


class Credits(NamedTuple):
    """``people`` as named, in their order, each once; ``agency`` by the name it is kept with here."""

    people: tuple[str, ...] = ()
    agency: str | None = None


def agency(name: str) -> str | None:
    """The news agency of that name, None where it is none."""
    plain = " ".join(name.split()).strip(" .,;:-–—/()[]")
    if found := _SPELLED.get(plain):
        return found
    # of short names the case counts: "Sid", "Ap" and "Anna" are people, or words
    return _BY_LETTERS.get(letters(plain)) if len(plain) > 4 else None


def is_collective(name: str) -> bool:
    """Whether a name has a word that no person bears: of an office, a role, a desk."""
    return _ROLE.search(name) is not None


def signed(text: str) -> str | None:
    """What stands behind "by" at the beginning of a line, empty where that is the line; None where it does not."""
    found = _BY.match(text)
    return text[found.end() :] if found else None


def split(text: str) -> list[str]:
    """The names in a line, as stated: without "by", parted at commas and conjunctions."""
    names: list[str] = []
    for part in _BETWEEN.split(_BY.sub("", " ".join(text.split()))):
        pieces = _LETTER_BETWEEN.split(part)
        names += pieces if len(pieces) > 1 and all(len(piece.split()) > 1 for piece in pieces) else [part]
    return [name for name in names if name]


def read_credits(names: Iterable[str], own: Iterable[str] = ()) -> Credits:
    """Who of ``names`` (each one name, or what was taken for one) is a person, and which agency is among them.

    ``own``: the names of the outlet itself (publisher, site, host).
    """
    outlet = [(words, name.islower()) for name in own if (words := _WORD.findall(name.casefold()))]
    people: list[str] = []
    credited: str | None = None
    for name in names:
        plain = _TITLED.sub("", _BEHIND.sub("", _BY.sub("", name.strip()))).strip(" .,;:*|/–—-")
        if found := agency(name) or agency(plain):
            credited = credited or found
        elif _is_person(plain, name) and not _is_own(plain, outlet):
            if _TITLED.search(name) and _CAPITALLESS.search(plain):
                plain = plain.split()[-1]  # behind places
            people.append(plain)
    return Credits(tuple(dict.fromkeys(people))[:_PEOPLE], credited)


def credited(texts: Sequence[str]) -> str | None:
    """The agency that a report (its blocks' texts, in order) names at its head or its end, None where none."""
    for text in texts[:_ALONES]:
        if len(text) <= 60 and (found := _ALONE.fullmatch(text)):
            return _SPELLED[found["a"]]
    for text in texts[:_HEADS]:
        if found := _HEAD.match(text[:160]):
            return _SPELLED[next(group for group in found.groups() if group)]
    last = texts[-1] if texts else ""  # of a short one it is the caption of a picture
    if found := _END.search(last[-80:]) if len(last) > _CAPTION else _END.fullmatch(last):
        return _SPELLED[found["a"]]
    return None


def _is_own(name: str, outlet: Sequence[tuple[Sequence[str], bool]]) -> bool:
    """Whether a name is the outlet's, begins with it ("MDR Sachsen"), or is the beginning of it.

    Of a step of its host (in lower case) it must be the whole: "Max Bauer" may write for max.example.
    """
    words = _WORD.findall(name.casefold())
    return any(words == own if small else words[: len(own)] == own[: len(words)] for own, small in outlet)


def _is_person(plain: str, stated: str) -> bool:
    """Whether that is a name of two words or more, or one of a few characters in a script that parts no words."""
    key = letters(plain)
    if not 2 <= len(key) <= _LONGEST or any(c.isdigit() for c in plain) or _ROLE.search(plain):
        return False
    if _NO_SPACES.fullmatch(key):
        return len(key) <= _MOST or _TITLED.search(stated) is not None
    # a single word is a place ("Ann Lee, Kyiv"), a desk or a pen name
    words = plain.split()
    if not 2 <= len(words) <= _MOST or _ADDRESS.search(plain):
        return False
    return _CAPITALLESS.search(plain) is not None or all(
        w[0].isupper() or w.casefold().strip("'’.") in _PARTICLES or w[1:2] in ("'", "’") for w in words
    )
