"""How the command ends where it is stopped, or where nobody can take what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = ([sys.executable, "-m", "actiongraph"], [str(Path(sys.executable).with_name("actiongraph"))])
STOPPING = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *_):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
"""
"""Read by Python at its start, this is Ctrl-C at the moment when a module is about to be read."""


@pytest.mark.parametrize("command", COMMANDS, ids=["module", "script"])
@pytest.mark.parametrize("name", ["click", "actiongraph.errors", "rdflib", "pyoxigraph", "flask"])
def test_ctrl_c_at_the_start_is_one_sentence(tmp_path: Path, command: list[str], name: str):
    (tmp_path / "sitecustomize.py").write_text(STOPPING.format(name=name), "utf-8")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    arguments = [*command, "serve", "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "actiongraph: stopped.\n")


OUTPUTS = (
    ["query", "ASK {}"],
    ["query", "SELECT * { ?s ?p ?o }", "--format", "csv"],
    ["chain", "2014-12"],
    ["--version"],
)


@pytest.mark.parametrize("arguments", OUTPUTS, ids=" ".join)
def test_output_that_cannot_be_written_is_one_sentence(release, arguments: list[str]):
    store = [] if arguments == ["--version"] else ["--store", str(release.releases.folder)]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMANDS[0], *arguments, *store], stdout=full, stderr=-1, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr == (
        "actiongraph: Standard output cannot be written: No space left on device; free some space, or redirect it.\n"
    )
