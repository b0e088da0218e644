"""Options that several commands share, and the settings they make."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
import platformdirs

from actiongraph.engine.credentials import VARIABLE
from actiongraph.errors import SettingsError
from actiongraph.programme import PROGRAMME_FILE, read_programme
from actiongraph.release.previous import last_record
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings, check_license, read_party, settings_stated, shipped
from actiongraph.text import near_names
from actiongraph.vocabulary import CANONICAL_BASE

_F = TypeVar("_F", bound=Callable[..., Any])


class FolderPath(click.Path):
    """Refuses an empty name, which Python would take for the current folder."""

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - as click has it
        """Return the folder as a path; see `click.Path.convert`."""
        if not str(value):
            self.fail("the folder name is empty; use . for the current folder", param, ctx)
        return super().convert(value, param, ctx)


@dataclass(frozen=True, slots=True)
class GivenOptions:
    """The options that commands share, as they were given."""

    data: Path | None
    store: Path | None
    base: str | None
    limits: tuple[str, ...] = ()
    publisher: str | None = None
    contact: str | None = None
    license: str | None = None

    def settings(self, **named: float | None) -> Settings:
        """Return the settings that the options ask for, with the limits that are `named` and those written out.

        The store folder, and the base that it has, are filled in. Metadata that are not given stay as they were.

        What is not asked for is as the programme of the data folder has it.

        Raises:
            DataError: the file that describes the programme is not as it should be.
            SettingsError: the base cannot name things; there is no such limit; a value that makes no sense.
            StoreError: the store cannot be read.
        """
        folder = self.data or shipped("data")
        stated = settings_stated(read_programme(folder), folder / PROGRAMME_FILE)
        base = self.base or stated.get("base")
        if base is None:
            last = last_record(ReleaseStore(self.store)) if self.store else None
            base = last.base if last else CANONICAL_BASE
        settings = Settings(data=self.data, store=self.store, **{**stated, "base": base})
        settings = replace(settings, store=self.store or _default_store(settings))
        return replace(
            replace(settings, **_read_limits(settings, named, self.limits)),  # type: ignore[arg-type]
            publisher=settings.publisher if self.publisher is None else read_party(self.publisher),
            contact=settings.contact if self.contact is None else read_party(self.contact),
            license=settings.license if self.license is None else check_license(self.license),
        )


_RELEASE = (
    click.option(
        "--data",
        type=FolderPath(path_type=Path),
        metavar="DIR",
        help="Folder with the Turtle files. [default: the data shipped with actiongraph]",
    ),
    click.option(
        "--store",
        type=FolderPath(path_type=Path),
        metavar="DIR",
        help="Folder that holds the releases. [default: in your user data folder]",
    ),
    click.option(
        "--base",
        metavar="IRI",
        help=f"Base IRI of the data. [default: the programme's, else the store's; in a new one {CANONICAL_BASE}]",
    ),
)
_PUBLICATION = (
    click.option("--limit", "limits", multiple=True, metavar="NAME=VALUE", help="Set any limit listed at /limits."),
    click.option("--publisher", metavar="'NAME <ADDRESS>'", help="Publisher of the data; '' removes it."),
    click.option("--contact", metavar="'NAME <mailto:…>'", help="Contact for questions about the data; '' removes it."),
    click.option("--license", metavar="IRI", help="Licence of the data, if not the shipped data."),
)


source_option = click.option(
    "--source",
    "sources",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Text of a source, to hold the passages against; .txt files beside the data are read anyway.",
)
"""Gives a command --source."""

credentials_option = click.option(
    "--credentials",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=f"File with user:password for the engine. [default: what the environment variable {VARIABLE} has]",
)
"""Gives a command --credentials."""


def release_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command --data, --store and --base, which it takes as `options`."""
    return _with_options(command, _RELEASE)


def publication_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command --limit, --publisher, --contact and --license too, and all of them as `options`."""
    return _with_options(command, (*_PUBLICATION, *_RELEASE))


def _with_options(command: Callable[..., None], shared: Sequence[Callable[[_F], _F]]) -> Callable[..., None]:
    names = [field.name for field in fields(GivenOptions)]

    @wraps(command)
    def collected(*context: click.Context, **values: Any) -> None:  # noqa: ANN401 - whatever options there are
        given = {name: values.pop(name) for name in names if name in values}
        command(*context, options=GivenOptions(**given), **values)

    for option in reversed(shared):
        collected = option(collected)
    return collected


def _read_limits(settings: Settings, named: Mapping[str, float | None], written: Iterable[str]) -> Mapping[str, float]:
    """Return the limits that are `named`, and those `written` as NAME=VALUE."""
    wanted = {name: value for name, value in named.items() if value is not None}
    known = {limit.name for limit in settings.limits()}
    for text in written:
        name, _, value = text.partition("=")
        if name not in known:
            near = near_names(name, known)
            advice = f"did you mean {near[0]}?" if near else f"the limits are {', '.join(sorted(known))}."
            raise SettingsError(f"There is no limit {name!r}; {advice}")
        try:
            wanted[name] = int(value) if value.isdecimal() else float(value)
        except ValueError as error:
            raise SettingsError(f"--limit {text} has no number; use NAME=VALUE, such as {name}=10.") from error
    return wanted


def releases_of(settings: Settings) -> ReleaseStore:
    """Return the store in the store folder of `settings`."""
    return ReleaseStore(settings.store or _default_store(settings))


def _default_store(settings: Settings) -> Path:
    """Return a folder of its own for each pair of data folder and base, so that two deployments never mix."""
    data = (settings.data or shipped("data")).resolve()
    key = hashlib.sha256(f"{data}\n{settings.base}".encode()).hexdigest()[:12]
    return platformdirs.user_data_path("actiongraph") / f"store-{key}"
