"""Chains made up for pictures: from a list of links, or any at all."""

from hypothesis import strategies as st

from actiongraph.chains.model import Chain, Link, LinkKind, Named, Step
from actiongraph.chains.order import ordered, shape_of
from actiongraph.vocabulary import IRI

STATED, PROBABLE = LinkKind.STATED, LinkKind.PROBABLE


def iri(key):
    return IRI(f"https://example.org/id/action/{key}")


def made_chain(links, starts=(), **known):
    """Return a chain of `links`, each (earlier, later) with or without its kind; `starts` are dates by key.

    `known` tells, by key, what else to say of a step.
    """
    starts = dict(starts)
    linked = [(later, earlier, *(kind or [STATED])) for earlier, later, *kind in links]
    pairs = [(later, earlier) for later, earlier, _ in linked]
    members = sorted({*starts, *known, *(member for pair in pairs for member in pair)})
    shape = shape_of(members, pairs)
    order = ordered(members, pairs, {member: starts.get(member) for member in members}, str)
    place = {member: number for number, member in enumerate(order)}
    linked.sort(key=lambda link: (place[link[0]], place[link[1]], link[2]))
    return Chain(
        key=min(members),
        steps=tuple(
            Step(
                **{
                    "action": iri(member),
                    "key": member,
                    "title": f"Title of {member}",
                    "countries": (Named("Ghana"),),
                    "start": starts.get(member),
                    "depth": shape.depth[member],
                }
                | known.get(member, {})
            )
            for member in order
        ),
        links=tuple(Link(iri(later), iri(earlier), kind) for later, earlier, kind in linked),
        loops=tuple(tuple(iri(member) for member in loop) for loop in shape.loops),
    )


KINDS = st.sampled_from(LinkKind)
YEARS = st.none() | st.integers(2008, 2016).map(str)


@st.composite
def any_chains(draw, most=14, loops=True):
    """Any chain: forks, joins, both kinds of link, dates that are missing or contradict the links, and loops."""
    keys = [f"a{number:02}" for number in range(draw(st.integers(1, most)))]
    key = st.sampled_from(keys)
    pairs = draw(st.sets(st.tuples(key, key), max_size=2 * len(keys)))
    if not loops:
        pairs = {(earlier, later) for earlier, later in pairs if earlier < later}
    starts = {member: draw(YEARS) for member in keys}
    return made_chain([(*pair, draw(KINDS)) for pair in sorted(pairs)], starts)


@st.composite
def trees(draw, most=18):
    """A chain in which each action but the first follows exactly one other, at any later year, or an unknown one."""
    parents = [draw(st.integers(0, number)) for number in range(draw(st.integers(1, most)) - 1)]
    links = [(f"a{parent:02}", f"a{number:02}", draw(KINDS)) for number, parent in enumerate(parents, start=1)]
    return made_chain(links, {"a00": "2008"} | {later: draw(YEARS) for _, later, _ in links})
