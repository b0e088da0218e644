"""`actiongraph move` as people run it: what it prints, how it ends, and that no password is seen."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "move")]

from graph_store import GraphStore, basic, stores  # noqa: E402

from actiongraph.engine.credentials import VARIABLE, Credentials  # noqa: E402
from actiongraph.examples import load_examples  # noqa: E402

Run = Callable[..., CompletedProcess[str]]
SECRET = "s3cret"


@pytest.fixture
def store() -> Iterator[GraphStore]:
    with stores() as start:
        yield start()


@pytest.fixture
def run(run_here: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr("actiongraph.move.loading.sleep", lambda _: None)
    return run_here


@pytest.mark.long("kills")
def test_the_shipped_release_is_moved_and_proved(run: Run, store: GraphStore):
    done = run("move", store.url, "--graph-store", store.at("/data"))
    assert done.returncode == 0, done.stderr + done.stdout
    *compared, last = done.stdout.splitlines()
    assert last.startswith("Moved 20")
    assert last.endswith("; its marker stands.")
    assert {line.split()[0] for line in compared} <= {"same", "slower"}
    kinds = [line.split()[1] for line in compared]
    assert kinds.count("graph") >= 5
    assert kinds.count("example") == len(load_examples())
    assert kinds.count("chains") == 1
    assert store.marker()["releaseVersion"] == last.split()[1].rstrip(":")


@pytest.mark.long("kills")
def test_no_marker_stands_where_a_graph_lacks_something(run: Run, store: GraphStore, little_data: Path):
    def loses(handler, asked) -> bool:
        is_it = asked.graph.endswith("graph/reference") and asked.method == "POST"
        if is_it:
            handler.answer(204, "text/plain", b"")
        return is_it

    store.before = loses
    done = run("move", store.url, "--graph-store", store.at("/data"), "--data", str(little_data))
    fails(done, 1, "actiongraph: The counts differ, so the marker is not written")
    [line] = [line for line in done.stdout.splitlines() if line.startswith("different")]
    assert line.startswith("different  graph graph/reference: ")
    assert " here, 0 there" in line
    assert set(store.marker()) == {"moveIdentifier"}


@pytest.mark.long("kills")
def test_an_answer_that_differs_is_for_the_operator_to_accept(run: Run, store: GraphStore, little_data: Path):
    def fails_at_one(handler, asked) -> bool:
        is_it = b"How+many+actions+came+of+each+action" in asked.body
        if is_it:
            handler.answer(500, "text/plain", b"Virtuoso 37000 Error TR012\nSPARQL query:\n")
        return is_it

    store.before = fails_at_one
    arguments = ["move", store.url, "--graph-store", store.at("/data"), "--data", str(little_data)]
    done = run(*arguments)
    fails(done, 1, "actiongraph: Some answers differ", "--despite-differences if that does not matter")
    [different] = [line for line in done.stdout.splitlines() if line.startswith("different")]
    assert different.startswith("different  example chains-what-came-of-each-action: ")
    assert "failed with status 500. It says: Virtuoso 37000 Error TR012 (" in different
    assert set(store.marker()) == {"moveIdentifier"}
    done = run(*arguments, "--despite-differences")
    assert done.returncode == 0
    assert "different" in done.stdout
    assert set(store.marker()) == {"moveIdentifier", "releaseVersion", "contentHash"}


def fails(done: CompletedProcess[str], code: int, *said: str) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    for part in said:
        assert part in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["http://127.0.0.1:9/q"], "by --graph-store URL (Fuseki has"),
        (
            ["http://127.0.0.1:9/q", "--update", "http://127.0.0.1:9/u", "--graph-store", "http://127.0.0.1:9/g"],
            "or by",
        ),
        (["http://me:s3cret@127.0.0.1:9/q", "--update", "http://127.0.0.1:9/u"], "leave them out"),
        (["http://127.0.0.1:9/q", "--update", "http://me:s3cret@127.0.0.1:9/u"], "leave them out"),
        (["http://127.0.0.1:9/q", "--update", "http://127.0.0.1:8/u"], "is on another server than the engine"),
        (["ftp://127.0.0.1/q", "--update", "http://127.0.0.1:8/u"], "is not the address of an engine"),
        (["http://127.0.0.1:9/q", "--update", "http://127.0.0.1:9/u", "--credentials", "none"], "cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(run: Run, arguments: list[str], said: str):
    done = run("move", *arguments)
    fails(done, 2, said)
    assert done.stderr.count("actiongraph: ") == 1
    assert SECRET not in done.stderr + done.stdout


def test_an_engine_that_is_not_there_is_one_sentence(run: Run):
    fails(
        run("move", "http://127.0.0.1:9/q", "--update", "http://127.0.0.1:9/u"),
        3,
        "does not answer (Connection refused)",
    )


@pytest.mark.parametrize("how", ["file", "environment"])
def test_a_password_is_used_and_never_seen(run: Run, store: GraphStore, how: str, tmp_path: Path, monkeypatch):
    who = Credentials("me", SECRET)
    seen = []

    def asks(handler, asked) -> bool:
        if asked.authorization != basic(who):
            handler.answer(401, "text/plain", b"who?", WWW_Authenticate="Basic")
        elif asked.path == "/query" or asked.graph.endswith("/marker"):
            return False
        else:
            seen.append(asked.authorization)
            handler.answer(403, "text/plain", f"no {SECRET} {asked.authorization}".encode())
        return True

    store.before = asks
    options = []
    if how == "file":
        (tmp_path / "secret").write_text(f"me:{SECRET}\n")
        options = ["--credentials", str(tmp_path / "secret")]
    else:
        monkeypatch.setenv(VARIABLE, f"me:{SECRET}")
    done = run("move", store.url, "--graph-store", store.at("/data"), *options)
    fails(done, 3, "answered with 403. It says: nothing")
    assert seen
    assert SECRET not in done.stderr + done.stdout
    assert basic(who).split()[1] not in done.stderr + done.stdout
