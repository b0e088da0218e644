"""All chains in short: what the list says of each, how they are chosen from, and figures about them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from rdflib.term import Node

from actiongraph.chains import QUERIES
from actiongraph.chains.dates import Gap, date_span
from actiongraph.chains.drawing.mini_lane import as_mini_lane, mini_lane
from actiongraph.chains.facts import Facts, Labels, preferred
from actiongraph.chains.model import Chain, LinkKind, Named, Step, Words, by_name
from actiongraph.chains.trace import all_follow_ups, assembled, components_of
from actiongraph.engine.base import Engine
from actiongraph.iris import key_of
from actiongraph.settings import Settings
from actiongraph.text import folded
from actiongraph.vocabulary import IRI


@dataclass(frozen=True, slots=True)
class ChainSummary:
    """One chain in short. `roots` and `ends` are its first actions and those that nothing follows.

    `links` counts all links, `probable_links` those that somebody concluded. `gaps` are the gaps in time that are
    known. `years` are those in which a member started, as far as known. A returning partner is one of two or more
    members. `has_loop` tells whether actions follow each other in a circle. `lane` is its beginning as a row of dots,
    in SVG, `text` the folded words of the titles and numbers of its actions, `first_name` and `last_name` what the
    first of its roots and the last of its ends are called.
    """

    key: str
    iri: IRI | None
    size: int
    length: int
    links: int
    probable_links: int
    roots: tuple[IRI, ...]
    ends: tuple[IRI, ...]
    countries: tuple[Named, ...] = ()
    partners: tuple[Named, ...] = ()
    returning_partners: tuple[Named, ...] = ()
    assistance_types: tuple[Named, ...] = ()
    years: tuple[int, ...] = ()
    gaps: tuple[Gap, ...] = ()
    has_loop: bool = False
    themes: tuple[Named, ...] = ()
    places: tuple[Named, ...] = ()
    lane: str = ""
    text: str = ""
    first_name: Words = ""
    last_name: Words = ""

    @property
    def stated(self) -> bool:
        """Tell whether it rests on stated links alone."""
        return not self.probable_links


@dataclass(frozen=True, slots=True)
class Filters:
    """Which chains to choose: those with a member for each of these, not the same one for all.

    `country`, `partner`, `assistance_type`, `theme` and `place` are a key, an IRI, a name in any language or an
    abbreviation, of a country also an ISO code, in whatever case. `from_year` and `to_year` bound the year in which a
    member started, both included. Each word of `text` begins a word in a title or a number, or in a name of what the
    actions are with.
    """

    country: str | None = None
    partner: str | None = None
    assistance_type: str | None = None
    from_year: int | None = None
    to_year: int | None = None
    theme: str | None = None
    place: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures about some chains. `sizes` and `lengths` map each size and length to the number of such chains.

    `gaps` counts the gaps that are known, `gaps_from_start` those that hold the duration of the earlier action.
    The median gap lies between `median_gap.least_days` and `most_days`; `shortest_days` and `longest_days` are the
    least and the most that any gap can be. All three are None where no gap is known.
    """

    chains: int
    actions: int
    links: int
    probable_links: int
    stated_chains: int
    returning: int
    lengths: Mapping[int, int]
    sizes: Mapping[int, int]
    gaps: int
    gaps_from_start: int
    median_gap: Gap | None
    shortest_days: int | None
    longest_days: int | None


def summarise(chain: Chain, places: Mapping[Node, Collection[Named]]) -> ChainSummary:
    """Return `chain` in short, with the `places` of actions; see `read_places`.

    Partners known only by a printed name are left out: two may be one.
    """
    loop_of = {member: loop[0] for loop in chain.loops for member in loop}
    pairs = ((loop_of.get(link.later, link.later), loop_of.get(link.earlier, link.earlier)) for link in chain.links)
    followed = {earlier for later, earlier in pairs if later != earlier}
    partners = Counter(partner for step in chain.steps for partner in step.partners if partner.iri)
    # By start, then by key, an unknown start last.
    in_order = sorted(chain.steps, key=lambda step: (step.start is None, str(step.start), step.key, step.action))
    roots = [step for step in in_order if step.depth == 0]
    ends = [step for step in in_order if loop_of.get(step.action, step.action) not in followed]
    return ChainSummary(
        key=chain.key,
        iri=chain.iri,
        size=len(chain.steps),
        length=chain.length,
        links=len(chain.links),
        probable_links=sum(link.kind is LinkKind.PROBABLE for link in chain.links),
        roots=tuple(step.action for step in roots),
        ends=tuple(step.action for step in ends),
        countries=by_name({country for step in chain.steps for country in step.countries}),
        partners=by_name(partners),
        returning_partners=by_name({partner for partner, members in partners.items() if members > 1}),
        assistance_types=by_name({type_ for step in chain.steps for type_ in step.assistance_types}),
        years=tuple(sorted({span[0].year for step in chain.steps if (span := date_span(step.start or ""))})),
        gaps=tuple(
            sorted(
                (link.gap for link in chain.links if link.gap),
                key=lambda gap: (gap.least_days, gap.most_days, gap.from_end),
            )
        ),
        has_loop=bool(chain.loops),
        themes=by_name({theme for step in chain.steps for theme in step.themes}),
        places=by_name({place for step in chain.steps for place in places.get(step.action, ())}),
        lane=as_mini_lane(mini_lane(chain).part(0)),
        text=" ".join(sorted({word for step in chain.steps for word in _words_of(step)})),
        first_name=roots[0].name,
        last_name=ends[-1].name,
    )


def _words_of(step: Step) -> list[str]:
    return folded(" ".join(filter(None, (step.title, step.number, step.key)))).split()


def read_places(
    engine: Engine, actions: Iterable[IRI], settings: Settings
) -> tuple[dict[Node, tuple[Named, ...]], Mapping[Node, Collection[str]]]:
    """Return the places of each action, and the words by which each place may be sought.

    Raises:
        EngineError: the engine failed.
    """
    found: dict[Node, set[Node]] = defaultdict(set)
    for action, row in QUERIES.ask_of_each(engine, "places", list(actions), settings):
        found[action].add(row["place"])
    labels = Labels(engine, {place for places in found.values() for place in places}, settings, with_words=True)
    return {action: labels.sorted(places) for action, places in found.items()}, labels.words


@dataclass(frozen=True, slots=True)
class Overview:
    """All chains of a dataset, longest first, then biggest, then by key.

    `probable` tells whether probable links were followed. `words` are the names and codes, in lower case, by which
    each country, partner, type, theme and place may be sought beside its key and IRI.
    """

    chains: tuple[ChainSummary, ...]
    probable: bool
    words: Mapping[Node, Collection[str]]


def read_chains(engine: Engine, *, settings: Settings, probable: bool = True) -> Overview:
    """Return all chains of the dataset in short, longest first; without `probable`, those that stated links make.

    No derived fact is needed. An action that follows only itself is in no chain.

    Raises:
        DataError: a follow-up leads to a literal or a blank node.
        EngineError: the engine failed, or gave fewer links than it counts.
    """
    follow_ups = all_follow_ups(engine, settings)
    found = components_of([each for each in follow_ups if probable or each.kind is LinkKind.STATED])
    found = [component for component in found if len(component.members) > 1]
    all_members = [member for members, _ in found for member in members]
    facts = Facts(engine, all_members, settings, brief=True)
    places, words = read_places(engine, all_members, settings)
    chains = (assembled(members, own, facts, settings, probable=probable) for members, own in found)
    return Overview(in_order(summarise(chain, places) for chain in chains), probable, {**facts.words, **words})


def in_order(summaries: Iterable[ChainSummary]) -> tuple[ChainSummary, ...]:
    """Return chains longest first, then biggest, then by key."""
    return tuple(sorted(summaries, key=lambda summary: (-summary.length, -summary.size, summary.key)))


def name_actions(engine: Engine, actions: Iterable[IRI], settings: Settings) -> dict[IRI, Named]:
    """Return each action by its title, else by its number, else by its key.

    Raises:
        EngineError: the engine failed.
    """
    wanted = list(dict.fromkeys(actions))
    found: dict[Node, dict[str, list[Node]]] = defaultdict(lambda: {"title": [], "number": []})
    for action, row in QUERIES.ask_of_each(engine, "titles", wanted, settings):
        for variable in row.keys() - {"row"}:
            found[action][variable].append(row[variable])
    return {
        action: Named(
            preferred(found[action]["title"], settings.languages)
            or preferred(found[action]["number"], settings.languages)
            or key_of(action),
            action,
        )
        for action in wanted
    }
