"""The three chains of the first source in every format, against what its text says."""

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
    is_called_follow_up_of_something_unnamed: bool = False


@dataclass(frozen=True)
class Told:
    """Two actions of which the second follows the first, and the words that say so or make it probable."""

    earlier: Member
    later: Member
    kind: str
    fragments: tuple[str, ...]
    confidence: float | None = None

    @property
    def members(self) -> tuple[Member, Member]:
        return self.earlier, self.later


GUANAJUATO = "Institute of Social Security of the State of Guanajuato"
ONIESS = "National Organisation of State Social Security Institutes"
TOLD = {
    "Ghana": Told(
        Member("2014-12", None, "Ghana", "Ministry of Gender, Children and Social Protection"),
        Member(
            "social-protection-coordination-ghana",
            "Enhance the effectiveness and coordination of social protection in Ghana",
            "Ghana",
            "Ministry of Gender, Children and Social Protection",
            "Organisational management (structures & functions)",
        ),
        "stated",
        ("Follow-up action from 2014-12",),
    ),
    "Mexico": Told(
        Member(
            "pension-reform-follow-up-mexico",
            "Follow up support to the reform of the pension system in Mexico",
            "Mexico",
            GUANAJUATO,
            "Policy development",
            frozenset({"Spain"}),
            ONIESS,
            is_called_follow_up_of_something_unnamed=True,
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
        "probable",
        ("a national platform (which will become", "was the establishment of the National Platform"),
        0.85,
    ),
    "Bogotá": Told(
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
        "probable",
        ("The second cooperation between IPES and SOCIEUX+", "informal street vendors of Bogota"),
        0.7,
    ),
}


@pytest.fixture(params=TOLD)
def told(request: pytest.FixtureRequest) -> Told:
    """One of the three."""
    return TOLD[request.param]


@pytest.fixture
def written(told: Told, release: Any) -> dict[str, str]:
    """The chain in every format, asked for by its later member."""
    chain = trace_chain(release.engine, told.later.key, settings=release.settings)
    return {name: write(chain) for name, write in WRITERS.items()}


def test_what_is_expected_is_what_the_source_prints(told: Told, source_text: str):
    flat = " ".join(source_text.split())
    printed = {text for member in told.members for text in (member.title, member.partner, member.assistance)}
    for text in (*filter(None, printed), *told.fragments):
        assert text in flat


def names(things: list[dict[str, Any]]) -> set[str]:
    return {thing["name"] for thing in things}


def test_json(told: Told, written: dict[str, str]):
    document = json.loads(written["json"])
    for step, member, depth in zip(document["steps"], told.members, (0, 1), strict=True):
        assert (step["key"], step["title"], step["depth"]) == (member.key, member.title, depth)
        assert step["described"] is (member.title is not None)
        assert names(step["countries"]) == {member.country}
        assert names(step["partners"]) == ({member.partner} if member.partner else set())
        assert names(step["assistanceTypes"]) == ({member.assistance} if member.assistance else set())
        assert {country["name"] for team in step["teams"] for country in team["countries"]} == member.senders
        assert names(step["outcomes"]) == ({member.outcome} if member.outcome else set())
        assert step["openEnd"] is member.is_called_follow_up_of_something_unnamed
    [link] = document["links"]
    [evidence] = link["evidence"]
    assert (link["kind"], link["gap"], evidence["confidence"]) == (told.kind, None, told.confidence)
    assert [passage["quote"] for passage in evidence["passages"]] == list(told.fragments)
    assert (evidence["reason"] is None) is (told.kind == "stated")


def test_json_says_what_the_later_action_adds_and_drops(told: Told, written: dict[str, str]):
    changes = json.loads(written["json"])["links"][0]["changes"]
    sending = changes["sendingCountries"]
    if not told.earlier.senders or not told.later.senders:
        assert sending is None
    else:
        assert names(sending["added"]) == told.later.senders - told.earlier.senders
        assert names(sending["kept"]) == told.later.senders & told.earlier.senders
        assert names(sending["dropped"]) == told.earlier.senders - told.later.senders
    assert names(changes["partners"]["kept"]) == {told.earlier.partner} == {told.later.partner}
    if told.earlier.assistance is None:
        assert changes["assistanceTypes"] is None
    else:
        assert names(changes["assistanceTypes"]["added"]) == {told.later.assistance}
        assert names(changes["assistanceTypes"]["dropped"]) == {told.earlier.assistance}


def test_csv(told: Told, written: dict[str, str]):
    rows = list(csv.DictReader(io.StringIO(written["csv"], newline="")))
    for row, member in zip(rows, told.members, strict=True):
        assert (row["key"], row["title"]) == (member.key, member.title or "")
        assert (row["countries"], row["partners"]) == (member.country, member.partner or "")
        assert row["assistance_types"] == (member.assistance or "")
        assert set(filter(None, row["sending_countries"].split(" | "))) == member.senders
        assert (row["described"] == "yes") is (member.title is not None)
        assert (row["follows_something_unnamed"] == "yes") is member.is_called_follow_up_of_something_unnamed
    assert (rows[0]["follows"], rows[0]["link_kinds"]) == ("", "")
    assert (rows[1]["follows"], rows[1]["link_kinds"]) == (told.earlier.key, told.kind)
    assert rows[1]["fragments"] == " / ".join(told.fragments)
    assert rows[1]["confidences"] == ("" if told.confidence is None else str(told.confidence))


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
        assert found["openEnd"] == str(member.is_called_follow_up_of_something_unnamed).lower()
    [edge] = root.findall("g:graph/g:edge", space)
    assert nodes[edge.get("source")]["key"] == told.earlier.key
    assert nodes[edge.get("target")]["key"] == told.later.key
    said = data(edge, "edge")
    assert (said["kind"], said["fragment"]) == (told.kind, " / ".join(told.fragments))
    assert said.get("confidence") == (None if told.confidence is None else str(told.confidence))


def test_mermaid(told: Told, written: dict[str, str]):
    lines = [re.sub(r"#(\d+);", lambda code: chr(int(code[1])), line.strip()) for line in written["mmd"].splitlines()]
    labels = {found[1]: found[2] for line in lines if (found := re.match(r'(a\d+)\["(.*)"\]', line))}
    for node, member in zip(("a1", "a2"), told.members, strict=True):
        known = [member.title or member.key]
        known += [] if member.title else ["mentioned only by number"]
        assert labels[node].split("<br/>") == [*known, member.country, *([member.partner] if member.partner else [])]
    arrow = {"stated": '-->|"stated"|', "probable": f'-.->|"probable {told.confidence}"|'}[told.kind]
    assert f"a1 {arrow} a2" in lines
    assert ('ua1 -->|"stated"| a1' in lines) is told.earlier.is_called_follow_up_of_something_unnamed
    assert any(line.startswith("a1[") and line.endswith(":::stub") for line in lines) is (told.earlier.title is None)


def test_turtle(told: Told, written: dict[str, str]):
    graph = rdflib.Graph(bind_namespaces="none").parse(data=written["ttl"], format="turtle")
    earlier, later = (BASE[f"id/action/{member.key}"] for member in told.members)
    predicate = {"stated": AG.followUpOf, "probable": AG.probableFollowUpOf}[told.kind]
    assert list(graph.subject_objects(predicate)) == [(later, earlier)]
    for action, member, depth in ((earlier, told.earlier, 0), (later, told.later, 1)):
        title = graph.value(action, DCTERMS.title)
        assert (title and str(title)) == member.title
        assert title is None or title.language == "en"
        assert str(graph.value(action, AG.chainDepth)) == str(depth)
        assert str(graph.value(graph.value(action, AG.country), SKOS.prefLabel)) == member.country
        kind = AG.DescribedAction if member.title else AG.ReferencedAction
        # By the ontology, an action is an activity to PROV and a project to FOAF.
        assert set(graph.objects(action, RDF.type)) == {AG.Action, kind, PROV.Activity, FOAF.Project}
    chain = graph.value(later, AG.inChain)
    assert chain == graph.value(earlier, AG.inChain)
    assert [str(graph.value(chain, term)) for term in (AG.chainLength, AG.chainSize)] == ["2", "2"]
    assert list(graph.objects(chain, AG.chainRoot)) == [earlier]
    [statement] = graph.subjects(RDF.predicate, predicate)
    quotes = {
        str(quote)
        for passage in graph.objects(statement, AG.evidence)
        for selector in graph.objects(passage, OA.hasSelector)
        for quote in graph.objects(selector, OA.exact)
    }
    assert quotes == set(told.fragments)


def test_turtle_says_nothing_that_the_release_does_not_say(written: dict[str, str], release: Any):
    with gzip.open(release.dump) as dump:
        published = {tuple(map(str, quad.triple)) for quad in ox.parse(dump.read(), format=ox.RdfFormat.N_QUADS)}
    said = {tuple(map(str, quad.triple)) for quad in ox.parse(written["ttl"], format=ox.RdfFormat.TURTLE)}
    assert len(said) > 20
    assert said <= published
    assert not [term for triple in said for term in triple if term.startswith("_:")]


def test_text(told: Told, written: dict[str, str]):
    flat = " ".join(written["text"].split())
    assert flat.startswith(f"Chain {told.earlier.key}: 2 actions, 1 link ({told.kind})")
    for member in told.members:
        assert (member.title or f"{member.key} (mentioned only by number)") in flat
        for text in (member.country, member.partner, member.assistance, member.outcome, *member.senders):
            assert text is None or text in flat
    assert f"Follows 1 ({told.kind})" in flat
    for fragment in told.fragments:
        assert f'"{fragment}"' in flat
    assert ("called a follow-up, but not of what" in flat) is told.earlier.is_called_follow_up_of_something_unnamed
