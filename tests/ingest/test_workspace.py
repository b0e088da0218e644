"""What is too large for memory goes to the disk, and comes back as it went; nothing is left of it there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from actiongraph.errors import StoreError
from actiongraph.ingest import workspace as module
from actiongraph.ingest.claims import Basis, Claim, LedgerEntry, Property, Record, RecordState, Refusal, SourcePassage
from actiongraph.ingest.workspace import Workspace

KEYS = ["b", "", "a/ü", "a-1", "ä", "\U0001f600", "\ufffd", "Z", "a\nb"]


@pytest.fixture(params=["memory", "disk", "half"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace that goes to the disk never, after each record, or once in a while."""
    monkeypatch.setattr(module, "_MOST_FACTS", {"memory": 10**6, "disk": 0, "half": 5}[request.param])
    monkeypatch.setattr(module, "_MOST_TEXT_BYTES", {"memory": 10**6, "disk": 0, "half": 20}[request.param])
    with Workspace(tmp_path / "not" / "there" / "wells.ttl") as workspace:
        yield workspace
    assert list(tmp_path.iterdir()) == []


def test_a_dictionary_has_what_was_put_into_it_in_the_order_of_its_keys(workspace: Workspace):
    dictionary, expected = workspace.dictionary(), {}
    chosen = random.Random(3)
    for number in range(200):
        key = chosen.choice(KEYS)
        assert (key in dictionary) is (key in expected)
        assert dictionary.get(key) == expected.get(key)
        if chosen.random() < 0.5:
            dictionary[key] = expected[key] = [number]
        else:
            dictionary.setdefault(key, []).append(number)
            expected.setdefault(key, []).append(number)
        assert dictionary[key] == expected[key]
        workspace.read(1)
    assert list(dictionary.items()) == sorted(expected.items())
    with pytest.raises(KeyError):
        dictionary["no such key"]


def test_two_dictionaries_and_a_list_are_held_apart(workspace: Workspace):
    one, other, things = workspace.dictionary(), workspace.dictionary(), workspace.list()
    for number in range(30):
        one[number], other[str(number)] = "one", "other"
        things.append(number)
        workspace.read(1)
    things[3] = "three"
    assert [key for key, _ in one.items()] == list(range(30))  # by size, and not as words
    assert other["29"] == "other"
    assert other.get("30") is None
    assert len(things) == 30
    assert list(things)[2:5] == things[2:5] == [2, "three", 4]
    assert things[-1] == 29
    with pytest.raises(IndexError):
        things[30]


def test_a_value_that_is_being_changed_is_kept_until_the_next_record(workspace: Workspace):
    dictionary = workspace.dictionary()
    workspace.read(10)
    thing = dictionary.setdefault("a", [])
    for number in range(50):
        dictionary[str(number)] = number
    thing.append("changed late")
    workspace.read(10)
    assert dictionary["a"] == ["changed late"]


def test_records_come_back_as_they_were(workspace: Workspace):
    claims = (
        Claim(Property.TITLE, "Wells", "title", passages=(SourcePassage(3, "Wells"),), language="en"),
        Claim(Property.COUNTRY, "TGO", "country", Basis.INFERRED, reason="Why.", confidence=0.5, record_index=7),
        Claim(Property.SECTOR, "14020", "sector", names=(("Eau", "fr"),), percentage=Decimal("62.5"), reference="1"),
    )
    refusals = (Refusal("no-date", "It is no date."), Refusal("no-name", "It has none.", is_whole=True))
    made = [Record(f"W-{n}", 2 * n, claims[: n % 4], refusals[: n % 3], n if n % 2 else None) for n in range(20)]
    records, entries = workspace.records(), workspace.list()
    for record in made:
        records.append(record)
        entries.append(LedgerEntry(record.key, record.line, RecordState.PUBLISHED, "w", parts=refusals[:1]))
    assert len(records) == 20
    assert [records[index] for index in range(20)] == made
    assert [records.line(index) for index in range(20)] == [record.line for record in made]
    assert [records.row(index) for index in range(20)] == [record.row for record in made]
    records[5] = made[0]
    workspace.read(10)
    assert records[5] == made[0]
    assert [records[index] for index in range(6, 20)] == made[6:]
    assert entries[4] == LedgerEntry("W-4", 8, RecordState.PUBLISHED, "w", parts=refusals[:1])
    with pytest.raises(IndexError):
        records[20]


def test_text_comes_back_in_its_order(workspace: Workspace):
    text = workspace.text()
    for number in range(30):
        text.write(f"line {number} ü")
    expected = "".join(f"line {number} ü\n" for number in range(30)).encode()
    assert b"".join(text.blocks()) == expected
    text.write("more")
    assert b"".join(text.blocks()) == expected + b"more\n"


def test_nothing_has_a_name_while_it_is_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_MOST_FACTS", 0)
    monkeypatch.setattr(module, "_MOST_TEXT_BYTES", 0)
    with Workspace(tmp_path / "wells.ttl") as workspace:
        workspace.text().write("line")
        workspace.dictionary()["a"] = 1
        workspace.records().append(Record("W-1", 1))
        assert workspace.database is not None
        assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", fail)
    monkeypatch.setattr(module, "_MOST_FACTS", 0)
    with (
        pytest.raises(StoreError, match=r"has no room for temporary files: No space left on device; name another"),
        Workspace(tmp_path / "wells.ttl") as workspace,
    ):
        workspace.read(1)
