"""Every name that 0.2.0 gave a thing, a graph, a term or a part of one opens, and what it leads to speaks of it.

`names_of_0_2_0.txt` has the names under the base that its release of the shipped data had, without those of releases
and of the catalogue's counts.
"""

from __future__ import annotations

from pathlib import Path

import pytest

NAMES = Path(__file__).with_name("names_of_0_2_0.txt").read_text("utf-8").split()


def opened(deployment, name: str) -> tuple[list[int], str]:
    """Return the statuses on the way and the RDF at its end."""
    address, statuses = deployment.url + name, []
    while True:
        answer = deployment.get(address, "application/n-triples, text/turtle;q=0.5")
        statuses.append(answer.status_code)
        if answer.status_code not in (301, 303):
            return statuses, answer.text
        address = answer.headers["Location"]


@pytest.mark.parametrize("deployment", ["mapped"], indirect=True)
def test_names_of_0_2_0_open(deployment):
    lost = []
    for name in NAMES:
        statuses, triples = opened(deployment, name)
        is_named = statuses[0] == 301 or name.startswith("graph/") or f"<{deployment.base}{name}>" in triples
        if statuses[-1] != 200 or not is_named:
            lost.append((name, statuses))
    assert lost == []
