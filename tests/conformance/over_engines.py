"""The W3C's query tests of our endpoint over another engine, as bench/peers.sh installs it; nothing runs it by itself.

    python tests/conformance/over_engines.py Virtuoso
    ACTIONGRAPH_FUSEKI=FOLDER python tests/conformance/over_engines.py Fuseki

Tells how many tests of each group pass, and ends with 1 if other tests fail than `known_failures_of_engines.toml` has
for that engine. With --write, what fails now is written there.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2]), str(Path(__file__).parent)]

import pyoxigraph as ox  # noqa: E402
import w3c_suite  # noqa: E402
from peer_endpoint import endpoint_over  # noqa: E402
from peer_engines import NAMES, started  # noqa: E402
from test_w3c_queries import EVALUATION, agrees, formats_of  # noqa: E402
from w3c_endpoint import NOTHING, Endpoint  # noqa: E402

from actiongraph.formats import RESULTS_JSON, TURTLE  # noqa: E402
from actiongraph.vocabulary import IRI  # noqa: E402

KNOWN = Path(__file__).with_name("known_failures_of_engines.toml")
OTHER = "another answer"
HEAD = """# The W3C's tests that our endpoint over another engine fails, by IRI, and how: another answer, or an error.
# Written by tests/conformance/over_engines.py --write; docs/engines.md has the causes.
"""


def missing(what: str, remedy: str) -> NoReturn:
    sys.exit(f"{what} is not here: {remedy}")


def failures(name: str) -> tuple[dict[str, str], Counter[str]]:
    """Return how each test fails that does, by its IRI, and how many of each group pass."""
    quads = [quad for graph in w3c_suite.graphs() for quad in w3c_suite.quads(graph, ox.NamedNode(graph))]
    filled = {quad.graph_name.value for quad in quads}
    empty = tuple(IRI(graph) for graph in (*w3c_suite.graphs(), NOTHING) if graph not in filled)
    found: dict[str, str] = {}
    passed: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory(prefix="w3c-") as folder,
        started(name, Path(folder), missing) as peer,
        endpoint_over(peer, quads, timeout_s=10, empty=empty) as (url, _),
    ):
        parts = urlsplit(url)
        endpoint = Endpoint(f"{parts.scheme}://{parts.netloc}/")
        for case in EVALUATION:
            format_ = TURTLE if TURTLE in formats_of(case) else RESULTS_JSON
            answer = endpoint.ask(case, format_.media_type)
            if answer.status == 200 and agrees(case, answer.body, format_.suffix):
                passed[case.group] += 1
            elif answer.status == 200:
                found[case.iri] = OTHER
            else:
                said = json.loads(answer.body) if "json" in answer.content_type else {"detail": answer.body.decode()}
                found[case.iri] = f"{answer.status}: {said['detail'].partition('It says: ')[2] or said['detail']}"
    return found, passed


def main() -> int:
    name, *options = sys.argv[1:]
    assert name in NAMES
    logging.getLogger("werkzeug").disabled = True
    found, passed = failures(name)
    groups = sorted({case.group for case in EVALUATION})
    failed: defaultdict[str, list[str]] = defaultdict(list)
    for case in EVALUATION:
        if case.iri in found:
            failed[case.group].append(f"  {case}: {found[case.iri]}")
    for group in groups:
        print(f"{group:22} {passed[group]:4} passed, {len(failed[group]):3} failed", *failed[group], sep="\n")  # noqa: T201
    print(f"{passed.total()} of {len(EVALUATION)} pass over {name}.")  # noqa: T201
    all_known = tomllib.loads(KNOWN.read_text("utf-8")) if KNOWN.exists() else {}
    known = all_known.get(name, {})
    if "--write" in options:
        all_known[name] = found
        lines = [
            f"[{engine}]\n"
            + "".join(
                f"{json.dumps(iri)} = {json.dumps(how, ensure_ascii=False)}\n" for iri, how in sorted(rows.items())
            )
            for engine, rows in sorted(all_known.items())
        ]
        KNOWN.write_text("\n".join([HEAD, *lines]), "utf-8")
        return 0
    gone, new = sorted(known.keys() - found.keys()), sorted(found.keys() - known.keys())
    for iri in gone:
        print(f"passes now: {iri}")  # noqa: T201
    for iri in new:
        print(f"fails now: {iri}")  # noqa: T201
    return int(bool(gone or new))


if __name__ == "__main__":
    sys.exit(main())
