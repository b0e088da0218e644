"""The decisions of people on what ingest found: a small file beside the data, one line for each.

Every question has a name that stays the same from run to run, such as `same/w-011/w-013`; its answer is yes or no. The
file is TOML, for people to read and to edit: lines that are not decisions, and comments, are left as they are.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from actiongraph.errors import DataError, StoreError
from actiongraph.publication import sync
from actiongraph.text import near_names, one_line

DECISIONS_FILE = "decisions.toml"
"""The name of the file in the data folder."""
_HEAD = """\
# What was decided on what actiongraph ingest found: yes or no, one line each. actiongraph review lists the questions
# and writes the answers; the next run of ingest obeys them. A line that is removed is a question again.
"""


class Question(StrEnum):
    """The kinds of questions; each begins the names of its own."""

    ACTION = "action"
    FACT = "fact"
    LINK = "link"
    CONFLICT = "conflict"
    SAME = "same"
    SAME_ORGANIZATION = "same-org"


def same_id(question: Question, one: str, other: str) -> str:
    """Return the name of the question whether two things are one, by their keys in whatever order."""
    return "/".join((question, *sorted((one, other))))


@dataclass(frozen=True, slots=True)
class Decisions:
    """The answers of a data folder by the name of their question: True for yes."""

    answers: Mapping[str, bool] = field(default_factory=dict)

    def said(self, name: str) -> bool | None:
        """Return the answer to a question; None if it is open."""
        return self.answers.get(name)

    def is_left_out(self, key: str) -> bool:
        """Tell whether an action is not wanted, whatever is said of it by now."""
        return any(not answer and name.startswith(f"{Question.ACTION}/{key}/") for name, answer in self.answers.items())

    def was_accepted(self, key: str) -> bool:
        """Tell whether an action was wanted once, perhaps with other facts than now."""
        return any(answer and name.startswith(f"{Question.ACTION}/{key}/") for name, answer in self.answers.items())

    def pairs(self, question: Question, *, answer: bool) -> list[tuple[str, str]]:
        """Return the keys of the things that were said to be one, or not to be."""
        found = []
        for name, said in self.answers.items():
            kind, *keys = name.split("/")
            if kind == question and said is answer:
                found.append((keys[0], keys[1]))
        return found


_PARTS = 3
"""Of the name of a question: its kind, and two names."""


def read_decisions(folder: Path) -> Decisions:
    """Return the decisions of a data folder; none if it has no such file.

    Raises:
        DataError: the file cannot be read, is not TOML, or has an answer that is neither yes nor no.
    """
    path = folder / DECISIONS_FILE
    return _parsed(path, _text(path))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", file=str(path)) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not in UTF-8; save it as text in UTF-8.", file=str(path)) from error


def _parsed(path: Path, text: str) -> Decisions:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(
            f'{path}: {error}. Each line is a name in quotation marks = "yes" or "no".', file=str(path)
        ) from error
    answers: dict[str, bool] = {}
    for name, answer in found.items():
        if answer not in ("yes", "no"):
            raise DataError(f'{path}: {name!r} is to be "yes" or "no", not {answer!r}.', file=str(path))
        kind = name.partition("/")[0]
        if kind not in tuple(Question):
            near = near_names(kind, tuple(Question))
            advice = f"did you mean {near[0]}?" if near else f"they begin with {', '.join(Question)}."
            raise DataError(f"{path}: no question is called {name!r}; {advice}", file=str(path))
        parts = name.split("/")
        if len(parts) != _PARTS or not all(parts):
            raise DataError(
                f"{path}: no question is called {name!r}; {kind} has two names behind it, {kind}/one/other, as "
                "actiongraph review lists them.",
                file=str(path),
            )
        answers[name] = answer == "yes"
    return Decisions(answers)


def decide(folder: Path, answers: Mapping[str, bool], notes: Mapping[str, str]) -> Sequence[str]:
    """Write answers into the file of a data folder, and return the names of the questions whose answer changed.

    A line takes the place of an earlier one on the same question, and of those on an earlier state of the same action;
    `notes` are the comments behind them.

    Raises:
        DataError: the file is not as it should be; it is left as it was.
        StoreError: it cannot be written.
    """
    path = folder / DECISIONS_FILE
    text = _text(path)
    before = _parsed(path, text).answers
    changed = [name for name, answer in answers.items() if before.get(name) is not answer]
    if not changed:
        return []
    replaced = {name for name in before if name in changed or any(_is_earlier(name, other) for other in changed)}
    lines = [line for line in (text or _HEAD).splitlines() if _named(line) not in replaced]
    for name in changed:
        note = one_line(notes.get(name, ""))
        lines.append(f'{json.dumps(name)} = "{"yes" if answers[name] else "no"}"' + (f"  # {note}" if note else ""))
    new = "\n".join(lines) + "\n"
    _parsed(path, new)
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        aside.write_text(new, "utf-8")
        aside.replace(path)
        sync(path.parent)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        aside.unlink(missing_ok=True)
    return changed


def _is_earlier(name: str, other: str) -> bool:
    """Tell whether both names are of states of one action."""
    kind, _, rest = name.partition("/")
    return kind == Question.ACTION and other.rpartition("/")[0] == f"{kind}/{rest.rpartition('/')[0]}"


def _named(line: str) -> str:
    """Return the name of the question that a line answers; empty if it answers none."""
    try:
        [name] = tomllib.loads(line)
    except (tomllib.TOMLDecodeError, ValueError):
        return ""
    return name
