"""Moves as programs of their own, to be killed: `python moving.py STORE URL GRAPH_STORE`.

For each line on standard input, which is the name of a move, a process makes it; its number is told when it begins, and
how it ended when it has. The credentials are in the environment, as for `actiongraph move`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[up]) for up in (2, 1, 0)]

from graph_store import Mover  # noqa: E402
from peer_engines import Place  # noqa: E402

from actiongraph.engine.credentials import read_credentials  # noqa: E402
from actiongraph.move.proof import compare_counts  # noqa: E402


def run(mover: Mover, place: Place, name: str) -> None:
    move = mover.to(place, name)
    move.load()
    assert all(each.verdict.value != "different" for each in compare_counts(move))
    move.finish()


def tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    mover = Mover(Path(sys.argv[1]))
    place = Place(sys.argv[2], sys.argv[3], None, read_credentials(None, os.environ))
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(mover, place, line.strip())
            sys.exit()
        tell(child)
        tell(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
