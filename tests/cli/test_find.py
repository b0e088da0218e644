"""`actiongraph find`: the same as `/search`, in a terminal, from a release or from a server."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest

BOGOTA = {"informal-economy-coverage-bogota", "consolidation-of-strategy-bogota"}


def keys(document: dict, kind: str) -> set[str]:
    groups = [group for group in document["groups"] if group["kind"] == kind]
    return {hit["iri"].rpartition("/")[2] for group in groups for hit in group["hits"]}


def test_words_find_actions_with_what_matched(run_here: Callable) -> None:
    result = run_here("find", "street", "vendors", "Bogotá")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "Actions (2)"
    assert "  Consolidation of the strategy" in lines
    assert "    Colombia · 2 of 2 in a chain · consolidation-of-strategy-bogota" in lines
    assert any(line.startswith("    summary: ") and "street vendors in Bogota" in line for line in lines)
    assert "\x1b" not in result.stdout  # marks are for terminals


def test_a_mistyped_name_is_told_and_found(run_here: Callable) -> None:
    said = run_here("find", "Gahna").stdout
    assert said.startswith("Nothing is spelled so; this is for Ghana.\nActions (2)\n")
    assert "\nCountries (1)\n  Ghana\n    GHA\n" in said


def test_as_json_and_of_one_kind(run_here: Callable) -> None:
    told = json.loads(run_here("find", "ipes", "--format", "json").stdout)
    assert (keys(told, "action"), keys(told, "partner")) == (BOGOTA, {"col-ipes"})
    [group] = json.loads(run_here("find", "ipes", "--format", "json", "--kind", "partner").stdout)["groups"]
    assert group["kind"] == "partner"


def test_what_is_not_there_is_said(run_here: Callable) -> None:
    result = run_here("find", "xyzzyxyzzy")
    assert (result.returncode, result.stdout) == (0, "No word is like xyzzyxyzzy.\nNothing matches xyzzyxyzzy.\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["find"], 2, "Missing argument 'WORDS...'"),
        (["find", "x" * 201], 1, "this one has 201 characters"),
        (["find", "x", "--kind", "river"], 2, "'river' is not one of"),
        (["find", "x", "--endpoint", "not an address"], 2, "is not the address of a server"),
    ],
)
def test_what_makes_no_sense_is_refused(run_here: Callable, arguments: list[str], code: int, said: str) -> None:
    result = run_here(*arguments)
    assert (result.returncode, said in result.stderr) == (code, True), result.stderr


def test_an_endpoint_is_asked_by_either_address(run_here: Callable, serve: Callable) -> None:
    url = serve().url
    for address in (url, f"{url.rstrip('/')}/sparql"):
        told = json.loads(run_here("find", "Bogotá", "vendors", "--endpoint", address, "--format", "json").stdout)
        assert keys(told, "action") >= BOGOTA
        said = run_here("find", "Bogotá", "vendors", "--endpoint", address).stdout
        assert "    Colombia · 2 of 2 in a chain · consolidation-of-strategy-bogota" in said
    no_search = run_here("find", "Bogotá", "--endpoint", f"{url.rstrip('/')}/about")
    assert (no_search.returncode, "404" in no_search.stderr) == (3, True)


def test_an_endpoint_that_is_not_there_is_the_machines_fault(run_here: Callable) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    result = run_here("find", "Bogotá", "--endpoint", f"http://127.0.0.1:{port}/sparql")
    assert (result.returncode, "does not answer" in result.stderr) == (3, True), result.stderr
