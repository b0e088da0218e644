"""Publishing: whole or not at all, the same for the same data, and never in each other's way."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from actiongraph.errors import InvalidData, StoreError
from actiongraph.publication import DUMP
from actiongraph.release.build import build
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings, read_party, shipped
from actiongraph.sparql.guard import check_query

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
EXTRA = """
<https://w3id.org/actiongraph/id/facility/extra> a <https://w3id.org/actiongraph/ontology#Facility> ;
  <http://www.w3.org/2004/02/skos/core#prefLabel> "Extra"@en .
"""
BROKEN = """
<https://w3id.org/actiongraph/id/action/broken> a <https://w3id.org/actiongraph/ontology#Action> ;
  <https://w3id.org/actiongraph/ontology#actionNumber> "number twelve"@en .
"""


@pytest.fixture
def settings(little_data: Path, tmp_path: Path) -> Settings:
    return Settings(data=little_data, store=tmp_path / "store")


@pytest.fixture
def releases(settings: Settings) -> ReleaseStore:
    assert settings.store
    return ReleaseStore(settings.store)


def append(settings: Settings, text: str) -> None:
    assert settings.data
    path = settings.data / "reference.ttl"
    path.write_text(path.read_text("utf-8") + text, "utf-8")


def dump(releases: ReleaseStore, version: str) -> bytes:
    return gzip.decompress((releases.path(version) / "dumps" / DUMP).read_bytes())


def triples(releases: ReleaseStore) -> int:
    snapshots = ReleaseSnapshots(releases)
    return int(snapshots.current().engine.select(check_query(COUNT, Settings()))[0]["n"])


def stored(releases: ReleaseStore, version: str) -> list[ox.Quad]:
    return list(ox.Store.read_only(str(releases.path(version) / "store")))


def test_a_release_is_named_by_time_and_by_the_hash_of_its_sorted_quads(release):
    quads = dump(release.releases, release.record.version)
    lines = quads.splitlines(keepends=True)
    assert lines == sorted(lines)
    assert release.record.version.endswith(f"Z-{hashlib.sha256(quads).hexdigest()[:12]}")


def test_every_triple_stands_in_one_graph_and_the_union_counts_each_once(release):
    quads = stored(release.releases, release.record.version)
    assert len({quad.triple for quad in quads}) == len(quads) == release.record.triples == triples(release.releases)
    assert not [
        quad for quad in quads if isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode)
    ]


@pytest.mark.long("large")
def test_the_dump_says_to_the_letter_what_the_store_says_but_for_what_is_about_it(tmp_path: Path):
    shutil.copytree(shipped("data"), tmp_path / "data")
    settings, releases = Settings(data=tmp_path / "data"), ReleaseStore(tmp_path / "store")
    append(
        settings,
        "<https://w3id.org/actiongraph/id/facility/extra> a <https://w3id.org/actiongraph/ontology#Facility> ; "
        '<http://www.w3.org/2004/02/skos/core#prefLabel> "Extra"@en ; <http://www.w3.org/2004/02/skos/core#note> '
        '"007"^^<http://www.w3.org/2001/XMLSchema#nonNegativeInteger> , 0.90 .',
    )
    record = build(settings, releases).record
    about = {f"https://w3id.org/actiongraph/{name}" for name in ("graph/catalog", ".well-known/sparql-examples")}
    data = {quad for quad in stored(releases, record.version) if quad.graph_name.value not in about}
    assert set(ox.parse(dump(releases, record.version), format=ox.RdfFormat.N_QUADS)) == data


def test_the_same_data_makes_no_new_release(settings: Settings, releases: ReleaseStore):
    first = build(settings, releases)
    again = build(settings, releases)
    assert first.is_new
    assert not again.is_new
    assert again.record == first.record
    assert releases.versions() == [first.record.version]


@pytest.mark.long("large")
def test_the_same_data_gives_the_same_bytes_in_another_store(release, tmp_path: Path):
    other = ReleaseStore(tmp_path / "other")
    one, two = release.record, build(Settings(store=other.folder), other).record
    for name in (*(f"dumps/{name}" for name in one.dumps), "report.ttl", "report.json"):
        first, second = release.releases.path(one.version) / name, other.path(two.version) / name
        assert first.read_bytes() == second.read_bytes()


def test_unchanged_inputs_are_not_even_read(settings: Settings, releases: ReleaseStore):
    build(settings, releases)
    outcome = build(settings, releases, unless_unchanged=True)
    assert outcome.report is None
    append(settings, EXTRA)
    assert build(settings, releases, unless_unchanged=True).is_new


def test_a_comment_in_the_data_makes_no_new_release_and_is_looked_at_once(settings: Settings, releases: ReleaseStore):
    build(settings, releases)
    append(settings, "# a comment\n")
    assert not build(settings, releases, unless_unchanged=True).is_new
    assert build(settings, releases, unless_unchanged=True).report is None


def test_a_change_makes_a_release_that_says_what_was_added_and_removed(settings: Settings, releases: ReleaseStore):
    first = build(settings, releases).record
    append(settings, EXTRA)
    second = build(settings, releases).record
    added = gzip.decompress((releases.path(second.version) / "changes" / "added.nq.gz").read_bytes())
    # Its class, its name, and the label that the name is by the ontology.
    assert (second.added, second.removed, second.previous) == (3, 0, first.version)
    assert {quad.subject.value for quad in ox.parse(added, format=ox.RdfFormat.N_QUADS)} == {
        "https://w3id.org/actiongraph/id/facility/extra"
    }
    assert second.version > first.version
    assert releases.newest() == second.version


def test_a_violation_publishes_nothing_and_keeps_what_was_there(settings: Settings, releases: ReleaseStore):
    first = build(settings, releases).record
    append(settings, BROKEN)
    with pytest.raises(InvalidData, match=f"release {first.version} stays published") as caught:
        build(settings, releases)
    findings = [f for f in caught.value.report.results if str(f.path).endswith("#actionNumber")]
    assert findings[0].file == "reference.ttl"
    lines = (settings.data / "reference.ttl").read_text("utf-8").splitlines()
    assert "actionNumber" in lines[findings[0].line - 1]
    assert releases.newest() == first.version


def test_a_violation_with_nothing_published_says_so(settings: Settings, releases: ReleaseStore):
    append(settings, BROKEN)
    with pytest.raises(InvalidData, match="nothing is published"):
        build(settings, releases)
    assert releases.newest() is None
    with pytest.raises(StoreError, match="actiongraph build"):
        ReleaseSnapshots(releases).current()


def test_only_the_last_releases_are_kept(settings: Settings, releases: ReleaseStore):
    settings = Settings(data=settings.data, store=settings.store, keep_releases=2)
    versions = []
    for number in range(4):
        append(settings, EXTRA.replace("extra", f"extra-{number}"))
        versions.append(build(settings, releases).record.version)
    assert releases.versions() == versions[-2:]


def test_an_open_snapshots_picks_up_a_new_release(settings: Settings, releases: ReleaseStore):
    graph = "<https://w3id.org/actiongraph/graph/reference>"
    count = check_query(f"SELECT (COUNT(*) AS ?n) FROM {graph} WHERE {{ ?s ?p ?o }}", settings)
    build(settings, releases)
    snapshots = ReleaseSnapshots(releases)
    before = snapshots.current()
    append(settings, EXTRA)
    version = build(settings, releases).record.version
    assert before.version != snapshots.current().version == version
    assert int(snapshots.current().engine.select(count)[0]["n"]) == int(before.engine.select(count)[0]["n"]) + 2


def command(settings: Settings) -> list[str]:
    options = ["--data", str(settings.data), "--store", str(settings.store)]
    return [sys.executable, "-m", "actiongraph", "build", *options]


def test_two_builds_at_once_publish_once(settings: Settings, releases: ReleaseStore):
    processes = [
        subprocess.Popen(command(settings), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)
    ]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert len(releases.versions()) == 1
    assert releases.newest() == releases.versions()[0]


@pytest.mark.long("kills")
@pytest.mark.parametrize("moment", [1, 3])
def test_the_command_that_is_killed_leaves_the_old_release_and_the_next_one_cleans_up(
    settings: Settings, releases: ReleaseStore, moment: int
):
    first = build(settings, releases).record.version
    append(settings, EXTRA)
    _in_subprocess(settings, kill_after_s=0.3 + 0.2 * moment)
    assert releases.newest() in (first, *releases.versions())
    assert triples(releases) > 0
    build(settings, releases)
    assert not list(releases.releases.glob(".*"))
    assert releases.newest() == releases.versions()[-1]


def _in_subprocess(settings: Settings, kill_after_s: float) -> None:
    process = subprocess.Popen(command(settings), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(kill_after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_store_where_a_file_stands_is_an_error_that_says_so(settings: Settings, tmp_path: Path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(StoreError, match="cannot be written"):
        build(settings, ReleaseStore(tmp_path / "file"))


def test_another_version_of_the_program_makes_a_release_of_the_same_data(
    settings: Settings, releases: ReleaseStore, monkeypatch: pytest.MonkeyPatch
):
    first = build(settings, releases).record
    for module in ("actiongraph.release.build", "actiongraph.release.inputs"):
        monkeypatch.setattr(f"{module}.__version__", "99.0")
    outcome = build(settings, releases, unless_unchanged=True)
    assert outcome.is_new
    assert (outcome.record.program, outcome.record.content_sha256) == ("99.0", first.content_sha256)
    assert not build(settings, releases).is_new


def test_nothing_is_taken_away_but_what_a_build_left(settings: Settings, releases: ReleaseStore):
    version = build(settings, releases).record.version
    (releases.releases / "lost+found").mkdir()
    (releases.releases / "notes").mkdir()
    left = releases.path("29990101T000000Z-0123456789ab")
    left.mkdir()
    (releases.past / "notes.txt").parent.mkdir(exist_ok=True)
    (releases.past / "notes.txt").write_text("mine", "utf-8")
    build(settings, releases)
    assert {path.name for path in releases.releases.iterdir()} == {version, "lost+found", "notes"}
    assert (releases.versions(), releases.past_versions()) == ([version], [])
    assert (releases.past / "notes.txt").exists()


def test_a_release_that_was_published_stays_when_the_link_is_set_back_or_lost(
    settings: Settings, releases: ReleaseStore
):
    first = build(settings, releases).record.version
    second = build(replace(settings, publisher=read_party("Somebody")), releases).record.version
    link = releases.folder / "current"
    link.unlink()
    with pytest.raises(StoreError, match=f"restore it: ln -s releases/{second}"):
        build(settings, releases)
    link.symlink_to(Path("releases") / first)
    with releases.locked():
        pass
    assert {path.name for path in releases.releases.iterdir()} == {first, second}
