"""Asks 0.2.0 and the working tree the same, over HTTP and by commands, and prints where they differ.

    python tests/compare/compare.py [--only PART]... [--all]

Ends with 0 if they differ nowhere but where `expected.toml` and `texts.toml` say, else with 1.
Needs the history of git.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asks
import commands
import scenes
from asks import Ask, Group
from differences import (
    Found,
    bytes_as_text,
    excerpts,
    read_changes,
    read_texts,
    text_of,
    text_of_run,
    without_blank_nodes,
    without_values,
)
from scenes import SCENES, Scene
from sides import CHECKOUT, HERE, CannotCompareError, Reply, Server, Side, sides

THREADS = 6
PARTS = ("store", *(scene.name for scene in SCENES), "commands", "moving")
SHOWN = 40


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART", help=f"one of {', '.join(PARTS)}")
    parser.add_argument("--all", action="store_true", help="print each difference, not only some of each kind")
    given = parser.parse_args()
    parts = set(given.only or PARTS)
    found = Found(read_changes(HERE / "expected.toml"), read_texts(HERE / "texts.toml"))
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that servers and folders go too
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        try:
            old, new = sides(Path(folder))
            try:
                _compare(old, new, parts, found)
            finally:
                old.close()
                new.close()
        except CannotCompareError as error:
            _say(str(error))
            return 2
    return _end(found, is_whole=parts == set(PARTS), everything=given.all, took_s=time.monotonic() - began)


def _end(found: Found, *, is_whole: bool, everything: bool, took_s: float) -> int:
    shown = [one.excerpt() for one in found.differences] if everything else excerpts(found.differences, SHOWN)
    for excerpt in shown:
        _say(excerpt)
    if len(shown) < len(found.differences):
        _say(f"… and {len(found.differences) - len(shown)} more, most of them alike; --all prints them all.")
    unused = [change for change in found.changes if not change.used] if is_whole else []
    for change in unused:
        _say(f"≠ expected.toml: nothing differs as this says any more: {change.where.pattern} ({change.reason})")
    unused_texts = [text for text in found.texts if not text.used] if is_whole else []
    for text in unused_texts:
        _say(f"≠ texts.toml: nothing of 0.2.0 says this any more: {text.old}")
    _say(
        f"{found.compared:,} comparisons in {took_s:.0f} s: {len(found.differences):,} differences, "
        f"{found.expected:,} that are expected, {found.settled:,} that were none when asked again."
    )
    return 1 if found.differences or unused or unused_texts else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _compare(old: Side, new: Side, parts: set[str], found: Found) -> None:
    chosen = [scene for scene in SCENES if scene.name in parts]
    wanted = {scene.folder for scene in chosen}
    wanted |= {"history", "shipped", "generated"} if "store" in parts else set()
    _build(old, new, wanted | ({"shipped"} if "commands" in parts else set()))
    with ThreadPoolExecutor(1) as pool:
        others = pool.submit(_run_commands, old, new, parts, found)
        if "store" in parts:
            _stores(old, new, found)
        for scene in chosen:
            _play(scene, old, new, found)
        others.result()


def _run_commands(old: Side, new: Side, parts: set[str], found: Found) -> None:
    if "commands" in parts:
        commands.compare(old, new, found)
    if "moving" in parts:
        commands.compare_moving(old, new, found)


def _play(scene: Scene, old: Side, new: Side, found: Found) -> None:
    scene.start(old, new)
    try:
        for server in scene.servers:
            server.wait()
        _ask_all(scene, found)
    finally:
        _stop(scene, found)


def _build(old: Side, new: Side, wanted: set[str]) -> None:
    if "generated" in wanted:
        made = [sys.executable, "-m", "bench.generate", "150", str(old.work.parent / "generated")]
        subprocess.run(made, cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)
    builds = [
        getattr(scenes, f"build_{name}") for name in ("history", "generated", "shipped", "files") if name in wanted
    ]

    def build(side: Side) -> None:
        for one in builds:
            one(side)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(build, (old, new)))
    if "history" in wanted:
        shutil.copytree(old.work / "history", new.work / "copied" / "history", symlinks=True)


def _stores(old: Side, new: Side, found: Found) -> None:
    """Compare what the builds said and the files that they made, except those of the engine."""
    for name, runs in old.built.items():
        for number, (mine, theirs) in enumerate(zip(runs, new.built[name], strict=True), 1):
            told = [text_of_run(ran).replace(str(side.work), "{work}") for ran, side in ((mine, old), (theirs, new))]
            found.compare(f"store | build {number} of {name}", *told)
        files = [_files(side.work / name / "store") for side in (old, new)]
        found.compare(f"store | names of files of {name}", *("\n".join(sorted(one)) for one in files))
        for path in sorted(filter(_is_compared, files[0].keys() & files[1].keys())):
            found.compare(f"store | {name}/{path}", *(_content(one[path]) for one in files))


def _is_compared(name: str) -> bool:
    """Tell whether the content of a file is. What a release knows ready-made is not: it is seen in what is answered."""
    return not name.endswith(".sqlite") or name.endswith("/things.sqlite")


def _files(store: Path) -> dict[str, Path]:
    paths = (path for path in store.rglob("*") if path.is_file() or path.is_symlink())
    return {str(path.relative_to(store)): path for path in paths if path.parent.name != "store" or path.parent == store}


def _content(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    if path.suffix == ".sqlite":
        return commands.dumped(path)
    return bytes_as_text(path.read_bytes(), is_text=path.suffix not in (".gz", ".zip"))


def _ask_all(scene: Scene, found: Found) -> None:
    listed, others = (scene.groups(server) for server in scene.servers[:2])
    found.compare(
        f"{scene.name} | releases and things, as they are listed",
        *("\n".join(_names(each)) for each in (listed, others)),
    )
    groups = list(asks.split(listed))
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(lambda group: _ask_group(scene, group, found), groups):
            pass
    _ask_group(scene, scenes.AT_THE_END, found)


def _names(groups: Iterable[Group]) -> list[str]:
    return [str(one) for group in groups for one in group]


def _ask_group(scene: Scene, group: Group, found: Found) -> None:
    bore: list[dict[str, str]] = [{} for _ in scene.servers]
    for one in group:
        asked = scene.servers if _is_of_all(one) else scene.servers[:2]
        for name, texts in _differing(asked, one, bore):
            # What a deadline cut short on a busy machine is whole when it is asked again.
            again = dict(_differing(asked, one, bore)) if texts else {}
            if again.get(name):
                found.compare(f"{scene.name}{name} | {one}", *again[name])
            else:
                found.agree(settled=bool(texts))


def _differing(
    servers: list[Server], one: Ask, bore: list[dict[str, str]]
) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """Yield the name of each comparison of one request, with both answers if they differ."""
    first, *others = [_ask(server, one, known) for server, known in zip(servers, bore, strict=False)]
    for name, reply in zip(("", " on the store of 0.2.0"), others, strict=False):
        texts = (_text(one, first), _text(one, reply)) if reply != first else None
        yield name, texts if texts and texts[0] != texts[1] else None


def _is_of_all(one: Ask) -> bool:
    """Tell whether the third server is asked too, which answers from what 0.2.0 built: a quarter of what reads it."""
    is_plain = one.method == "GET" and all(name == "Accept" for name, _ in one.headers)
    return is_plain and zlib.crc32(str(one).encode()) % 4 == 0 and "metrics" not in one.target


def _ask(server: Server, one: Ask, known: dict[str, str]) -> Reply:
    if one.raw:
        return server.raw(one.body or b"")
    headers = [(name, value.format_map(_Bore(known)) if "{" in value else value) for name, value in one.headers]
    reply = server.ask(one.method, one.target, headers, one.body)
    if reply.status.startswith("200"):
        for field, name in (("etag", "etag"), ("last-modified", "modified")):
            if value := reply.get(field):
                known[name] = value
    return reply


class _Bore(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"no {name}"


def _text(one: Ask, reply: Reply) -> str:
    text = without_blank_nodes(text_of(reply))
    return without_values(text) if "/metrics" in one.target else text


def _stop(scene: Scene, found: Found) -> None:
    said = [(server.side, server.said()) for server in scene.servers]
    codes = scene.stop()
    told = [f"{code}\n{text.replace(str(side.work), '{work}')}" for code, (side, text) in zip(codes, said, strict=True)]
    for other in told[1:]:
        found.compare(f"{scene.name} | what the server says on standard error, and how it ends", told[0], other)


if __name__ == "__main__":
    sys.exit(main())
