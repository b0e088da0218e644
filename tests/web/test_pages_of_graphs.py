"""`/graph/{key}` and `/feeds/ldes` for people; what programs are given is as it was."""

from __future__ import annotations

import re
from html import unescape

import pytest

from actiongraph.formats import Result, offers

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
WITH_GRAPHS = ("application/trig", "application/n-quads", "application/ld+json")


@pytest.fixture(scope="module")
def shipped(deploy):
    return deploy("mapped")


def graphs(shipped) -> dict[str, int]:
    record = shipped.releases.record(shipped.releases.newest())
    start = f"{shipped.base}graph/"
    return {name.removeprefix(start): count for name, count in record.graphs.items() if name.startswith(start)}


def test_each_graph_has_a_page_with_its_size_its_things_and_every_syntax(shipped) -> None:
    assert len(graphs(shipped)) > 4
    for key, triples in graphs(shipped).items():
        page = shipped.get(f"{shipped.url}graph/{key}", BROWSER)
        assert (page.status_code, page.mimetype) == (200, "text/html"), key
        text = unescape(page.text)
        assert f"{triples:,} triples" in text
        assert f'value="{shipped.base}graph/{key}"' in text
        links = re.findall(r'<a href="/data-of(/[^"]*)"', text)
        for syntax in offers(Result.GRAPH):
            assert f"/graph/{key}?format={syntax.name}" in links
            assert f"curl -H 'Accept: {syntax.media_type}' '{shipped.url}graph/{key}'" in text
        for link in links:
            assert shipped.client.get(link, headers={"Accept": BROWSER}).status_code == 200, (key, link)


def test_the_page_of_a_source_is_called_as_the_source_and_shows_its_actions(shipped) -> None:
    text = shipped.get(f"{shipped.url}graph/social-security-policy", BROWSER).text
    title = "Web page listing actions in social security policy"
    assert re.search(rf"<h1[^>]*>{title}</h1>", text)
    assert f"<title>{title} · " in text
    assert re.search(r'<a href="/data-of/doc/source/social-security-policy">this source</a>', text)
    assert re.search(r'<a href="/data-of/doc/action/[^"]*"[^>]*><bdi>[^<]+</bdi></a> <small>action</small>', text)


@pytest.mark.parametrize("syntax", offers(Result.GRAPH), ids=lambda syntax: syntax.name)
def test_programs_get_a_graph_as_they_do_by_its_name(shipped, syntax) -> None:
    address, name = f"{shipped.url}graph/derived", f"{shipped.base}graph/derived"
    stored = shipped.client.get("/graph-store", query_string={"graph": name}, headers={"Accept": syntax.media_type})
    for answer in (shipped.get(address, syntax.media_type), shipped.get(f"{address}?format={syntax.name}", BROWSER)):
        assert (answer.mimetype, answer.data) == (syntax.media_type, stored.data)


@pytest.mark.parametrize("accept", [None, "*/*", "text/turtle, text/html;q=0.9", "text/turtle, text/html"])
def test_who_does_not_like_pages_better_gets_turtle(shipped, accept) -> None:
    assert shipped.get(f"{shipped.url}graph/derived", accept).mimetype == "text/turtle"


def test_a_pinned_graph_keeps_its_release_in_its_links(shipped) -> None:
    version = shipped.releases.newest()
    page = unescape(shipped.get(f"{shipped.url}graph/reference?version={version}", BROWSER).text)
    text = page[page.index("<main") : page.index("</main")]
    links = re.findall(r'<a href="/data-of(/(?:doc|graph|sparql)[^"]*)"', text)
    assert len(links) > 10
    assert all(f"version={version}" in link for link in links)


def test_the_stream_has_a_page_with_its_releases_and_the_last_changes(shipped) -> None:
    page = shipped.get(f"{shipped.url}feeds/ldes", BROWSER)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    text, version = unescape(page.text), shipped.releases.newest()
    assert f"<code>{version}</code>" in text
    assert "cannot hold graphs" in text
    for media_type in WITH_GRAPHS:
        assert f"curl -H 'Accept: {media_type}' '{shipped.url}feeds/ldes'" in text
    shown = text.partition("<footer")[0]
    links = re.findall(r'<a href="(?:/data-of|https://graph.example.org/data-of)(/[^"]*)"', shown)
    assert len([link for link in links if link.startswith("/doc/")]) == 20
    for link in links:
        assert shipped.client.get(link, headers={"Accept": BROWSER}).status_code == 200, link


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [(None, "application/trig"), ("*/*", "application/trig"), *((each, each) for each in WITH_GRAPHS)],
)
def test_programs_get_the_stream_as_before(shipped, accept, media_type) -> None:
    assert shipped.get(f"{shipped.url}feeds/ldes", accept).mimetype == media_type


@pytest.mark.parametrize("accept", ["text/turtle", "application/n-triples", "application/rdf+xml"])
def test_a_syntax_without_graphs_is_refused_with_the_reason(shipped, accept: str) -> None:
    headers = f"{accept}, application/problem+json;q=0.1"
    answer = shipped.get(f"{shipped.url}feeds/ldes", headers)
    assert answer.status_code == 406
    assert "Turtle, N-Triples and RDF/XML cannot hold graphs" in answer.json["detail"]
    assert set(WITH_GRAPHS) <= set(answer.json["available"])


def test_a_graph_of_files_has_a_page_without_pages_of_things(make_app) -> None:
    import pyoxigraph as ox

    from actiongraph.engine.oxigraph import OxigraphEngine
    from actiongraph.release.snapshots import FileSnapshots, Snapshot
    from actiongraph.vocabulary import IRI

    name = "https://names.example.org/graph/one"
    text = f'<{name}> {{ <http://example.org/a> <http://example.org/p> "<b>1</b>" . <urn:x:y> a <urn:x:Z> }}'
    engine = OxigraphEngine.in_memory(ox.parse(text, format=ox.RdfFormat.TRIG), union_default=False)
    files = FileSnapshots(Snapshot(engine, None, {IRI(name): 2}, union_default=False))
    client = make_app(files, base="https://names.example.org/").test_client()
    page = client.get("/graph/one", headers={"Accept": BROWSER})
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "2 triples" in page.text
    assert '<a href="http://example.org/a"' in page.text
    assert 'href="urn:' not in page.text
    assert 'href="/data"' not in page.text
