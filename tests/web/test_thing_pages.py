"""Pages of things say what people ask: who sent whom, which words say so, how to cite it, and where to report a fault.

Expected names and numbers are from the source text and from tests/data/test_facts_table.py.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from actiongraph.index.source_lines import SOURCE_LINES
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Party, shipped
from actiongraph.text import visible
from actiongraph.web.app import create_app

BROWSER = "text/html"
CONSOLIDATION = "action/consolidation-of-strategy-bogota"


def page(deployment, name: str) -> str:
    response = deployment.client.get(f"/doc/{name}", headers={"Accept": BROWSER})
    assert response.status_code == 200
    return unescape(response.text)


def text(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


def section(markup: str, title: str) -> str:
    found = re.search(rf'<section class="role">\s*<h2>{title} .*?</section>', markup, re.DOTALL)
    assert found, title
    return found.group()


def asked(deployment, query: str) -> set[str]:
    store = ox.Store.read_only(str(deployment.releases.path(deployment.releases.newest()) / "store"))
    prefix = "PREFIX ag: <https://w3id.org/actiongraph/ontology#>"
    return {row[0].value for row in store.query(f"{prefix} {query}", use_default_graph_as_union=True)}


def test_a_country_says_who_sent_experts_to_it(deployment) -> None:
    received = section(page(deployment, "country/COL"), "Received")
    senders = text(received.partition("Experts from")[2].partition("</ol>")[0])
    assert "Italy" in senders
    assert "Spain" in senders
    assert "Consolidation of the strategy" in received
    assert "Institute for Social Economy" in received


def test_a_country_says_where_it_sent_experts(deployment) -> None:
    sent = section(page(deployment, "country/ITA"), "Sent experts")
    assert "Colombia" in sent.partition("Countries")[2].partition("</ol>")[0]
    base = deployment.base
    actions = asked(
        deployment,
        f"SELECT DISTINCT ?a {{ ?a ag:expertsFrom|ag:expertTeam/ag:sendingCountry <{base}id/country/ITA> }}",
    )
    assert f"{len(actions)} action" in text(sent)
    listed = set(re.findall(r'href="[^"]*/doc/(action/[^"]*)"', sent))
    assert {f"{base}id/{name}" for name in listed} == actions


def test_a_partner_lists_its_actions_and_a_team_says_what_it_was_for(deployment) -> None:
    actions = section(page(deployment, "org/col-ipes"), "Actions")
    assert "Consolidation of the strategy" in actions
    assert "Social protection coverage in the informal economy" in actions
    heading = text(page(deployment, "team/bogota-2").partition("<h1>")[2].partition("</h1>")[0])
    assert heading == "Expert team from Italy and Spain for Consolidation of the strategy"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("country/COL", "Received"),
        ("country/ITA", "Sent experts"),
        ("org/mosd", "Actions"),
        ("org/pse-mosd", "Actions"),
    ],
)
def test_the_list_that_a_part_leads_to_has_the_same_actions(deployment, name: str, title: str) -> None:
    part = section(page(deployment, name), title)
    [address] = re.findall(r'href="([^"]*/actions[?][^"]*)"', part)
    listed = deployment.get(address, "application/json").json
    [total] = re.findall(r"<small>(\d+) actions?</small>", part)
    assert listed["total"] == int(total) > 0
    shown = set(re.findall(r'href="[^"]*/doc/(action/[^"]*)"', part))
    assert {row["iri"].removeprefix(f"{deployment.base}id/") for row in listed["actions"]} == shown


def test_what_was_read_at_a_page_without_text_is_no_conclusion(deployment) -> None:
    markup = page(deployment, "action/2014-25")
    facts = markup.partition("What is known")[2].partition("</table>")[0]
    marks = re.findall(r'<small class="ground ([a-z]+)">(?:<a [^>]*>)?([^<]*)', facts)
    assert ("computed", "read at") in marks
    assert all(text.startswith("inferred") for kind, text in marks if kind == "inferred")


def test_marks_stand_only_beside_what_no_source_states(deployment) -> None:
    facts = page(deployment, CONSOLIDATION).partition("What is known")[2].partition("</table>")[0]
    rows = {text(row.partition("</th>")[0]): text(row.partition("</th>")[2]) for row in facts.split("<tr>")[1:]}
    assert rows["partner"] == "Institute for Social Economy"
    assert rows["place"] == "Bogota"
    assert re.fullmatch(r"Colombia inferred 0\.\d+", rows["country"])
    assert "stated" not in text(facts)
    assert "chain depth" not in rows
    assert "chain depth" in text(page(deployment, CONSOLIDATION).partition('id="all-triples"')[2])


def test_a_mark_leads_to_the_sentence_with_its_words(deployment) -> None:
    markup = page(deployment, CONSOLIDATION)
    facts = markup.partition("What is known")[2].partition("</table>")[0]
    anchors = re.findall(r'class="ground inferred"><a href="#([^"]*)"', facts)
    for anchor in anchors:
        sentence = markup.partition(f'<li id="{anchor}">')[2].partition("</li>")[0]
        assert "<blockquote>" in sentence
        assert re.search(r'<a href="[^"]*/doc/source/[^"]*">characters \d+ to \d+</a>', sentence), sentence


def test_a_statement_is_a_sentence_with_the_words_it_rests_on(deployment) -> None:
    markup = page(deployment, "statement/ghana-follow-up")
    assert "Follow-up action from 2014-12" in markup.partition('class="sentence"')[2].partition("</section>")[0]
    assert "follow-up of Action 2014-12" in text(markup.partition("<h1>")[2].partition("</h1>")[0])


def test_a_source_has_its_passages_in_order_with_what_rests_on_each(deployment) -> None:
    passages = page(deployment, "source/social-security-policy").partition('class="passages"')[2]
    starts = [int(start) for start in re.findall(r"characters (\d+) to \d+", passages)]
    assert starts == sorted(starts)
    quoted = passages.partition("Follow-up action from 2014-12")[2].partition("</ul>")[0]
    assert "follow-up of Action 2014-12" in text(quoted)


def test_how_to_cite_names_thing_dataset_release_and_identifier(deployment) -> None:
    markup, version = page(deployment, CONSOLIDATION), deployment.releases.newest()
    citation = text(markup.partition('class="citation"')[2].partition("</p>")[0])
    for part in ("“Consolidation of the strategy”", "Graph of technical-assistance actions", version):
        assert part in citation
    assert f"{deployment.base}id/{CONSOLIDATION}" in citation
    entry = markup.partition("@misc{")[2].partition("</pre>")[0]
    assert "title = {{Consolidation of the strategy}}" in entry
    assert f"url = {{{deployment.url}doc/{CONSOLIDATION}}}" in entry


@pytest.fixture
def with_contact(deployment) -> FlaskClient:
    settings = replace(deployment.settings, contact=Party("Desk", "mailto:desk@example.org"))
    return create_app(settings, ReleaseSnapshots(deployment.releases)).test_client()


def test_an_error_is_reported_with_the_thing_and_the_release(deployment, with_contact: FlaskClient) -> None:
    assert "Report an error" not in page(deployment, CONSOLIDATION)
    markup = unescape(with_contact.get(f"/doc/{CONSOLIDATION}", headers={"Accept": BROWSER}).text)
    [address, _] = re.findall(r'<a href="([^"]*)">Report an error</a>', markup)  # and one below every page
    letter = parse_qs(urlsplit(address).query)
    assert address.startswith("mailto:desk@example.org?")
    assert f"{deployment.base}id/{CONSOLIDATION}" in letter["body"][0]
    assert deployment.releases.newest() in letter["body"][0]


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\x1b", "\u200f"])
def test_hidden_characters_are_shown_by_their_code_points(hidden: str) -> None:
    assert visible(f"a{hidden}b") == f"a[U+{ord(hidden):04X}]b"
    assert visible("crème\nbrûlée 🌍 ") == "crème\nbrûlée 🌍 "


def test_home_counts_what_the_graph_holds_and_shows_the_longest_chain(deployment) -> None:
    markup = unescape(deployment.client.get("/", headers={"Accept": BROWSER}).text)
    figures = {
        text(dt): text(dd)
        for dt, dd in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", markup.partition("figures large")[2])
    }
    assert figures["Actions"] == str(len(asked(deployment, "SELECT ?a { ?a a ag:Action }")))
    assert figures["Countries helped"] == str(len(asked(deployment, "SELECT DISTINCT ?c { ?a ag:country ?c }")))
    assert figures["Partners"] == str(len(asked(deployment, "SELECT DISTINCT ?p { ?a ag:partner ?p }")))
    assert figures["Chains"] == "3"
    [longest, *_] = re.findall(r"<li>(.*?)</li>", markup.partition('class="lanes"')[2], re.DOTALL)
    assert text(longest).startswith("4 actions : Action 2014-04")


def line_in_file(subject: str, property_: str) -> int:
    """Return the line of the first source's file in which a description that begins so has a property."""
    lines = (shipped("data") / "social-security-policy.ttl").read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(subject))
    return next(number for number, line in enumerate(lines[start:], start=start + 1) if property_ in line)


def test_evidence_names_the_line_in_which_its_fact_is_written(deployment) -> None:
    markup = page(deployment, "action/social-protection-coordination-ghana")
    evidence = markup.partition('id="evidence"')[2]
    theme = next(part for part in evidence.split("<li")[1:] if "Theme is" in text(part))
    line = line_in_file("act:social-protection-coordination-ghana a ", "ag:theme")
    assert f"The fact is written in social-security-policy.ttl , line {line}" in text(theme)
    [address] = re.findall(r'href="([^"]*/graph/social-security-policy)"', theme)
    assert deployment.client.get(address, headers={"Accept": BROWSER}).status_code == 200


def test_a_statement_names_its_own_line(deployment) -> None:
    said = text(page(deployment, "statement/ghana-theme"))
    line = line_in_file("st:ghana-theme a ", "ag:SourceStatement")
    assert f"The statement is written in social-security-policy.ttl , line {line}" in said


def test_without_the_index_of_lines_the_file_alone_is_named(deploy, tmp_path: Path) -> None:
    made = deploy("same")
    shutil.copytree(made.releases.folder, tmp_path / "store", symlinks=True)
    for index in (tmp_path / "store").rglob(SOURCE_LINES):
        index.unlink()
    settings = replace(made.settings, store=tmp_path / "store")
    client = create_app(settings, ReleaseSnapshots(ReleaseStore(tmp_path / "store"))).test_client()
    said = text(client.get("/doc/statement/ghana-theme", headers={"Accept": BROWSER}).text)
    assert "The statement is written in social-security-policy.ttl" in said
    assert "social-security-policy.ttl , line" not in said


def test_an_unknown_thing_leads_to_the_one_that_is_meant_by_its_title(deployment) -> None:
    response = deployment.client.get("/doc/country/Ghana", headers={"Accept": BROWSER})
    assert response.status_code == 404
    markup = unescape(response.text)
    first = re.findall(r'<li><a href="([^"]+)"><bdi>([^<]+)</bdi></a></li>', markup)[0]
    assert first == (f"{deployment.url}doc/country/GHA", "Ghana (country)")
    assert 'name="q" type="search" value="Ghana"' in markup
    told = deployment.client.get("/doc/country/Ghana", headers={"Accept": "application/json"}).json
    assert told["near"][0] == f"{deployment.url}doc/country/GHA"


def test_home_has_searches_that_find_something_and_chains_as_dots(deployment) -> None:
    markup = unescape(deployment.client.get("/", headers={"Accept": BROWSER}).text)
    samples = re.findall(r'href="[^"]*(/search[?]q=[^"]+)"', markup)
    assert len(samples) >= 3
    for address in samples:
        assert deployment.client.get(address.replace("?", ".json?")).json["groups"]
    assert [lane.count("h0") for lane in re.findall('<svg class="mini".*?</svg>', markup)] == [4, 2, 2]
    assert "It is the first release." in markup


def test_the_report_lists_things_by_their_titles(deployment) -> None:
    markup = text(unescape(deployment.client.get("/validation", headers={"Accept": BROWSER}).text))
    assert "No start date is known for this action" in markup
    assert "Consolidation of the strategy" in markup
    assert "consolidation-of-strategy-bogota" not in markup


def test_a_source_with_many_passages_has_all_of_them_and_shows_some(deployment) -> None:
    markup = page(deployment, "source/social-security-policy")
    shown, _, closed = markup.partition('id="passages"')[2].partition("<details")
    assert shown.count("<blockquote>") == 20
    quoted = int(re.findall(r"(\d+) further passages", closed)[0])
    assert closed.partition("</details>")[0].count("<blockquote>") == quoted > 20
