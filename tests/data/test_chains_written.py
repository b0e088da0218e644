"""The three shipped chains in every format, against what the first source says and, of two actions, another page."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import DCTERMS, FOAF, PROV, RDF, SKOS

from actiongraph.chains.formats import WRITERS
from actiongraph.chains.trace import trace_chain
from actiongraph.vocabulary import AG, BASE, OA


@dataclass(frozen=True)
class Member:
    """An action as the page tells of it; `title` is None for one that the page only names by its number."""

    key: str
    title: str | None
    country: str
    partner: str | None = None
    assistance: str | None = None
    senders: frozenset[str] = frozenset()
    outcome: str | None = None
    number: str | None = None
    dates: tuple[str, str] | None = None
    is_of_the_first_source: bool = True


@dataclass(frozen=True)
class Link:
    """That a member follows the one before it, and the words that say so or make it probable, if they were kept."""

    kind: str
    fragments: tuple[str, ...]
    confidence: float | None = None


@dataclass(frozen=True)
class Told:
    """Actions each of which follows the one before it, by the link with the same index."""

    members: tuple[Member, ...]
    links: tuple[Link, ...]

    @property
    def steps(self) -> list[tuple[Member, Member, Link]]:
        """Each link between the earlier and the later of its members."""
        return list(zip(self.members, self.members[1:], self.links, strict=False))


GUANAJUATO = "Institute of Social Security of the State of Guanajuato"
ONIESS = "National Organisation of State Social Security Institutes"
TOLD = {
    "Ghana": Told(
        (
            Member("2014-12", None, "Ghana", "Ministry of Gender, Children and Social Protection", number="2014-12"),
            Member(
                "social-protection-coordination-ghana",
                "Enhance the effectiveness and coordination of social protection in Ghana",
                "Ghana",
                "Ministry of Gender, Children and Social Protection",
                "Organisational management (structures & functions)",
            ),
        ),
        (Link("stated", ("Follow-up action from 2014-12",)),),
    ),
    "Mexico": Told(
        (
            Member("2014-04", None, "Mexico", GUANAJUATO, number="2014-04", is_of_the_first_source=False),
            Member(
                "2014-25",
                "Support to non - and contributory pensions",
                "Mexico",
                GUANAJUATO,
                "Policy development",
                number="2014-25",
                dates=("2015-06", "2015-11"),
                is_of_the_first_source=False,
            ),
            Member(
                "pension-reform-follow-up-mexico",
                "Follow up support to the reform of the pension system in Mexico",
                "Mexico",
                GUANAJUATO,
                "Policy development",
                frozenset({"Spain"}),
                ONIESS,
            ),
            Member(
                "start-up-oniess-mexico",
                f"Start-up of the {ONIESS} and its technical secretariat",
                "Mexico",
                GUANAJUATO,
                "Institutional Strengthening",
                frozenset({"France", "Germany", "Spain"}),
                ONIESS,
            ),
        ),
        (
            Link("stated", ()),
            Link("probable", ("Follow up support",), 0.75),
            Link(
                "probable",
                ("a national platform (which will become", "was the establishment of the National Platform"),
                0.85,
            ),
        ),
    ),
    "Bogotá": Told(
        (
            Member(
                "informal-economy-coverage-bogota",
                "Social protection coverage in the informal economy",
                "Colombia",
                "Institute for Social Economy",
                "Institutional (Regulatory & Policy)",
                frozenset({"France", "Italy", "Spain"}),
            ),
            Member(
                "consolidation-of-strategy-bogota",
                "Consolidation of the strategy",
                "Colombia",
                "Institute for Social Economy",
                "Policy development",
                frozenset({"Italy", "Spain"}),
                "Working group of local social services in Bogota",
            ),
        ),
        (
            Link(
                "probable",
                ("The second cooperation between IPES and SOCIEUX+", "informal street vendors of Bogota"),
                0.7,
            ),
        ),
    ),
}


@pytest.fixture(params=TOLD)
def told(request: pytest.FixtureRequest) -> Told:
    """One of the three."""
    return TOLD[request.param]


@pytest.fixture
def written(told: Told, release: Any) -> dict[str, str]:
    """The chain in every format, asked for by its last member."""
    chain = trace_chain(release.engine, told.members[-1].key, settings=release.settings)
    return {name: write(chain) for name, write in WRITERS.items()}


def test_what_is_expected_is_what_the_source_prints(told: Told, source_text: str):
    flat = " ".join(source_text.split())
    members = [member for member in told.members if member.is_of_the_first_source]
    printed = {text for member in members for text in (member.title, member.partner, member.assistance)}
    for text in (*filter(None, printed), *(fragment for link in told.links for fragment in link.fragments)):
        assert text in flat


def names(things: list[dict[str, Any]]) -> set[str]:
    return {thing["name"] for thing in things}


def test_json(told: Told, written: dict[str, str]):
    document = json.loads(written["json"])
    for depth, (step, member) in enumerate(zip(document["steps"], told.members, strict=True)):
        assert (step["key"], step["title"], step["depth"]) == (member.key, member.title, depth)
        assert (step["number"], step["described"]) == (member.number, member.title is not None)
        assert names(step["countries"]) == {member.country}
        assert names(step["partners"]) == ({member.partner} if member.partner else set())
        assert names(step["assistanceTypes"]) == ({member.assistance} if member.assistance else set())
        assert {country["name"] for team in step["teams"] for country in team["countries"]} == member.senders
        assert names(step["outcomes"]) == ({member.outcome} if member.outcome else set())
        assert (step["start"], step["end"]) == (member.dates or (None, None))
        assert step["openEnd"] is False
    for found, link in zip(document["links"], told.links, strict=True):
        [evidence] = found["evidence"]
        assert (found["kind"], found["gap"], evidence["confidence"]) == (link.kind, None, link.confidence)
        quotes = [passage["quote"] for passage in evidence["passages"]]
        assert tuple(filter(None, quotes)) == link.fragments
        assert (evidence["reason"] is None) is (link.kind == "stated")


def test_json_says_what_each_later_action_adds_and_drops(told: Told, written: dict[str, str]):
    links = json.loads(written["json"])["links"]
    for found, (earlier, later, _) in zip(links, told.steps, strict=True):
        changes = found["changes"]
        sending = changes["sendingCountries"]
        if not earlier.senders or not later.senders:
            assert sending is None
        else:
            assert names(sending["added"]) == later.senders - earlier.senders
            assert names(sending["kept"]) == later.senders & earlier.senders
            assert names(sending["dropped"]) == earlier.senders - later.senders
        assert names(changes["partners"]["kept"]) == {earlier.partner} == {later.partner}
        if earlier.assistance is None:
            assert changes["assistanceTypes"] is None
        else:
            assert names(changes["assistanceTypes"]["added"]) == {later.assistance} - {earlier.assistance}
            assert names(changes["assistanceTypes"]["dropped"]) == {earlier.assistance} - {later.assistance}


def test_csv(told: Told, written: dict[str, str]):
    rows = list(csv.DictReader(io.StringIO(written["csv"], newline="")))
    for row, member in zip(rows, told.members, strict=True):
        assert (row["key"], row["title"]) == (member.key, member.title or "")
        assert (row["countries"], row["partners"]) == (member.country, member.partner or "")
        assert row["assistance_types"] == (member.assistance or "")
        assert set(filter(None, row["sending_countries"].split(" | "))) == member.senders
        assert (row["described"] == "yes") is (member.title is not None)
        assert row["follows_something_unnamed"] == "no"
    assert (rows[0]["follows"], rows[0]["link_kinds"]) == ("", "")
    for row, (earlier, _, link) in zip(rows[1:], told.steps, strict=True):
        assert (row["follows"], row["link_kinds"]) == (earlier.key, link.kind)
        assert row["fragments"] == " / ".join(link.fragments)
        assert row["confidences"] == ("" if link.confidence is None else str(link.confidence))


def test_graphml(told: Told, written: dict[str, str]):
    space = {"g": "http://graphml.graphdrawing.org/xmlns"}
    root = ET.fromstring(written["graphml"])
    called = {key.get("id"): (key.get("for"), key.get("attr.name")) for key in root.findall("g:key", space)}

    def data(element: ET.Element, kind: str) -> dict[str | None, str | None]:
        found = {called[datum.attrib["key"]]: datum.text for datum in element.findall("g:data", space)}
        assert {owner for owner, _ in found} == {kind}
        return {name: text for (_, name), text in found.items()}

    nodes = {node.get("id"): data(node, "node") for node in root.findall("g:graph/g:node", space)}
    for found, member in zip(nodes.values(), told.members, strict=True):
        assert (found["key"], found.get("title")) == (member.key, member.title)
        assert (found["countries"], found.get("partners")) == (member.country, member.partner)
        assert found["described"] == ("false" if member.title is None else "true")
        assert found["openEnd"] == "false"
    edges = root.findall("g:graph/g:edge", space)
    for edge, (earlier, later, link) in zip(edges, told.steps, strict=True):
        assert nodes[edge.get("source")]["key"] == earlier.key
        assert nodes[edge.get("target")]["key"] == later.key
        said = data(edge, "edge")
        assert said["kind"] == link.kind
        assert (said.get("fragment") or "") == " / ".join(link.fragments)
        assert said.get("confidence") == (None if link.confidence is None else str(link.confidence))


def test_mermaid(told: Told, written: dict[str, str]):
    lines = [re.sub(r"#(\d+);", lambda code: chr(int(code[1])), line.strip()) for line in written["mmd"].splitlines()]
    labels = {found[1]: found[2] for line in lines if (found := re.match(r'(a\d+)\["(.*)"\]', line))}
    for place, member in enumerate(told.members, 1):
        known = [member.title or member.key]
        known += [] if member.title else ["mentioned only by number"]
        known += [member.country, *([member.partner] if member.partner else [])]
        known += [member.dates[0]] if member.dates else []
        assert labels[f"a{place}"].split("<br/>") == known
        is_stub = any(line.startswith(f"a{place}[") and line.endswith(":::stub") for line in lines)
        assert is_stub is (member.title is None)
    for place, link in enumerate(told.links, 1):
        arrow = {"stated": '-->|"stated"|', "probable": f'-.->|"probable {link.confidence}"|'}[link.kind]
        assert f"a{place} {arrow} a{place + 1}" in lines
    assert 'ua1 -->|"stated"| a1' not in lines


def test_turtle(told: Told, written: dict[str, str]):
    graph = rdflib.Graph(bind_namespaces="none").parse(data=written["ttl"], format="turtle")
    predicates = {"stated": AG.followUpOf, "probable": AG.probableFollowUpOf}
    iris = {member: BASE[f"id/action/{member.key}"] for member in told.members}
    for predicate in predicates.values():
        assert set(graph.subject_objects(predicate)) == {
            (iris[later], iris[earlier]) for earlier, later, link in told.steps if predicates[link.kind] == predicate
        }
    for depth, (member, action) in enumerate(iris.items()):
        title = graph.value(action, DCTERMS.title)
        assert (title and str(title)) == member.title
        assert title is None or title.language == "en"
        assert str(graph.value(action, AG.chainDepth)) == str(depth)
        assert str(graph.value(graph.value(action, AG.country), SKOS.prefLabel)) == member.country
        kind = AG.DescribedAction if member.title else AG.ReferencedAction
        # By the ontology, an action is an activity to PROV and a project to FOAF.
        assert set(graph.objects(action, RDF.type)) == {AG.Action, kind, PROV.Activity, FOAF.Project}
    [chain] = {graph.value(action, AG.inChain) for action in iris.values()}
    assert {str(graph.value(chain, term)) for term in (AG.chainLength, AG.chainSize)} == {str(len(iris))}
    assert list(graph.objects(chain, AG.chainRoot)) == [iris[told.members[0]]]
    for _, later, link in told.steps:
        [statement] = {
            each
            for each in graph.subjects(RDF.predicate, predicates[link.kind])
            if graph.value(each, RDF.subject) == iris[later]
        }
        quotes = {
            str(quote)
            for passage in graph.objects(statement, AG.evidence)
            for selector in graph.objects(passage, OA.hasSelector)
            for quote in graph.objects(selector, OA.exact)
        }
        assert quotes == set(link.fragments)


def test_turtle_says_nothing_that_the_release_does_not_say(written: dict[str, str], release: Any):
    with gzip.open(release.dump) as dump:
        published = {tuple(map(str, quad.triple)) for quad in ox.parse(dump.read(), format=ox.RdfFormat.N_QUADS)}
    said = {tuple(map(str, quad.triple)) for quad in ox.parse(written["ttl"], format=ox.RdfFormat.TURTLE)}
    assert len(said) > 20
    assert said <= published
    assert not [term for triple in said for term in triple if term.startswith("_:")]


def test_text(told: Told, written: dict[str, str]):
    flat = " ".join(written["text"].split())
    assert flat.startswith(f"Chain {told.members[0].key}: {len(told.members)} actions, {len(told.links)} link")
    for member in told.members:
        assert (member.title or f"{member.key} (mentioned only by number)") in flat
        for text in (member.country, member.partner, member.assistance, member.outcome, *member.senders):
            assert text is None or text in flat
    for place, link in enumerate(told.links, 1):
        assert f"Follows {place} ({link.kind})" in flat
        for fragment in link.fragments:
            assert f'"{fragment}"' in flat
    assert "called a follow-up, but not of what" not in flat
