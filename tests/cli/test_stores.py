"""What the commands do with a store that is there: one base, and one that is damaged."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from actiongraph.release.build import build
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings

Run = Callable[..., CompletedProcess[str]]
BASE = "https://example.org/aid/"
OTHER = "https://w3id.org/actiongraph/"


def current(store: Path) -> Path:
    return store / (store / "current").readlink()


DATA = """@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix schema: <https://schema.org/> .
<id/source/page> a ag:Source ; dcterms:title "A page"@en ; schema:url <https://example.org/> .
<id/action/2014-12> a ag:Action, ag:ReferencedAction ; ag:actionNumber "2014-12" ; dcterms:source <id/source/page> .
<id/action/2015-01> a ag:Action, ag:ReferencedAction ; ag:actionNumber "2015-01" ; dcterms:source <id/source/page> ;
  ag:followUpOf <id/action/2014-12> .
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store whose graph is named under BASE, of the folder `data`."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "actions.ttl").write_text(DATA, "utf-8")
    build(Settings(base=BASE, data=tmp_path / "data"), ReleaseStore(tmp_path / "store"))
    return tmp_path / "store"


def test_without_a_base_a_command_takes_that_of_the_store(run: Run, store: Path):
    before = current(store)
    chain = run("chain", "2014-12", "--store", "store", "--data", "data", "--format", "json")
    assert chain.returncode == 0
    assert f"{BASE}id/action/2014-12" in chain.stdout
    query = run(
        "query", f"SELECT ?a {{ ?a <{OTHER}ontology#actionNumber> '2014-12' }}", "--store", "store", "--data", "data"
    )
    assert "action/2014-12" in query.stdout
    assert run("build", "--store", "store", "--data", "data").stdout.startswith("Nothing has changed: ")
    assert current(store) == before


def test_a_store_is_never_published_to_under_another_base(run: Run, store: Path):
    before = current(store)
    for command in (["build"], ["chain", "2014-12"], ["serve", "--port", "0"]):
        result = run(*command, "--store", "store", "--data", "data", "--base", OTHER)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr == (
            f"actiongraph: The store store uses the base {BASE}; give --base {BASE}, or another --store.\n"
        )
    assert current(store) == before
    assert len(list((store / "releases").iterdir())) == 1


def test_a_damaged_release_is_noticed_and_replaced_by_the_next_command(run: Run, store: Path):
    before = current(store)
    shutil.rmtree(before / "store")
    result = run("query", "ASK { ?s ?p ?o }", "--store", "store", "--data", "data")
    assert (result.returncode, result.stdout) == (0, "true\n")
    assert f"{before.name} was damaged" in result.stderr
    assert current(store) != before
    assert not before.exists()
