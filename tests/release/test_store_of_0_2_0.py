"""A store that 0.2.0 made is read as 0.2.0 read it, and built on: its files are a format (docs/decisions/store.md).

The store, the answers that 0.2.0 gave from it and a copy that its `mirror` made lie in `store_of_0_2_0`; `make.py`
there tells what the four releases say. The first two are no longer kept. All is asked over HTTP and of the commands.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import queue
import re
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import unified_diff
from pathlib import Path
from typing import Any, ClassVar

import pytest

# Makers and readers of the answers share a module, and --import-mode=importlib looks nowhere for it.
sys.path.append(str(Path(__file__).with_name("store_of_0_2_0")))

from recorded import EVER, KEPT, NEWEST, URL, record

BASE = "https://example.org/aid/"
_JSON = "application/json"
_WITHDRAWN = """<id/place/p009> a ag:WithdrawnResource ; ag:reason "No place."@en ;
  prov:invalidatedAtTime "2026-11-28"^^xsd:date .
"""
_LIST = "feeds/oai?verb=ListIdentifiers"
_HEADER = re.compile(r"<header( status=\"deleted\")?>\n<identifier>(.*)</identifier>\n<datestamp>(.*)</datestamp>")
NEW_PAGES = ("data", "schema")
"""Pages about the dataset that 0.2.0 did not have."""


class OldStore:
    """What was made, unpacked to a folder of its own: `releases` are the versions of the four, oldest first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with tarfile.open(Path(__file__).with_name("store_of_0_2_0") / "store.tar.xz") as packed:
            packed.extraction_filter = lambda member, _: member  # what we have packed ourselves
            packed.extractall(folder)
            # The time of the link tells when the newest release was published; tarfile sets that of files alone.
            made_at = packed.getmember("store/current").mtime
        os.utime(folder / "store" / "current", (made_at, made_at), follow_symlinks=False)
        self.recorded: list[dict[str, Any]] = json.loads((folder / "answers.json").read_text("utf-8"))
        self.releases = [told["version"] for told in reversed(self.answer("releases")["body"]["releases"])]
        (folder / "unreadable").mkdir()
        (folder / "unreadable" / "data.ttl").write_text("This is no Turtle.\n", "utf-8")
        self._said = folder / "said"

    @property
    def said(self) -> str:
        """What commands have written to standard error so far."""
        return self._said.read_text("utf-8")

    def answer(self, path: str) -> dict[str, Any]:
        """Return what 0.2.0 answered at `path`."""
        return _named_anew(next(each["answer"] for each in self.recorded if each["path"] == path))

    def compare(self, server: str, holds: str) -> None:
        """Fail with the lines in which answers now differ from those of 0.2.0 that hold so long, if there are any."""
        asked = [each for each in self.recorded if each["holds"] == holds]
        assert asked, holds
        found: list[str] = []
        for each in asked:
            now = _without_new_members(record(server, each["path"], each["accept"]))
            answers = (_named_anew(each["answer"]), now)
            before, after = (json.dumps(answer, indent=1, sort_keys=True).splitlines() for answer in answers)
            found += unified_diff(before, after, "0.2.0 at " + each["path"], "now", n=0, lineterm="")
        assert not found, "\n".join(found)

    def files(self) -> dict[str, str]:
        """Return the SHA-256 of each file in the store, by its path."""
        paths = [path for path in (self.folder / "store").rglob("*") if path.is_file()]
        return {str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command, which must end with that exit code, and return its output."""
        with self._running(*arguments) as process:
            output, _ = process.communicate(timeout=120)
        assert process.returncode == code, self.said
        return output

    def build(self, *more: str) -> str:
        """Build a release of the Turtle files, and return the version of the newest."""
        self.run("build", "--store", "store", "--data", "data", *more)
        return (self.folder / "store" / "current").readlink().name

    @contextmanager
    def served(self, data: str) -> Iterator[str]:
        """Serve the store and give the address; the Turtle files in `data` are built first, if they can be."""
        options = ("--port", "0", "--workers", "2", "--store", "store", "--data", data)
        with self._running("serve", *options) as process:
            yield _ready(process)

    @contextmanager
    def _running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command as long as the block lasts."""
        environment = os.environ | {"HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder / "share")}
        command = [sys.executable, "-m", "actiongraph", *arguments]
        with (
            self._said.open("a", encoding="utf-8") as said,
            subprocess.Popen(
                command, cwd=self.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=said
            ) as process,
        ):
            try:
                yield process
            finally:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise

    def mirror(self, server: str, copy: str) -> tuple[str, bytes]:
        """Copy from `server`, and return what was told and the quads."""
        told = self.run("mirror", server, copy)
        return told, gzip.decompress((self.folder / copy / "actiongraph.nq.gz").read_bytes())

    def claim_copy(self, server: str) -> None:
        """Note in the copy of 0.2.0 that it came from `server`, whose port is another each time."""
        note = self.folder / "copy" / "mirror.json"
        told = json.loads(note.read_text("utf-8"))
        assert (told["source"], told["version"]) == (URL, self.releases[2])
        note.write_text(json.dumps(told | {"source": server}), "utf-8")

    def content_sha256(self, version: str) -> str:
        """Return the hash that 0.2.0 told of the quads of a release."""
        told = self.answer("releases")["body"]["releases"]
        return next(str(release["content_sha256"]) for release in told if release["version"] == version)


def _named_anew(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer of 0.2.0 as it is now.

    It called everybody's repository as ours, and its void:dataDump named the tables and files that no program loads.
    Its sitemap lacks what came later.
    """
    before, now = (f"<repositoryName>{name}</" for name in ("Technical-assistance actions", "Graph of actions"))
    found = json.loads(json.dumps(answer).replace(before, now))
    if found["type"] == "application/n-triples":
        lines = (re.sub(r"(void#dataDump> <.*)[.]gz>", r"\1>", line) for line in found["body"])
        found["body"] = [line for line in lines if not re.search(r"void#dataDump> <.*[.]zip>", line)]
    if f"<loc>{URL}about</loc>" in found["body"]:
        found["body"] = _with_new_pages(found["body"])
    return found


def _without_new_members(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without the members that the list of chains and the check of a query did not have in 0.2.0.

    They have all of these now.
    """
    body = answer["body"]
    if isinstance(body, dict) and "figures" in body and "chains" in body:
        for name in ("facets", "query"):
            del body[name]
        for chain in body["chains"]:
            del chain["themes"], chain["places"]
    if isinstance(body, dict) and "hints" in body:
        del body["errors"]
        for hint in body["hints"]:
            del hint["start"], hint["end"], hint["edits"]
    return answer


def _with_new_pages(lines: list[str]) -> list[str]:
    """Return a page of the sitemap with the pages that 0.2.0 did not have, each in its place among the others."""
    for name in NEW_PAGES:
        place = f"<loc>{URL}{name}</loc>"
        after = next(index for index, line in enumerate(lines) if line.startswith("<loc>") and line > place) - 1
        lines = [*lines[:after], "<url>", place, lines[4], "</url>", *lines[after:]]
    return lines


def _ready(process: subprocess.Popen[str]) -> str:
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout
    output = process.stdout
    threading.Thread(target=lambda: lines.put(output.readline()), daemon=True).start()
    line = lines.get(timeout=60)
    assert line.startswith("Serving on "), line
    return line.removeprefix("Serving on ").strip()


def text_of(answer: dict[str, Any]) -> str:
    return "\n".join(answer["body"])


def headers(answers: Sequence[dict[str, Any]]) -> dict[str, tuple[str, bool]]:
    """Return datestamp and deletion of each identifier that lists of OAI-PMH have."""
    found = (match for answer in answers for match in _HEADER.findall(text_of(answer)))
    return {iri.removeprefix(f"{BASE}id/"): (date, bool(deleted)) for deleted, iri, date in found}


def listed(server: str) -> dict[str, tuple[str, bool]]:
    """Return the headers of all records, from all parts of the list."""
    answers, following = [], f"{_LIST}&metadataPrefix=oai_dc"
    while following:
        answers.append(record(server, following))
        token = re.search(r"<resumptionToken[^>]*>([^<\s]+)<", text_of(answers[-1]))
        following = f"{_LIST}&resumptionToken={token[1]}" if token else ""
    return headers(answers)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> OldStore:
    """The store as it is; nobody may build on it."""
    return OldStore(tmp_path_factory.mktemp("old"))


@pytest.fixture(scope="module")
def server(old: OldStore) -> Iterator[str]:
    """A server on the store as it is: the data cannot be read, so answers come from the newest release."""
    with old.served("unreadable") as server:
        yield server


def test_the_newest_release_is_answered_from_as_before(old: OldStore, server: str) -> None:
    old.compare(server, NEWEST)


@pytest.mark.parametrize("which", [2, 3])
def test_a_kept_release_is_answered_from_by_its_version_as_before(old: OldStore, server: str, which: int) -> None:
    old.compare(server, KEPT.format(old.releases[which]))


def test_what_happened_and_what_changed_with_each_release_is_told_as_before(old: OldStore, server: str) -> None:
    old.compare(server, EVER)


def test_pages_are_shown_from_each_kept_release(old: OldStore, server: str) -> None:
    _, _, third, fourth = old.releases
    for path, shown in (
        (f"doc/action/registers-online?version={third}", "Registers, online"),
        (f"doc/action/registers-online?version={fourth}", "Registers, in the cloud"),
        ("doc/action/registers-online", "Registers, in the cloud"),
        ("chain/registers", "Registers, in the cloud"),
        (f"chains?version={third}", "Registers, shared"),
        (f"validation?version={third}", "page.ttl"),
        (f"catalog?version={third}", "Ministry of Example"),
        (f"dumps/{third}/", "actiongraph-csv.zip"),
        ("releases", old.releases[0]),
        ("about", fourth),
        ("ontology", "Action"),
        ("", fourth),
    ):
        answer = record(server, path, "text/html")
        assert (answer["status"], answer["type"], path) == (200, "text/html", path)
        assert shown in text_of(answer), path
    for path in ("doc/place/p008", f"doc/place/p050?version={third}", f"doc/action/pensions?version={old.releases[0]}"):
        assert record(server, path, "text/html")["status"] == 410


def test_the_store_is_mirrored_and_a_copy_of_0_2_0_is_kept_up(old: OldStore, server: str) -> None:
    whole, quads = old.mirror(server, "new-copy")
    assert hashlib.sha256(quads).hexdigest() == old.content_sha256(old.releases[3])
    assert old.releases[3] in whole
    old.run("mirror", server, "copy", code=3)  # as it stands, it is a copy of another server
    assert f"holds a copy of {URL}" in old.said
    old.claim_copy(server)
    kept_up, same = old.mirror(server, "copy")
    assert same == quads
    assert old.releases[2] in kept_up
    assert "4 quads added, 8 removed" in kept_up


def test_a_store_that_is_read_is_not_called_damaged(old: OldStore, server: str) -> None:
    assert record(server, "health")["status"] == 200
    served, *refused = old.said.splitlines()
    assert old.releases[3] in served
    assert all(URL in line for line in refused)
    assert "damaged" not in old.said


def test_releases_that_were_published_are_not_cleared_away_as_left_overs(tmp_path: Path) -> None:
    store = OldStore(tmp_path)
    before = store.files()
    (tmp_path / "store" / "current").unlink()
    store.run("build", "--store", "store", "--data", "data", code=3)
    assert f"ln -s releases/{store.releases[3]} " in store.said
    assert store.files() == before


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Rebuilt:
    """The store with two more releases: the fifth of the same data, the sixth of other data; the third is dropped."""
    return Rebuilt(tmp_path_factory.mktemp("rebuilt"))


class Rebuilt(OldStore):
    """The store with two more releases. A title changes, what had vanished is back, and a place is withdrawn."""

    changed: ClassVar = {"action/registers-online": "Update", "place/p008": "Create", "place/p009": "Delete"}

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.before = self.files()
        self.fifth = self.build()
        self._edit("page", "Registers, in the cloud", "Registers, everywhere")
        self._edit(
            "reference", 'p009> a ag:Place ; skos:prefLabel "Place 9"', 'p008> a ag:Place ; skos:prefLabel "Place 8"'
        )
        self._edit("withdrawn", "<id/action/alone>", f"{_WITHDRAWN}<id/action/alone>")
        self.sixth = self.build("--limit", "keep_releases=3")

    def _edit(self, name: str, old: str, new: str) -> None:
        file = self.folder / "data" / f"{name}.ttl"
        text = file.read_text("utf-8")
        assert text.count(old) == 1
        file.write_text(text.replace(old, new), "utf-8")


@pytest.fixture(scope="module")
def new_server(rebuilt: Rebuilt) -> Iterator[str]:
    """A server on the store with more releases; nothing has changed since the last, so it builds none."""
    with rebuilt.served("data") as server:
        yield server


def test_releases_go_on_from_those_of_0_2_0(rebuilt: Rebuilt, new_server: str) -> None:
    """The same data makes one more release, for another version of the program may write more into it."""
    now = {release["version"]: release for release in record(new_server, "releases", _JSON)["body"]["releases"]}
    assert sorted(now) == [*rebuilt.releases, rebuilt.fifth, rebuilt.sixth]
    assert [release["previous"] for release in now.values()] == [*list(now)[1:], None]
    assert [release["kept"] for release in now.values()] == [True, True, True, False, False, False]
    assert [version for version, release in now.items() if release["current"]] == [rebuilt.sixth]
    for before in rebuilt.answer("releases")["body"]["releases"]:
        others = {} if before["version"] == rebuilt.releases[3] else {"dumps": []}
        assert now[before["version"]] == before | others | {"current": False, "kept": not others}


def test_a_release_of_0_2_0_that_is_still_kept_is_answered_from_as_before(rebuilt: Rebuilt, new_server: str) -> None:
    rebuilt.compare(new_server, KEPT.format(rebuilt.releases[3]))


def test_a_release_of_0_2_0_that_was_dropped_now_is_gone_and_the_nearest_is_named(
    rebuilt: Rebuilt, new_server: str
) -> None:
    for version in rebuilt.releases[:3]:
        for path in (
            "id/action/2014-12?version={}",
            "release/{}",
            "dumps/{}/actiongraph.nq.gz",
            "chains.json?version={}",
        ):
            answer = record(new_server, path.format(version), _JSON)
            assert (answer["status"], answer["body"]["code"]) == (410, "gone")
            assert answer["body"]["near"] == [rebuilt.releases[3], rebuilt.sixth]


def test_what_happened_with_the_releases_of_0_2_0_is_still_told_as_before(rebuilt: Rebuilt, new_server: str) -> None:
    rebuilt.compare(new_server, EVER)


def test_what_stays_of_releases_is_as_it_was(rebuilt: Rebuilt) -> None:
    now = rebuilt.files()
    stays = {path: content for path, content in rebuilt.before.items() if path.startswith("store/past/")}
    assert stays
    assert stays.items() <= now.items()
    third = rebuilt.releases[2]
    for name in ("release.json", "changes/added.nq.gz", "changes/removed.nq.gz"):
        assert now[f"store/past/{third}/{name}"] == rebuilt.before[f"store/releases/{third}/{name}"]
    kept = {path: content for path, content in rebuilt.before.items() if f"releases/{rebuilt.releases[3]}/" in path}
    assert kept.items() <= now.items()


def test_what_is_there_has_the_date_of_its_labels_and_what_was_deleted_keeps_its_own(
    rebuilt: Rebuilt, new_server: str
) -> None:
    """The first release since 0.2.0 says more of everything: labels, and classes and properties of others."""
    before = headers([each["answer"] for each in rebuilt.recorded if each["path"].startswith(_LIST)])
    now = listed(new_server)
    assert len(before) > 200
    there = {name for name, (_, is_deleted) in now.items() if not is_deleted}
    assert {name for name in now if now[name] != before[name]} == there | set(rebuilt.changed)
    assert before.keys() == now.keys()
    [fifth] = {now[name][0] for name in there - set(rebuilt.changed)}
    assert max(date for date, _ in before.values()) < fifth < min(now[name][0] for name in rebuilt.changed)
    for name, change in rebuilt.changed.items():
        assert now[name][0] > max(date for date, _ in before.values())
        assert now[name][1] == (change == "Delete")
    assert record(new_server, "feeds/oai?verb=Identify") == rebuilt.answer("feeds/oai?verb=Identify")


def test_the_sitemap_dates_all_anew_since_all_has_labels_now(rebuilt: Rebuilt, new_server: str) -> None:
    before, now = (
        dict(zip(lines[0::2], lines[1::2], strict=True))
        for answer in (rebuilt.answer("sitemap-1.xml"), record(new_server, "sitemap-1.xml", "application/xml"))
        if (lines := re.findall(r"<(?:loc|lastmod)>(.*)</", text_of(answer)))
    )
    differing = {address.removeprefix(f"{URL}doc/") for address, _ in before.items() ^ now.items()}
    assert differing == {address.removeprefix(f"{URL}doc/") for address in now} | set(rebuilt.changed)


def test_the_event_stream_goes_on(rebuilt: Rebuilt, new_server: str) -> None:
    root, page = (
        text_of(record(new_server, f"feeds/ldes{path}", "application/n-quads")) for path in ("", f"/{rebuilt.sixth}")
    )
    pages = set(re.findall(rf"<https://w3id.org/tree#node> <{URL}feeds/ldes/([^>]*)>", root))
    assert pages == {*rebuilt.releases, rebuilt.fifth, rebuilt.sixth}
    events = re.findall(rf"{rebuilt.sixth}#(\S+)> <[^>]*#type> <https://www.w3.org/ns/activitystreams#(\w+)>", page)
    assert dict(events) == rebuilt.changed
    labelled = text_of(record(new_server, f"feeds/ldes/{rebuilt.fifth}", "application/n-quads"))
    kinds = re.findall(r"#type> <https://www.w3.org/ns/activitystreams#(\w+)>", labelled)
    assert set(kinds) == {"Update"}


def test_what_was_told_about_the_data_is_told_on(rebuilt: Rebuilt, new_server: str) -> None:
    """Who publishes it, and since when, stands in the records of 0.2.0 alone."""
    wanted = re.compile(
        rf"<({BASE}(?:dataset|catalog|id/agent/\w+))> <\S*(issued|publisher|license|name|hasEmail|fn)> .*"
    )
    before, now = (
        {found[0] for line in answer["body"] if (found := wanted.match(line))}
        for answer in (rebuilt.answer("catalog.nt"), record(new_server, "catalog.nt", "application/n-triples"))
    )
    assert len(before) > 6
    assert now == before


def test_a_copy_of_0_2_0_is_kept_up_over_all_releases_since(rebuilt: Rebuilt, new_server: str) -> None:
    rebuilt.claim_copy(new_server)
    told, quads = rebuilt.mirror(new_server, "copy")
    newest, *others = record(new_server, "releases", _JSON)["body"]["releases"]
    assert hashlib.sha256(quads).hexdigest() == newest["content_sha256"]
    since = [newest, *others[:2]]
    added, removed = (sum(release[which] for release in since) for which in ("added", "removed"))
    assert f"{added} quads added, {removed} removed" in told


def test_a_store_that_is_built_on_is_not_called_damaged(rebuilt: Rebuilt, new_server: str) -> None:
    assert record(new_server, "health")["status"] == 200
    assert rebuilt.said == ""
