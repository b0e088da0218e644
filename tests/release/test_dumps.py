"""The files of a release: each says the whole dataset, the tables can be checked, the bytes are always the same."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import csvw
import pyoxigraph as ox
import pytest
import rdflib
import uritemplate
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.errors import StoreError
from actiongraph.release.csvw import write_package
from actiongraph.release.dumps import write_changes
from actiongraph.release.lines import Lines, differences
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query

NAMES = {"actiongraph.nq.gz", "actiongraph.trig.gz", "actiongraph.ttl.gz", "actiongraph-csv.zip"}
AG, BASE = "https://w3id.org/actiongraph/ontology#", "https://w3id.org/actiongraph/"
PUBLISH = """
import gzip, json, sys
from pathlib import Path
import pyoxigraph as ox
from actiongraph.release.build import publish
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.validate.report import Report
quads = list(ox.parse(gzip.decompress(Path(sys.argv[1]).read_bytes()), format=ox.RdfFormat.N_QUADS))
releases = ReleaseStore(Path(sys.argv[2]))
with releases.locked():
    print(json.dumps(publish(quads[::-1], Report(), Settings(), releases).record.dumps))
"""


@pytest.fixture(scope="session")
def folder(release) -> Path:
    return release.dump.parent


@pytest.fixture(scope="session")
def quads(folder: Path) -> set[ox.Quad]:
    return read(folder / "actiongraph.nq.gz", ox.RdfFormat.N_QUADS)


def read(path: Path, syntax: ox.RdfFormat) -> set[ox.Quad]:
    return set(ox.parse(gzip.decompress(path.read_bytes()), format=syntax))


@pytest.fixture(scope="session")
def package(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    unpacked = tmp_path_factory.mktemp("csv")
    zipfile.ZipFile(folder / "actiongraph-csv.zip").extractall(unpacked)
    return unpacked


def test_the_record_names_each_file_with_its_hash_and_size(release, folder: Path):
    record = release.record
    assert {path.name for path in folder.iterdir()} == set(record.dumps) == set(record.sizes) == NAMES
    changes = folder.parent / "changes"
    for where, hashes, sizes in (
        (folder, record.dumps, record.sizes),
        (changes, record.changes, record.change_sizes),
    ):
        for name, sha256 in hashes.items():
            content = (where / name).read_bytes()
            assert (hashlib.sha256(content).hexdigest(), len(content)) == (sha256, sizes[name])


def test_trig_says_the_same_quads_and_turtle_the_same_triples(folder: Path, quads: set[ox.Quad]):
    assert read(folder / "actiongraph.trig.gz", ox.RdfFormat.TRIG) == quads
    turtle = gzip.decompress((folder / "actiongraph.ttl.gz").read_bytes())
    written = rdflib.Graph().parse(data=turtle, format="turtle")
    triples = rdflib.Graph()
    triples.parse(data=b"".join(f"{quad.triple} .\n".encode() for quad in quads), format="nt")
    assert set(written) == set(triples)
    assert len(written) == len(quads)


def test_turtle_and_trig_use_the_prefixes_of_the_data_files(folder: Path):
    for name in ("actiongraph.ttl.gz", "actiongraph.trig.gz"):
        text = gzip.decompress((folder / name).read_bytes()).decode()
        assert "act:social-protection-coordination-ghana " in text
        assert "ag:followUpOf act:2014-12" in text


def test_other_processes_write_the_same_bytes_of_the_same_quads_in_any_order(release, tmp_path: Path):
    arguments = [sys.executable, "-c", PUBLISH, str(release.dump), str(tmp_path)]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    said = subprocess.run(arguments, capture_output=True, text=True, check=True, env=environment).stdout
    assert json.loads(said) == release.record.dumps


def test_gzip_files_name_no_file_and_no_time(folder: Path):
    for path in folder.glob("*.gz"):
        flags, *time = path.read_bytes()[3:8]  # RFC 1952, section 2.3.1
        assert (flags, time) == (0, [0, 0, 0, 0])


def test_what_is_about_the_dataset_is_stored_and_counted_but_neither_dumped_nor_hashed(release, quads: set[ox.Quad]):
    about = (f"{BASE}graph/catalog", f"{BASE}.well-known/sparql-examples")
    for name in about:
        count = check_query(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{name}> {{ ?s ?p ?o }} }}", Settings())
        assert int(release.engine.select(count)[0]["n"]) == release.record.graphs[name] > 0
    assert not {quad.graph_name.value for quad in quads} & {*about}
    assert len(quads) == release.record.triples - sum(release.record.graphs[name] for name in about)
    assert hashlib.sha256(gzip.decompress(release.dump.read_bytes())).hexdigest() == release.record.content_sha256


def test_a_release_of_an_older_program_is_still_read(release, tmp_path: Path):
    releases = ReleaseStore(tmp_path)
    folder = releases.path("20260101T000000Z-0123456789ab")
    folder.mkdir(parents=True)
    known = json.loads((release.releases.path(release.record.version) / "release.json").read_text("utf-8"))
    for name in ("sizes", "changes", "change_sizes"):
        del known[name]
    (folder / "release.json").write_text(json.dumps(known), "utf-8")
    record = releases.record(folder.name)
    assert (record.sizes, record.changes, record.change_sizes) == ({}, {}, {})


def test_a_damaged_dump_of_the_release_before_is_told(release, tmp_path: Path):
    (tmp_path / "dumps").mkdir()
    (tmp_path / "dumps" / "actiongraph.nq.gz").write_bytes(release.dump.read_bytes()[:-100])
    with pytest.raises(StoreError, match=r"The dump .*actiongraph\.nq\.gz cannot be read .*; delete the folder"):
        write_changes(tmp_path / "changes", Lines([]), tmp_path / "dump", tmp_path)


@given(st.sets(st.binary(max_size=2)), st.sets(st.binary(max_size=2)))
def test_differences_are_what_stands_in_one_of_two(old: set[bytes], new: set[bytes]):
    found = list(differences(sorted(old), sorted(new)))
    assert found == [(line, line in new) for line in sorted(old ^ new)]


# --- the tables


def test_an_independent_reader_finds_the_package_valid(package: Path):
    group = csvw.TableGroup.from_file(package / "csv-metadata.json")
    assert {table.local_name for table in group.tables} == {path.name for path in package.glob("*.csv")}
    for table in group.tables:
        list(table.iterdicts(strict=True))
        assert table.check_primary_key()
    assert group.check_referential_integrity()


def test_the_tables_hold_what_the_source_says(package: Path):
    group = csvw.TableGroup.from_file(package / "csv-metadata.json")
    rows = {table.local_name.removesuffix(".csv"): list(table) for table in group.tables}
    assert sum("DescribedAction" in action["classes"] for action in rows["actions"]) == 38  # nine in the first source
    [ghana] = [link for link in rows["follow-ups"] if link["earlier"] == "2014-12"]
    assert (ghana["later"], ghana["link"]) == ("social-protection-coordination-ghana", "followUpOf")
    assert ghana["quotes"] == ["Follow-up action from 2014-12"]
    [bogota] = [action for action in rows["actions"] if action["action"] == "informal-economy-coverage-bogota"]
    sent = [
        team["sending_country_names"] for team in rows["expert-teams"] if team["expert_team"] in bogota["expert_teams"]
    ]
    assert sorted(sent) == [["France"], ["Italy"], ["Spain"]]
    [ipes] = [each for each in rows["organizations"] if each["organization"] == "col-ipes"]
    assert (ipes["name_en"], ipes["name_es"]) == ("Institute for Social Economy", "Instituto para la Economia Social")


def rows_of(package: Path, table: str) -> dict[str, dict]:
    """Return the rows of a table by their keys, read by an independent reader."""
    group = csvw.TableGroup.from_file(package / "csv-metadata.json")
    [found] = [each for each in group.tables if each.local_name == f"{table}.csv"]
    return {str(next(iter(row.values()))): row for row in found}


def test_the_table_of_actions_says_what_sources_tell_of_request_teams_and_senders(package: Path):
    """Source: "June 2014 when the MGCSP approached", "three different teams", "France, Italy, and Spain"."""
    actions = rows_of(package, "actions")
    assert actions["2014-12"]["requested_on"] == "2014-06"
    bogota = actions["informal-economy-coverage-bogota"]
    assert (bogota["team_count"], sorted(bogota["experts_from"])) == (3, ["ESP", "FRA", "ITA"])
    assert sorted(bogota["experts_from_names"]) == ["France", "Italy", "Spain"]
    assert bogota["category_as_printed"] == "Actions en Social Security Policy"
    assert actions["disability-assessment-armenia"]["team_count"] is None  # teams, without a number


def test_the_tables_say_what_actions_achieved_and_prepared(package: Path):
    """Source: ONIESS was prepared by the first Mexican action and set up by the second; a policy report for Peru."""
    actions, outcomes = rows_of(package, "actions"), rows_of(package, "outcomes")
    assert {key for action in actions.values() for key in action["outcomes"]} == set(outcomes)
    found = {
        (outcome["status"], *outcome["kind_names"])
        for outcome in outcomes.values()
        if outcome["organizations"] == ["mex-oniess"]
    }
    assert found == {("outcome-status/prepared", "organization"), ("outcome-status/achieved", "organization")}
    titles = rows_of(package, "documents")
    peru = [outcomes[key] for key in actions["extension-coverage-peru"]["outcomes"]]
    reports = [titles[key]["title_en"] for outcome in peru for key in outcome["documents"]]
    assert len(reports) == 2
    assert all("eport" in title for title in reports)


def test_the_table_of_activities_says_their_order_and_who_took_part(package: Path):
    """Source: "initial fact-finding mission", "Following …", "Finally, a training for MEF officials"."""
    actions, activities = rows_of(package, "actions"), rows_of(package, "activities")
    cambodia = [activities[key] for key in actions["extension-social-protection-cambodia"]["activities"]]
    order = {activity["order"]: activity for activity in cambodia}
    assert sorted(order) == [1, 2, 3]
    assert order[1]["kinds"] != order[3]["kinds"] == ["activity-kind/training"]
    assert (order[3]["participants"], order[3]["participants_as_printed"]) == (["khm-mef"], "MEF officials")


def test_the_table_of_organizations_says_whose_units_they_are(package: Path):
    """Source: directorates of the ministries in Ghana and Peru, and the technical secretariat of ONIESS."""
    units = {tuple(row["unit_of"]) for row in rows_of(package, "organizations").values()}
    assert {("gha-mgcsp",), ("mex-oniess",), ("per-mtpe",)} <= units


def test_the_tables_say_from_where_to_where_a_passage_goes(package: Path):
    passages = rows_of(package, "source-passages")
    sent = rows_of(package, "evidence")["action/extension-social-protection-cambodia#expertsFrom-LTU"]
    [passage] = [passages[key] for key in sent["passages"]]
    assert passage["quote"] == "France, Germany, and Lithuania"
    assert (passage["source"], passage["start"], passage["end"]) == ("social-security-policy", 4573, 4603)


def test_the_table_of_sources_says_whose_they_are_and_when_they_were_read(tmp_path: Path):
    source = ox.NamedNode(f"{BASE}id/source/page")
    graph = ox.NamedNode(f"{BASE}graph/one")
    said = {
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#type": ox.NamedNode(f"{AG}Source"),
        "http://purl.org/dc/terms/publisher": ox.Literal("The Facility"),
        "http://purl.org/dc/terms/rights": ox.Literal("All rights are its owner's.", language="en"),
        f"{AG}readOn": ox.Literal("2026-11-27", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")),
    }
    quads = [ox.Quad(source, ox.NamedNode(predicate), value, graph) for predicate, value in said.items()]
    write_package(tmp_path / "a.zip", Lines(quads), BASE, ("en",))
    zipfile.ZipFile(tmp_path / "a.zip").extractall(tmp_path)
    [row] = rows_of(tmp_path, "sources").values()
    assert (row["publishers"], row["rights_en"]) == (["The Facility"], "All rights are its owner's.")
    assert row["read_on"].date().isoformat() == "2026-11-27"


def told(package: Path) -> Iterator[tuple[str, str, str]]:
    """Yield subject, predicate and object for each cell that tells a triple (CSV to RDF, section 4.6)."""
    for table in json.loads((package / "csv-metadata.json").read_text("utf-8"))["tables"]:
        schema = table["tableSchema"]
        with (package / table["url"]).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for column in schema["columns"]:
                    cell = row[column["titles"]]
                    if not cell or column.get("suppressOutput"):
                        continue
                    about = uritemplate.expand(schema["aboutUrl"], row)
                    predicate = uritemplate.expand(column["propertyUrl"], row)
                    for value in cell.split(column["separator"]) if "separator" in column else [cell]:
                        yield (
                            about,
                            predicate,
                            uritemplate.expand(column["valueUrl"], row) if "valueUrl" in column else value,
                        )


def test_each_cell_that_tells_a_triple_tells_one_of_the_dataset(package: Path, quads: set[ox.Quad]):
    triples = {(quad.subject.value, quad.predicate.value, quad.object.value) for quad in quads}
    found = set(told(package))
    assert found <= triples
    wanted = {f"{AG}followUpOf", f"{AG}probableFollowUpOf", f"{AG}basedIn", f"{AG}summary", f"{AG}reason", f"{AG}iso2",
              f"{AG}teamCount", f"{AG}categoryAsPrinted", f"{AG}activityOrder", f"{AG}outcomeStatus"}  # fmt: skip
    assert {triple for triple in triples if triple[1] in wanted} <= found


AWKWARD = (
    'one, "two"\r\nthree', "=1+1", "Organización\u2028🌍", " blanks ", "semi;colon", "\ttab",
)  # fmt: skip


def test_awkward_texts_come_back_as_they_are(tmp_path: Path):
    graph = ox.NamedNode(f"{BASE}graph/one")

    def quad(thing: str, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Quad:
        return ox.Quad(ox.NamedNode(f"{BASE}id/{thing}"), ox.NamedNode(predicate), value, graph)

    rdf_type, label = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://www.w3.org/2004/02/skos/core#prefLabel"
    other = "http://www.w3.org/2004/02/skos/core#altLabel"
    made = []
    for number, text in enumerate(AWKWARD):
        made += [
            quad(f"org/o-{number}", rdf_type, ox.NamedNode("http://www.w3.org/ns/org#Organization")),
            quad(f"org/o-{number}", label, ox.Literal(text, language="pt-BR")),
            quad(f"org/o-{number}", other, ox.Literal("b;c\nd", language="en")),
            quad(f"org/o-{number}", other, ox.Literal("a", language="en")),
        ]
    write_package(tmp_path / "a.zip", Lines(made), BASE, ("en",))
    archive = zipfile.ZipFile(tmp_path / "a.zip")
    assert archive.testzip() is None
    text = archive.read("organizations.csv").decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert tuple(row["name_pt_br"] for row in rows) == AWKWARD
    assert {row["other_name_en"] for row in rows} == {"a\nb;c d"}
    columns = json.loads(archive.read("csv-metadata.json"))["tables"][2]["tableSchema"]["columns"]
    assert [(column["name"], column.get("lang")) for column in columns[1:3]] == [
        ("name_pt_br", "pt-br"),
        ("other_name_en", "en"),
    ]
