"""Virtuoso and Fuseki that stop, hang or die while a query runs there: a clear error, and never a wrong answer."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import replace

import peer_engines
import pytest
from flask.testing import FlaskClient
from peer_engines import PeerEngine

from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.release.upstream_snapshots import UpstreamSnapshots
from actiongraph.web.app import create_app

pytestmark = pytest.mark.long("peers")
LONG = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o . ?x ?y ?o . ?z ?q ?o . ?a ?b ?z }"
ALL = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
AT_WORK_S, GIVE_UP_S = 0.3, 30


class Behind:
    """An engine with the shipped release in it, and the application over it."""

    def __init__(self, peer: PeerEngine, release, stack: ExitStack) -> None:
        self.peer, self.triples = peer, release.record.triples
        settings = replace(release.settings, url="http://localhost/", timeout_s=20)
        engine = stack.enter_context(closing(UpstreamEngine(peer.place.url, settings)))
        app = create_app(settings, release.snapshots, upstream=UpstreamSnapshots(release.snapshots, engine, settings))
        self._new_client: Callable[[], FlaskClient] = app.test_client

    def ask(self, query: str, timeout_s: float = 20) -> tuple[int, str]:
        """Return the status, with the code of an error or the one number that was found."""
        sent = {"query": query, "timeout": str(timeout_s)}
        response = self._new_client().get("/sparql", query_string=sent, headers={"Accept": "application/json"})
        if response.status_code == 200:
            return 200, response.json["results"]["bindings"][0]["n"]["value"]
        return response.status_code, response.json["code"]

    def asked_while(self, query: str, timeout_s: float, act: Callable[[], object]) -> tuple[int, str]:
        """Return what comes of a query where `act` is called once the engine is at work on it."""
        found: list[tuple[int, str]] = []
        before = self.peer.server.processor_s()
        thread = threading.Thread(target=lambda: found.append(self.ask(query, timeout_s)))
        thread.start()
        until = time.monotonic() + GIVE_UP_S
        while self.peer.server.processor_s() < before + AT_WORK_S:
            assert time.monotonic() < until
            assert thread.is_alive(), found
            time.sleep(0.01)
        act()
        thread.join(GIVE_UP_S)
        return found[0]

    def signal(self, which: signal.Signals) -> None:
        os.killpg(self.peer.server.process.pid, which)


@pytest.fixture(params=peer_engines.NAMES)
def engine(request, start_peer: Callable[[str], AbstractContextManager[PeerEngine]], release) -> Iterator[PeerEngine]:
    """An engine of this test alone, with the shipped release in it."""
    with start_peer(request.param) as peer:
        move = peer.place.move(release, "once")
        with closing(move.engine):
            move.load()
            move.finish()
        yield peer


def test_an_engine_that_stops_and_one_that_dies_is_told_and_the_next_answer_is_right(engine: PeerEngine, release):
    with ExitStack() as stack:
        behind = Behind(engine, release, stack)
        assert behind.ask(ALL) == (200, str(behind.triples))
        try:
            assert behind.asked_while(LONG, 3, lambda: behind.signal(signal.SIGSTOP)) == (504, "timeout")
            status, code = behind.ask(f"# while it is stopped\n{ALL}", 1)
            assert (status, code) in {(504, "timeout"), (504, "upstream-silent")}
        finally:
            behind.signal(signal.SIGCONT)
        assert behind.ask(f"# on it goes\n{ALL}") == (200, str(behind.triples))

        def kill() -> None:
            behind.signal(signal.SIGKILL)
            engine.server.process.wait(GIVE_UP_S)

        assert behind.asked_while(f"# again\n{LONG}", 20, kill) == (502, "upstream")
        assert behind.ask(f"# nobody is there\n{ALL}") == (502, "upstream")
    with engine.started_again() as again, ExitStack() as stack:
        status, found = Behind(again, release, stack).ask(ALL)
        assert (status, found) in {(200, str(release.record.triples)), (503, "release-not-marked")}
