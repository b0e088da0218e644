"""One move as a program of its own, to be killed: `python moving.py STORE NAME PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent)]

from graph_store import GraphStore, Mover  # noqa: E402

if __name__ == "__main__":
    move = Mover(Path(sys.argv[1])).to(GraphStore(int(sys.argv[3])), sys.argv[2])
    move.load()
    move.finish()
