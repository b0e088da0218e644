"""The README's commands run, and what it shows is what they print."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import actiongraph
from actiongraph.cli.running import app

CHECKOUT = Path(__file__).resolve().parents[2]
README = (CHECKOUT / "README.md").read_text("utf-8")
COMMAND = f"{sys.executable} -m actiongraph"


def block(marker: str) -> str:
    """Return the code block behind the comment `marker`."""
    found = re.search(rf"<!-- {re.escape(marker)} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found, f"the README has no block marked {marker!r}"
    return found[1]


def output(marker: str) -> str:
    """Return the text that the README shows as what the block behind the comment `marker` prints."""
    found = re.search(rf"<!-- {re.escape(marker)} -->.*?```text\n(.*?)```", README, re.DOTALL)
    assert found, f"the README has no output of the block marked {marker!r}"
    return found[1]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "share")}


def shell(script: str, home: Path) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace(".venv/bin/actiongraph", COMMAND)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=home,
        env=environment(home),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "actiongraph", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=home, env=environment(home)) as server:
        assert server.stdout
        yield server.stdout.readline().removeprefix("Serving on ").strip()
        server.send_signal(signal.SIGTERM)


def test_the_curl_example_names_the_ghana_action(address: str, home: Path):
    script = block("run: curl").replace("http://127.0.0.1:8000/", address)
    assert shell(script, home).splitlines() == [
        "title",
        "Enhance the effectiveness and coordination of social protection in Ghana",
    ]


def test_the_python_example_counts_the_sending_countries(address: str, home: Path):
    script = block("run: python").replace("http://127.0.0.1:8000/", address)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False, env=environment(home)
    )
    assert done.returncode == 0, done.stderr
    # Spain: Bogota twice, Mexico twice, Peru. France: Bogota, Cambodia, Mexico, Peru. The source says so.
    assert done.stdout.splitlines()[:3] == ["Spain 5", "France 4", "Germany 2"]


def test_the_terminal_examples_answer(home: Path):
    printed = shell(block("run: shell"), home)
    assert re.search(r"triples\n-+\n\d{4,}\n", printed)
    assert "action/social-protection-coordination-ghana" in printed


def test_the_chain_is_the_one_that_is_shown(home: Path):
    assert shell(block("run: chain"), home) == output("run: chain")


def test_why_a_row_is_there_is_what_is_shown(home: Path):
    assert shell(block("run: why"), home) == output("run: why")


def test_the_commands_of_a_fresh_start_are_there():
    serve, test = block("serve command").strip(), block("test command").strip()
    assert serve == "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/actiongraph serve"
    assert test == (
        "python3 -m venv .venv && .venv/bin/pip install '.[test]' && .venv/bin/python -m pytest -n 2 --dist loadfile"
    )


def test_every_command_is_told_and_every_told_command_exists():
    told = set(re.findall(r"`actiongraph (\w+)", README)) | set(re.findall(r"and `(\w+) …`", README))
    assert told == set(app.list_commands(click.Context(app)))


def place_of(link: str) -> Path:
    """Return what a link of the README leads to; the program is where it is installed, which need not be src/."""
    program = "src/actiongraph"
    if link.startswith(program):
        return Path(actiongraph.__file__).parent / link.removeprefix(program).lstrip("/")
    return CHECKOUT / link


def test_every_linked_file_exists():
    linked = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if not link.startswith("http")]
    assert linked
    assert [link for link in linked if not place_of(link).exists()] == []


def test_the_prose_keeps_to_a_width():
    assert textwrap.dedent(README) == README
    assert max(len(line) for line in README.splitlines()) <= 130
