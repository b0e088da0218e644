"""The map in docs/architecture.md is true of the code, and what it says of imports and names holds for all of it."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SOURCE = CHECKOUT / "src" / "actiongraph"
MAP = (CHECKOUT / "docs" / "architecture.md").read_text("utf-8")
FILES = {
    path.relative_to(SOURCE).with_suffix("").as_posix().removesuffix("/__init__"): path for path in SOURCE.rglob("*.py")
}
"""The file of each module, by its path in the package, such as `web/site`; the package itself is `__init__`."""
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in FILES.items()}
NAMED = re.compile(r"`([^`\s]+)`")
FOLDERS = ("data/", "docs/", "editor/", "ontology/", "shapes/", "src/", "tests/")
"""The folders of the checkout that the map names; all other paths are below the package."""
SHARED = {
    "build": "the command `build` runs it",
    "catalogue": "the routes to the catalogue",
    "chains": "the routes to chains",
    "explanation": "the route to why a row is there",
    "feeds": "the routes to feeds",
    "formats": "no route and no command: formats of chains are told from formats of everything by their room",
    "ingest": "the command `ingest` runs it",
    "ledger": "the command `ledger` shows it",
    "mirror": "the command `mirror` runs it",
    "move": "the command `move` runs it",
    "query": "the command `query` asks it",
    "sparql": "the route to the endpoint",
    "things": "the routes to things",
}
"""Names that two modules may have, a route or a command and what it serves."""


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", MAP, re.DOTALL | re.MULTILINE)
    assert found, f"the map has no section {title!r}"
    return found[1]


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def running(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that can run, those inside functions too: all but what is there for type checkers."""
    for child in ast.iter_child_nodes(node):
        if not is_type_checking(child):
            yield child
            yield from running(child)


def imported(name: str) -> set[str]:
    """Return the modules of the package that a module imports, also inside its functions."""
    found: set[str] = set()
    for node in running(TREES[name]):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name} has a relative import, which this test does not read"
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update(each if module(each) in FILES else str(node.module) for each in whole)
    return {module(each) for each in found if module(each) in FILES} - {name}


def module(dotted: str) -> str:
    if dotted == "actiongraph":
        return "__init__"
    return dotted.removeprefix("actiongraph.").replace(".", "/") if dotted.startswith("actiongraph.") else ""


IMPORTS = {name: imported(name) for name in FILES}


def circle(imports: Mapping[str, set[str]]) -> list[str]:
    """Return modules that import each other in a circle, or nothing."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def joined(one: str, other: str) -> bool:
    return other in IMPORTS[one] or one in IMPORTS[other]


def ways() -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each way: its title, the modules that the line before it names, and the modules that it passes."""
    for title in ("A question: from an HTTP request to bytes", "A fact: from Turtle to an answer"):
        for before, listed in re.findall(r"([^\n]+)\n\n((?:\d+\. [^\n]+\n)+)", section(title)):
            conductors = [name for name in NAMED.findall(before) if name in FILES]
            yield before, conductors, re.findall(r"^\d+\. `([^`]+)`:", listed, re.MULTILINE)


def test_the_map_is_two_pages():
    assert len(MAP.splitlines()) <= 110


def test_every_module_and_file_that_the_map_names_exists():
    paths = {name.rstrip("/") for name in NAMED.findall(MAP) if "/" in name and not name.startswith(("/", "graph/"))}
    modules = {path for path in paths if not f"{path}/".startswith(FOLDERS)}
    assert {"web/site", "web/templates/releases.html"} <= modules
    assert not {
        name for name in modules if name.removesuffix("/__init__") not in FILES and not (SOURCE / name).exists()
    }
    assert not {path for path in paths - modules if not (CHECKOUT / path).exists()}


def test_the_ways_are_three_lists_with_every_step_read():
    found = list(ways())
    assert len(found) == 3
    assert sum(len(steps) for _, _, steps in found) == len(re.findall(r"^\d+\. ", MAP, re.MULTILINE))


@pytest.mark.parametrize(("conductors", "steps"), [way[1:] for way in ways()], ids=[way[0][:20] for way in ways()])
def test_each_step_of_a_way_is_joined_to_the_next(conductors: list[str], steps: list[str]):
    apart = [
        (one, other)
        for one, other in pairwise(steps)
        if not joined(one, other)
        and not any({one, other} <= IMPORTS[conductor] | {conductor} for conductor in conductors)
    ]
    assert not apart, "neither imports the other, and no module named before the list imports both"


def test_the_rooms_are_those_of_the_code_in_the_order_of_import_linter():
    rows = re.findall(r"^\| (`[^|]+) \|[^|]+\|[^|]+\|$", section("The rooms"), re.MULTILINE)
    rooms = [set(NAMED.findall(row)) for row in rows]
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    assert rooms == [{room.strip().removeprefix("actiongraph.") for room in layer.split("|")} for layer in layers]
    assert set().union(*rooms) == {name.partition("/")[0] for name in FILES} - {"__init__", "__main__"}


def test_each_task_names_as_many_files_as_it_takes():
    tasks = re.findall(r"^\| (a[^|]+) \| ([^|]+) \|$", section("Six tasks of a newcomer"), re.MULTILINE)
    told = {task: len(files.split(". ")[0].split("; ")) for task, files in tasks}
    assert list(told.values()) == [2, 3, 3, 3, 6, 2]


def test_modules_do_not_import_each_other_in_a_circle_nor_by_imports_inside_functions():
    assert not circle(IMPORTS)


def test_a_circle_is_found():
    assert set(circle({"one": {"two"}, "two": {"three"}, "three": {"one"}})) == {"one", "two", "three"}


def test_modules_share_a_name_only_where_a_route_or_a_command_serves_what_bears_it():
    called = defaultdict[str, list[str]](list)
    for name in FILES:
        called[name.rpartition("/")[2]].append(name)
    shared = {last: names for last, names in called.items() if len(names) > 1}
    assert not {last: names for last, names in shared.items() if last not in SHARED}
    for last, names in shared.items():
        servers = [name for name in names if name.startswith(("web/routes/", "cli/"))]
        assert last == "formats" or len(servers) == 1, names
        assert len(names) == 2, names


def test_no_two_classes_share_a_name():
    classes = defaultdict[str, list[str]](list)
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                classes[node.name].append(name)
    assert not {each: names for each, names in classes.items() if len(names) > 1}


def test_what_upgrading_says_of_imports_is_there():
    upgrading = (CHECKOUT / "docs" / "upgrading.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]+) \|$", upgrading, re.MULTILINE)
    assert len(rows) > 10
    for old, new in rows:
        for dotted in NAMED.findall(old if new.startswith("the same") else "") + NAMED.findall(new):
            if "." in dotted:
                name, _, member = dotted.rpartition(".")
                assert hasattr(import_module(f"actiongraph.{name}"), member), dotted
