"""`programme.toml`: what it may say, what is wrong with it, and who beats whom."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from actiongraph.cli.options import GivenOptions
from actiongraph.errors import DataError
from actiongraph.programme import Programme, of_record, read_programme
from actiongraph.settings import Party, Settings, shipped_programme


def written(folder: Path, text: str) -> Path:
    (folder / "programme.toml").write_text(text, "utf-8")
    return folder


def fault(folder: Path, text: str) -> str:
    with pytest.raises(DataError) as caught:
        read_programme(written(folder, text))
    assert caught.value.file == str(folder / "programme.toml")
    assert str(folder / "programme.toml") in str(caught.value)
    return str(caught.value)


def test_a_folder_without_the_file_has_none(tmp_path: Path) -> None:
    assert read_programme(tmp_path) is None
    assert Settings(data=tmp_path).programme == Programme()


def test_nothing_is_required(tmp_path: Path) -> None:
    assert read_programme(written(tmp_path, "")) == Programme()


def test_the_shipped_data_have_theirs() -> None:
    assert Settings().programme == shipped_programme()
    assert shipped_programme().text("title") == "Graph of technical-assistance actions"
    assert Settings().is_ours
    assert not Settings(stated=Programme(title="Wells")).is_ours


def test_texts_come_in_the_order_of_the_languages() -> None:
    programme = Programme(title={"en": "Wells", "pt": "Poços", "fr": "Puits"}, languages=("fr", "pt"))
    assert list(programme.texts("title")) == ["fr", "pt", "en"]
    assert (programme.text("title"), programme.text_language("title")) == ("Puits", "fr")
    assert programme.title_of("home") == "Puits"
    assert (programme.text("rights"), programme.text_language("rights")) == ("", "fr")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('titel = "x"', "has the key titel, which is not known; did you mean title?"),
        ('[titles]\nhoem = "x"', "has the key titles.hoem, which is not known; did you mean titles.home?"),
        ('zzz = 1', "has the key zzz, which is not known; the keys are title, description"),
        ('examples = {}', "has the key examples, which is not known"),
        ("title = 3", "key title: Expected `str | object`, got `int`"),
        ('title = "x', "cannot be read as TOML"),
        ('title = " "', "key title: it is empty"),
        ('keywords = "wells"', "key keywords: Expected `array`, got `str`"),
        ("languages = []", "key languages: name at least one"),
        ('languages = ["English"]', "key languages: 'English' is not a language tag"),
        ('[title]\nFrench = "x"', "key title: 'French' is not a language tag"),
        ('data_themes = ["Environment"]', "key data_themes: 'Environment' is no code"),
        ('number = "F-001"', "key number: 'F-001' has no placeholder"),
        ('number = "{year}-{nn}"', "key number: {year} is not a placeholder"),
        ('number = "{yyyy"', "key number: '{yyyy' has no placeholder"),
        ('number = "{nn}}"', "key number: } is not a placeholder"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_file_and_key(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in fault(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('base = "https://example.org"', "key base: The base 'https://example.org' is not valid"),
        ('publisher = "<https://example.org/>"', "key publisher: '<https://example.org/>' is not a name"),
        ('licence = "free"', "key licence: The license 'free' is not a web address"),
    ],
)
def test_a_value_that_a_setting_cannot_have_is_told_with_file_and_key(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(DataError, match=re.escape(reason)) as caught:
        GivenOptions(written(tmp_path, text), None, None).settings()
    assert str(tmp_path / "programme.toml") in str(caught.value)


@pytest.mark.parametrize(
    ("template", "good", "bad"),
    [
        ("{yyyy}-{nn}", ["2014-12", "1999-001", "2021-1234"], ["14-12", "2014-1", "2014-12345", "2114-12", "2014-12 "]),
        ("F-{nnn}", ["F-001", "F-1000"], ["F-1", "f-001", "F001", "xF-001"]),
        ("{yy}/{n}", ["14/1", "14/123"], ["2014/1", "14/"]),
        ("P({n}).x", ["P(1).x"], ["P1.x", "P(1)ax"]),
    ],
)
def test_a_template_is_a_pattern(template: str, good: list[str], bad: list[str]) -> None:
    pattern = Programme(number=template).number_pattern
    assert pattern is not None
    assert all(re.fullmatch(pattern, number) for number in good)
    assert not any(re.fullmatch(pattern, number) for number in bad)


def test_without_a_template_there_is_no_pattern() -> None:
    assert Programme().number_pattern is None


def test_the_command_line_beats_the_file(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        'base = "https://wells.example.org/"\npublisher = "Wells <https://w.example.org/>"\n'
        'contact = "Desk"\nlicence = "https://l.example.org/"\n',
    )
    stated = GivenOptions(folder, tmp_path / "store", None).settings()
    assert (stated.base, stated.publisher) == (
        "https://wells.example.org/",
        Party("Wells", "https://w.example.org/"),
    )
    assert (stated.contact, stated.license) == (Party("Desk"), "https://l.example.org/")
    asked = GivenOptions(folder, None, "https://other.example.org/", publisher="Others", license="").settings()
    assert (asked.base, asked.publisher, asked.contact) == (
        "https://other.example.org/",
        Party("Others"),
        Party("Desk"),
    )
    assert asked.license == ""
    assert asked.store != GivenOptions(folder, None, None).settings().store


def test_what_a_release_records_gives_the_programme_back(tmp_path: Path) -> None:
    programme = Programme(title={"fr": "Puits"}, languages=("fr",), keywords=("eau",), number="F-{nnn}")
    record = json.loads(json.dumps(programme.record()))
    assert of_record(record) == programme
    assert of_record({**record, "later": 1}) == programme
    assert of_record({"title": 3}) == Programme()


def test_own_examples_are_read_inside_their_folder_only(tmp_path: Path) -> None:
    written(tmp_path, "")
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "wells-how-many.rq").write_text("# How many?\nASK { ?s ?p ?o }\n", "utf-8")
    (tmp_path / "examples" / "notes.txt").write_text("no query", "utf-8")
    programme = read_programme(tmp_path)
    assert programme is not None
    assert programme.examples == {"wells-how-many": "# How many?\nASK { ?s ?p ?o }\n"}
    outside = tmp_path / "secret.rq"
    outside.write_text("# What is outside?\nASK {}\n", "utf-8")
    link = tmp_path / "examples" / "leak.rq"
    link.symlink_to(outside)
    with pytest.raises(DataError, match="leads out of its folder"):
        read_programme(tmp_path)
    link.unlink()
    (tmp_path / "examples" / "silent.rq").write_text("ASK {}", "utf-8")
    with pytest.raises(DataError, match="says in plain words"):
        read_programme(tmp_path)
