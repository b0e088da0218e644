"""Chains of any size with forks and merges, in the words of the generator; what is made is what is true of them."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pyoxigraph as ox

from bench.actions import THEMES, TOPICS, TYPES, VERBS, Action, Link, Partner
from bench.countries import RECEIVING
from bench.statements import reference_statements, source_statements, statements_of

_GRAPH = "http://example.org/graph/"
_SOURCE = "woven"


def woven(size: int, seed: int = 1, prefix: str = "action", open_ends: int = 6) -> list[Action]:
    """Return a chain of `size` actions over twenty years: each follows one or two of the last `open_ends`."""
    random = Random(seed)  # noqa: S311 - the same chain each time is the point
    made: list[Action] = []
    day = date(2005, 2, 1)
    for place in range(size):
        country = RECEIVING[0] if random.random() < 0.7 else random.choice(RECEIVING[1:6])
        is_merge = place > 3 and random.random() < 0.12
        earlier = random.sample(made[-open_ends:], min(len(made), 2 if is_merge else 1))
        topic = random.choice(TOPICS)
        made.append(
            Action(
                key=f"{prefix}-{place + 1:07d}",
                number=None,
                country=country,
                depth=max((action.depth + 1 for action in earlier), default=0),
                title=f"{random.choice(VERBS)} {topic} in {country.name} ({place + 1})",
                topic=topic,
                partner=Partner(random.randint(1, 3), country),
                is_partner_new=True,
                assistance=random.choice(TYPES),
                themes=(random.choice(THEMES),),
                start=None if random.random() < 0.05 else day.isoformat(),
                links=tuple(Link(action, random.random() < 0.6) for action in earlier),
            )
        )
        day += timedelta(days=random.randrange(1, 2 * 6_800 // max(size, 30)))
    return made


def quads_of(*chains: list[Action]) -> list[ox.Quad]:
    """Return all that the generator says of `chains`."""
    statements = [*reference_statements(), *source_statements(_SOURCE, 1)]
    statements += [each for chain in chains for action in chain for each in statements_of(action, _SOURCE)]
    lines = "\n".join(f"{each.triple} <{_GRAPH}{each.graph}> ." for each in statements)
    return list(ox.parse(lines, format=ox.RdfFormat.N_QUADS))
