"""Options that several commands share, and the settings they make."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click
import platformdirs

from actiongraph.errors import SettingsError
from actiongraph.release.previous import last_record
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings, check_license, read_party, shipped
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


_DATA = click.option(
    "--data",
    type=FolderPath(path_type=Path),
    metavar="DIR",
    help="Folder with the Turtle files. [default: the data shipped with actiongraph]",
)
_STORE = click.option(
    "--store",
    type=FolderPath(path_type=Path),
    metavar="DIR",
    help="Folder that holds the releases. [default: in your user data folder]",
)
_BASE = click.option(
    "--base",
    metavar="IRI",
    help=f"Base IRI of the data. [default: that of the store; in a new one {CANONICAL_BASE}]",
)


_ABOUT = (
    click.option("--publisher", metavar="'NAME <ADDRESS>'", help="Publisher of the data; '' removes it."),
    click.option("--contact", metavar="'NAME <mailto:…>'", help="Contact for questions about the data; '' removes it."),
    click.option("--license", "license_", metavar="IRI", help="Licence of the data, if not the shipped data."),
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


def about_options(function: _F) -> _F:
    """Give a command --publisher, --contact and --license, which the catalogue tells."""
    for option in reversed(_ABOUT):
        function = option(function)
    return function


limit_option = click.option(
    "--limit", "limits", multiple=True, metavar="NAME=VALUE", help="Set any limit listed at /limits."
)
"""Gives a command --limit; see `with_limits`."""


def with_metadata(settings: Settings, publisher: str | None, contact: str | None, license_: str | None) -> Settings:
    """Return `settings` with the metadata that the options give; what they do not give stays as it was.

    Raises:
        SettingsError: a name or an address that cannot be one.
    """
    return replace(
        settings,
        publisher=None if publisher is None else read_party(publisher),
        contact=None if contact is None else read_party(contact),
        license=None if license_ is None else check_license(license_),
    )


def release_options(function: _F) -> _F:
    """Give a command --data, --store and --base."""
    return _DATA(_STORE(_BASE(function)))


def settings_of(data: Path | None, store: Path | None, base: str | None) -> Settings:
    """Return the settings the options ask for, with the store folder, and the base that it has, filled in.

    Raises:
        SettingsError: the base cannot name things.
        StoreError: the store cannot be read.
    """
    if base is None:
        last = last_record(ReleaseStore(store)) if store else None
        base = last.base if last else CANONICAL_BASE
    settings = Settings(base=base, data=data, store=store)
    return settings if store else Settings(base=base, data=data, store=_default_store(settings))


def with_limits(settings: Settings, named: Mapping[str, float | None], written: Iterable[str]) -> Settings:
    """Return `settings` with the limits that are `named`, and those `written` as NAME=VALUE.

    Raises:
        SettingsError: no such limit, or a value that makes no sense.
    """
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
    return replace(settings, **wanted)  # type: ignore[arg-type]


def releases_of(settings: Settings) -> ReleaseStore:
    """Return the store in the store folder of `settings`."""
    return ReleaseStore(settings.store or _default_store(settings))


def _default_store(settings: Settings) -> Path:
    """Return a folder of its own for each pair of data folder and base, so that two deployments never mix."""
    data = (settings.data or shipped("data")).resolve()
    key = hashlib.sha256(f"{data}\n{settings.base}".encode()).hexdigest()[:12]
    return platformdirs.user_data_path("actiongraph") / f"store-{key}"
