"""What may be published: one graph per file, no blank nodes, every triple once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from actiongraph.errors import DataError, DataSyntaxError
from actiongraph.release.inputs import find_inputs, read_data
from actiongraph.settings import Settings

HEAD = "@base <https://w3id.org/actiongraph/> .\n@prefix ag: <https://w3id.org/actiongraph/ontology#> .\n"


def folder(tmp_path: Path, **files: str) -> Path:
    for stem, content in files.items():
        (tmp_path / f"{stem.replace('_', '-')}.ttl").write_text(HEAD + content, "utf-8")
    return tmp_path


def graphs(data: Path, settings: Settings) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for quad in read_data(find_inputs(data), settings):
        found.setdefault(quad.graph_name.value, set()).add(quad.subject.value)
    return found


def test_a_file_is_a_graph_and_the_vocabulary_is_one(tmp_path: Path):
    data = folder(tmp_path, one="<id/action/a> a ag:Action .", other_one="<id/action/b> a ag:Action .")
    found = graphs(data, Settings())
    base = "https://w3id.org/actiongraph/"
    assert set(found) == {f"{base}graph/one", f"{base}graph/other-one", f"{base}graph/vocabulary"}
    assert found[f"{base}graph/one"] == {f"{base}id/action/a"}


def test_the_base_names_things_and_graphs_and_leaves_the_vocabulary(tmp_path: Path):
    data = folder(tmp_path, one="<id/action/a> a ag:Action .")
    found = graphs(data, Settings(base="https://example.org/aid/"))
    assert found["https://example.org/aid/graph/one"] == {"https://example.org/aid/id/action/a"}
    terms = found["https://example.org/aid/graph/vocabulary"]
    assert "https://w3id.org/actiongraph/ontology#Action" in terms
    # What the ontology says of terms of others: that a name is a label, a unit an organization, a title a label.
    of_others = {"Document", "OrganizationalCollaboration", "OrganizationalUnit", "prefLabel"}
    elsewhere = {term for term in terms if not term.startswith("https://w3id.org/actiongraph/")}
    assert {re.split("[#/]", term)[-1] for term in elsewhere} == of_others


def test_a_blank_node_is_refused_with_its_line(tmp_path: Path):
    data = folder(tmp_path, one="<id/action/a> ag:expertTeam [ a ag:ExpertTeam ] .")
    with pytest.raises(DataError, match=r"one\.ttl, line 3: .*blank node"):
        read_data(find_inputs(data), Settings())


def test_a_triple_in_two_files_is_refused_with_both_graphs(tmp_path: Path):
    data = folder(tmp_path, one="<id/action/a> a ag:Action .", two="<id/action/a> a ag:Action .")
    with pytest.raises(DataError, match=r"graph/one.*again in .*graph/two"):
        read_data(find_inputs(data), Settings())


@pytest.mark.parametrize(
    "name", ["derived.ttl", "vocabulary.ttl", "catalog.ttl", "marker.ttl", "Two Words.ttl", "a--b.ttl", "ä.ttl"]
)
def test_a_file_name_that_cannot_name_a_graph_is_refused(tmp_path: Path, name: str):
    (tmp_path / name).write_text(HEAD, "utf-8")
    with pytest.raises(DataError, match="use lower-case letters"):
        find_inputs(tmp_path)


def test_an_empty_folder_and_no_folder_are_refused(tmp_path: Path):
    with pytest.raises(DataError, match="no Turtle files"):
        find_inputs(tmp_path)
    with pytest.raises(DataError, match="not a folder"):
        find_inputs(tmp_path / "nowhere")


def test_broken_turtle_is_refused_with_line_and_column(tmp_path: Path):
    data = folder(tmp_path, one="<id/action/a> a ag:Action ;\n  ag:country oops .")
    with pytest.raises(DataSyntaxError, match=r"one\.ttl, line 4, column \d+") as caught:
        read_data(find_inputs(data), Settings())
    assert caught.value.line == 4


@pytest.mark.parametrize("change", ["data", "base", "closure"])
def test_the_fingerprint_changes_with_whatever_decides_the_release(tmp_path: Path, change: str):
    data = folder(tmp_path, one="<id/action/a> a ag:Action .")
    before = find_inputs(data).fingerprint(Settings())
    assert find_inputs(data).fingerprint(Settings()) == before
    settings = {"base": Settings(base="https://example.org/"), "closure": Settings(chain_closure_max=5)}.get(change)
    if change == "data":
        folder(data, one="<id/action/b> a ag:Action .")
    assert find_inputs(data).fingerprint(settings or Settings()) != before
