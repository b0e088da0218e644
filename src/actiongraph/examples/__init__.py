"""The example queries, each a file whose first line puts its question in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from actiongraph.errors import DataError, QueryError, UnknownResource
from actiongraph.programme import EXAMPLES_FOLDER, Programme
from actiongraph.settings import Settings, shipped_programme
from actiongraph.sparql.guard import check_query
from actiongraph.text import near_names
from actiongraph.vocabulary import CANONICAL_BASE

_CANONICAL = re.compile(rf"<{re.escape(CANONICAL_BASE)}(?=(?:id|graph)/)")
_NEAR = 3
_SUFFIX = ".rq"
TWINS = {
    "chains-what-came-after-2014-12-by-derived-facts": "chains-what-came-after-each-first-action-by-derived-facts",
    "chains-what-came-after-2014-12-by-path": "chains-what-came-after-each-first-action-by-path",
    "chains-what-came-before-the-ghana-action": "chains-what-came-before-each-last-action",
    "chains-what-came-of-the-informal-economy-action": "chains-what-came-of-each-action",
    "chains-what-followed-2014-12": "chains-which-actions-followed-directly",
    "chains-which-actions-are-in-the-chain-of-2014-12": "chains-which-actions-are-in-each-chain",
    "chains-which-organization-the-mexican-chain-led-to": "chains-which-organizations-each-chain-led-to",
    "countries-which-actions-assisted-colombia-by-eu-identifier": (
        "countries-which-actions-assisted-each-by-eu-identifier"
    ),
    "harvest-which-actions-started-in-2015": "harvest-how-many-actions-started-in-each-year",
    "partners-which-organizations-have-a-spanish-name": "partners-which-languages-organizations-have-names-in",
    "partners-who-is-meant-by-ipes": "partners-who-is-meant-by-each-abbreviation",
    "themes-which-actions-are-about-social-protection-or-a-narrower-theme": (
        "themes-how-many-actions-are-about-each-or-a-narrower-one"
    ),
    "themes-which-actions-match-dac-code-16013": "themes-which-actions-match-which-dac-code",
}
"""The examples that name things of the shipped data, each with its twin in `general/`, which asks it of any data."""
_IN_ENGLISH = re.compile(
    r'^(?P<start> *OPTIONAL \{ )(?P<triple>.* (?P<name>\?\w+)) \. FILTER \(LANG\((?P=name)\) = "en"\) \}$', re.MULTILINE
)
_FIRST = (
    "chains-what-followed-2014-12",
    "chains-how-long-each-chain-is",
    "countries-how-many-actions-each-received",
    "teams-which-countries-sent-experts",
    "partners-which-came-back-for-a-second-action",
    "themes-how-many-actions-of-each-type-of-assistance",
)


@dataclass(frozen=True, slots=True)
class Example:
    """One question: `question` in plain words, `text` as SPARQL; `group` is the first word of its name."""

    name: str
    group: str
    question: str
    text: str


def load_examples(base: str = CANONICAL_BASE, programme: Programme | None = None) -> tuple[Example, ...]:
    """Return every example for the data of `programme`, by name; the IRIs of things and graphs in it begin with `base`.

    The shipped programme, or None, has those that name its own things. Another has their general twins, with names in
    its languages before those in others, and its own.
    """
    texts = dict(_texts())
    if programme is not None and programme != shipped_programme():
        shipped = (_texts() | _texts("general")).items()
        texts = {name: _in_languages(text, programme.languages) for name, text in shipped if name not in TWINS}
        texts |= programme.examples
    return tuple(
        Example(
            name,
            name.partition("-")[0],
            texts[name].partition("\n")[0].removeprefix("#").strip(),
            _CANONICAL.sub(lambda _: f"<{base}", texts[name]),
        )
        for name in sorted(texts)
    )


@cache
def _texts(folder: str = "") -> dict[str, str]:
    """Return the text of each example in a folder of this room, by its name."""
    found = (file for file in files(__name__).joinpath(folder).iterdir() if file.name.endswith(_SUFFIX))
    return {file.name.removesuffix(_SUFFIX): file.read_text("utf-8") for file in found}


def _in_languages(text: str, languages: Iterable[str]) -> str:
    """Return the query `text` with names in the first of `languages` that they are in, else in any, not in English.

    An OPTIONAL whose variable is bound already keeps its row as it is, so that the first name that is found stays.
    """

    def chain(found: re.Match[str]) -> str:
        start, triple, name = found.group("start", "triple", "name")
        lines = [f'{start}{triple} . FILTER (LANG({name}) = "{tag}") }}' for tag in languages]
        return "\n".join([*lines, f"{start}{triple} }}"])

    return _IN_ENGLISH.sub(chain, text)


def first_examples(base: str = CANONICAL_BASE, programme: Programme | None = None) -> tuple[Example, ...]:
    """Return a few examples for a first look, in the order in which they are best read; see `load_examples`."""
    found = {example.name: example for example in load_examples(base, programme)}
    return tuple(found[name if name in found else TWINS[name]] for name in _FIRST)


def check_own_examples(settings: Settings) -> None:
    """Check the programme's own examples, so that none is published that could not be asked.

    Raises:
        DataError: one is no query, or one that is refused; the message names file and line.
    """
    for name, text in settings.programme.examples.items():
        try:
            check_query(text, settings)
        except QueryError as error:
            file, line = f"{EXAMPLES_FOLDER}/{name}{_SUFFIX}", f", line {error.line}" if error.line else ""
            raise DataError(f"{file}{line}: {error}", file=file, line=error.line) from error


def find_example(name: str, base: str = CANONICAL_BASE, programme: Programme | None = None) -> Example:
    """Return the example called `name`; see `load_examples`.

    Raises:
        UnknownResource: there is none; `near` has up to three names: those that contain it, then those spelled alike.
    """
    examples = {example.name: example for example in load_examples(base, programme)}
    if name in examples:
        return examples[name]
    wanted = name.lower()
    within = [known for known in examples if wanted and wanted in known]
    near = tuple(dict.fromkeys([*within, *near_names(wanted, examples, most=_NEAR)]))[:_NEAR]
    advice = f"did you mean {' or '.join(near)}?" if near else "see all of them at /examples."
    raise UnknownResource(f"No example is called {name!r}; {advice}", near=near)
