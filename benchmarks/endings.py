"""How the endings of words turn into those of their lemmas, as simplemma's dictionaries show it.

    python -m benchmarks.endings > archive/endings.toml

A rule "ами>а" stands for: a word that ends in "ами" may be a form of the one that ends in "а" instead. It is kept
where it made at least 100 of a dictionary's forms, and where at least 8 of 10 forms for which it leads to a lemma are
forms of that lemma; a longer one stands beside a shorter one only where that is not kept. Takes half a gigabyte and
two minutes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

# letters of an ending: Turkish hangs one on another
LONGEST = {"uk": 6, "ru": 6, "en": 4, "tr": 9, "pl": 6, "de": 5}
FORMS, RIGHT = 100, 0.8
# endings that make other words and no forms: the dictionary calls a bookseller (kitapçı) a form of a book
OTHER_WORDS = {"tr": ("li", "lı", "lu", "lü", "siz", "sız", "suz", "süz", "ciğim", "cığım")}
# letters that stay: with one there is nothing to tell words by
_STAY = 2


def changes(form: str, lemma: str, longest: int) -> Iterator[tuple[str, str]]:
    """The ways to say what tells a form from its lemma: alone, and with one or two letters before it."""
    same = next((i for i, (a, b) in enumerate(zip(form, lemma, strict=False)) if a != b), min(len(form), len(lemma)))
    for start in range(same, max(same - 3, _STAY - 1), -1):
        if len(form) - start <= longest and len(lemma) - start <= longest:
            yield form[start:], lemma[start:]


def rules(language: str) -> list[tuple[str, str]]:
    """Endings of forms and of their lemmas, those that make most forms first."""
    longest = LONGEST[language]
    lemmas = defaultdict(set)
    for form, lemma in DefaultDictionaryFactory(1).get_dictionary(language).items():
        lemmas[form.lower()].add(lemma.lower())
    known = set().union(*lemmas.values())
    made = Counter(
        change for form, own in lemmas.items() for lemma in own - {form} for change in changes(form, lemma, longest)
    )
    by_ending = defaultdict(list)
    for (ending, other), forms in made.items():
        if forms >= FORMS:
            by_ending[ending].append(other)
    leads: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    for form, own in lemmas.items():
        for length in range(min(longest, len(form) - _STAY) + 1):
            stay, ending = form[: len(form) - length], form[len(form) - length :]
            for other in by_ending.get(ending, ()):
                if stay + other in known:
                    leads[ending, other] += 1
                    right[ending, other] += stay + other in own
    kept: dict[tuple[str, str], int] = {}
    for rule in sorted(leads, key=lambda rule: (len(rule[0]), rule)):
        if right[rule] >= FORMS and right[rule] >= RIGHT * leads[rule] and not any(r in kept for r in shorter(*rule)):
            kept[rule] = right[rule]
    other_words = OTHER_WORDS.get(language, ())
    return sorted((rule for rule in kept if rule[0] not in other_words), key=lambda rule: (-kept[rule], rule))


def shorter(ending: str, other: str) -> Iterator[tuple[str, str]]:
    """The same change without the letters that stay."""
    while ending and other and ending[0] == other[0]:
        ending, other = ending[1:], other[1:]
        yield ending, other


def main() -> None:
    """Print the rules of each language as TOML."""
    print(
        "# What the endings of words turn into in their lemmas, the most common first: made by benchmarks/endings.py"
    )
    for language in LONGEST:
        print(f'{language} = """')
        line = ""
        for rule in map(">".join, rules(language)):
            if len(line) + len(rule) > 117:
                print(line)
                line = ""
            line += f"{' ' if line else ''}{rule}"
        print(f'{line}\n"""')


if __name__ == "__main__":
    main()
