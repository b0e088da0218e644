"""How the query editor is made when the program is installed, by npm and esbuild, never to the harm of an install."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
EDITOR = CHECKOUT / "editor"
MOST_BYTES = 160_000
"""What the editor may weigh when it is sent, in gzip (issue 11)."""


def has_ended(pid: int) -> bool:
    """Tell whether the process is gone, or is only still listed because nobody asked how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


class TestLock:
    LOCK = json.loads((EDITOR / "package-lock.json").read_text("utf-8"))

    def test_it_has_no_address_and_a_hash_of_each_package(self) -> None:
        packages = {name: package for name, package in self.LOCK["packages"].items() if name}
        assert len(packages) > 10
        for name, package in packages.items():
            assert "resolved" not in package, name
            assert package["integrity"].startswith("sha512-"), name

    def test_versions_are_exact_and_those_of_the_lock(self) -> None:
        wanted = json.loads((EDITOR / "package.json").read_text("utf-8"))["dependencies"]
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
        locked = {name: self.LOCK["packages"][f"node_modules/{name}"]["version"] for name in wanted}
        assert locked == wanted


class TestFailures:
    def test_without_node(self, bundle, programs, tmp_path) -> None:
        programs(npm="exit 0")
        with pytest.raises(bundle.BundleError, match=r"^node .* cannot be found$"):
            bundle.build_bundle(tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_npm_fails(self, bundle, programs, tmp_path) -> None:
        programs(node="exit 0", npm="echo 'npm error code E404'; echo 'npm error 404 Not Found - x' >&2; exit 1")
        with pytest.raises(bundle.BundleError, match=r"^npm failed \(404 Not Found - x\)$"):
            bundle.build_bundle(tmp_path / "out")

    def test_esbuild_fails(self, bundle, programs, tmp_path) -> None:
        programs(node="echo 'main.js:1: no such thing.'; exit 1", npm="exit 0")
        with pytest.raises(bundle.BundleError, match=r"^esbuild failed \(main.js:1: no such thing\)$"):
            bundle.build_bundle(tmp_path / "out")

    def test_npm_hangs_and_is_ended_with_its_children(self, bundle, programs, tmp_path) -> None:
        programs(node="exit 0", npm=f"sleep 600 & echo $! >{tmp_path}/child; wait")
        started = time.monotonic()
        with pytest.raises(bundle.BundleError, match=r"^npm was not done in time$"):
            bundle.build_bundle(tmp_path / "out", time_limit_s=0.3)
        assert time.monotonic() - started < 20
        child = int((tmp_path / "child").read_text())
        give_up_at = time.monotonic() + 20
        while not has_ended(child):  # a process that was sent SIGKILL is there until the kernel has taken it down
            assert time.monotonic() < give_up_at
            time.sleep(0.005)

    def test_a_stale_bundle_is_taken_away(self, bundle, programs, tmp_path) -> None:
        (tmp_path / "editor-0123456789abcdef.js").write_text("/*! sources: of old */")
        (tmp_path / "editor-licences.txt").write_text("of old")
        programs()
        with pytest.raises(bundle.BundleError):
            bundle.build_bundle(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["bin"]


def test_the_bundle_of_this_checkout_is_that_of_its_sources(bundle) -> None:
    static = CHECKOUT / bundle.STATIC
    if list(static.glob("editor-*.js")):
        assert bundle.find_bundle(static), "the editor's sources have changed: run python editor/bundle.py"


class TestHook:
    @pytest.mark.parametrize("version", ["standard", "editable"])
    def test_an_install_goes_on_with_one_sentence(self, hook, programs, tmp_path, capsys, version: str) -> None:
        programs()
        checkout = tmp_path / "checkout"
        checkout.mkdir()
        (checkout / "editor").symlink_to(EDITOR)
        build_data: dict = {"force_include": {}}
        made = hook(checkout)
        made.initialize(version, build_data)
        made.finalize(version, build_data, "")
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert err.startswith("actiongraph is installed without its query editor, for node and npm")
        assert build_data == {"force_include": {}}

    def test_it_can_be_left_out(self, hook, programs, tmp_path, capsys, monkeypatch) -> None:
        programs()
        monkeypatch.setenv("ACTIONGRAPH_EDITOR", "0")
        hook(tmp_path).initialize("standard", {"force_include": {}})
        assert capsys.readouterr() == ("", "")

    def test_without_network_what_the_checkout_has_is_taken(self, hook, bundle, programs, tmp_path) -> None:
        (tmp_path / "editor").symlink_to(EDITOR)
        static = tmp_path / bundle.STATIC
        static.mkdir(parents=True)
        (static / "editor-0123456789abcdef.js").write_text(f"/*! sources: {bundle._digest_of(EDITOR)} */")
        (static / "editor-licences.txt").write_text("MIT")
        programs()
        build_data: dict = {"force_include": {}}
        made = hook(tmp_path)
        made.initialize("standard", build_data)
        made.finalize("standard", build_data, "")
        assert build_data["force_include"] == {
            str(static / name): f"actiongraph/web/static/{name}"
            for name in ("editor-0123456789abcdef.js", "editor-licences.txt")
        }


@pytest.fixture(scope="module")
def built(bundle, tmp_path_factory, missing) -> list[Path]:
    """The bundle as it is made from the sources, by packages from npm's registry."""
    try:
        return bundle.build_bundle(tmp_path_factory.mktemp("built"))
    except bundle.BundleError as error:
        missing("Node.js with a registry of packages", f"{error}; on Debian: apt-get install nodejs npm")


@pytest.mark.long("clients")
class TestBundle:
    def test_it_is_small_enough(self, built) -> None:
        assert len(gzip.compress(built[0].read_bytes(), 9)) <= MOST_BYTES

    def test_the_same_sources_give_the_same_file_and_leave_nothing_behind(self, built, bundle, tmp_path) -> None:
        before = sorted(EDITOR.iterdir())
        again = bundle.build_bundle(tmp_path / "again")
        assert [path.name for path in again] == [path.name for path in built]
        assert again[0].read_bytes() == built[0].read_bytes()
        assert sorted(EDITOR.iterdir()) == before

    def test_licences_of_all_that_is_in_it(self, built) -> None:
        told = set(re.findall(r"^(\S+) [\d.]+ \(MIT\)$", built[1].read_text("utf-8"), re.MULTILINE))
        locked = {name.removeprefix("node_modules/") for name in TestLock.LOCK["packages"] if name}
        assert told == {name for name in locked if "esbuild" not in name}

    def test_no_address_is_asked_but_our_own(self, built) -> None:
        script = built[0].read_text("utf-8")
        assert not re.search(r"\bimport\s*\(|importScripts|\beval\(|new Function\(|new Worker|XMLHttpRequest", script)

    @pytest.mark.parametrize("tools", [True, False])
    def test_a_wheel(self, built, tmp_path, tools: bool) -> None:
        path = os.environ["PATH"] if tools else str(tmp_path)
        command = [sys.executable, "-m", "pip", "wheel", "-v", "--no-deps", "--wheel-dir", str(tmp_path), str(CHECKOUT)]
        environment = os.environ | {"PATH": path}
        made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=150)
        assert made.returncode == 0, made.stdout[-2_000:] + made.stderr[-2_000:]
        [wheel] = tmp_path.glob("*.whl")
        scripts = [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".js")]
        # A checkout that has the bundle lends it to a wheel that is built without node.
        has_bundle = tools or any((CHECKOUT / "src/actiongraph/web/static").glob("editor-*.js"))
        assert scripts == ([f"actiongraph/web/static/{built[0].name}"] if has_bundle else [])
        assert ("without its query editor" in made.stdout + made.stderr) is not has_bundle
