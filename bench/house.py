"""The size and the shape of the source: `python -m bench.house [FOLDER …]`, such as two checkouts side by side.

Lines without docstrings leave out blank lines and comments as well. A function is called once if its name is written
once in its module besides its definition; only private functions are counted, for others may be called from elsewhere.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def figures(folder: Path) -> dict[str, object]:
    """Return the figures of the package below `folder`, by what they count."""
    modules = {path.relative_to(folder): path.read_text("utf-8") for path in sorted(folder.rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in modules.items()}
    functions = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, _Function)]
    private = [node for node in functions if node.name.startswith("_") and not node.name.startswith("__")]
    rooms: Counter[str] = Counter()
    for path, text in modules.items():
        rooms[path.parts[1] if len(path.parts) > 2 else "."] += text.count("\n")
    return {
        "modules": len(modules),
        "lines": sum(text.count("\n") for text in modules.values()),
        "lines of code": sum(_lines_of_code(trees[path], text) for path, text in modules.items()),
        "functions": len(functions),
        "private functions": len(private),
        "of them called once": sum(_called_once(tree) for tree in trees.values()),
        "module names used twice": len(_twice(path.stem for path in modules if path.stem != "__init__")),
        "class names used twice": len(_twice(node.name for tree in trees.values() for node in _classes(tree))),
        "modules with one importer": _single_importers(trees),
        **{f"lines in {room}": lines for room, lines in sorted(rooms.items())},
    }


def _lines_of_code(tree: ast.Module, text: str) -> int:
    told: set[int] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for part in body if isinstance(body, list) else ():
            if (
                isinstance(part, ast.Expr)
                and isinstance(part.value, ast.Constant)
                and isinstance(part.value.value, str)
            ):
                told.update(range(part.lineno, (part.end_lineno or part.lineno) + 1))
    lines = enumerate(text.splitlines(), 1)
    return sum(
        bool(line.strip()) and not line.lstrip().startswith("#") and number not in told for number, line in lines
    )


def _called_once(tree: ast.Module) -> int:
    named = Counter(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    named += Counter(node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    defined = [node.name for node in ast.walk(tree) if isinstance(node, _Function)]
    return sum(name.startswith("_") and not name.startswith("__") and named[name] == 1 for name in defined)


def _classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def _twice(names: Iterator[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _single_importers(trees: Mapping[Path, ast.Module]) -> int:
    importers: defaultdict[str, set[Path]] = defaultdict(set)
    known = {".".join(path.with_suffix("").parts) for path in trees}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    importers[whole if whole in known else node.module].add(path)
    return sum(len(importers[name]) == 1 for name in known if not name.endswith("__init__"))


if __name__ == "__main__":
    compared = [figures(Path(name)) for name in sys.argv[1:] or ["src"]]
    for key in dict.fromkeys(key for counted in compared for key in counted):
        print(f"{key:28}", *(f"{counted.get(key, 0):>8}" for counted in compared))  # noqa: T201
