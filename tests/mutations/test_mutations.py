"""Each single fault written into the shipped data is refused or warned of, and the right message comes first.

`faults/*.toml` has the faults, a file for each group, a table for each fault. They were written from the ontology and
from what a curator can get wrong, not from what the rules say. What the rules do not yet say is in `not_yet.toml`,
with the reason; a fault that is listed there and is caught fails, so that the list only gets shorter.
"""

from __future__ import annotations

import functools
import re
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path

import pytest

from actiongraph.errors import DataError
from actiongraph.release import build
from actiongraph.settings import Settings, shipped, shipped_programme
from actiongraph.validate import fast
from actiongraph.validate.report import Severity, ValidationResult, short
from actiongraph.vocabulary import CANONICAL_BASE, IRI

HERE = Path(__file__).parent
SOURCE = "social-security-policy.txt"
SAMPLE = {
    "namespace-http", "class-of-public-organizations", "foreign-file-alone", "title-blank",
    "no-such-day", "chain-of-two-links-goes-back", "key-and-number-differ", "theme-misspelt",
    "exact-match-of-another-country", "loop", "statement-about-no-triple", "organization-twice-but-for-case",
}  # fmt: skip
"""The faults that pyshacl is tried with too, at least one of each group."""


@dataclass(frozen=True)
class Fault:
    """An edit that makes the data wrong in one thing, and what must be said of it first.

    `file` of data/ is changed by putting `with` in the place of `replace`, by `append`, or is made, of `new`. With
    `alone` it stands outside the folder and is validated by its name. `mended` in the place of what is appended or
    new makes a sound twin. `background` names sound data that is appended before; with `source`, the text of the
    source lies beside the data. `focus` lists what the message may be about, `says` what it must contain.
    """

    name: str
    group: str
    file: str
    severity: str
    focus: tuple[str, ...]
    says: tuple[str, ...]
    replace: str | None = None
    with_: str | None = None
    append: str | None = None
    new: str | None = None
    mended: str | None = None
    background: str | None = None
    alone: bool = False
    source: bool = False

    @property
    def added(self) -> str:
        return self.append or self.new or ""

    def write(self, folder: Path, added: str) -> None:
        path = folder.parent / self.file if self.alone else folder / self.file
        before = "" if self.new else path.read_text("utf-8")
        path.write_text(self.edited(before, added), "utf-8")

    def edited(self, before: str, added: str) -> str:
        if self.replace is not None:
            assert before.count(self.replace) == 1, f"{self.name}: the text to replace is not there exactly once"
            return before.replace(self.replace, self.with_ or "")
        return f"{before}\n{added}\n"


def _faults() -> Iterable[Fault]:
    for path in sorted((HERE / "faults").glob("*.toml")):
        for name, table in tomllib.loads(path.read_text("utf-8")).items():
            focus = table.pop("focus")
            told = {"focus": (focus,) if isinstance(focus, str) else tuple(focus), "says": tuple(table.pop("says"))}
            if "with" in table:
                table["with_"] = table.pop("with")
            yield Fault(name, path.stem, **told, **table)


FAULTS = tuple(_faults())
BACKGROUNDS: dict[str, str] = tomllib.loads((HERE / "backgrounds.toml").read_text("utf-8"))
NOT_YET: dict[str, str] = tomllib.loads((HERE / "not_yet.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Message:
    """What a curator reads of one thing that is wrong."""

    severity: str
    about: str | None
    text: str

    @classmethod
    def of(cls, result: ValidationResult) -> Message:
        terms = [short(term, CANONICAL_BASE) for term in (result.focus, result.path, result.value) if term is not None]
        text = " \n".join([result.file or "", *terms, result.message, _shortened(result.message), result.allowed or ""])
        return cls(result.severity.value, short(result.focus, CANONICAL_BASE), text)

    def is_about(self, focus: str) -> bool:
        """Tell whether it is about `focus`, a part of it, or a file; an error that stops all may name it anywhere."""
        if focus.startswith("file "):
            return focus.removeprefix("file ") in self.text
        name = re.sub("^concept/", "agc:", focus)
        return name in self.text if self.about is None else self.about.partition("#")[0] == name

    def says(self, fragment: str) -> bool:
        """Tell whether it contains one of what `|` parts; what is all in small letters may stand in any case."""
        return any(part in (self.text.lower() if part == part.lower() else self.text) for part in fragment.split("|"))


def _shortened(text: str) -> str:
    return re.sub(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]", lambda found: short(IRI(found.group()), CANONICAL_BASE), text)


def messages(folder: Path, files: Iterable[Path] = ()) -> list[Message]:
    """Return what `actiongraph validate --data folder [FILE…]` says, violations and warnings in their order."""
    try:
        report = build.validate_files(Settings(data=folder, stated=shipped_programme()), tuple(files))
    except DataError as error:
        return [Message(Severity.VIOLATION.value, None, str(error))]
    return [Message.of(result) for result in report.results if result.severity is not Severity.INFO]


@pytest.fixture(scope="module", autouse=True)
def shapes_read_once() -> Iterator[None]:
    """Let the shapes be read once, and not for every fault."""
    shapes = build.read_shapes(build.find_inputs(None).shapes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "read_shapes", lambda _: shapes)
        yield


@functools.cache
def known() -> frozenset[Message]:
    """Return what is said of the shipped data as it is."""
    return frozenset(messages(shipped("data")))


def brought(fault: Fault, added: str, folder: Path, source: Path | None) -> list[Message]:
    """Return what is said of a copy of the shipped data with the fault, and not of the shipped data."""
    data = folder / "data"
    shutil.copytree(shipped("data"), data)
    if source:
        shutil.copy(source, data / SOURCE)
    if fault.background:
        with (data / fault.file).open("a", encoding="utf-8") as file:
            file.write("\n" + BACKGROUNDS[fault.background])
    fault.write(data, added)
    said = messages(data, [folder / fault.file] if fault.alone else [])
    return [message for message in said if message not in known()]


def what_is_wrong(fault: Fault, said: list[Message]) -> str | None:
    """Return why the first message is not the right one, or None if it is."""
    if not said:
        return "nothing is said"
    first = said[0]
    missing = [fragment for fragment in fault.says if not first.says(fragment)]
    if first.severity != fault.severity:
        return f"a {first.severity} comes first, where a {fault.severity} was expected: {first.text}"
    if not any(first.is_about(focus) for focus in fault.focus):
        return f"what is said first is about {first.about}, not {' or '.join(fault.focus)}: {first.text}"
    return f"what is said first lacks {', '.join(missing)}: {first.text}" if missing else None


@pytest.mark.long("mutations")
@pytest.mark.parametrize("fault", FAULTS, ids=attrgetter("name"))
def test_the_fault_is_told_first(fault: Fault, tmp_path: Path, request: pytest.FixtureRequest, count_fault):
    source = request.getfixturevalue("source_page") if fault.source else None
    wrong = what_is_wrong(fault, brought(fault, fault.added, tmp_path, source))
    count_fault(fault.group, wrong is None)
    if fault.name in NOT_YET:
        assert wrong, "this is caught now; take it out of not_yet.toml"
    else:
        assert wrong is None


@pytest.mark.long("mutations")
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.name in SAMPLE], ids=lambda fault: fault.name)
def test_shacl_and_pyshacl_say_the_same_of_the_fault(
    fault: Fault, tmp_path: Path, request: pytest.FixtureRequest, in_process: None, monkeypatch: pytest.MonkeyPatch
):
    source = request.getfixturevalue("source_page") if fault.source else None
    by_shacl = brought(fault, fault.added, tmp_path, source)
    shutil.rmtree(tmp_path / "data")
    monkeypatch.setattr(fast, "version", lambda: None)
    assert brought(fault, fault.added, tmp_path, source) == by_shacl


@pytest.mark.long("mutations")
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.mended], ids=attrgetter("name"))
def test_the_mended_twin_is_sound(fault: Fault, tmp_path: Path):
    assert brought(fault, fault.mended or "", tmp_path, None) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_fault_is_one_edit_of_a_shipped_file(fault: Fault):
    assert sum(text is not None for text in (fault.replace, fault.append, fault.new)) == 1
    path = shipped("data") / fault.file
    if fault.new:
        assert not path.exists()
    else:
        before = path.read_text("utf-8")
        assert fault.edited(before, fault.added) != before
    assert fault.severity in {"Violation", "Warning"}
    assert 2 <= len(fault.says) <= 4
    assert fault.background is None or fault.background in BACKGROUNDS


@pytest.mark.long("mutations")
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_the_background_is_sound(background: str, tmp_path: Path):
    fault = next(fault for fault in FAULTS if fault.background == background)
    assert brought(fault, "", tmp_path, None) == []


def test_the_shipped_data_is_sound():
    assert {message.severity for message in known()} <= {"Warning"}


def test_there_are_120_faults_each_by_its_own_name():
    assert len(FAULTS) == len({fault.name for fault in FAULTS}) == 120
    assert {fault.name for fault in FAULTS} >= SAMPLE
    assert {fault.group for fault in FAULTS} == {fault.group for fault in FAULTS if fault.name in SAMPLE}


def test_what_is_not_yet_caught_is_listed_with_a_reason():
    assert {fault.name for fault in FAULTS} >= NOT_YET.keys()
    assert all(reason.strip() for reason in NOT_YET.values())


def test_every_field_of_a_fault_is_used():
    used = {field.name for field in fields(Fault) for fault in FAULTS if getattr(fault, field.name)}
    assert used == {field.name for field in fields(Fault)}
