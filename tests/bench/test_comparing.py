"""Questions have the answers the generator knows, and wrong or cut answers are told."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox
import pytest

from bench import tables
from bench.compare import Trial, fault_of, prepare
from bench.generate import FEWEST
from bench.load import Address, BadAnswerError, Client, Measured, first_number, measured, numbered, one_client
from bench.questions import HARVESTERS, Asking, CheckedQuery
from bench.systems import Memory, Running, System
from bench.tables import Result


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[CheckedQuery]]:
    data, questions = prepare(tmp_path_factory.mktemp("bench"), 400, seed=5)
    return data.triples, list(questions)


@pytest.mark.long("large")
def test_every_question_is_answered_as_the_generator_knows(prepared: tuple[Path, list[CheckedQuery]]):
    triples, questions = prepared
    store = ox.Store()
    store.bulk_load(path=triples)
    for query in questions:
        assert query.askings
        for asking in query.askings:
            assert asking.rows
            assert query.agrees(asking, answers(store, asking.query, query.variables)), query.name


def answers(store: ox.Store, query: str, variables: tuple[str, ...]) -> list[tuple[str, ...]]:
    results = store.query(query)
    assert isinstance(results, ox.QuerySolutions)
    return [tuple("" if row[name] is None else row[name].value for name in variables) for row in results]


def test_a_missing_row_or_another_order_is_no_right_answer():
    rows = [("a",), ("b",)]
    plain, ordered = (CheckedQuery("q", ("x",), [], is_ordered=is_ordered) for is_ordered in (False, True))
    assert plain.agrees(Asking("", rows), [("b",), ("a",)])
    assert not ordered.agrees(Asking("", rows), [("b",), ("a",)])
    assert not plain.agrees(Asking("", rows), [("a",)])


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers what the server is told to: raw bytes after the request line and headers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.wfile.write(self.server.answers[len(self.server.asked) - 1])  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering(*raw: bytes) -> Iterator[tuple[Address, list[str]]]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers = raw  # type: ignore[attr-defined]
    server.asked = asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Address(server.server_port, "/sparql"), asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def test_bodies_with_a_length_and_in_chunks_are_read_whole():
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    with answering(ok(b"one"), chunked, ok(b"")) as (address, _):
        client = Client(address)
        assert [client.get(b"/"), client.get(b"/"), client.get(b"/")] == [b"one", b"abcde", b""]
        client.close()


def test_an_error_is_no_answer():
    with answering(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n") as (address, _):
        client = Client(address)
        with pytest.raises(BadAnswerError, match="503 Busy"):
            client.get(b"/")
        client.close()


def test_an_answer_of_another_length_is_told():
    with (
        answering(ok(b"one"), ok(b"three")) as (address, _),
        pytest.raises(BadAnswerError, match="an answer of 5 bytes, and of 3 before"),
    ):
        one_client(address, [address.target("ASK { }")], 1.0, vary=False)


def test_a_wrong_answer_is_told_and_not_timed():
    query = CheckedQuery("q", ("x",), [])
    asking = Asking("SELECT ?x { }", [("1",), ("2",)])
    cut = json.dumps({"results": {"bindings": [{"x": {"type": "literal", "value": "1"}}]}}).encode()
    with answering(ok(cut), ok(b"{"), b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n") as (address, asked):
        assert fault_of(query, asking, address) == "1 rows that are not the 2 right ones"
        assert (fault_of(query, asking, address) or "").startswith("no answer")
        assert fault_of(query, asking, address) == "no answer: HTTP/1.1 500 Oh"
        assert asked[0] == "/sparql?query=%230%0ASELECT%20%3Fx%20%7B%20%7D"


def test_varied_requests_are_all_different_and_repeated_ones_are_not():
    targets = [Address(1, "/a").target("ASK { }"), Address(1, "/b").target("ASK { }")]
    before = first_number()
    varied, repeated = numbered(targets, vary=True), numbered(targets, vary=False)
    assert len({next(varied) for _ in range(10)}) == 10
    assert len({next(repeated) for _ in range(10)}) == 2
    assert first_number() >= before


def test_half_of_the_answers_came_within_p50():
    found = measured([float(n) for n in range(1, 101)], seconds=10)
    assert found == Measured(p50_ms=51, p99_ms=100, per_s=10, requests=100)


def test_what_is_prepared_is_used_again(tmp_path: Path):
    first, asked = prepare(tmp_path, FEWEST, seed=5)
    made = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    again, asked_again = prepare(tmp_path, FEWEST, seed=5)
    assert (again, asked_again) == (first, asked)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == made


def compared() -> Result:
    """Return a result in which ours takes three times as long as oxigraph, and another server gave a wrong answer."""
    result = Result(9, ["actiongraph", "oxigraph", "other"], {tables.ONE: Measured(0.1, 0.2, 3, 4)}, triples=1_234)
    result.note_question(CheckedQuery("action", ("x",), [], is_small=True))
    result.note_question(CheckedQuery("listing", ("x",), [], asker=HARVESTERS))
    for name, times in (("actiongraph", 3), ("oxigraph", 1)):
        result.note_start(name, 0.5, Memory(7, 5))
        result.note_end(name, Memory(1_700, 15))
        for clients in (tables.ONE, tables.EIGHT):
            found = Measured(times, times, 30 / times, 1, processor_ms=4 * times)
            result.note("action", tables.UNCACHED, name, clients, found)
    result.note("listing", tables.UNCACHED, "actiongraph", tables.ONE, Measured(1, 1, 1, 1))
    result.note_fault("action", "other", "2 rows that are not the 3 right ones")
    return result


def test_the_tables_name_ratios_and_faults():
    written = tables.as_markdown(compared())
    assert "## 9 actions, 1,234 triples" in written
    assert "- **other** on action: 2 rows that are not the 3 right ones" in written
    assert "| action | 3.00 / 3.00 | 1.00 / 1.00 | - |" in written
    assert "| action | 12.00 | 4.00 | - |" in written
    assert "| action | 10 | 30 | - |" in written
    assert "| researchers, uncached | 0.33 / 0.33 / 3.00 | - / - / - |" in written
    assert "| harvesters, uncached | - / - / - | - / - / - |" in written
    assert "| small questions, uncached | 0.33 / 0.33 / 3.00 | - / - / - |" in written
    assert "| oxigraph | 0.50 s | 7 (5) | 1,700 (15) |" in written


def test_a_mean_says_of_how_many_questions_it_is():
    result = compared()
    result.note("listing", tables.UNCACHED, "other", tables.ONE, Measured(4, 4, 1, 1))
    result.note_question(CheckedQuery("page", ("x",), [], asker=HARVESTERS))
    assert "| harvesters, uncached | - / - / - | 4.00 (1 of 2) / - / - |" in tables.as_markdown(result)


def test_results_that_were_printed_as_json_are_read_as_they_were(tmp_path: Path):
    path = tmp_path / "results.json"
    path.write_text(json.dumps([compared().as_json()]), "utf-8")
    assert tables.read(path) == [compared()]


def test_a_page_gets_its_tables_between_two_comments_and_keeps_the_rest():
    page = "Before.\n<!-- bench.report: begin -->\nold\n<!-- bench.report: end -->\nAfter.\n"
    made = tables.with_tables(page, [compared()])
    assert made.startswith("Before.\n<!-- bench.report: begin -->\n")
    assert made.endswith("<!-- bench.report: end -->\nAfter.\n")
    assert "old" not in made
    assert "(pictures/compare-9.png)" in made
    assert "| action | 10 | 30 | - |" in made
    assert tables.with_tables(made, [compared()]) == made
    with pytest.raises(ValueError, match="0 places"):
        tables.with_tables("Before.", [compared()])


def test_a_server_that_fails_with_many_clients_is_timed_with_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    query = CheckedQuery("q", ("x",), [Asking("ASK { }", [])])
    result = Result(9, ["a"], {})
    system = System("a", "/sparql", lambda _, __: [])
    busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
    with subprocess.Popen(["true"]) as process, answering(*[ok(b"{}")] * 3, *[busy] * 8) as (address, _):
        trial = Trial(query, Running(system, address, 0.1, process), 0.0, vary=True)
        trial.go_on()
        trial.note(tables.UNCACHED, result)
    assert set(result.figures[tables.UNCACHED]["q"]["a"]) == {tables.ONE}
    [(asked, name, fault)] = result.faults
    assert (asked, name, fault) == ("q", "a", "uncached, 8 clients: HTTP/1.1 503 Busy")
