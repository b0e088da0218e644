"""Hints about names: graphs, prefixes and IRIs that the release lacks, or has in another role."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from actiongraph.errors import Edit
from actiongraph.hints.context import ROLES, Context, Hint, best, count_in
from actiongraph.index.term_index import IndexedTerm
from actiongraph.iris import name_of, namespace_of
from actiongraph.sparql.lexer import Kind
from actiongraph.sparql.term_uses import Role, Use
from actiongraph.sparql.terms import Term
from actiongraph.text import NEAR, counted, likeness_of
from actiongraph.vocabulary import PREFIXES

_NEAR_ELSEWHERE = 0.85
"""From this likeness on, a namespace may be meant for another, or a name for one in another namespace."""
_MOST = 200
"""Graphs, or namespaces, that one is compared with."""
_PREFIXES = 20
"""Prefixes that are looked at."""
_TRIED = 3
"""Names that are tried in another namespace."""
DEPRECATED = "deprecated-term"
"""The code of the hint on a term that finds something and is to go."""
GRAPHS = frozenset({Role.GRAPH, Role.FROM, Role.FROM_NAMED})
_PREFIXED = frozenset({Kind.PNAME_LN, Kind.PNAME_NS})
_TWINS: Mapping[str, str] = {
    "http://purl.org/dc/elements/1.1/": "http://purl.org/dc/terms/",
    "http://purl.org/dc/terms/": "http://purl.org/dc/elements/1.1/",
}
"""Namespaces that have many names in common and are taken for one another."""


def about_graphs(context: Context) -> Iterator[Hint]:
    """Yield hints on graphs that the release, or the query's dataset, does not have."""
    for use in context.reading.uses:
        if use.role in GRAPHS and use.term.text not in context.graphs:
            yield _unknown_graph(context, use)
        elif use.role is Role.GRAPH and context.named_graphs and use.term.text not in context.named_graphs:
            shown = context.shown(use.term)
            sentence = f"the query's dataset does not name the graph {shown}; add FROM NAMED {shown}."
            added = context.naming("FROM NAMED", use.term.text)
            yield context.hint("graph-not-named", use, sentence, f"FROM NAMED {shown}", [added])
    if context.reading.graphs and not context.named_graphs:
        sentence = "the query's dataset has no named graphs, so GRAPH finds nothing; add them with FROM NAMED."
        yield context.hint("no-named-graphs", context.reading.graphs[0], sentence, "FROM NAMED")


def _unknown_graph(context: Context, use: Use) -> Hint:
    sentence = f"there is no graph {context.shown(use.term)} in the release"
    rated = [(likeness_of(use.term.text, graph), graph) for graph in islice(context.graphs, _MOST)]
    likeness, near = max(rated, default=(0.0, ""))
    if likeness < NEAR:
        return context.hint("unknown-graph", use, f"{sentence}.")
    meant, triples = context.shown(Term(near)), counted(context.graphs[near], "triple")
    sentence = f"{sentence}; did you mean {meant} ({triples})?"
    return context.hint("unknown-graph", use, sentence, meant, context.replacing(use, Term(near)))


def wrong_prefixes(context: Context) -> dict[str, Hint]:
    """Return, by namespace, the hint on each prefix whose namespace the release lacks while it has a similar one."""
    hints = {}
    for label, names in islice(_names_by_prefix(context).items(), _PREFIXES):
        namespace, token = context.reading.prefixes[label]
        if not _is_known(context, namespace, names) and (meant := _meant_namespace(context, namespace, names)):
            sentence = f"no name in the release begins with <{namespace}>, which {label}: stands for"
            declaration = f"PREFIX {label}: <{meant}>"
            edit = Edit(token.start, token.end, f"<{meant}>", f"Write {declaration}")
            sentence = f"{sentence}; did you mean <{meant}>?"
            hints[namespace] = context.hint("prefix", token, sentence, declaration, [edit])
    return hints


def _names_by_prefix(context: Context) -> Mapping[str, list[str]]:
    """Return the local names that the query writes with each prefix, but for names of graphs."""
    names: dict[str, list[str]] = defaultdict(list)
    for use in context.reading.uses:
        if use.token.kind in _PREFIXED and use.role not in GRAPHS and not use.term.is_literal:
            label = use.token.text.partition(":")[0]
            names[label].append(use.term.text[len(context.reading.prefixes[label][0]) :])
    return names


def _is_known(context: Context, namespace: str, names: Sequence[str]) -> bool:
    """Tell whether the release has names in `namespace`; one that does not end as they do must have one of `names`."""
    if namespace.endswith(("#", "/")):
        return context.index.has_namespace(namespace)
    return any(context.index.uses(Term(namespace + name)) for name in names[:_TRIED])


def _meant_namespace(context: Context, namespace: str, names: Sequence[str]) -> str | None:
    """Return a namespace near this one that has `names`, else one that differs in its spelling only."""
    known = dict.fromkeys((*islice(context.index.namespaces(), _MOST), *PREFIXES.values()))
    close = [
        iri
        for iri in known
        if iri == _TWINS.get(namespace)
        or (iri != namespace and (_bare(iri) == _bare(namespace) or likeness_of(iri, namespace) >= _NEAR_ELSEWHERE))
    ]
    for iri in sorted(close, key=lambda iri: -likeness_of(iri, namespace)):
        if all(context.index.uses(Term(iri + name)) for name in names[:_TRIED]):
            return iri
    return next((iri for iri in close if _bare(iri) == _bare(namespace)), None)


def _bare(namespace: str) -> str:
    """Return `namespace` without http or https, www, letter case, and the # or slash at its end."""
    return re.sub(r"^https?://(?:www\.)?", "", namespace.lower()).rstrip("#/")


def about_iri(context: Context, use: Use) -> Hint | None:
    """Return a hint if an IRI does not occur, or not in its role, or not in the graphs of the query."""
    known = context.index.uses(use.term)
    uses = {graph: count_in(use.role, found) for graph, found in known.items()}
    looked_in = context.graphs_of(use)
    if any(uses[graph] for graph in looked_in if graph in uses) or (use.graph and not looked_in):
        return None
    shown = context.shown(use.term)
    if any(uses.values()):
        return context.elsewhere(use, uses)
    if not known:
        code, sentence = "unknown-term", f"{shown} does not occur in the release"
    else:
        _, code, what = ROLES[use.role]
        sentence = f"{shown} is in the release, but {what}"
    return context.hint_near(use, code, sentence, _nearest_terms(context, use))


def about_deprecated(context: Context, use: Use) -> Hint | None:
    """Return a hint if a property or class that is there is to go, by its vocabulary, with what it gives way to."""
    if use.role not in (Role.PREDICATE, Role.CLASS):
        return None
    successors = [context.shown(Term(iri)) for iri in context.index.successors(use.term.text)]
    if not successors:
        return None
    sentence = f"{context.shown(use.term)} is deprecated and goes with the next minor version"
    return context.hint(DEPRECATED, use, f"{sentence}; use {' or '.join(successors)}.", successors[0])


def _nearest_terms(context: Context, use: Use) -> list[IndexedTerm]:
    """Return up to three terms in the role of `use` whose names are near, those of the same namespace first."""
    namespace, name = namespace_of(use.term.text), name_of(use.term.text).lower()
    rated: dict[Term, tuple[float, IndexedTerm]] = {}
    for found in context.index.near(use.term):
        if found.term not in rated and found.term != use.term and count_in(use.role, found.uses):
            is_same = namespace_of(found.term.text) == namespace
            likeness = likeness_of(name_of(found.term.text).lower(), name)
            if likeness >= (NEAR if is_same else _NEAR_ELSEWHERE):
                rated[found.term] = (likeness + is_same, found)
    return best(rated.values())
