"""Results that follow from others are left out, and what may be meant by an unknown value is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import rdflib
from rdflib import SH
from rdflib.term import Node

from actiongraph.iris import name_of, namespace_of
from actiongraph.text import near_names
from actiongraph.validate.curated import Curated, text_of
from actiongraph.validate.report import Severity, ValidationResult
from actiongraph.vocabulary import AG, AGSH, IRI

MISTAKEN = IRI(AGSH["mistaken-namespace"])
_NOT_IN_SOURCE, _QUOTE_LENGTH = IRI(AGSH["passage-not-in-source"]), IRI(AGSH["passage-quote-length"])
COMPUTED = frozenset(
    AG[name]
    for name in (
        "Chain", "chainDepth", "chainLength", "chainRoot", "chainSize", "comesAfter", "comesBefore", "earliestStart",
        "followedBy", "inChain", "latestStart", "probablyFollowedBy", "startYear",
    )
)  # fmt: skip
"""Terms of facts that a build computes and nobody enters."""
_TARGETS = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf)
_CERTAIN = 0.75
_MOST_SUGGESTIONS = 50
"""Of more unknown values than this the near ones are not looked for, which takes time and helps nobody."""


def without_consequences(
    results: Iterable[ValidationResult], curated: Curated, shapes: rdflib.Graph
) -> list[ValidationResult]:
    """Return `results` without those that say what another one explains.

    * What is wrong with a computed fact follows from what it is computed from, if that breaks a rule, and if nobody
      entered such a fact of the same thing by hand.
    * What an undescribed thing lacks follows from its not being described, if another result is about that.
    * That a quote and its position differ in length follows from its not being there in the source.
    * What is about things of a file whose terms are all in a mistaken namespace follows from that.
    """
    found = list(results)
    if unread := {result.file for result in found if result.shape == MISTAKEN and str(AG) in (result.allowed or "")}:
        things = curated.subjects(lambda path: path.name in unread)
        found = [each for each in found if each.explains or not {str(each.focus), str(each.value)} & things]
    about_computed = {shape for shape in {result.shape for result in found} if _is_about_computed(shape, shapes)}
    if any(result.severity is Severity.VIOLATION and result.shape not in about_computed for result in found):
        entered = _entered(curated)
        found = [result for result in found if result.shape not in about_computed or str(result.focus) in entered]
    misplaced = {result.focus for result in found if result.shape == _NOT_IN_SOURCE}
    found = [result for result in found if result.shape != _QUOTE_LENGTH or result.focus not in misplaced]
    named = {result.value for result in found if result.value != result.focus}
    if suspects := {str(result.focus) for result in found if result.focus in named}:
        undescribed = suspects - curated.subjects()
        found = [result for result in found if str(result.focus) not in undescribed]
    return found


def _is_about_computed(shape: Node, shapes: rdflib.Graph) -> bool:
    """Tell whether a rule, or the shape that it is part of, looks at computed facts alone."""
    whole = {shape, *shapes.subjects(SH.property, shape)}
    targets = {target for each in whole for kind in _TARGETS for target in shapes.objects(each, kind)}
    return bool(targets) and targets <= COMPUTED


def _entered(curated: Curated) -> set[str]:
    """Return the things that computed facts are entered of."""
    quads = curated.all(*(str(term) for term in COMPUTED))
    return {
        *(text_of(term) for quad in quads for term in (quad.subject, quad.object)),
        *(thing for thing, classes in curated.classes_of.items() if str(AG.Chain) in classes),
    }


def with_suggestions(
    results: Iterable[ValidationResult], described: Callable[[str], Iterable[str]]
) -> list[ValidationResult]:
    """Return `results`, each with the nearest thing where its value is none that is described, but lies beside some.

    `described` yields the things whose names in angle brackets begin with a text. It is asked only if a result has an
    IRI as its value.
    """
    told = list(results)
    values = {str(result.value) for result in told if _may_be_misspelt(result)}
    missing = [value for value in values if not any(described(f"<{value}>"))]
    names = {
        namespace: {name_of(thing) for thing in described(f"<{namespace}") if namespace_of(thing) == namespace}
        for namespace in {namespace_of(value) for value in missing}
    }
    unknown = [value for value in missing if names[namespace_of(value)]]
    if len(unknown) > _MOST_SUGGESTIONS:
        return told
    near = {
        value: near_names(name_of(value), sorted(names[namespace_of(value)]), likeness=_CERTAIN) for value in unknown
    }
    return [
        replace(result, message=f"{result.message} Did you mean {namespace_of(value)}{found[0]}?")
        if _may_be_misspelt(result) and (found := near.get(value := str(result.value)))
        else result
        for result in told
    ]


def _may_be_misspelt(result: ValidationResult) -> bool:
    return isinstance(result.value, IRI) and result.value != result.focus and not result.explains
