"""Two pages of one programme, in English and in French: what a reader sees to be one action is one.

2021-03 is on both, with a start that differs by two days. The training of nurses is on both, with its number on one
alone, and the title in English on both. Togo and Benin have a Ministry of Health each, called alike in both languages.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import rdflib
from click.testing import CliRunner
from rdflib import DCTERMS, RDF

from actiongraph.cli.running import app
from actiongraph.ingest.decisions import Decisions
from actiongraph.release.open_questions import Heading, open_questions
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings, shipped
from actiongraph.vocabulary import AG, BASE, CANONICAL_BASE
from actiongraph.web.app import create_app

ENGLISH = """<html lang="en"><body><h1>Our actions</h1>
<article><h2>A health plan for Kara</h2><dl><dt>Code</dt><dd>2021-03</dd><dt>Country</dt><dd>Togo</dd>
<dt>Partner Institution</dt><dd>Ministry of Health [Ministère de la Santé] (MS)</dd>
<dt>Start activities</dt><dd>10/05/2021</dd></dl><p>Experts from Spain drafted the plan with the staff.</p></article>
<article><h2>Training of nurses</h2><dl><dt>Code</dt><dd>2021-04</dd><dt>Country</dt><dd>Benin</dd>
<dt>Partner Institution</dt><dd>Ministry of Health [Ministère de la Santé]</dd></dl><p>They learnt a lot.</p></article>
</body></html>"""
FRENCH = """<html lang="fr"><body><h1>Nos actions</h1>
<article><h2>Un plan de santé pour Kara</h2><dl><dt>Code</dt><dd>2021-03</dd><dt>Pays</dt><dd>Togo</dd>
<dt>Institution partenaire</dt><dd>Ministère de la Santé</dd>
<dt>Début des activités</dt><dd>12/05/2021</dd></dl><p>Des experts de France ont rédigé le plan.</p></article>
<article><h2>Training of nurses</h2><dl><dt>Pays</dt><dd>Bénin</dd>
<dt>Institution partenaire</dt><dd>Ministère de la Santé</dd></dl><p>Ils ont beaucoup appris.</p></article>
</body></html>"""
ACT = rdflib.Namespace(BASE["id/action/"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder into which both pages were read."""
    for name, text in (("english", ENGLISH), ("french", FRENCH)):
        page = tmp_path / f"{name}.html"
        page.write_text(text, "utf-8")
        result = CliRunner().invoke(app, ["ingest", "listing", str(page), "--into", str(tmp_path / "data")])
        assert result.exit_code == 0, result.exception
    return tmp_path / "data"


def read(folder: Path, *names: str) -> rdflib.Graph:
    graph = rdflib.Graph()
    for name in names:
        graph.parse(folder / f"{name}.ttl", publicID=CANONICAL_BASE)
    return graph


def test_both_pages_speak_of_two_actions_of_two_ministries(folder):
    graph = read(folder, "english", "french")
    assert set(graph.subjects(RDF.type, AG.Action)) == {ACT["2021-03"], ACT["2021-04"]}
    assert {str(title.language): str(title) for title in graph.objects(ACT["2021-03"], DCTERMS.title)} == {
        "en": "A health plan for Kara",
        "fr": "Un plan de santé pour Kara",
    }
    assert set(graph.objects(ACT["2021-03"], AG.expertsFrom)) == {BASE["id/country/ESP"], BASE["id/country/FRA"]}
    partners = {action: set(graph.objects(action, AG.partner)) for action in (ACT["2021-03"], ACT["2021-04"])}
    assert partners == {
        ACT["2021-03"]: {BASE["id/org/tgo-ministry-of-health"]},
        ACT["2021-04"]: {BASE["id/org/ben-ministry-of-health"]},
    }
    for action in partners:
        assert set(graph.objects(action, DCTERMS.source)) == {BASE["id/source/english"], BASE["id/source/french"]}


def test_the_start_that_differs_is_kept_with_its_words_and_does_not_stand(folder):
    graph = read(folder, "english", "french")
    assert [str(start) for start in graph.objects(ACT["2021-03"], AG.startDate)] == ["2021-05-10"]
    [entry] = graph.subjects(AG.conflictsWith)
    assert str(graph.value(entry, RDF.object)) == "2021-05-12"
    assert str(graph.value(entry, rdflib.URIRef("http://www.w3.org/ns/oa#exact"))) == "12/05/2021"
    assert graph.value(predicate=AG.stated, object=entry) == ACT["2021-03"]


def test_either_page_can_be_read_again_and_nothing_changes(folder, tmp_path):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for name in ("english", "french", "english"):
        told = (
            CliRunner().invoke(app, ["ingest", "listing", str(tmp_path / f"{name}.html"), "--into", str(folder)]).output
        )
        assert "Nothing has changed in" in told
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.long("validators")
def test_what_both_say_passes_the_rules_with_the_conflict_on_both_statements(folder, tmp_path):
    assert "0 violations, " in CliRunner().invoke(app, ["validate", "--data", str(folder)]).output
    store = tmp_path / "store"
    CliRunner().invoke(app, ["build", "--data", str(folder), "--store", str(store)], catch_exceptions=False)
    query = "SELECT ?s ?v { ?s <https://w3id.org/actiongraph/ontology#conflictsWith> ?v }"
    told = CliRunner().invoke(app, ["query", query, "--data", str(folder), "--store", str(store)]).output
    assert "startDate-2021-05-10" in told
    assert "startDate-2021-05-12" in told
    client = create_app(
        Settings(url="http://127.0.0.1:8000/", data=folder, store=store), ReleaseSnapshots(ReleaseStore(store))
    ).test_client()
    page = client.get("/doc/action/2021-03").get_data(as_text=True)
    assert "In conflict: a source also says <bdi>2021-05-12</bdi>." in page
    assert ">in conflict</a>" in page


TYPED = {
    # The entries of the first source, in its order, with the actions that curators typed of them.
    "consolidation-of-strategy-bogota",
    "disability-assessment-armenia",
    "social-protection-coordination-ghana",
    "extension-social-protection-cambodia",
    "pension-reform-follow-up-mexico",
    "start-up-oniess-mexico",
    "informal-economy-coverage-bogota",
    "extension-coverage-peru",
}


def test_the_first_source_is_found_in_what_curators_typed_of_it_and_contradicts_nothing(tmp_path, source_page):
    """None of its entries has a number; that of the Ministry of Social Development names no country."""
    for path in shipped("data").iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    page = tmp_path / "again.txt"
    page.write_bytes(source_page.read_bytes())
    told = CliRunner().invoke(app, ["ingest", "listing", str(page), "--into", str(tmp_path)]).output
    assert set(re.findall(r"into id/action/([a-z0-9-]+) of social-security-policy\.ttl: same-title", told)) == TYPED
    assert "Merged: 8 records" in told
    assert "In conflict" not in told
    [suggested] = [each for each in open_questions(tmp_path, Decisions()) if each.heading is Heading.SAME]
    assert suggested.name.startswith("same/mosd-strategy/")
    graph = rdflib.Graph().parse(tmp_path / "again.ttl", publicID=CANONICAL_BASE)
    assert len(set(graph.subjects(RDF.type, AG.Action))) == 1
