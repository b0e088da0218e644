"""Routes to whole graphs by their names: `/graph-store`, the reading half of the Graph Store Protocol, and `/graph/…`.

Each graph is read by a query, so that the same limits hold.

Source: SPARQL 1.1 Graph Store HTTP Protocol, sections 4 and 5.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import islice

from flask import Flask, Response, render_template, request, url_for

from actiongraph import formats
from actiongraph.catalogue.identifiers import Identifiers
from actiongraph.engine.base import Dataset, Engine
from actiongraph.errors import RequestError, UnknownResource
from actiongraph.formats import HTML, Result
from actiongraph.iris import is_iri, is_web_address, quote_path
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.query import CheckedQuery
from actiongraph.sparql.values import serialised
from actiongraph.text import near_names
from actiongraph.things.thing import names_of, things_in_graph
from actiongraph.vocabulary import IRI, PREFIXES
from actiongraph.web import responses
from actiongraph.web.http.addresses import link_of, locate
from actiongraph.web.site import Site

_NEAR = 3
_LIKENESS = 0.8
"""Names of graphs begin alike, so that unlike ones are closer to each other than other words."""
_LONGEST_LIKENED = 1_000
_MOST_LIKENED = 1_000
_MOST_THINGS = 20
"""Near names are looked for among so many graphs, and not for longer names than any graph has."""


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to whole graphs."""

    @app.get("/graph-store")
    def named_graph() -> Response:
        return _whole_graph(site, _read_name(responses.parameters(site.settings)))

    @app.get("/.well-known/sparql-examples")
    def query_examples() -> Response:
        """Return the graph of the example queries, or for people the page that shows them, where fragments lead too."""
        if responses.choose((*formats.offers(Result.GRAPH), formats.HTML), site.settings) is formats.HTML:
            return responses.redirect(locate("examples", site.settings))
        return _whole_graph(site, Identifiers(site.settings.base).examples_graph)

    @app.get("/graph/<path:key>")
    def graph_at(key: str) -> Response:
        """Return the graph under the base; source: section 4.1."""
        name = f"{site.settings.base}graph/{key}"
        if not is_iri(name):
            raise _unknown(name)
        return _whole_graph(site, IRI(name), key)


def _whole_graph(site: Site, name: IRI | None, key: str | None = None) -> Response:
    """Return the graph `name`; where it is at `/graph/{key}`, for people a page about it."""
    snapshot, settings = site.snapshot(), site.settings
    dataset = _find(snapshot, name)
    offered = formats.offers(Result.GRAPH)
    chosen = responses.choose(offered if key is None else (*offered, HTML), settings)

    # A graph holds what stands in it; what it is, the catalogue says.
    described = f'<{locate("catalog", settings)}>; rel="describedby"' if snapshot.folder else None

    def write(engine: Engine) -> bytes:
        if chosen is HTML and name is not None:
            return _page(engine, site, snapshot, name, key or "")
        query = _query(settings)
        if snapshot.version is not None:
            query = replace(query, prefixes=PREFIXES)
        return engine.answer(query, chosen, dataset)

    return site.respond(
        snapshot, f"graph-store?{name or 'default'}", chosen, write, link=described, rendered=chosen is HTML
    )


def _page(engine: Engine, site: Site, snapshot: Snapshot, name: IRI, key: str) -> bytes:
    """Return the page about a graph: what it is, how large, some of its things, and how to fetch it."""
    settings, version = site.settings, snapshot.version if snapshot.pinned else None
    source = IRI(f"{settings.base}id/source/{key}")
    names = names_of(engine, (name, source), settings)
    query = f"SELECT * WHERE {{\n  GRAPH {serialised(name)} {{ ?subject ?predicate ?object }}\n}}\nLIMIT 100"

    def link(iri: IRI) -> str:
        if snapshot.version is None:  # Files have no pages.
            return str(iri) if is_web_address(iri) else ""
        return link_of(iri, settings, version, root=request.script_root)

    return render_template(
        "graph.html",
        name=name,
        title=names.get(name) or names.get(source) or key,
        source=link(source) if source in names else None,
        triples=snapshot.graphs[name],
        things=things_in_graph(engine, name, _MOST_THINGS, settings),
        link=link,
        snapshot=snapshot,
        version=version,
        fetched=[
            (syntax, url_for("graph_at", key=key, format=syntax.name, version=version))
            for syntax in formats.offers(Result.GRAPH)
        ],
        address=locate(f"graph/{quote_path(key)}", settings),
        query=query,
    ).encode()


@cache
def _query(settings: Settings) -> CheckedQuery:
    """Return the query for a whole graph; source: section 5.2."""
    return check_query(files("actiongraph.web").joinpath("queries", "graph.rq").read_text("utf-8"), settings)


def _read_name(parameters: Sequence[tuple[str, str]]) -> IRI | None:
    """Return the name of the graph in the parameters of an address, or None for the default graph.

    `default` has no value. Parameters other than `default` and `graph` are left alone.

    Raises:
        RequestError: neither or both, one of them twice, or a graph that is no absolute IRI.

    Source: section 4.2.
    """
    named = [(name, value) for name, value in parameters if name in {"default", "graph"}]
    if len(named) != 1:
        raise RequestError(
            "A request names exactly one graph, by ?default or by ?graph= and its IRI; "
            f"this one has {len(named) or 'none'}."
        )
    [(name, value)] = named
    if name == "graph":
        if not is_iri(value):
            raise RequestError(f"The graph {value[:200]!r} is not an absolute IRI; name a graph by its whole IRI.")
        return IRI(value)
    if value:
        raise RequestError(
            f"The parameter 'default' takes no value, and this one has {value[:200]!r}; write just ?default."
        )
    return None


def _find(snapshot: Snapshot, name: IRI | None) -> Dataset:
    """Return the dataset whose default graph is the graph `name`, or the snapshot's own default graph if that is None.

    Raises:
        UnknownResource: there is no such graph; `near` has names that are close.
    """
    if name is None:
        return Dataset()
    if name not in snapshot.graphs:
        raise _unknown(name, snapshot.graphs)
    return Dataset(default_graphs=(name,))


def _unknown(name: str, graphs: Iterable[IRI] = ()) -> UnknownResource:
    likened = [str(graph) for graph in islice(graphs, _MOST_LIKENED)] if len(name) <= _LONGEST_LIKENED else []
    near = near_names(name, likened, most=_NEAR, likeness=_LIKENESS)
    hint = "see those near" if near else "the service description at /sparql lists those there are"
    return UnknownResource(f"There is no graph {str(name)[:200]!r} here; {hint}.", near=tuple(near))
