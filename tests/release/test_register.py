"""The resource history: what came, changed and went with each release, and what is remembered of it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox
import pytest

from actiongraph.errors import GoneResource, StoreError, UnknownResource
from actiongraph.index.resource_history import HISTORY, ChangeKind, ResourceHistory, Selection, open_history
from actiongraph.index.resource_history_writer import PreviousHistory, write_history
from actiongraph.release.build import publish
from actiongraph.release.snapshots import FileSnapshots, ReleaseSnapshots, history_at, history_of
from actiongraph.release.store import ReleaseStore, write_json
from actiongraph.settings import Settings
from actiongraph.validate.report import Report

BASE = "https://example.org/base/"
HEAD = f"""@base <{BASE}> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
ONE = '<id/org/one> skos:prefLabel "Uno"@es , "One"@en .'
TWO = '<id/org/one-two> skos:prefLabel "One and two"@en .'
GONE = """<id/org/one> a ag:WithdrawnResource ; prov:invalidatedAtTime "2026-11-26"^^xsd:date ; ag:reason "Twice."@en ;
  dcterms:isReplacedBy <id/org/one-two> ."""


def instant(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)


class History:
    """Registers of releases, one a day, each after the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: list[Path] = []
        self.vanished: tuple[str, ...] = ()

    def release(self, *turtle: str) -> Path:
        quads = ox.parse(HEAD + "\n".join(turtle), format=ox.RdfFormat.TURTLE)
        named = [ox.Quad(*quad.triple, ox.NamedNode(BASE + "graph/one")) for quad in quads]
        lines = sorted((ox.serialize(named, format=ox.RdfFormat.N_QUADS) or b"").splitlines(keepends=True))
        day = len(self.paths) + 1
        path = self.folder / f"{day}.sqlite"
        before = PreviousHistory(self.paths[-1]) if self.paths else None
        self.vanished = write_history(path, lines, BASE, f"v{day}", instant(day).isoformat(), ("en",), before)
        self.paths.append(path)
        return path

    def events(self) -> list[dict[str, ChangeKind]]:
        """What each release says came, changed or went with it."""
        return [self._read(path, lambda things: things.events()) for path in self.paths]

    def records(self, selection: Selection = Selection()) -> dict[str, ChangeKind]:
        """What the newest register lists."""
        return self._read(self.paths[-1], lambda things: things.records(selection, None, 100))

    @staticmethod
    def _read(path: Path, ask: Callable[[ResourceHistory], object]) -> dict[str, ChangeKind]:
        with open_history(path) as things:
            return {f"{thing.kind}/{thing.key}": thing.change for thing in ask(things)}


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def test_a_thing_is_what_is_said_of_its_iri_and_of_its_fragments(history: History):
    # The fragments of one come before one-two, and one itself after it, in sorted N-Quads.
    path = history.release(ONE, TWO, "<id/org/one#passage-1> skos:note 7 . <id/org/one-two#p> skos:note 8 .")
    with open_history(path) as things:
        one, two = things.find(BASE + "id/org/one"), things.find(BASE + "id/org/one-two")
    label, note = "<http://www.w3.org/2004/02/skos/core#prefLabel>", "<http://www.w3.org/2004/02/skos/core#note>"
    integer = "<http://www.w3.org/2001/XMLSchema#integer>"
    assert one.triples.decode().splitlines() == [
        f'<{BASE}id/org/one#passage-1> {note} "7"^^{integer} .',
        f'<{BASE}id/org/one> {label} "One"@en .',
        f'<{BASE}id/org/one> {label} "Uno"@es .',
    ]
    assert two.triples.decode().splitlines() == [
        f'<{BASE}id/org/one-two#p> {note} "8"^^{integer} .',
        f'<{BASE}id/org/one-two> {label} "One and two"@en .',
    ]
    assert one.digest == hashlib.sha256(one.triples).digest()
    assert (one.kind, one.key, one.created.version, one.created.at) == ("org", "one", "v1", instant(1))


def test_what_is_no_thing_is_not_in_it(history: History):
    path = history.release(ONE, "<graph/one> skos:note 1 . <id/org/> skos:note 1 . <id/org> skos:note 1 .")
    with open_history(path) as things:
        assert things.kinds() == {"org": 1}
        assert things.find(BASE + "id/org") is None


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ('skos:prefLabel "Eins"@de , "One"@en , "Un"@fr', "One"),
        ('dcterms:title "A title"@en ; skos:prefLabel "Nom"@fr', "Nom"),
        ('skos:prefLabel "b" , "a"@de', "b"),
        ('dcterms:title "Say \\"é\\"\\n"@en', 'Say "é"\n'),
        ('ag:actionNumber "2014-12"', "2014-12"),
        ("dcterms:title <id/org/other>", None),
        ("skos:note 1 . <id/org/one#part> skos:prefLabel 'A part'", None),
    ],
)
def test_its_title_is_the_best_label_in_english_if_there_is_one(history: History, said: str, title: str | None):
    path = history.release(f"<id/org/one> {said} .")
    with open_history(path) as things:
        assert things.find(BASE + "id/org/one").title == title


def test_each_release_says_what_came_changed_and_went(history: History):
    history.release(ONE, TWO)
    history.release(ONE, TWO.replace("and", "plus"), '<id/place/a> skos:prefLabel "A" .')
    history.release(TWO.replace("and", "plus"))
    history.release(ONE, TWO.replace("and", "plus"))
    assert history.events() == [
        {"org/one": "created", "org/one-two": "created"},
        {"org/one-two": "updated", "place/a": "created"},
        {"org/one": "deleted", "place/a": "deleted"},
        {"org/one": "created"},
    ]
    assert history.records() == {"org/one": "created", "org/one-two": "updated", "place/a": "deleted"}


def test_a_change_in_a_fragment_is_a_change_of_its_thing(history: History):
    history.release(ONE, "<id/org/one#p> skos:note 1 .")
    history.release(ONE, "<id/org/one#p> skos:note 2 .")
    assert history.events()[1] == {"org/one": "updated"}


def test_what_has_not_changed_keeps_its_history(history: History):
    history.release(ONE)
    path = history.release(ONE, TWO)
    with open_history(path) as things:
        one = things.find(BASE + "id/org/one")
        assert [release.events for release in things.releases()] == [1, 1]
    assert (one.created.at, one.changed.at) == (instant(1), instant(1))


def test_what_vanished_is_remembered_for_ever_and_told_once(history: History):
    history.release(ONE, TWO, "<id/chain/one> skos:note 1 .")
    path = history.release(TWO)
    assert history.vanished == ("org/one",)  # nobody mints the keys of chains
    history.release(TWO)
    assert history.vanished == ()
    assert history.events()[2] == {}
    with open_history(history.paths[-1]) as things:
        one = things.find(BASE + "id/org/one")
        assert (one.is_deleted, one.title, one.triples, one.changed.at) == (True, "One", None, instant(2))
    assert path.is_file()


def test_a_withdrawn_thing_is_deleted_and_says_why(history: History):
    history.release(ONE, TWO)
    history.release(GONE, TWO)
    assert history.vanished == ()
    history.release(GONE, TWO)
    history.release(GONE.replace("Twice", "It was there twice"), TWO)
    assert history.events()[1:] == [{"org/one": "deleted"}, {}, {"org/one": "deleted"}]
    with open_history(history.paths[-1]) as things:
        assert b"It was there twice" in things.find(BASE + "id/org/one").triples
        assert things.kinds() == {"org": 1}


def test_another_base_names_other_things_and_the_old_ones_are_gone(history: History):
    history.release(ONE.replace("id/org", "https://old.example/id/org"), TWO)
    path = history.release(ONE)
    with open_history(path) as things:
        assert [thing.iri for thing in things.records(Selection(), None, 9)] == [
            BASE + "id/org/one-two",
            BASE + "id/org/one",
        ]


class TestLists:
    @pytest.fixture
    def things(self, history: History):
        history.release(*(f"<id/org/{n:02}> skos:note {n} ." for n in range(12)))
        history.release(*(f"<id/org/{n:02}> skos:note {n % 10} ." for n in range(12)), "<id/place/a> skos:note 1 .")
        history.release(*(f"<id/org/{n:02}> skos:note {n % 10} ." for n in range(1, 12)), "<id/place/a> skos:note 1 .")
        with open_history(history.paths[-1]) as things:
            yield things

    def test_they_are_read_piece_by_piece_and_none_is_missing(self, things: ResourceHistory):
        found, after = [], None
        while piece := things.records(Selection(), after, 4):
            assert len(piece) <= 4
            found += [(thing.changed.at, thing.key) for thing in piece]
            after = piece[-1].cursor
        assert len(found) == len(set(found)) == 13 == things.count(Selection())
        assert [at for at, _ in found] == sorted(at for at, _ in found)

    @pytest.mark.parametrize(
        ("selection", "keys"),
        [
            (Selection(from_=instant(2)), {"10", "11", "a", "00"}),
            (Selection(from_=instant(2), until=instant(2)), {"10", "11", "a"}),
            (Selection(until=instant(1)), {f"{n:02}" for n in range(1, 10)}),
            (Selection(kind="place"), {"a"}),
            (Selection(kind="org", from_=instant(2)), {"10", "11", "00"}),
            (Selection(from_=instant(4)), set()),
            (Selection(kind="country"), set()),
        ],
    )
    def test_they_are_of_a_kind_and_a_time(self, things: ResourceHistory, selection: Selection, keys: set[str]):
        assert {thing.key for thing in things.records(selection, None, 99)} == keys
        assert things.count(selection) == len(keys)


def test_events_are_read_page_by_page_and_the_last_page_may_be_full(history: History, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("actiongraph.index.resource_history_writer.EVENTS_PER_PAGE", 4)
    pages = []
    for many in (0, 3, 4, 5, 8, 9):
        with open_history(history.release(*(f"<id/org/{n}> skos:note {many} ." for n in range(many)))) as things:
            assert things.events(things.event_pages() + 1) == []
            pages.append([len(things.events(page + 1)) for page in range(things.event_pages())])
    assert pages == [[], [3], [4], [4, 1], [4, 4], [4, 4, 1]]


def test_a_thing_never_moves_to_another_page_and_a_page_says_when_it_changed(
    history: History, monkeypatch: pytest.MonkeyPatch
):
    for module in ("resource_history", "resource_history_writer"):
        monkeypatch.setattr(f"actiongraph.index.{module}.PER_PAGE", 2)
    notes = [f"<id/org/{key}> skos:note 1 ." for key in "bcdef"]
    pages = []
    for said in (notes, ["<id/org/a> skos:note 1 .", *notes[1:]], notes[2:]):
        with open_history(history.release(*said)) as things:
            listed = {page.number: [thing.key for thing in things.listed(page.number)] for page in things.pages()}
            assert [page.things for page in things.pages()] == [len(keys) for keys in listed.values()]
            pages.append((listed, [page.changed_at.day for page in things.pages()]))
    assert pages == [
        ({1: ["b", "c"], 2: ["d", "e"], 3: ["f"]}, [1, 1, 1]),
        ({1: ["c"], 2: ["d", "e"], 3: ["f", "a"]}, [2, 1, 2]),
        ({2: ["d", "e"], 3: ["f"]}, [1, 3]),
    ]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[ReleaseStore, list[str]]:
    releases, versions = ReleaseStore(tmp_path_factory.mktemp("register") / "store"), []
    settings = Settings(base=BASE, store=releases.folder, keep_releases=2)
    for said in ([ONE], [ONE, TWO], [TWO], [TWO, '<id/place/a> skos:prefLabel "A" .']):
        quads = ox.parse(HEAD + "\n".join(said), format=ox.RdfFormat.TURTLE)
        named = [ox.Quad(*quad.triple, ox.NamedNode(BASE + "graph/one")) for quad in quads]
        with releases.locked():
            versions.append(publish(named, Report(), settings, releases).record.version)
    return releases, versions


class TestOnTheShelf:
    def test_of_a_release_that_is_not_kept_its_events_stay_and_nothing_else(self, published):
        releases, versions = published
        found = []
        for version in versions:
            with open_history(releases.history(version)) as things:
                assert things.stamp.version == version
                found.append({thing.key: thing.change for thing in things.events()})
                listed = {thing.key for thing in things.records(Selection(), None, 9)}
                assert (version in releases.past_versions()) == (listed == set(found[-1]))
        assert found == [{"one": "created"}, {"one-two": "created"}, {"one": "deleted"}, {"a": "created"}]
        assert len(releases.past_versions()) == 2

    def test_the_snapshot_leads_to_it(self, published):
        releases, versions = published
        with history_of(ReleaseSnapshots(releases).current()) as things:
            assert things.stamp.version == versions[-1]
        with history_of(ReleaseSnapshots(releases).at(versions[-2])) as things:
            assert things.kinds() == {"org": 1}
        assert ReleaseStore.holding(ReleaseSnapshots(releases).current().folder).versions() == versions[-2:]

    def test_a_release_before_is_found_while_it_is_put_aside(self, published, monkeypatch):
        releases, versions = published
        where, snapshot = ReleaseStore.history, ReleaseSnapshots(releases).current()
        gone = iter([releases.folder / "releases" / versions[0] / HISTORY])
        monkeypatch.setattr(ReleaseStore, "history", lambda releases, version: next(gone, where(releases, version)))
        with history_at(snapshot, versions[0]) as things:
            assert {thing.key for thing in things.events()} == {"one"}

    def test_of_a_release_that_never_was_or_of_which_nothing_is_left_there_is_none(self, published, tmp_path: Path):
        releases, versions = (
            ReleaseStore(shutil.copytree(published[0].folder, tmp_path / "store", symlinks=True)),
            published[1],
        )
        snapshot = ReleaseSnapshots(releases).current()
        with (
            pytest.raises(UnknownResource, match="has never been"),
            history_at(snapshot, "20200101T000000Z-0123456789ab"),
        ):
            pass
        shutil.rmtree(releases.past / versions[0])
        with pytest.raises(GoneResource, match="no longer retained"), history_at(snapshot, versions[0]):
            pass

    def test_a_release_of_an_older_program_has_none_and_the_next_begins_anew(self, published, tmp_path: Path):
        releases, versions = (
            ReleaseStore(shutil.copytree(published[0].folder, tmp_path / "store", symlinks=True)),
            published[1],
        )
        newest = releases.path(versions[-1])
        (newest / HISTORY).unlink()
        write_json(newest / "release.json", replace(releases.record(versions[-1]), program="0.1"))
        with (
            pytest.raises(UnknownResource, match="older program"),
            history_of(ReleaseSnapshots(releases).current()),
        ):
            pass
        assert releases.history(versions[-1]) is None
        settings = Settings(base=BASE, store=releases.folder)
        quad = ox.Quad(ox.NamedNode(BASE + "id/org/x"), ox.NamedNode(BASE + "p"), ox.Literal("x"), ox.NamedNode(BASE))
        with releases.locked():
            publish([quad], Report(), settings, releases)
        with history_of(ReleaseSnapshots(releases).current()) as things:
            assert [(thing.key, thing.change) for thing in things.records(Selection(), None, 9)] == [("x", "created")]
            assert len(things.releases()) == 1


def test_files_as_they_stand_have_none(tmp_path: Path):
    from actiongraph.engine.oxigraph import OxigraphEngine
    from actiongraph.release.snapshots import Snapshot

    engine = OxigraphEngine.in_memory([], union_default=False)
    snapshots = FileSnapshots(Snapshot(engine, None, {}, union_default=False))
    with pytest.raises(UnknownResource, match="files as they are"), history_of(snapshots.current()):
        pass


def test_a_broken_register_is_an_error_that_names_it(tmp_path: Path):
    (tmp_path / "x.sqlite").write_bytes(b"nothing of the sort" * 100)
    with pytest.raises(StoreError, match=r"x\.sqlite cannot be read"), open_history(tmp_path / "x.sqlite"):
        pass
    with pytest.raises(StoreError, match="cannot be written"):
        write_history(tmp_path / "none" / "y.sqlite", [], BASE, "v1", instant(1).isoformat(), ("en",))
