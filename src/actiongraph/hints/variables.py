"""Hints about variables that nothing in the query gives a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actiongraph.hints.context import Context, Hint
from actiongraph.iris import name_of
from actiongraph.sparql.advice import rewritten
from actiongraph.sparql.bindings import UnboundVariable
from actiongraph.text import listed, near_names

UNBOUND = "unbound-variable"
"""The code of the hint on a variable without a value."""
_COMPARED = 30
"""Variables that one is compared with, and code points of the longest that is: this takes no look-up that is timed."""
_NAMED = 3
"""Variables that are named as what may be meant."""


def about_variables(context: Context) -> Iterator[Hint]:
    """Yield a hint on each variable that is selected, made into triples or computed with, and never has a value."""
    for found in context.bindings.unbound:
        yield _unbound(context, found)


def _unbound(context: Context, found: UnboundVariable) -> Hint:
    first = found.tokens[0]
    others = found.others[:_COMPARED] if len(first.text) <= _COMPARED else []
    meant = near_names(first.text[1:], others, most=_NAMED) or _led_to(context, found, others)
    if not meant and found.is_column and len(found.free) <= _NAMED:
        meant = found.free  # so few that one of them may be meant
    spans = [(token.start, token.end) for token in found.tokens]
    edits = [rewritten(context.text, spans, f"?{name}", f"Write ?{name} in place of {first.text}") for name in meant]
    sentence = f"nothing in the query gives {first.text} a value"
    if meant:
        sentence += f"; did you mean {listed(f'?{name}' for name in meant).replace(' and ', ' or ')}?"
    else:
        sentence += ", so it stays empty." if found.is_column else "."
    return context.hint(UNBOUND, first, sentence, f"?{meant[0]}" if meant else "", edits)


def _led_to(context: Context, found: UnboundVariable, others: Sequence[str]) -> Sequence[str]:
    """Return variables that a property of a near name leads to, as ?c in `?action ag:country ?c` for ?country."""
    ends = ((triple.predicate, triple.object.partition(" ")[0][1:]) for triple in context.bindings.triples[:_COMPARED])
    led = {name_of(predicate).lower(): name for predicate, name in ends if name in others}
    return [led[near] for near in near_names(found.tokens[0].text[1:].lower(), led)]
