"""A newest release that is not whole: the next build notices and replaces it."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from actiongraph.engine.nquads import read_quads
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import StoreError
from actiongraph.publication import ReleaseRecord
from actiongraph.release.build import Outcome, publish
from actiongraph.release.previous import damage_of, last_record
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Party, Settings
from actiongraph.sparql.guard import check_query
from actiongraph.validate.report import Report

BASE = "https://w3id.org/actiongraph/"
LINE = f'<{BASE}id/facility/f-{{0}}> <{BASE}p> "{{0}}" <{BASE}graph/one> .\n'
DUMP = "dumps/actiongraph.nq.gz"
COUNT = check_query(f"SELECT (COUNT(*) AS ?n) {{ ?s <{BASE}p> ?o }}", Settings())


@pytest.fixture
def releases(tmp_path: Path) -> ReleaseStore:
    return ReleaseStore(tmp_path / "store")


def publish_on(releases: ReleaseStore, *numbers: int, publisher: str = "") -> Outcome:
    settings = Settings(store=releases.folder, publisher=Party(publisher) if publisher else None)
    quads = list(read_quads(LINE.format(number).encode() for number in numbers))
    with releases.locked():
        return publish(quads, Report(), settings, releases)


def content(releases: ReleaseStore, version: str, name: str) -> bytes:
    return gzip.decompress((releases.path(version) / name).read_bytes())


def check_whole(releases: ReleaseStore, record: ReleaseRecord, *numbers: int) -> None:
    """Check that the newest release is `record`, with `numbers` in its store and its dump."""
    assert releases.newest() == record.version
    assert damage_of(releases, record.version) is None
    assert int(ReleaseSnapshots(releases).current().engine.select(COUNT)[0]["n"]) == len(numbers)
    expected = "".join(LINE.format(number) for number in numbers).encode()
    assert content(releases, record.version, DUMP) == expected
    assert hashlib.sha256(expected).hexdigest() == record.content_sha256


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(release: Path) -> None:
    shutil.rmtree(release)
    release.mkdir()


def lose_a_table(release: Path) -> None:
    min(release.glob("store/*.sst")).unlink()


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "emptied": (empty, "release.json"),
    "gone": (shutil.rmtree, "release.json"),
    "record": (lambda release: (release / "release.json").write_text("{", "utf-8"), "Expecting"),
    "store": (lambda release: shutil.rmtree(release / "store"), "store"),
    "table": (lose_a_table, ".sst"),
    "dump": (lambda release: (release / DUMP).unlink(), f"{DUMP} is missing"),
    "short dump": (lambda release: cut(release / "dumps/actiongraph.ttl.gz"), "bytes instead of"),
    "changes": (lambda release: (release / "changes/added.nq.gz").unlink(), "changes/added.nq.gz is missing"),
    "things": (lambda release: (release / "things.sqlite").unlink(), "things.sqlite is missing"),
    "terms": (lambda release: (release / "terms.sqlite").unlink(), "terms.sqlite is missing"),
    "pages": (lambda release: (release / "pages.sqlite").unlink(), "pages.sqlite is missing"),
    "report": (lambda release: (release / "report.ttl").unlink(), "report.ttl is missing"),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> ReleaseStore:
    releases = ReleaseStore(tmp_path_factory.mktemp("published"))
    publish_on(releases, 1)
    return releases


@pytest.mark.parametrize("kind", DAMAGES)
def test_what_is_damaged_is_told(published: ReleaseStore, releases: ReleaseStore, kind: str):
    shutil.copytree(published.folder, releases.folder, symlinks=True)
    version = releases.newest() or ""
    assert damage_of(releases, version) is None
    damage, said = DAMAGES[kind]
    damage(releases.path(version))
    assert said in (damage_of(releases, version) or "nothing")


@pytest.mark.parametrize("kind", ["gone", "table", "things"])
def test_a_damaged_release_is_replaced_by_one_that_is_whole_and_later(releases: ReleaseStore, kind: str):
    first = publish_on(releases, 1).record
    second = publish_on(releases, 1, 2).record
    damage, said = DAMAGES[kind]
    damage(releases.path(second.version))
    third = publish_on(releases, 1, 2)
    check_whole(releases, third.record, 1, 2)
    assert third.record.version > second.version
    assert releases.versions() == [first.version, third.record.version]
    [remark] = third.remarks
    assert second.version in remark
    assert said in remark
    assert not publish_on(releases, 1, 2).is_new


@pytest.mark.parametrize("kind", ["emptied", "dump"])
def test_the_only_release_that_is_damaged_is_replaced(published: ReleaseStore, releases: ReleaseStore, kind: str):
    shutil.copytree(published.folder, releases.folder, symlinks=True)
    DAMAGES[kind][0](releases.path(releases.newest() or ""))
    second = publish_on(releases, 1).record
    check_whole(releases, second, 1)
    assert releases.versions() == [second.version]


def test_what_changed_is_told_against_the_last_release_that_can_be_compared_with(releases: ReleaseStore):
    first = publish_on(releases, 1).record
    second = publish_on(releases, 1, 2).record
    shutil.rmtree(releases.path(second.version) / "store")
    third = publish_on(releases, 1, 2).record
    assert (third.previous, third.added, third.removed) == (second.version, 0, 0)
    assert releases.record(second.version) == second
    (releases.path(third.version) / DUMP).unlink()
    fourth = publish_on(releases, 1, 2).record
    assert (fourth.previous, fourth.added, fourth.removed) == (first.version, 1, 0)
    assert content(releases, fourth.version, "changes/added.nq.gz") == LINE.format(2).encode()


def test_who_publishes_and_the_base_are_not_forgotten_with_a_record(releases: ReleaseStore):
    publish_on(releases, 1, publisher="Ministry")
    second = publish_on(releases, 1, 2, publisher="Ministry").record
    empty(releases.path(second.version))
    last = last_record(releases)
    assert last is not None
    assert (last.told["publisher"], last.base) == ("Ministry", BASE)


def test_a_store_that_lacks_a_file_is_told_in_our_words(tmp_path: Path):
    store = ox.Store(str(tmp_path / "store"))
    store.bulk_extend(read_quads([LINE.format(1).encode()]))
    store.flush()
    del store
    lose_a_table(tmp_path)
    with pytest.raises(StoreError, match="cannot be read"):
        OxigraphEngine.open(tmp_path / "store", union_default=True)
