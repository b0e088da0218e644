"""A crawler that follows every link from the home page, and opens every name that the release has under its base."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
import rdflib
from rdflib.term import URIRef

from actiongraph.vocabulary import CANONICAL_BASE

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
RDF = {
    "text/turtle": "turtle",
    "application/n-triples": "nt",
    "application/rdf+xml": "xml",
    "application/ld+json": "json-ld",
}
TELLS_OF_DOCUMENTS = {
    "http://www.w3.org/2000/01/rdf-schema#seeAlso",
    "http://xmlns.com/foaf/0.1/primaryTopic",
    "http://xmlns.com/foaf/0.1/topic",
    "http://www.w3.org/1999/xhtml/vocab#next",
    # Where a release and its files are found is written when it is served.
    "http://www.w3.org/ns/dcat#accessURL",
    "http://www.w3.org/ns/dcat#downloadURL",
    "http://www.w3.org/ns/dcat#landingPage",
    # DCAT has xsd:nonNegativeInteger, which the store keeps as xsd:integer.
    "http://www.w3.org/ns/dcat#byteSize",
}
NOT_FOLLOWED = ("/metrics", "/health")
CHOSEN = re.compile(r"/(actions|chains|partners|countries|themes)(\.[a-z]+)?\?")
"""Lists with filters: there are more ways to choose from them than a crawler can try."""
MOST_PAGES = 12_000


class Page(HTMLParser):
    """The links and the anchors of a page; `further` are those that robots are asked not to follow."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.further: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs) -> None:
        given = dict(attrs)
        links = self.further if "nofollow" in given.get("rel", "") else self.links
        links += [given[name] for name in ("href", "src") if given.get(name)]
        self.ids |= {given["id"]} if "id" in given else set()


class Crawler:
    """Opens addresses under the url; each once.

    What robots are asked not to follow is opened, but not from a page that was come to in this way: ways to sort and
    show a result can be put together without end.
    """

    def __init__(self, deployment) -> None:
        self.deployment = deployment
        self.seen: dict[str, int] = {}
        self.graphs: dict[str, rdflib.Graph] = {}

    def open(self, address: str, accept: str = BROWSER):
        """Return the answer to `address` after at most three redirects, all of them under the url."""
        for _ in range(4):
            response = self.deployment.get(address, accept)
            if response.status_code not in (301, 302, 303, 307, 308):
                return address, response
            address = urljoin(self.deployment.url, response.headers["Location"])
            assert address.startswith(self.deployment.url), address
        raise AssertionError(f"{address} leads nowhere")

    def crawl(self, start: str) -> None:
        waiting = deque([(start, False)])
        while waiting:
            address, is_further = waiting.popleft()
            address = urldefrag(address)[0]
            if address in self.seen or not address.startswith(self.deployment.url):
                continue
            at, response = self.open(address)
            self.seen[address] = response.status_code
            assert response.status_code == 200, (address, response.status_code, response.text[:300])
            assert len(self.seen) < MOST_PAGES
            waiting.extend(self._links(at, response, with_further=not is_further))

    def _links(self, at: str, response, *, with_further: bool) -> Iterator[tuple[str, bool]]:
        """Yield what an answer leads to, and whether robots are asked not to follow it."""
        found = [part.partition(">")[0].strip(" <") for part in response.headers.get("Link", "").split(", <")]
        further: list[str] = []
        if response.mimetype == "text/html":
            page = Page(response.text)
            found, further = found + page.links, page.further if with_further else []
        elif response.mimetype in RDF:
            self.graphs[at] = self.parse(response)
        for links, is_further in ((found, False), (further, True)):
            for link in (urljoin(at, link) for link in links if link):
                if not urlsplit(link).path.endswith(NOT_FOLLOWED) and not CHOSEN.search(link):
                    yield link, is_further

    @staticmethod
    def parse(response) -> rdflib.Graph:
        return rdflib.Graph(bind_namespaces="none").parse(response.data, format=RDF[response.mimetype])


def whole(deployment) -> rdflib.Graph:
    response = deployment.client.get("/graph-store?default&format=nt")
    return rdflib.Graph(bind_namespaces="none").parse(response.data, format="nt")


@pytest.fixture(scope="module")
def crawled(deployment) -> Crawler:
    crawler = Crawler(deployment)
    crawler.crawl(deployment.url)
    return crawler


@pytest.mark.long("large")
def test_no_link_from_the_home_page_is_a_dead_end(crawled: Crawler) -> None:
    assert set(crawled.seen.values()) == {200}
    pages = {urlsplit(address).path for address in crawled.seen}
    prefix = urlsplit(crawled.deployment.url).path
    for path in ("doc/action/2014-12", "ontology", "shapes", "validation", "sparql", "examples", "limits"):
        assert prefix + path in pages


@pytest.mark.long("large")
def test_every_rdf_answer_that_is_linked_says_only_what_is_in_the_graph(deployment, crawled: Crawler) -> None:
    said = set(whole(deployment))
    data = {at: graph for at, graph in crawled.graphs.items() if "/data/" in at or "/ontology" in at}
    assert data
    for at, graph in data.items():
        extra = {t for t in graph if t not in said and str(t[1]) not in TELLS_OF_DOCUMENTS}
        about_documents = {t for t in extra if str(t[0]).startswith(f"{deployment.url}data/")}
        assert extra == about_documents, at


@pytest.mark.long("large")
def test_every_name_under_the_base_opens_as_page_and_as_data(deployment) -> None:
    crawler = Crawler(deployment)
    bases = (deployment.base, CANONICAL_BASE)
    graph = whole(deployment)
    names = {
        str(term) for triple in graph for term in triple if isinstance(term, URIRef) and str(term).startswith(bases)
    }
    assert len(names) > 300
    by_document: dict[str, set[str]] = {}
    for name in names:
        by_document.setdefault(urldefrag(name)[0], set()).add(name)
    described = set(graph.subjects())
    for document, fragments in sorted(by_document.items()):
        _, page = crawler.open(document)
        assert page.status_code == 200, document
        at, data = crawler.open(document, "text/turtle")
        assert (data.status_code, data.mimetype) == (200, "text/turtle"), (document, at, data.text[:300])
        told = set(crawler.parse(data).subjects())
        if "/graph/" in document:  # a graph is what stands in it; the catalogue says what it is
            assert told
            continue
        assert {URIRef(name) for name in fragments} & described <= told, at
