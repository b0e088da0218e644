"""Whatever a query says, no connection is opened and no file is read."""

# ruff: noqa: E501 - a table reads best with one case to a line

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hostile_queries import with_other_literals
from hostile_target import SECRET, TIMEOUT_S, Target, check_answer

from bench.served import Answer, get

pytestmark = pytest.mark.long("attacks")

Spell = Callable[[str], str]

SERVICES: dict[str, Spell] = {
    "plain": lambda url: f"SELECT * WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "lower case": lambda url: f"SELECT * WHERE {{ service <{url}> {{ ?s ?p ?o }} }}",
    "mixed case": lambda url: f"SELECT * WHERE {{ SeRvIcE <{url}> {{ ?s ?p ?o }} }}",
    "silent": lambda url: f"SELECT * WHERE {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}",
    "silent glued": lambda url: f"SELECT * WHERE {{ SERVICESILENT<{url}>{{ ?s ?p ?o }} }}",
    "glued to its address": lambda url: f"SELECT * WHERE {{SERVICE<{url}>{{?s ?p ?o}}}}",
    "glued to a number": lambda url: f"SELECT * WHERE {{ ?s ?p 1SERVICE<{url}> {{ ?s ?p ?o }} }}",
    "glued to a decimal": lambda url: f"SELECT * WHERE {{ ?s ?p 1.0SERVICE<{url}> {{ ?s ?p ?o }} }}",
    "glued to a double": lambda url: f"SELECT * WHERE {{ ?s ?p 1e0SERVICE<{url}> {{ ?s ?p ?o }} }}",
    "glued to true": lambda url: f"SELECT * WHERE {{ ?s ?p trueSERVICE<{url}> {{ ?s ?p ?o }} }}",
    "glued to a": lambda url: f"SELECT * WHERE {{ ?s a <http://x/c>SERVICE<{url}> {{ ?s ?p ?o }} }}",
    "glued to a string": lambda url: f"SELECT * WHERE {{ ?s ?p 'x'SERVICE<{url}> {{ ?s ?p ?o }} }}",
    "glued to a language": lambda url: f"SELECT * WHERE {{ ?s ?p 'x'@enSERVICE<{url}> {{ ?s ?p ?o }} }}",
    "glued to a dot": lambda url: f"SELECT * WHERE {{ ?s ?p ?o .SERVICE<{url}> {{ ?s ?p ?o }} }}",
    "glued to a bracket": lambda url: f"SELECT * WHERE {{ {{}}SERVICE<{url}>{{}} }}",
    "as a prefixed name": lambda url: f"PREFIX x: <{url}> SELECT * WHERE {{ SERVICE x: {{ ?s ?p ?o }} }}",
    "glued to a prefix": lambda url: f"PREFIX x: <{url}> SELECT * WHERE {{ SERVICEx: {{ ?s ?p ?o }} }}",
    "glued to an empty prefix": lambda url: f"PREFIX : <{url}> SELECT * WHERE {{ SERVICE:{{ ?s ?p ?o }} }}",
    "glued to an empty prefix and a name": lambda url: (
        f"PREFIX : <{url}> SELECT * WHERE {{ SERVICE:x {{ ?s ?p ?o }} }}"
    ),
    "undeclared prefix of that name": lambda url: f"BASE <{url}> SELECT * WHERE {{ SERVICE:x {{ ?s ?p ?o }} }}",
    "relative to a base": lambda url: f"BASE <{url}> SELECT * WHERE {{ SERVICE <> {{ ?s ?p ?o }} }}",
    "a variable": lambda url: f"SELECT * WHERE {{ VALUES ?u {{ <{url}> }} SERVICE ?u {{ ?s ?p ?o }} }}",
    "a variable glued": lambda url: f"SELECT * WHERE {{ BIND(<{url}> AS ?u)SERVICE?u{{ ?s ?p ?o }} }}",
    "a variable by IRI()": lambda url: f"SELECT * WHERE {{ BIND(IRI('{url}') AS ?u) SERVICE SILENT ?u {{}} }}",
    "a comment between": lambda url: f"SELECT * WHERE {{ SERVICE # here\n<{url}> {{ ?s ?p ?o }} }}",
    "a comment glued": lambda url: f"SELECT * WHERE {{ SERVICE#<x>\r<{url}> {{ ?s ?p ?o }} }}",
    "a comment before that ends in CR": lambda url: f"SELECT * WHERE {{ # {{\rSERVICE <{url}> {{ ?s ?p ?o }} }}",
    "a comment before that ends in FF": lambda url: f"SELECT * WHERE {{ # \fSERVICE <{url}> {{}}\n}} #\n SERVICE",
    "after a quotation mark in a comment": lambda url: f"SELECT * WHERE {{ # '\nSERVICE <{url}> {{}} # '\n}}",
    "between strings": lambda url: f"SELECT * WHERE {{ ?s ?p '\\'' . SERVICE <{url}> {{}} ?s ?p '\\'' }}",
    "between long strings": lambda url: f"SELECT * WHERE {{ ?s ?p '''''' . SERVICE <{url}> {{}} ?s ?p '''''' }}",
    "after a hash in an IRI": lambda url: f"SELECT * WHERE {{ ?s <http://x/#> ?o . SERVICE <{url}> {{}} }}",
    "after a hash in an escaped name": lambda url: (
        f"PREFIX x: <x> SELECT * WHERE {{ ?s x:a\\# ?o . SERVICE <{url}> {{}} }}"
    ),
    "after less-than": lambda url: f"SELECT * WHERE {{ FILTER(1<2) SERVICE <{url}> {{}} FILTER(3>2) }}",
    "by codepoint escapes": lambda url: f"SELECT * WHERE {{ \\u0053ERVICE <{url}> {{ ?s ?p ?o }} }}",
    "by long codepoint escapes": lambda url: f"SELECT * WHERE {{ SERV\\U00000049CE <{url}> {{ ?s ?p ?o }} }}",
    "address by codepoint escapes": lambda url: f"SELECT * WHERE {{ SERVICE <\\u0068{url[1:]}> {{ ?s ?p ?o }} }}",
    "a comment that ends by an escape": lambda url: f"SELECT * WHERE {{ #\\u000ASERVICE <{url}> {{}}\n}} SERVICE",
    "a dotless i": lambda url: f"SELECT * WHERE {{ SERV\u0131CE <{url}> {{ ?s ?p ?o }} }}",
    "a Kelvin-like letter": lambda url: f"SELECT * WHERE {{ \u017fERVICE <{url}> {{ ?s ?p ?o }} }}",
    "full width": lambda url: f"SELECT * WHERE {{ \uff33ERVICE <{url}> {{ ?s ?p ?o }} }}",
    "a zero width space before": lambda url: f"SELECT * WHERE {{ \u200bSERVICE <{url}> {{ ?s ?p ?o }} }}",
    "a byte order mark before": lambda url: f"SELECT * WHERE {{ \ufeffSERVICE <{url}> {{ ?s ?p ?o }} }}",
    "a no-break space after": lambda url: f"SELECT * WHERE {{ SERVICE\u00a0<{url}> {{ ?s ?p ?o }} }}",
    "a null byte within": lambda url: f"SELECT * WHERE {{ SER\0VICE <{url}> {{ ?s ?p ?o }} }}",
    "in a subquery": lambda url: f"SELECT * WHERE {{ {{ SELECT * WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }} }}",
    "in EXISTS": lambda url: f"SELECT * WHERE {{ ?s ?p ?o FILTER EXISTS {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "in NOT EXISTS": lambda url: f"ASK {{ ?s ?p ?o FILTER NOT EXISTS {{SERVICE SILENT<{url}>{{}}}} }}",
    "in GRAPH": lambda url: f"SELECT * WHERE {{ GRAPH ?g {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "in OPTIONAL": lambda url: f"SELECT * WHERE {{ OPTIONAL {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "in MINUS": lambda url: f"SELECT * WHERE {{ ?s ?p ?o MINUS {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "in UNION": lambda url: f"SELECT * WHERE {{ {{}} UNION {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "in SERVICE": lambda url: f"SELECT * WHERE {{ SERVICE <{url}> {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "in ORDER BY": lambda url: f"SELECT * WHERE {{}} ORDER BY EXISTS {{ SERVICE <{url}> {{}} }}",
    "in HAVING": lambda url: f"SELECT (1 AS ?x) WHERE {{}} GROUP BY ?y HAVING (EXISTS {{ SERVICE <{url}> {{}} }})",
    "in a projection": lambda url: f"SELECT (EXISTS {{ SERVICE <{url}> {{}} }} AS ?x) WHERE {{}}",
    "in a BIND": lambda url: f"SELECT * WHERE {{ BIND(EXISTS {{ SERVICE <{url}> {{}} }} AS ?x) }}",
    "in CONSTRUCT": lambda url: f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "in DESCRIBE": lambda url: f"DESCRIBE ?s WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "after a prologue without end": lambda url: f"PREFIX a: <a> PREFIX b: SERVICE <{url}> {{ }}",
    "with LATERAL": lambda url: f"SELECT * WHERE {{ LATERAL {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "far behind": lambda url: f"SELECT * WHERE {{ {'# ' + 'x' * 150_000}\nSERVICE <{url}> {{ ?s ?p ?o }} }}",
}
UPDATES: dict[str, Spell] = {
    "LOAD": lambda url: f"LOAD <{url}>",
    "LOAD SILENT": lambda url: f"load silent <{url}> INTO GRAPH <http://x/g>",
    "LOAD glued": lambda url: f"LOAD<{url}>",
    "LOAD after a prologue": lambda url: f"BASE <{url}> PREFIX : <> LOAD <>",
    "LOAD after a query": lambda url: f"ASK {{}} ; LOAD <{url}>",
    "LOAD escaped": lambda url: f"\\u004COAD <{url}>",
    "INSERT DATA": lambda _: "INSERT DATA { <http://x/s> <http://x/p> <http://x/o> }",
    "INSERT with SERVICE": lambda url: f"INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "DELETE WHERE": lambda _: "DELETE WHERE { ?s ?p ?o }",
    "WITH": lambda _: "WITH <http://x/g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "CLEAR": lambda _: "CLEAR ALL",
    "DROP": lambda _: "DROP SILENT ALL",
    "CREATE": lambda _: "CREATE GRAPH <http://x/g>",
    "ADD": lambda url: f"ADD <{url}> TO DEFAULT",
    "MOVE": lambda url: f"MOVE <{url}> TO DEFAULT",
    "COPY": lambda url: f"COPY <{url}> TO DEFAULT",
}
DATASETS = {
    "FROM": "SELECT * FROM <{}> WHERE {{ ?s ?p ?o }}",
    "FROM NAMED": "SELECT * FROM NAMED <{}> WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "FROM glued": "SELECT*FROM<{}>WHERE{{?s ?p ?o}}",
    "FROM relative": "BASE <{}> SELECT * FROM <> WHERE {{ ?s ?p ?o }}",
    "GRAPH": "SELECT * WHERE {{ GRAPH <{}> {{ ?s ?p ?o }} }}",
    "DESCRIBE": "DESCRIBE <{}>",
    "a function": "SELECT (<{}>(1) AS ?x) WHERE {{}}",
}
PLACES = {
    "http": lambda target: target.url(),
    "https": lambda target: target.url("https"),
    "file": lambda target: target.canary.path.as_uri(),
    "file of a host": lambda target: f"file://127.0.0.1{target.canary.path}",
    "a path": lambda target: str(target.canary.path),
    "a path within": lambda target: f"../..{target.canary.path}",
}
MALFORMED = [
    "",
    "a",
    "//",
    "file",
    "http://[",
    "http://x/ y",
    "\0",
    "http://x/<>",
    "urn:" + "x" * 100_000,
    "http://x/\u202e",
]


def _check_untouched(target: Target) -> None:
    assert not target.was_called()
    assert not target.canary.was_opened()


@pytest.mark.parametrize("spelling", SERVICES)
def test_service_is_refused(target: Target, spelling: str):
    answer = target.ask(SERVICES[spelling](target.url()))
    check_answer(answer, (400,))
    check_answer(target.ask(SERVICES[spelling](target.url()), path="/sparql/check"), (200,))
    assert answer.took_s < TIMEOUT_S
    _check_untouched(target)


@pytest.mark.parametrize("spelling", SERVICES)
def test_so_it_is_where_its_like_has_passed(target: Target, spelling: str):
    """The guard remembers shapes that passed: here that of the query with GRAPH for SERVICE, and other literals."""
    query = SERVICES[spelling](target.url())
    like = re.sub("service", "GRAPH", query, flags=re.IGNORECASE)
    for text in (like, with_other_literals(like)):
        check_answer(target.ask(text), (200, 400))
    for text in (query, with_other_literals(query)):
        check_answer(target.ask(text), (400,))
    _check_untouched(target)


@pytest.mark.parametrize(
    "query",
    [
        "ASK { ?s ?p 'SERVICE <{}> {}' }",
        "ASK { ?s ?p '''x' SERVICE <{}> {} ''' }",
        "ASK { ?s ?p 'x\\u0027 . SERVICE <{}> {} #' }",
        "ASK { ?s ?p 1 } # SERVICE <{}> {}",
        "ASK { ?s <{}/SERVICE> 1 }",
        "PREFIX service: <{}> ASK { ?s service:LOAD 1 }",
        "PREFIX : <{}> ASK { ?service :SERVICE $SERVICE }",
        "ASK { _:SERVICE ?SERVICE 'x'@service }",
    ],
)
def test_the_word_stays_legal_where_it_is_none(target: Target, query: str):
    assert target.ask(query.replace("{}", target.url(), 1)).status == 200
    _check_untouched(target)


@pytest.mark.parametrize("kind", UPDATES)
def test_an_update_is_refused(target: Target, kind: str):
    update = UPDATES[kind](target.url())
    check_answer(target.ask(update), (400,))
    check_answer(_send(target, "application/sparql-update", update), (400, 415))
    check_answer(_send(target, "application/x-www-form-urlencoded", f"update={quote(update)}"), (400,))
    with target.served.connect() as connection:
        check_answer(connection.exchange(get(f"/sparql?update={quote(update)}")), (400,))
    _check_untouched(target)
    assert json.loads(target.ask("ASK { <http://x/1> <http://x/p> 'text 1' }").body)["boolean"] is True


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("clause", DATASETS)
def test_a_name_is_only_a_name(target: Target, clause: str, place: str):
    answer = target.ask(DATASETS[clause].format(PLACES[place](target)))
    check_answer(answer, (200, 400))
    if answer.status == 200:
        _check_empty(answer)
    _check_untouched(target)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("parameter", ["default_graph_uri", "named_graph_uri"])
def test_a_graph_of_the_protocol_is_only_a_name(target: Target, parameter: str, place: str):
    query = "SELECT * WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    answer = target.ask(query, **{parameter: PLACES[place](target)})
    check_answer(answer, (200, 400))
    if answer.status == 200:
        _check_empty(answer)
    _check_untouched(target)


@pytest.mark.parametrize("name", MALFORMED, ids=lambda name: ascii(name[:20]))
def test_a_malformed_name_is_refused(target: Target, name: str):
    check_answer(target.ask("ASK { ?s ?p ?o }", default_graph_uri=name), (200, 400))
    check_answer(target.ask(f"ASK FROM <{name}> {{ ?s ?p ?o }}"), (200, 400))
    with target.served.connect() as connection:
        check_answer(
            connection.exchange(get(f"/graph-store?graph={quote(name, safe='')}", "Accept: application/json")),
            (400, 404, 406),
        )


@pytest.mark.parametrize("path", ["/../../../../etc/passwd", "/static/../canary.nt", "/static/%2e%2e%2fcanary.nt",
                                  "/static/..%5ccanary.nt", "/static//etc/passwd", "/graph/../../canary.nt", "//canary.nt",
                                  "/%00", "/static/%00", "/static/style.css%00.nt", "file:///etc/passwd"])  # fmt: skip
def test_an_address_is_no_path_of_the_machine(target: Target, path: str):
    with target.served.connect() as connection:
        answer = connection.exchange(get(path, "Accept: application/json"))
    assert b"root:" not in answer.body
    assert SECRET.encode() not in answer.body
    assert answer.status in {200, 400, 404, 406}
    _check_untouched(target)


def test_the_traps_would_notice(target: Target):
    """A trap that catches nothing proves nothing."""
    import socket

    socket.create_connection(target.listener.getsockname()).close()
    assert target.was_called()
    assert SECRET in target.canary.path.read_text()
    assert target.canary.was_opened()
    _check_untouched(target)


def _send(target: Target, media_type: str, text: str) -> Answer:
    body = text.encode()
    head = f"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    with target.served.connect() as connection:
        return connection.exchange(head.encode() + body)


def _check_empty(answer: Answer) -> None:
    if answer.headers["content-type"] == "application/sparql-results+json":
        assert not [row for row in json.loads(answer.body)["results"]["bindings"] if row]
