"""The W3C's query evaluation tests, in every format that results are offered in; without --long, in one of them.

Two ways lead to an answer. Over HTTP, `actiongraph serve` answers from one file with the data of all tests. In
`test_in_its_own_store`, each test has a store whose default graph is the test's, asked through the same guard
and the same workers. What pyoxigraph makes of a test on its own says which failures may be known ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from w3c_endpoint import KNOWN, Endpoint, names_dataset
from w3c_results import READERS, Table, is_result_set, read_graph, read_result_set, same
from w3c_suite import Case, cases, path, quads, text
from werkzeug.test import TestResponse

from actiongraph.engine.pool.worker_pool import Pool, PooledEngine
from actiongraph.formats import RESULTS_JSON, TURTLE, Format, Result, offers
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.web.app import create_app

OUT_OF_SCOPE = ("entailment", "service")
EVALUATION = [
    case
    for case in cases()
    if case.kind in ("QueryEvaluationTest", "CSVResultFormatTest") and case.group not in OUT_OF_SCOPE
]


def suffix(iri: str) -> str:
    return iri.rpartition(".")[2]


def read(document: bytes, ending: str, base: str) -> Table | bool | rdflib.Graph:
    written = document.decode("utf-8")
    return READERS[ending](written, base) if ending in READERS else read_graph(written, ending, base)


@cache
def expected(case: Case) -> Table | bool | rdflib.Graph:
    found = read(path(case.result).read_bytes(), suffix(case.result), case.result)
    return read_result_set(found) if isinstance(found, rdflib.Graph) and is_result_set(found) else found


def formats_of(case: Case) -> tuple[Format, ...]:
    return offers(Result.GRAPH if isinstance(expected(case), rdflib.Graph) else Result.BINDINGS)


def is_ordered(case: Case) -> bool:
    return bool(re.search(r"ORDER\s+BY", text(case).rpartition("}")[2], re.IGNORECASE))


def agrees(case: Case, document: bytes, ending: str) -> bool:
    return same(expected(case), read(document, ending, case.query), is_ordered=is_ordered(case))


def with_formats() -> Iterator[object]:
    for case in EVALUATION:
        for format_ in formats_of(case):
            further = [] if format_ in (RESULTS_JSON, TURTLE) else [pytest.mark.long("formats")]
            yield pytest.param(case, format_, id=f"{case}-{format_.name}", marks=further)


@pytest.mark.parametrize(("case", "format_"), list(with_formats()))
def test_over_http(
    endpoint: Endpoint,
    case: Case,
    format_: Format,
    outcome: Callable[[Case, str], None],
    maybe_known: Callable[[Case, str], None],
) -> None:
    outcome(case, format_.name)
    maybe_known(case, format_.name)
    answer = endpoint.ask(case, format_.media_type)
    assert answer.status == 200, answer.body.decode()
    assert answer.content_type == format_.content_type
    assert agrees(case, answer.body, format_.suffix), answer.body.decode()


def quads_of(case: Case) -> Iterator[ox.Quad]:
    """Yield the dataset of a test; what a query names with FROM is a named graph of the store."""
    for graph in case.data:
        yield from quads(graph, ox.NamedNode(graph) if names_dataset(text(case)) else ox.DefaultGraph())
    for graph in case.graph_data:
        yield from quads(graph, ox.NamedNode(graph))


class Alone:
    """An application that answers each test from a store with the dataset of that test; stores are shared by equals."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        self._pool, self._folder = pool, folder
        self._stores: dict[object, Path] = {}
        # The data changes from test to test here, which it never does behind a snapshot without a version.
        self._client = create_app(Settings(url="http://localhost/", max_kept_bytes=1), self).test_client()
        self._snapshot: Snapshot | None = None

    def current(self) -> Snapshot:
        assert self._snapshot
        return self._snapshot

    def ask(self, case: Case, accept: str) -> TestResponse:
        engine = PooledEngine(self._pool, self._store(case), union_default=False)
        self._snapshot = Snapshot(engine, None, {}, union_default=False)
        return self._client.get("/sparql", query_string={"query": text(case)}, headers={"Accept": accept})

    def _store(self, case: Case) -> Path:
        dataset = (case.data, case.graph_data, names_dataset(text(case)))
        if dataset not in self._stores:
            self._stores[dataset] = self._folder / str(len(self._stores))
            ox.Store(str(self._stores[dataset])).bulk_extend(quads_of(case))
        return self._stores[dataset]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    with closing(Pool(Settings(workers=2))) as pool:
        yield Alone(pool, tmp_path_factory.mktemp("stores"))


@pytest.mark.parametrize("case", EVALUATION, ids=str)
def test_in_its_own_store(
    alone: Alone, case: Case, outcome: Callable[[Case, str], None], maybe_known: Callable[[Case, str], None]
) -> None:
    format_ = TURTLE if TURTLE in formats_of(case) else RESULTS_JSON
    outcome(case, "own store")
    maybe_known(case, format_.name)
    answer = alone.ask(case, format_.media_type)
    assert answer.status_code == 200, answer.text
    assert agrees(case, answer.data, format_.suffix), answer.text


@pytest.mark.parametrize("case", [case for case in EVALUATION if case.iri in KNOWN], ids=str)
def test_a_known_failure_is_the_engines(case: Case) -> None:
    """No test that pyoxigraph passes by itself may fail here, known or not."""
    store = ox.Store()
    store.bulk_extend(quads_of(case))
    results = store.query(path(case.query).read_text("utf-8"), base_iri=case.query)
    if isinstance(results, ox.QueryTriples):
        assert not agrees(case, ox.serialize(results, format=ox.RdfFormat.TURTLE), "ttl")
    else:
        assert not agrees(case, results.serialize(format=ox.QueryResultsFormat.JSON), "srj")
