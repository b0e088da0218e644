"""What can be set, once, at the start: each limit with its default, unit and reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from actiongraph.errors import SettingsError
from actiongraph.vocabulary import CANONICAL_BASE


def _limit(default: int, unit: str, reason: str) -> Any:  # noqa: ANN401 - dataclasses.field has no narrower type
    return field(default=default, metadata={"unit": unit, "reason": reason})


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit as people and programs read it."""

    name: str
    value: int
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; frozen, so that what is described is what is done.

    Raises:
        SettingsError: a value that makes no sense; the message names the setting and what to give.
    """

    base: str = CANONICAL_BASE
    url: str | None = None
    data: Path | None = None
    store: Path | None = None

    max_query_bytes: int = _limit(
        200_000, "bytes", "The longest question people have sent to public endpoints is a tenth of it."
    )
    max_nesting: int = _limit(
        200, "open brackets", "The engine's parser ends its whole process at 852 nested EXISTS and at 957 nested calls."
    )
    max_patterns: int = _limit(
        500,
        "patterns",
        "The engine ends its whole process at 2,625 flat BINDs, and plans 500 joined patterns for six seconds.",
    )
    max_operators: int = _limit(
        1_000, "operators", "The engine ends its whole process between 5,000 and 10,000 operators in one expression."
    )
    max_hops: int = _limit(
        100, "links", "A trace that goes on is a loop in somebody's data or a chain to ask for in parts."
    )
    chain_closure_max: int = _limit(
        1_000,
        "actions",
        "The stored closure of a chain grows with the square of its members; longer chains keep their links.",
    )
    keep_releases: int = _limit(
        5, "releases", "Old releases stay readable for a while; each costs as much disk as the newest."
    )

    def __post_init__(self) -> None:
        check_base(self.base)
        for limit in self.limits():
            if limit.value < 1:
                raise SettingsError(f"{limit.name} is {limit.value}, but it must be 1 or more ({limit.unit}).")

    def limits(self) -> tuple[Limit, ...]:
        """Return every limit with its value, unit and reason, in the order they are declared."""
        return tuple(
            Limit(f.name, getattr(self, f.name), f.metadata["unit"], f.metadata["reason"])
            for f in fields(self)
            if "unit" in f.metadata
        )


def check_base(base: str) -> str:
    """Return `base` if things can be named under it: an absolute http(s) IRI ending in a slash.

    Raises:
        SettingsError: it is anything else.
    """
    if not re.fullmatch(r"https?://[^\s/?#<>\"{}|\\^`]+/([^\s?#<>\"{}|\\^`]*/)?", base):
        raise SettingsError(
            f"The base {base!r} cannot name things: give an http or https address that ends in a slash, such as https://example.org/actions/."
        )
    return base


def check_url(url: str) -> str:
    """Return `url`, ended by a slash, if clients can be sent there: an http(s) address without query and fragment.

    Raises:
        SettingsError: it is anything else.
    """
    ended = url if url.endswith("/") else url + "/"
    if not re.fullmatch(r"https?://[^\s/?#<>\"{}|\\^`]+/[^\s?#<>\"{}|\\^`]*", ended):
        raise SettingsError(
            f"The url {url!r} locates nothing: give an http or https address such as https://example.org/graph/."
        )
    return ended
