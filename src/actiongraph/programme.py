"""The programme that the data are of: what `programme.toml` in the data folder says of it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from actiongraph.errors import DataError
from actiongraph.text import near_names

PROGRAMME_FILE = "programme.toml"
EXAMPLES_FOLDER = "examples"
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}|([{}])|([^{}]+)")
_LONGEST_EXAMPLE = 100_000
Text = str | dict[str, str]
"""A text in the first of the programme's languages, or one for each language tag."""


class Titles(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The names of pages and services that are not called by the programme's title; all in its first language."""

    site: str | None = None
    home: str | None = None
    catalogue: str | None = None
    repository: str | None = None


class Programme(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A programme, as its file describes it; `examples` are its own queries by name, from the folder beside the file.

    `lead` opens the home page, where it is not `description`. `number` is the template of its action numbers.
    `data_themes` are codes of the EU's list of data themes. Nothing is required, and what is not said is not shown.
    """

    title: Text = "Graph of actions"
    description: Text = "Actions: who was helped, in which country, what followed what, and on what evidence."
    lead: Text | None = None
    publisher: str | None = None
    contact: str | None = None
    licence: str | None = None
    rights: Text | None = None
    languages: tuple[str, ...] = ("en",)
    keywords: tuple[str, ...] = ()
    data_themes: tuple[str, ...] = ()
    number: str | None = None
    base: str | None = None
    titles: Titles = Titles()
    examples: dict[str, str] = {}

    @property
    def language(self) -> str:
        """The tag of its first language."""
        return self.languages[0]

    def texts(self, name: str) -> Mapping[str, str]:
        """Return the text `name`, such as `title`, by language tag; its own languages come first, in their order."""
        value = getattr(self, name)
        if value is None or isinstance(value, str):
            return {self.language: value} if value else {}
        order = [*(tag for tag in self.languages if tag in value), *(tag for tag in value if tag not in self.languages)]
        return {tag: value[tag] for tag in order}

    def text(self, name: str) -> str:
        """Return the text `name` in the first language that it is in; empty if it is not given."""
        return next(iter(self.texts(name).values()), "")

    def text_language(self, name: str) -> str:
        """Return the tag of the language that `text` returns the text `name` in."""
        return next(iter(self.texts(name)), self.language)

    def title_of(self, name: str) -> str:
        """Return the title of a page or service, such as `home`: its own if it has one, else the programme's."""
        return getattr(self.titles, name) or self.text("title")

    @property
    def number_pattern(self) -> str | None:
        """The regular expression of its action numbers, as SPARQL and XML Schema write it; None without a template."""
        return None if self.number is None else f"^{''.join(_pattern(self.number))}$"

    def record(self) -> dict[str, Any]:
        """Return its title and all else that it says, for `release.json`; see `of_record`."""
        return {"title": self.title, **msgspec.to_builtins(self)}


def of_record(record: Mapping[str, Any]) -> Programme:
    """Return the programme that `Programme.record` wrote, without what only a later program knows."""
    known = {name: value for name, value in record.items() if name in Programme.__struct_fields__}
    try:
        return msgspec.convert(known, Programme)
    except msgspec.ValidationError:
        return Programme()


def read_programme(folder: Path) -> Programme | None:
    """Return the programme that `programme.toml` in the data folder `folder` describes, or None without that file.

    Raises:
        DataError: the file is not TOML, has a key that is not known, or a value that is none; or a query in the folder
            `examples` cannot be read.
    """
    path = folder / PROGRAMME_FILE
    try:
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"{path} cannot be read as TOML: {reason}.", file=str(path)) from error
    _check_keys(path, values, Programme, "")
    if isinstance(titles := values.get("titles"), dict):
        _check_keys(path, titles, Titles, "titles.")
    try:
        programme = msgspec.convert({**values, "examples": read_examples(folder)}, Programme)
    except msgspec.ValidationError as error:
        reason, _, at = str(error).partition(" - at `$.")
        raise DataError(f"{path}, key {at.rstrip('`')}: {reason}.", file=str(path)) from error
    for key, fault in _faults(programme):
        raise DataError(f"{path}, key {key}: {fault}", file=str(path))
    return programme


def _check_keys(path: Path, values: Mapping[str, object], kind: type[msgspec.Struct], under: str) -> None:
    known = [name for name in kind.__struct_fields__ if name != "examples"]
    for key in values:
        if key not in known:
            near = near_names(key, known)
            advice = f"did you mean {under}{near[0]}?" if near else f"the keys are {', '.join(known)}."
            raise DataError(f"{path} has the key {under}{key}, which is not known; {advice}", file=str(path))


def _faults(programme: Programme) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with `programme` that types do not say, each as a key and a sentence."""
    if not programme.languages:
        yield "languages", 'name at least one language, such as ["en"].'
        return
    texts = {name: programme.texts(name) for name in ("title", "description", "lead", "rights")}
    for key, tags in {"languages": programme.languages, **texts}.items():
        for tag in tags:
            if not _LANGUAGE.fullmatch(tag):
                yield key, f"{tag!r} is not a language tag; write one such as en, fr or pt-BR."
    for name in ("title", "description"):
        if not programme.text(name).strip():
            yield name, "it is empty; write it, or leave the key out."
    for code in programme.data_themes:
        if not re.fullmatch("[A-Z]{4}", code):
            yield "data_themes", f"{code!r} is no code of the EU's data themes; they are four capitals, such as ENVI."
    try:
        programme.number_pattern  # noqa: B018 - it reads the template
    except ValueError as error:
        yield "number", str(error)


def _pattern(template: str) -> Iterator[str]:
    """Yield the parts of the regular expression for numbers that are written as `template` shows.

    Raises:
        ValueError: the template has a placeholder that is not known, or none.
    """
    found = list(_PLACEHOLDER.finditer(template))
    if not any(part[1] for part in found):
        raise ValueError(f"{template!r} has no placeholder; write one such as {{yyyy}}-{{nn}} or F-{{nnn}}.")
    for name, brace, literal in (part.groups() for part in found):
        if literal:
            yield re.sub(r"([\\.^$*+?()\[\]|])", r"\\\1", literal)
        elif name == "yyyy":
            yield "(19|20)[0-9]{2}"
        elif name == "yy":
            yield "[0-9]{2}"
        elif name and set(name) == {"n"}:
            yield f"[0-9]{{{len(name)},{len(name) + 2}}}"
        else:
            raise ValueError(
                f"{brace or '{' + name + '}'} is not a placeholder; use {{yyyy}}, {{yy}}, or {{n}} with as many n as "
                "the running number has digits."
            )


def read_examples(folder: Path) -> dict[str, str]:
    """Return the programme's own queries by name: the `.rq` files of the folder `examples` in the data folder `folder`.

    Nothing outside that folder is read: a link that leads out of it is refused.

    Raises:
        DataError: a file that cannot be read, or whose name cannot be a part of an address.
    """
    inside, found = folder.resolve() / EXAMPLES_FOLDER, {}
    for path in sorted(inside.glob("*.rq")) if inside.is_dir() else ():
        if not _KEY.fullmatch(path.stem):
            raise DataError(f"{path}: name an example with small letters, digits and single hyphens.", file=str(path))
        if not path.resolve().is_relative_to(inside):
            raise DataError(f"{path} leads out of its folder; put the query itself there.", file=str(path))
        try:
            text = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path} cannot be read as UTF-8 text.", file=str(path)) from error
        if not text.startswith("#") or len(text) > _LONGEST_EXAMPLE:
            raise DataError(
                f"{path}: begin with a line that says in plain words, after a #, what it asks.", file=str(path)
            )
        found[path.stem] = text
    return found
