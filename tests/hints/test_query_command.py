"""`actiongraph query` says on standard error why it found nothing, and keeps standard output as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from actiongraph.cli.query import query as command

PREFIX = "PREFIX ag: <https://w3id.org/actiongraph/ontology#> "
EMPTY = "{ ?a ag:contry ?c }"


@pytest.fixture
def query(release) -> Callable[..., Result]:
    return lambda *arguments: CliRunner().invoke(command, ["--store", str(release.releases.folder), *arguments])


@pytest.mark.parametrize("form", ["SELECT *", "CONSTRUCT WHERE"])
@pytest.mark.parametrize("format_", [None, "json"])
def test_an_answer_without_rows_is_followed_by_hints(query, form, format_):
    chosen = ["--format", "jsonld" if form != "SELECT *" else format_] if format_ else []
    result = query(f"{PREFIX}{form} {EMPTY}", *chosen)
    assert result.exit_code == 0, result.output
    column = len(f"{PREFIX}{form} {EMPTY}".partition("ag:contry")[0]) + 1
    assert result.stderr.startswith(f"hint: Line 1, column {column}: ag:contry does not occur in the release")
    assert "ag:contry" not in result.stdout


@pytest.mark.parametrize(
    "text", ["SELECT * { ?a ag:country ?c }", "ASK { ?a ag:contry ?c }", "CONSTRUCT WHERE { ?a ag:country ?c }"]
)
def test_an_answer_with_rows_stands_alone(query, text):
    result = query(PREFIX + text)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.strip()


def test_a_boolean_is_a_word(query):
    assert query(f"{PREFIX}ASK {EMPTY}").stdout == "false\n"


def test_all_faults_of_a_query_are_told_the_first_last(query):
    result = query("SELCT ?a WERE { ?a ag:country ?c }")
    assert result.exit_code != 0
    told = [line for line in result.stderr.splitlines() if line.startswith("Line ")]
    assert [line.split(":")[0] for line in told] == ["Line 1, column 10", "Line 1, column 20"]
    assert result.stderr.count("^") == 3
    assert str(result.exception).startswith("Line 1, column 1: SELCT is not a SPARQL keyword")
    assert "Line" not in query("no-such-example").stderr  # a name that is none is told as one
