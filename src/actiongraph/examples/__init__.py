"""The example queries, each a file whose first line puts its question in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from actiongraph.errors import UnknownResource
from actiongraph.text import near_names
from actiongraph.vocabulary import CANONICAL_BASE

_CANONICAL = re.compile(rf"<{re.escape(CANONICAL_BASE)}(?=(?:id|graph)/)")
_NEAR = 3
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


@cache
def load_examples(base: str = CANONICAL_BASE) -> tuple[Example, ...]:
    """Return every example, by name; the IRIs of things and graphs in it begin with `base`."""
    found = []
    for file in files(__name__).iterdir():
        name, _, suffix = file.name.rpartition(".")
        if suffix == "rq":
            text = file.read_text("utf-8")
            question = text.partition("\n")[0].removeprefix("#").strip()
            group = name.partition("-")[0]
            found.append(Example(name, group, question, _CANONICAL.sub(lambda _: f"<{base}", text)))
    return tuple(sorted(found, key=lambda example: example.name))


def first_examples(base: str = CANONICAL_BASE) -> tuple[Example, ...]:
    """Return a few examples for a first look, in the order in which they are best read."""
    found = {example.name: example for example in load_examples(base)}
    return tuple(found[name] for name in _FIRST)


def find_example(name: str, base: str = CANONICAL_BASE) -> Example:
    """Return the example called `name`; the IRIs of things and graphs in it begin with `base`.

    Raises:
        UnknownResource: there is none; `near` has up to three names: those that contain it, then those spelled alike.
    """
    examples = {example.name: example for example in load_examples(base)}
    if name in examples:
        return examples[name]
    wanted = name.lower()
    within = [known for known in examples if wanted and wanted in known]
    near = tuple(dict.fromkeys([*within, *near_names(wanted, examples, most=_NEAR)]))[:_NEAR]
    advice = f"did you mean {' or '.join(near)}?" if near else "see all of them at /examples."
    raise UnknownResource(f"No example is called {name!r}; {advice}", near=near)
