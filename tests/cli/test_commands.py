"""What each command prints and how it ends: one sentence per failure, with place and remedy, and no traceback."""

from __future__ import annotations

import csv
import io
import json
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from subprocess import CompletedProcess

import pytest

from actiongraph.cli.build import vanished_note
from actiongraph.settings import Settings, shipped
from actiongraph.text import counted

FACILITY = (
    "<id/facility/{0}> a <https://w3id.org/actiongraph/ontology#Facility> ; "
    '<http://www.w3.org/2004/02/skos/core#prefLabel> "{0}"@en .\n'
)
Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def run(run_here: Run) -> Run:
    return run_here


def fails(result: CompletedProcess[str], code: int, *said: str) -> None:
    """Assert that the command failed with `code` and one line that says all of `said`."""
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("actiongraph: ")]
    assert len(lines) == 1, result.stderr
    for part in said:
        assert part in lines[0]


def test_build_publishes_and_says_what(run: Run):
    first, second = run("build", "--store", "here"), run("build", "--store", "here")
    assert first.returncode == second.returncode == 0
    assert first.stdout.startswith("Published ")
    assert "0 violations" in first.stdout
    assert "--publisher" in first.stdout
    assert "--license" not in first.stdout  # the licence of the shipped data is known
    assert second.stdout.startswith("Nothing has changed: ")
    assert first.stdout.split()[1].rstrip(":") in second.stdout


def test_build_says_what_the_catalogue_lacks_until_it_is_told(run: Run, little_data: Path):
    told = ("--publisher", "Ministry <https://example.org/>", "--contact", "Desk <mailto:d@example.org>")
    build = ("build", "--store", "s", "--data", str(little_data))
    untold, once, again = run(*build), run(*build, *told), run(*build)
    for option in ("--publisher", "--contact"):
        assert option in untold.stdout
        assert option not in once.stdout + again.stdout
    assert again.stdout.startswith("Nothing has changed: ")
    fails(run(*build, "--publisher", "<nobody>"), 2, "<nobody>", "a name and an address")
    fails(run(*build, "--license", "CC-BY"), 2, "CC-BY", "https://creativecommons.org")


def test_build_names_the_keys_that_are_gone_unless_they_are_withdrawn(run: Run, tmp_path: Path):
    head = """@base <https://w3id.org/actiongraph/> . @prefix ag: <https://w3id.org/actiongraph/ontology#> .
    @prefix dcterms: <http://purl.org/dc/terms/> . @prefix prov: <http://www.w3.org/ns/prov#> .
    @prefix schema: <https://schema.org/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    """
    source = '<id/source/%s> a ag:Source ; dcterms:title "A page"@en ; schema:url <https://example.org/> .'
    (tmp_path / "pages").mkdir()
    build = ("build", "--store", "here", "--data", "pages")
    (tmp_path / "pages" / "pages.ttl").write_text(head + "\n".join(source % key for key in "abc"), "utf-8")
    assert "Gone" not in run(*build).stdout
    (tmp_path / "pages" / "pages.ttl").write_text(head + source % "a", "utf-8")
    gone = '<id/source/c> a ag:WithdrawnResource ; ag:reason "Read twice."@en ; '
    date = 'prov:invalidatedAtTime "2026-11-26"^^xsd:date ; dcterms:isReplacedBy <id/source/a> .\n'
    withdrawn = tmp_path / "pages" / "withdrawn.ttl"
    withdrawn.write_text(head + gone + date, "utf-8")
    days = {datetime.now(UTC).date().isoformat()}
    told = run(*build).stdout
    days.add(datetime.now(UTC).date().isoformat())
    [heading] = (line for line in told.splitlines() if line.startswith("Missing "))
    assert "1 key." in heading
    assert str(withdrawn) in heading
    lines = told[told.index("@base") : told.index("Stored in here; serve it with: actiongraph serve --data pages")]
    withdrawn.write_text(withdrawn.read_text("utf-8") + lines.replace("…", "Never was."), "utf-8")
    result = run(*build)
    assert result.stdout.startswith("Published "), result.stderr
    query = "SELECT ?s ?d { ?s a <https://w3id.org/actiongraph/ontology#WithdrawnResource> ; "
    query += "<http://www.w3.org/ns/prov#invalidatedAtTime> ?d }"
    rows = run("query", query, "--store", "here", "--data", "pages", "--format", "csv").stdout.splitlines()[1:]
    assert {f"https://w3id.org/actiongraph/id/source/b,{day}" for day in days} & {*rows}
    assert len(rows) == 2


def test_of_many_keys_that_are_gone_ten_are_named():
    note = vanished_note([f"source/s-{number}" for number in range(12)], Settings())
    assert "12 keys." in note.splitlines()[0]
    assert note.count("ag:WithdrawnResource") == 10
    assert note.endswith("\n# and 2 more")


def test_build_says_where_the_release_is_and_what_serves_it(run: Run, little_data: Path):
    little_data.rename(little_data.with_name("my data"))
    built = run("build", "--data", "my data", "--limit", "keep_releases=1", "--base", "https://example.org/a/")
    line = built.stdout.splitlines()[-1]
    place, _, command = line.removeprefix("Stored in ").partition("; serve it with: actiongraph serve ")
    assert (Path(place) / "current" / "release.json").is_file()
    assert shlex.split(command) == ["--data", "my data", "--base", "https://example.org/a/"]


def test_build_keeps_as_many_releases_as_it_is_told(run: Run, little_data: Path, tmp_path: Path):
    build = ("build", "--data", "data", "--store", "store")
    for name in ("one", "two"):
        with (little_data / "reference.ttl").open("a", encoding="utf-8") as reference:
            reference.write(FACILITY.format(name))
        assert run(*build).returncode == 0
    releases = tmp_path / "store" / "releases"
    assert len(list(releases.iterdir())) == 2
    assert run(*build, "--limit", "keep_releases=1").stdout.startswith("Nothing has changed: ")
    assert len(list(releases.iterdir())) == 1


@pytest.mark.parametrize("command", ["build", "validate"])
def test_files_that_are_not_read_are_named(run: Run, tmp_path: Path, command: str):
    (tmp_path / "pages").mkdir()
    head = "@base <https://w3id.org/actiongraph/> . @prefix ag: <https://w3id.org/actiongraph/ontology#> .\n"
    (tmp_path / "pages" / "pages.ttl").write_text(
        head + '<id/source/a> a ag:Source ; <http://purl.org/dc/terms/title> "A page"@en ; '
        "<https://schema.org/url> <https://example.org/> .",
        "utf-8",
    )
    quiet = run(command, "--data", "pages", "--store", "store")
    assert (quiet.returncode, quiet.stderr) == (0, "")
    for name in ("more.TTL", "notes.md", ".hidden"):
        (tmp_path / "pages" / name).write_text("", "utf-8")
    result = run(command, "--data", "pages", "--store", "store")
    assert result.returncode == 0
    assert result.stderr == (
        f"actiongraph: Only .ttl files are read; ignored in {tmp_path / 'pages'}: more.TTL, notes.md.\n"
    )


def test_one_is_not_many():
    assert [counted(number, "quad") for number in (0, 1, 1_000)] == ["0 quads", "1 quad", "1,000 quads"]


def test_what_is_near_is_said_once(run: Run):
    assert run("chain", "2014-13").stderr.count("2014-12") == 1


def test_query_answers_as_a_table_and_in_the_formats_of_the_field(run: Run):
    query = 'PREFIX ag: <https://w3id.org/actiongraph/ontology#> SELECT ?a WHERE { ?a ag:actionNumber "2014-12" }'
    assert run("query", query).stdout == "a\n--------------\naction/2014-12\n\n1 row\n"
    iri = "https://w3id.org/actiongraph/id/action/2014-12"
    answer = json.loads(run("query", query, "--format", "json").stdout)
    assert answer["results"]["bindings"] == [{"a": {"type": "uri", "value": iri}}]
    assert list(csv.reader(io.StringIO(run("query", query, "--format", "csv").stdout))) == [["a"], [iri]]


def test_query_takes_a_file_an_example_and_standard_input(run: Run, tmp_path: Path):
    query = "ASK { ?s a <https://w3id.org/actiongraph/ontology#Chain> }"
    (tmp_path / "is-there.rq").write_text(query, "utf-8")
    assert run("query", "is-there.rq").stdout.strip() == "true"
    assert run("query", "-", stdin=query).stdout.strip() == "true"
    assert "social-protection-coordination-ghana" in run("query", "chains-what-followed-2014-12").stdout


def test_query_writes_a_graph_as_turtle(run: Run):
    result = run(
        "query", "CONSTRUCT { ?s a ?c } WHERE { ?s a ?c . FILTER(?c = <https://w3id.org/actiongraph/ontology#Chain>) }"
    )
    assert "<https://w3id.org/actiongraph/id/chain/2014-12>" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["query", "SELCT * WHERE { ?s ?p ?o }"], 1, ["SELECT", "Line 1, column 1"]),
        (["query", "SELECT * WHERE { ?s ?p ?o"], 1, ["}"]),
        (["query", "SELECT * WHERE { ?s nope:p ?o }"], 1, ["nope:", "Line 1, column 21"]),
        (["query", "SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"], 1, ["SERVICE"]),
        (["query", "DROP ALL"], 1, ["only answers queries"]),
        (["query", "missing.rq"], 1, ["missing.rq", "no such file"]),
        (["query", "chains-what-folowed-2014-12"], 1, ["chains-what-followed-2014-12"]),
        (["query", "ASK {}", "--format", "ttl"], 2, ["--format ttl", "json, xml, csv, tsv"]),
        (["query", "ASK {}", "--endpoint", "not an address"], 2, ["not an http"]),
        (["query", "ASK {}", "--endpoint", "file:///etc/hostname"], 2, ["not an http"]),
        (["query", "ASK {}", "--endpoint", "http:/127.0.0.1:9/sparql"], 2, ["did you mean http://127.0.0.1:9/sparql?"]),
        (["mirror", "http:/127.0.0.1:9/", "copy"], 2, ["did you mean http://127.0.0.1:9/?"]),
        (["serve", "--url", "https:/example.org/"], 2, ["did you mean https://example.org/?"]),
        (["chain", "2014-13"], 1, ["2014-13", "2014-12"]),
        (["chain", "2014-12", "--country", "GH"], 2, ["--country", "leave out KEY"]),
        (["chain", "--format", "ttl"], 2, ["text, json, csv"]),
        (["build", "--data", "nowhere"], 1, ["nowhere", "not a folder"]),
        (["build", "--base", "example.org"], 2, ["example.org", "slash"]),
        (["build", "--dat", "x"], 2, ["--dat", "actiongraph build --help"]),
        (["query", "nope"], 1, ["not a SPARQL keyword", "No example is called 'nope'; see all of them"]),
        (["query", "chains"], 1, ["not a SPARQL keyword", "No example is called 'chains'; did you mean chains-"]),
        (
            ["build", "--limit", "foo=1"],
            2,
            ["no limit 'foo'; the limits are budget_s, chain_closure_max, keep_releases"],
        ),
        (["bild"], 2, ["bild", "--help"]),
        (["validate", "missing.ttl"], 1, ["missing.ttl", "no such file"]),
        (["serve", "missing.ttl"], 1, ["missing.ttl", "no such file"]),
        (["serve", "--port", "99999"], 2, ["--port"]),
        (["serve", "--url", "here"], 2, ["here", "address"]),
        (["serve", "--host", "192.0.2.1"], 2, ["192.0.2.1", "--host"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_what_is_wrong_is_said_in_one_sentence(run: Run, arguments: list[str], code: int, said: list[str]):
    fails(run(*arguments), code, *said)


def test_a_port_in_use_is_said_with_its_remedy(run: Run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        fails(run("serve", "--port", port), 2, port, "in use", "--port 0")


def test_an_endpoint_that_is_not_there_is_the_machines_fault(run: Run):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    fails(run("query", "ASK {}", "--endpoint", f"http://127.0.0.1:{port}/sparql"), 3, "does not answer")


def test_a_wrong_query_shows_the_place(run: Run):
    result = run("query", "SELECT * WHERE {\n  ?s nope:p ?o }")
    assert "  ?s nope:p ?o }\n     ^\n" in result.stderr


def test_broken_turtle_has_file_line_and_column(run: Run, tmp_path: Path):
    (tmp_path / "broken.ttl").write_text("@prefix x: <http://x/> .\nx:a x:b oops .\n", "utf-8")
    for command in ("validate", "serve"):
        fails(run(command, "broken.ttl"), 1, "broken.ttl, line 2, column 9")


def test_validate_judges_the_shipped_data(run: Run):
    result = run("validate")
    assert result.returncode == 0
    assert "action/mosd-strategy ag:country" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("0 violations, ")


def test_validate_says_place_thing_message_and_what_is_allowed(run: Run, tmp_path: Path):
    (tmp_path / "new.ttl").write_text(
        "@base <https://w3id.org/actiongraph/> .\n"
        "@prefix ag: <https://w3id.org/actiongraph/ontology#> .\n"
        "<id/action/new> a ag:Action , ag:ReferencedAction ;\n"
        '  ag:actionNumber "2014/12" ;\n'
        "  ag:country <id/country/ATLANTIS> .\n",
        "utf-8",
    )
    result = run("validate", "new.ttl", "--format", "json")
    assert result.returncode == 1
    findings = {
        (f["path"] or "").rpartition("#")[2]: f
        for f in json.loads(result.stdout)["findings"]
        if f["severity"] == "Violation"
    }
    assert (findings["actionNumber"]["file"], findings["actionNumber"]["line"]) == ("new.ttl", 4)
    assert (findings["country"]["file"], findings["country"]["line"]) == ("new.ttl", 5)
    assert "not written as {yyyy}-{nn}" in findings["actionNumber"]["message"]
    text = run("validate", "new.ttl").stdout
    assert "Violation  new.ttl:4: action/new ag:actionNumber" in text


def test_a_day_that_does_not_exist_is_a_violation_with_its_line_and_no_traceback(run: Run, tmp_path: Path):
    data = shutil.copytree(shipped("data"), tmp_path / "data")
    (data / "more.ttl").write_text(
        "\ufeff@base <https://w3id.org/actiongraph/> .\n"
        "<id/action/2014-12> <https://w3id.org/actiongraph/ontology#startDate>\n"
        '  "2011-02-30"^^<http://www.w3.org/2001/XMLSchema#date> .\n',
        "utf-8",
    )
    result = run("validate", "--data", "data")
    assert result.returncode == 1
    assert "Violation  more.ttl:2: action/2014-12 ag:startDate" in result.stdout
    assert "2011-02-30" in result.stdout
    assert result.stderr == ""


def test_build_prints_the_report_on_a_violation_and_publishes_nothing(run: Run, little_data: Path, tmp_path: Path):
    with (little_data / "reference.ttl").open("a", encoding="utf-8") as reference:
        reference.write("<id/country/XX> a <https://w3id.org/actiongraph/ontology#Country> .\n")
    result = run("build", "--data", "data", "--store", "store")
    fails(result, 1, "breaks rules", "nothing is published")
    assert "Violation  reference.ttl:" in result.stderr
    assert not (tmp_path / "store" / "current").exists()


def test_chain_without_a_key_lists_all_chains_and_chooses_among_them(run: Run):
    listed = json.loads(run("chain", "--format", "json").stdout)
    assert {chain["key"] for chain in listed["chains"]} == {
        "2014-04",
        "2014-12",
        "informal-economy-coverage-bogota",
    }
    ghana = json.loads(run("chain", "--format", "json", "--country", "GH").stdout)
    assert [chain["key"] for chain in ghana["chains"]] == ["2014-12"]
    assert ghana["figures"]["probableLinks"] == 0
    assert run("chain", "--stated").stdout.startswith("Chains: 2, with 4 actions")
    assert (
        "No chain has a partner called ISEG; did you mean Institute of Social Security"
        in run("chain", "--partner", "ISEG").stdout
    )


def test_the_chain_of_2014_12_names_the_ghana_action_and_its_evidence(run: Run):
    text = run("chain", "2014-12").stdout
    assert "social-protection-coordination-ghana" in text
    assert "Enhance the effectiveness and coordination of social protection in Ghana" in text
    assert "stated" in text
    assert "Follow-up action from 2014-12" in text
    chain = json.loads(run("chain", "2014-12", "--format", "json").stdout)
    assert chain["key"] == "2014-12"


@pytest.mark.parametrize("name", ["build", "serve", "query", "chain"])
def test_no_command_reads_what_validates_before_it_does(name: str):
    text = f"import sys, actiongraph.cli.{name}; sys.exit('pyshacl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == 0


def test_help_and_version_are_fine(run: Run):
    assert run("--help").returncode == 0
    assert run("--version").stdout.startswith("actiongraph, version ")
    for command in ("serve", "build", "validate", "query", "chain"):
        assert run(command, "--help").stdout.startswith("Usage: actiongraph ")


def test_control_characters_never_reach_the_terminal(run: Run):
    out = run("query", 'SELECT ("a\\u001b[31mb" AS ?x) WHERE {}').stdout
    assert "\x1b" not in out
    assert "a\\x1b[31mb" in out


def test_data_that_cannot_be_published_leaves_the_release_before(run: Run, little_data: Path):
    options = ("--data", "data", "--store", "store")
    assert run("build", *options).returncode == 0
    (little_data / "reference.ttl").write_text("broken", "utf-8")
    result = run("query", "SELECT ?name { <https://w3id.org/actiongraph/id/facility/little> ?p ?name }", *options)
    assert result.returncode == 0
    assert "Little" in result.stdout
    assert "reference.ttl, line 1" in result.stderr
    assert "Using release 2" in result.stderr
    fails(run("build", *options), 1, "reference.ttl, line 1")


def test_a_full_disk_is_said_in_one_sentence(run: Run, little_data: Path, tmp_path: Path):
    """The limit on file sizes stands in for a disk that fills up in the middle of the store."""
    limited = [
        "bash",
        "-c",
        'ulimit -f 8; exec "$0" "$@"',
        sys.executable,
        "-m",
        "actiongraph",
        "build",
        "--data",
        "data",
        "--store",
        "store",
    ]
    assert run("build", "--data", "data", "--store", "store").returncode == 0
    before = (tmp_path / "store" / "current").readlink()
    with (little_data / "reference.ttl").open("a", encoding="utf-8") as reference:
        reference.write(FACILITY.format("new"))
    done = subprocess.run(limited, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=120)
    fails(done, 3, "cannot be written", "unchanged")
    assert (tmp_path / "store" / "current").readlink() == before
    assert [entry.name for entry in (tmp_path / "store" / "releases").iterdir()] == [before.name]


def test_values_that_the_engine_cannot_sort_end_the_command_with_one_sentence(run: Run):
    forms = enumerate(Random(2).choices(("{}", '"{}"', '"{}"@en'), k=100))
    values = " ".join(form.format(number * 37 % 100) for number, form in forms)
    done = run("query", f"SELECT ?o {{ VALUES ?o {{ {values} }} }} ORDER BY ?o")
    fails(done, 1, "The engine cannot sort what ORDER BY names: ")
    assert done.stdout == ""
