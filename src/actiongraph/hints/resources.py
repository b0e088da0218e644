"""Hints about the names in a query: graphs, prefixes and IRIs that the release does not have, or not as this."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from actiongraph.hints.context import Asked, Saying, elsewhere, times
from actiongraph.hints.likeness import NEAR, NEAR_ELSEWHERE, best, is_close, nearest, ratio, same_but_for_spelling
from actiongraph.index.term_index import IndexedTerm, TermUses
from actiongraph.iris import name_of, namespace_of
from actiongraph.sparql.lexer import Kind
from actiongraph.sparql.term_uses import Role, Use
from actiongraph.sparql.terms import Term
from actiongraph.vocabulary import PREFIXES

_MOST = 200
"""Graphs, or namespaces, that one is compared with."""
_PREFIXES = 20
"""Prefixes that are looked at."""
_TRIED = 3
"""Names that are tried in another namespace."""
_GRAPHS = frozenset({Role.GRAPH, Role.FROM, Role.FROM_NAMED})
_PREFIXED = frozenset({Kind.PNAME_LN, Kind.PNAME_NS})
_COUNTS: Mapping[Role, Callable[[TermUses], int]] = {
    Role.SUBJECT: lambda uses: uses.subjects,
    Role.PREDICATE: lambda uses: uses.predicates,
    Role.OBJECT: lambda uses: uses.objects,
    Role.CLASS: lambda uses: uses.instances,
}
_UNUSED: Mapping[Role, tuple[str, str]] = {
    Role.SUBJECT: ("never-subject", "is never the subject of a triple"),
    Role.PREDICATE: ("never-predicate", "is never used as a predicate"),
    Role.OBJECT: ("never-object", "is never the object of a triple"),
    Role.CLASS: ("no-instances", "has no instances"),
}
_TWINS: Mapping[str, str] = {
    "http://purl.org/dc/elements/1.1/": "http://purl.org/dc/terms/",
    "http://purl.org/dc/terms/": "http://purl.org/dc/elements/1.1/",
}
"""Namespaces that have many names in common and are taken for one another."""


def _total(uses: TermUses) -> int:
    return uses.total


def about_graphs(asked: Asked) -> Iterator[Saying]:
    """Say which graphs are named that there are not, or that the query's dataset leaves out."""
    for use in asked.reading.uses:
        if use.role in _GRAPHS and use.term.text not in asked.graphs:
            yield _unknown_graph(asked, use)
        elif use.role is Role.GRAPH and asked.named_graphs and use.term.text not in asked.named_graphs:
            shown = asked.shown(use.term)
            sentence = f"the query's dataset does not name the graph {shown}; add FROM NAMED {shown}."
            yield Saying("graph-not-named", use.token, sentence, f"FROM NAMED {shown}")
    if asked.reading.graphs and not asked.named_graphs:
        sentence = "the query's dataset has no named graphs, so GRAPH finds nothing; FROM NAMED names them."
        yield Saying("no-named-graphs", asked.reading.graphs[0], sentence, "FROM NAMED")


def _unknown_graph(asked: Asked, use: Use) -> Saying:
    sentence = f"there is no graph {asked.shown(use.term)} in the release"
    near = nearest(use.term.text, islice(asked.graphs, _MOST))
    if near is None:
        return Saying("unknown-graph", use.token, f"{sentence}.")
    meant, count = asked.shown(Term(near)), asked.graphs[near]
    triples = f"{count:,} triple{'' if count == 1 else 's'}"
    return Saying("unknown-graph", use.token, f"{sentence}; did you mean {meant} ({triples})?", meant)


def wrong_prefixes(asked: Asked) -> dict[str, Saying]:
    """Return what to say of each prefix whose namespace the release does not have, while it has one that is close.

    The keys are the namespaces.
    """
    sayings = {}
    for label, names in islice(_names_by_prefix(asked).items(), _PREFIXES):
        namespace, token = asked.reading.prefixes[label]
        if not _is_known(asked, namespace, names) and (meant := _meant_namespace(asked, namespace, names)):
            sentence = f"no name of the release begins with <{namespace}>, which {label}: stands for"
            declaration = f"PREFIX {label}: <{meant}>"
            sayings[namespace] = Saying("prefix", token, f"{sentence}; did you mean <{meant}>?", declaration)
    return sayings


def _names_by_prefix(asked: Asked) -> Mapping[str, list[str]]:
    """Return the local names that the query writes with each prefix, but for names of graphs."""
    names: dict[str, list[str]] = defaultdict(list)
    for use in asked.reading.uses:
        if use.token.kind in _PREFIXED and use.role not in _GRAPHS and not use.term.is_literal:
            label = use.token.text.partition(":")[0]
            names[label].append(use.term.text[len(asked.reading.prefixes[label][0]) :])
    return names


def _is_known(asked: Asked, namespace: str, names: Sequence[str]) -> bool:
    """Tell whether the release has names in `namespace`; one that does not end as they do must have one of `names`."""
    if namespace.endswith(("#", "/")):
        return asked.index.has_namespace(namespace)
    return any(asked.index.uses(Term(namespace + name)) for name in names[:_TRIED])


def _meant_namespace(asked: Asked, namespace: str, names: Sequence[str]) -> str | None:
    """Return a namespace near this one that has `names`, else one that differs in its spelling only."""
    known = dict.fromkeys((*islice(asked.index.namespaces(), _MOST), *PREFIXES.values()))
    close = [iri for iri in known if iri != namespace and (iri == _TWINS.get(namespace) or is_close(iri, namespace))]
    for iri in sorted(close, key=lambda iri: -ratio(iri, namespace)):
        if all(asked.index.uses(Term(iri + name)) for name in names[:_TRIED]):
            return iri
    return next((iri for iri in close if same_but_for_spelling(iri, namespace)), None)


def about_iri(asked: Asked, use: Use) -> Saying | None:
    """Say what is near an IRI that does not occur, or not in its role, or not in the graphs that are asked."""
    count = _COUNTS.get(use.role, _total)
    known = asked.index.uses(use.term)
    uses = {graph: count(found) for graph, found in known.items()}
    looked_in = asked.graphs_of(use)
    if any(uses[graph] for graph in looked_in if graph in uses) or (use.graph and not looked_in):
        return None
    shown = asked.shown(use.term)
    if any(uses.values()):
        return elsewhere(asked, use, uses)
    if not known:
        return _with_near(asked, use, "unknown-term", f"{shown} occurs nowhere in the release")
    code, what = _UNUSED[use.role]
    return _with_near(asked, use, code, f"{shown} is in the release, but {what}")


def _with_near(asked: Asked, use: Use, code: str, sentence: str) -> Saying:
    count = _COUNTS.get(use.role, _total)
    near = _nearest_terms(asked, use)
    if not near:
        return Saying(code, use.token, f"{sentence}.")
    listed = " or ".join(f"{asked.shown(found.term)} ({times(count(found.uses))})" for found in near)
    return Saying(code, use.token, f"{sentence}; did you mean {listed}?", asked.shown(near[0].term))


def _nearest_terms(asked: Asked, use: Use) -> list[IndexedTerm]:
    """Return up to three terms in the role of `use` whose names are near, those of the same namespace first."""
    count = _COUNTS.get(use.role, _total)
    namespace, name = namespace_of(use.term.text), name_of(use.term.text).lower()
    rated: dict[Term, tuple[float, IndexedTerm]] = {}
    for found in asked.index.near(use.term):
        if found.term not in rated and found.term != use.term and count(found.uses):
            is_same = namespace_of(found.term.text) == namespace
            likeness = ratio(name_of(found.term.text).lower(), name)
            if likeness >= (NEAR if is_same else NEAR_ELSEWHERE):
                rated[found.term] = (likeness + is_same, found)
    return best(rated.values())
