"""The quirks of the engines that were probed, as data: `profiles.toml` has a row for each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from actiongraph.sparql.portability import Construct


@dataclass(frozen=True, slots=True)
class EngineFault:
    """A fault that an engine tells of: the pattern of its text, and who can do something about it, with advice."""

    pattern: str
    kind: Literal["timeout", "query", "engine"]
    advice: str = ""


@dataclass(frozen=True, slots=True)
class RefusedConstruct:
    """A construct that an engine answers wrongly, everywhere or in `named graphs` alone, and what to write instead."""

    construct: Construct
    advice: str
    where: Literal["everywhere", "named graphs"] = "everywhere"


@dataclass(frozen=True, slots=True)
class Profile:
    """The quirks of one engine, as `profiles.toml` explains them; one without a row has none."""

    name: str = "SPARQL 1.1"
    probed: str = ""
    header: str = ""
    begins: str = ""
    timeout_parameter: str = ""
    timeout_units_per_s: int = 1
    ask_variable: str = ""
    blank_prefix: str = ""
    graph_types: tuple[str, ...] = ()
    partial_headers: tuple[str, ...] = ()
    cap_header: str = ""
    cap_query: str = ""
    max_rows: int | None = None
    cuts_graphs: bool = False
    union: tuple[str, ...] | None = None
    divides_to_integers: bool = False
    refused: tuple[RefusedConstruct, ...] = ()
    faults: tuple[EngineFault, ...] = ()

    def fits(self, headers: Mapping[str, str]) -> bool:
        """Tell whether header fields, by their names in lower case, are those of this engine."""
        found = headers.get(self.header.lower()) if self.header else None
        return found is not None and found.startswith(self.begins)

    def fault(self, text: str) -> EngineFault | None:
        """Return the known fault that `text`, the first line of an error, tells of."""
        return next((fault for fault in self.faults if re.search(fault.pattern, text)), None)


@cache
def profiles() -> tuple[Profile, ...]:
    """Return the profiles of all engines that were probed."""
    rows = tomllib.loads(files(__package__).joinpath("profiles.toml").read_text("utf-8"))["engine"]
    return tuple(_profile(row) for row in rows)


def profile_of(headers: Mapping[str, str]) -> Profile:
    """Return the profile of the engine that sent `headers`."""
    return next((profile for profile in profiles() if profile.fits(headers)), Profile())


def _profile(row: dict[str, Any]) -> Profile:
    faults = tuple(EngineFault(**fault) for fault in row.pop("faults", []))
    refused = tuple(RefusedConstruct(Construct(each.pop("construct")), **each) for each in row.pop("refused", []))
    lists: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return Profile(**lists, faults=faults, refused=refused)
