"""trafilatura's expressions, each asked once of elements that are alike.

Half of the time that trafilatura takes goes into expressions such as ``.//*[self::div or self::p][contains(@id,
'teaser') or re:test(@class, 'share|social')]``, asked of every element of a page some ten times over, each regular
expression by a call from C into Python. What they ask is what the element itself states, and elements of one site
state the same over and over. So the very same expression is asked of the first element with a tag and attributes, and
its answer holds for the next ones: the same elements come out, and a page takes trafilatura a quarter less time.

An expression that asks more (of what an element holds, or where it stands) is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import islice
from typing import Any

from lxml import etree
from trafilatura import xpaths

# answers that are kept for an expression, and for how many characters of an element's attributes one is
_ANSWERS, _LENGTH = 4_000, 400
_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
# a step down with what it asks, as in ".//div[...][...]", the first of all that are found, and of each element's own
_STEP = re.compile(r"\s*\.//([*\w-]+)\s*((?:\[[^\[\]]*\]\s*)*)")
_FIRST = re.compile(r"(\s*\()(.*)\)\s*\[1\]\s*", re.DOTALL)
_FIRST_CHILD = re.compile(r"()(.*)\[1\]\s*", re.DOTALL)
# all that an element can be asked of itself; literals are blanks
_OWN = re.compile(
    r"(?:@[\w-]+|self::[\w-]+|\b(?:or|and)\b|\b(?:not|contains|starts-with|translate|re:test)(?=\()"
    r"|[\[\]()=,|]|' *'|\s)*"
)
_TAGS = re.compile(r"\[\s*(self::[\w-]+(?:\s+or\s+self::[\w-]+)*)\s*\]")
_TAG, _ATTRIBUTE = re.compile(r"self::([\w-]+)"), re.compile(r"@([\w-]+)")
_NAMESPACES = {"re": "http://exslt.org/regular-expressions"}


def ask_once() -> None:
    """Put those that give the same answers in the place of trafilatura's own, for this process."""
    for expressions in (
        xpaths.BODY_XPATH, xpaths.OVERALL_DISCARD_XPATH, xpaths.TEASER_DISCARD_XPATH, xpaths.DISCARD_IMAGE_ELEMENTS,
        xpaths.RAW_TREE_PRUNE_XPATH, xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH,
    ):  # fmt: skip
        expressions[:] = map(asked_once, expressions)
    baseline = import_module("trafilatura.baseline")  # the package has a function of that name
    baseline.BASIC_CLEAN_XPATH = asked_once(baseline.BASIC_CLEAN_XPATH)  # type: ignore[attr-defined]


def asked_once(expression: etree.XPath) -> etree.XPath:
    """An expression that finds the same elements in the same order.

    Itself where it asks for more than what elements state of themselves, or was asked once before.
    """
    path = str(expression.path)
    plain = _LITERAL.sub(lambda found: f"'{' ' * (len(found[0]) - 2)}'", path)
    first = _FIRST.fullmatch(plain)
    child = None if first else _FIRST_CHILD.fullmatch(plain)
    at, end = found.span(2) if (found := first or child) else (0, len(plain))
    questions, tags = [], set()
    while step := _STEP.match(plain, at, end):
        if not _OWN.fullmatch(step[2]):
            return expression
        questions.append(f"self::{step[1]}{path[slice(*step.span(2))]}")
        named = _TAGS.match(step[2])
        tags |= set(_TAG.findall(named[1])) if named and step[1] == "*" else {step[1]}
        at = step.end()
        if at == end or plain[at] != "|":
            break
        at += 1
    if isinstance(expression, _AskedOnce) or not questions or at < end or (child and len(questions) > 1):
        return expression
    attributes = sorted(set(_ATTRIBUTE.findall(plain)))
    # of "@id|@class" the one is meant that an element states first
    ordered = "@|" in "".join(_ATTRIBUTE.sub("@", plain).split())
    return _AskedOnce(path, questions, sorted(tags), attributes, ordered, bool(first), bool(child))


class _AskedOnce(etree.XPath):
    """``questions``: an element is found that says yes to one; ``tags``: only they are asked; ``attributes``: what
    their answers hang on, and if ``ordered`` on which stands first; ``first``, ``child``: of all found the first, or
    of each parent's.
    """

    def __init__(
        self,
        path: str,
        questions: list[str],
        tags: list[str],
        attributes: list[str],
        ordered: bool,
        first: bool,
        child: bool,
    ) -> None:
        super().__init__(path, namespaces=_NAMESPACES)
        self._question = etree.XPath(f"boolean({' | '.join(questions)})", namespaces=_NAMESPACES)
        self._tags = ["*"] if "*" in tags else tags
        self._attributes, self._ordered, self._first, self._child = attributes, ordered, first, child
        self._answers: dict[tuple[object, ...], bool] = {}

    def __call__(self, tree: etree._Element, /, **_variables: Any) -> list[etree._Element]:  # type: ignore[override]
        found = self._found(tree)
        if self._child:
            of_parent: dict[etree._Element | None, etree._Element] = {}
            for element in found:
                of_parent.setdefault(element.getparent(), element)
            return list(of_parent.values())
        return list(islice(found, 1) if self._first else found)

    def _found(self, tree: etree._Element) -> Iterator[etree._Element]:
        answers, attributes = self._answers, self._attributes
        for element in tree.iterdescendants(*self._tags):
            key: tuple[object, ...] = (element.tag, *map(element.get, attributes))
            if self._ordered and key.count(None) < len(attributes) - 1:
                key += (*element.keys(),)
            answer = answers.get(key)
            if answer is None:
                answer = self._ask(element, key)
            if answer:
                yield element

    def _ask(self, element: etree._Element, key: tuple[object, ...]) -> bool:
        answer = bool(self._question(element))
        if sum(len(value) for value in key if isinstance(value, str)) <= _LENGTH:
            if len(self._answers) >= _ANSWERS:
                self._answers.clear()
            self._answers[key] = answer
        return answer
