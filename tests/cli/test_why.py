"""`actiongraph why`: the same as `/sparql/why`, in a terminal, by the number of a row or by its values."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

SPAIN = (
    "PREFIX ag: <https://w3id.org/actiongraph/ontology#> "
    "SELECT ?country WHERE { <https://w3id.org/actiongraph/id/action/informal-economy-coverage-bogota> "
    "ag:expertsFrom ?country } ORDER BY ?country"
)
BY_VALUE = '{"country": {"type": "uri", "value": "https://w3id.org/actiongraph/id/country/ESP"}}'


@pytest.mark.parametrize("row", ["1", BY_VALUE])
def test_a_row_leads_to_the_words_of_the_source(run_here: Callable, row: str) -> None:
    result = run_here("why", SPAIN, "--row", row)
    assert result.returncode == 0
    assert result.stdout.startswith("Why this row is there: 1 triple\n  country: Spain\n")
    assert "\n   stated\n   “France, Italy, and Spain” (" in result.stdout


def test_as_json_it_is_what_the_server_gives(run_here: Callable) -> None:
    told = json.loads(run_here("why", SPAIN, "--row", "1", "--json").stdout)
    assert told["row"] == json.loads(BY_VALUE)
    assert told["triples"][0]["evidence"][0]["passages"][0]["start"] == 7901


def test_an_example_by_its_name_and_an_ask(run_here: Callable) -> None:
    result = run_here("why", "chains-what-came-after-2014-12-by-path", "--row", "1")
    assert "follow-up of Action 2014-12" in " ".join(result.stdout.split())
    assert run_here("why", "ASK {}").stdout.startswith("Why the answer is true: 0 triples\n")


def test_an_endpoint_gives_the_triples_and_says_that_it_gives_no_grounds(run_here: Callable, serve: Callable) -> None:
    result = run_here("why", SPAIN, "--row", "1", "--endpoint", serve().url.rstrip("/") + "/sparql")
    assert (result.returncode, result.stderr) == (0, "")
    assert "1. Social protection coverage in the informal economy: experts from Spain\n" in result.stdout
    assert result.stdout.endswith("\n\nHere is no record of where triples come from, so they stand without grounds.\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([SPAIN], 2, "give --row, such as --row 1 for the first"),
        ([SPAIN, "--row", "0"], 1, "The result has 3 rows; there is no row 0."),
        ([SPAIN, "--row", "4"], 1, "The result has 3 rows; there is no row 4."),
        ([SPAIN, "--row", "x"], 2, "A row is one JSON object"),
        ([SPAIN, "--row", "{}"], 1, "No row of the query has these values."),
        ([SPAIN, "--row", BY_VALUE.replace("country", "land", 1)], 1, "no variable ?land in its rows"),
        (["ASK {}", "--row", "1"], 2, "an ASK query has no rows"),
        (["SELECT (RAND() AS ?r) {}", "--row", "1"], 1, "NOW, RAND, UUID or STRUUID"),
        (["CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"], 1, "ask about a row of a SELECT"),
        (["SELECT ?x { ?x ?p }", "--row", "1"], 1, "Line 1, column 19"),
        ([SPAIN, "--row", "1", "--endpoint", "http://127.0.0.1:9/sparql"], 3, "127.0.0.1:9"),
    ],
)
def test_what_cannot_be_told_is_said_with_its_exit_code(run_here, arguments: list[str], code: int, said: str) -> None:
    result = run_here("why", *arguments)
    assert (result.returncode, said in result.stderr) == (code, True), result.stderr
    assert result.stdout == ""
