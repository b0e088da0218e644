"""The query editor as one file: the modules beside this one and what they import, by npm and esbuild.

`hatch_build.py` calls it when the program is installed, and `python editor/bundle.py` puts the file where a checkout is
run from. Nothing is left in this folder: packages are fetched into a temporary one. It needs the standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATIC = Path("src/actiongraph/web/static")
"""Where the bundle lies in a checkout."""
LICENCES = "editor-licences.txt"
TIME_LIMIT_S = 60.0
_PATTERN = "editor-*.js"
_INSTALL = (
    "npm", "ci", "--ignore-scripts", "--fetch-timeout=10000", "--fetch-retries=1", "--fetch-retry-mintimeout=1000",
    "--include=optional", "--no-audit", "--no-fund", "--loglevel=error",
)  # fmt: skip
_BUNDLE = (
    "node", "node_modules/esbuild/bin/esbuild", "main.js", "--bundle", "--minify", "--format=esm", "--target=es2022",
    "--charset=utf8", "--legal-comments=none", "--log-level=error", "--outfile=out.js", "--metafile=out.json",
)  # fmt: skip
_LONGEST_REASON = 200


class BundleError(Exception):
    """There is no bundle; the text is the reason, as the end of a sentence without its full stop."""


def build_bundle(folder: Path, *, sources: Path = HERE, time_limit_s: float = TIME_LIMIT_S) -> list[Path]:
    """Write the bundle and the licences of what is in it to `folder`, and return both files.

    What is in `folder` of the same sources is taken as it is; a bundle of others is taken away first, for it would not
    fit the program beside it.

    Raises:
        BundleError: node or npm is missing, failed, or took longer than `time_limit_s` seconds in all.
    """
    if made := find_bundle(folder, sources=sources):
        return made
    digest, licences = _digest_of(sources), folder / LICENCES
    for stale in (*folder.glob(_PATTERN), licences):
        stale.unlink(missing_ok=True)
    if missing := [name for name in ("node", "npm") if shutil.which(name) is None]:
        raise BundleError(f"{' and '.join(missing)} (Node.js 18 or newer) cannot be found")
    deadline = time.monotonic() + time_limit_s
    with tempfile.TemporaryDirectory(prefix="actiongraph-editor-", ignore_cleanup_errors=True) as temporary:
        work = Path(temporary)
        for source in _sources(sources):
            shutil.copy(source, work)
        _run(_INSTALL, work, deadline)
        _run(_BUNDLE, work, deadline)
        bundled = _bundled_packages(json.loads((work / "out.json").read_text("utf-8"))["inputs"])
        texts = [_licence_of(work / name) for name in bundled]
        banner = f"/*! Query editor; licences of what is in it: {LICENCES}; sources: {digest} */\n"
        script = banner.encode() + (work / "out.js").read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    bundle = folder / f"editor-{hashlib.sha256(script).hexdigest()[:16]}.js"
    bundle.write_bytes(script)
    licences.write_text("\n\n".join(texts) + "\n", "utf-8")
    return [bundle, licences]


def find_bundle(folder: Path, *, sources: Path = HERE) -> list[Path]:
    """Return the bundle of `sources` in `folder` and its licences; nothing if it is not there."""
    digest, licences = _digest_of(sources).encode(), folder / LICENCES
    found = [bundle for bundle in folder.glob(_PATTERN) if digest in bundle.read_bytes()[:200]]
    return [found[0], licences] if found and licences.is_file() else []


def _sources(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.js"), *folder.glob("package*.json")])


def _digest_of(folder: Path) -> str:
    """Return a digest of what a bundle is made of: our modules, and the lock, which has the hash of each package."""
    digest = hashlib.sha256(" ".join(_BUNDLE).encode())
    for source in _sources(folder):
        digest.update(f"\n{source.name}\n".encode() + source.read_bytes())
    return digest.hexdigest()[:32]


def _run(command: Sequence[str], folder: Path, deadline: float) -> None:
    """Run `command` in `folder`; at the deadline it is ended with all that it started."""
    name, log = ("npm" if command[0] == "npm" else "esbuild"), folder / "output.log"
    with log.open("wb") as output:  # a pipe would stay open as long as any child has it
        process = subprocess.Popen(  # noqa: S603 - one of the two above
            command,
            cwd=folder,
            env={**os.environ, "NO_UPDATE_NOTIFIER": "1", "NODE_OPTIONS": ""},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise BundleError(f"{name} was not done in time") from None
    finally:
        _end(process)
    if process.returncode:
        raise BundleError(f"{name} failed ({_reason(log.read_text('utf-8', 'replace').splitlines())})")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the session of `process`."""
    with suppress(ProcessLookupError):  # all of it has ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _reason(lines: Iterable[str]) -> str:
    """Return the line of an error that says most: the first after npm's code, or the first of another program."""
    said = [line.strip().removeprefix("npm error").strip() for line in lines]
    said = [line for line in said if line and not line.startswith(("code ", "errno ", "syscall "))]
    return said[0][:_LONGEST_REASON].rstrip(".") if said else "it did not say why"


def _bundled_packages(inputs: Iterable[str]) -> list[str]:
    """Return the folders of the packages that the files of a bundle come from."""
    found = set()
    for path in inputs:
        before, marker, inside = path.rpartition("node_modules/")
        if marker:
            parts = inside.split("/")
            found.add(before + marker + "/".join(parts[: 2 if parts[0].startswith("@") else 1]))
    return sorted(found)


def _licence_of(package: Path) -> str:
    """Return the name, version and licence text of a package.

    Raises:
        BundleError: it has none, so that we may not hand it on.
    """
    described = json.loads((package / "package.json").read_text("utf-8"))
    texts = sorted(path for path in package.iterdir() if path.name.upper().startswith(("LICENSE", "LICENCE")))
    name = f"{described['name']} {described['version']}"
    if not texts:
        raise BundleError(f"{name} has no licence text")
    return f"{name} ({described.get('license', 'see below')})\n\n{texts[0].read_text('utf-8').strip()}"


if __name__ == "__main__":
    try:
        for made in build_bundle(HERE.parent / STATIC):
            sys.stdout.write(f"{made}\n")
    except BundleError as error:
        sys.exit(f"There is no query editor: {error}.")
