"""The settings, fixed at the start: each limit with its default, unit and reason; and where the shipped data lies."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from actiongraph.errors import DataError, SettingsError
from actiongraph.iris import mended_url
from actiongraph.programme import Programme, read_programme
from actiongraph.vocabulary import CANONICAL_BASE, IRI

_PACKAGE = Path(__file__).resolve().parent
_PAGE = r"https?://[^\s<>\"{}|\\^`]+"
_ADDRESS = _PAGE + r"|mailto:[^\s<>\"{}|\\^`@]+@[^\s<>\"{}|\\^`@]+"


def _limit(default: float | None, unit: str, reason: str) -> Any:  # noqa: ANN401 - dataclasses.field has no narrower type
    return field(default=default, metadata={"unit": unit, "reason": reason})


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit as people and programs read it; a value of None means that it is off."""

    name: str
    value: float | None
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody the catalogue names: a name, and an address, which may be a web page or begin with `mailto:`.

    Written `NAME <ADDRESS>`, or just `NAME`.
    """

    name: str
    address: str | None = None

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.address else self.name

    def __bool__(self) -> bool:
        """Tell whether it has a name; one without a name takes away who was named before."""
        return bool(self.name)


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
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    publisher: Party | None = None
    contact: Party | None = None
    license: str | None = None
    stated: Programme | None = field(default=None, hash=False)

    max_query_bytes: int = _limit(200_000, "bytes", "The longest query seen at public endpoints is a tenth of this.")
    max_nesting: int = _limit(
        100, "open brackets", "The engine's parser crashes at 852 nested EXISTS and at 957 nested calls."
    )
    max_patterns: int = _limit(
        300, "patterns", "The engine crashes at 2,625 flat BINDs, and takes ten seconds to plan 200 joined patterns."
    )
    max_operators: int = _limit(
        1_000, "operators", "The engine crashes between 5,000 and 10,000 operators in one expression."
    )
    timeout_s: float = _limit(
        30,
        "seconds",
        "The slowest realistic query on 100,000 actions takes a fifth of this; slower ones can be written better.",
    )
    quick_s: float = _limit(0.7, "seconds", "Every query may run this long; after that it needs one of slow_places.")
    workers: int = _limit(
        max(6, 2 * (os.cpu_count() or 1)),
        "processes",
        "Queries that run at once; twice the number of processors, as some wait for the disk.",
    )
    slow_places: int = _limit(
        max(1, os.cpu_count() or 1),
        "queries",
        "Queries longer than quick_s that run at once; the other workers are reserved for short ones.",
    )
    budget_s: float | None = _limit(
        None,
        "seconds",
        "Query time per client and minute; off unless the operator sets it, as clients may share an address.",
    )
    max_waiting: int = _limit(64, "queries", "Queries further back in the queue would not start within queue_s.")
    queue_s: float = _limit(5, "seconds", "After this long, a client is better told to try again later.")
    max_answer_bytes: int = _limit(
        64 * 1024**2,
        "bytes",
        "A larger answer is a copy of the data; all of it is in memory before its first byte is sent.",
    )
    max_kept_bytes: int = _limit(
        64 * 1024**2,
        "bytes",
        "Answers cached for repeated requests; each takes a tenth at most, so that a few never push out many.",
    )
    max_kept_shapes: int = _limit(
        500,
        "shapes of queries",
        "A query that differs from one checked before in its literals alone is checked faster; at most 60 kB each.",
    )
    max_memory_bytes: int = _limit(
        1024**3, "bytes", "Memory for one query; all workers together must fit into the machine."
    )
    stack_bytes: int = _limit(
        256 * 1024**2, "bytes", "Room for the engine's recursion: 50,000 nested groups fit, far beyond max_nesting."
    )
    max_unsent_bytes: int = _limit(
        256 * 1024**2, "bytes", "Answers waiting for their clients; beyond this, the slowest client is disconnected."
    )
    max_connections: int = _limit(
        1_000, "connections", "When nearly full, the server closes those that have been idle longest."
    )
    max_header_bytes: int = _limit(
        16_384,
        "bytes",
        "Header fields of a request, read in the one loop that serves all clients; browsers send a tenth.",
    )
    max_header_fields: int = _limit(200, "fields", "As above; browsers send twenty.")
    silence_s: int = _limit(
        30, "seconds", "A client that neither sends nor reads for so long has gone or is malicious."
    )
    max_hops: int = _limit(100, "links", "A longer trace is a loop in the data, or a chain better requested in parts.")
    chain_closure_max: int = _limit(
        1_000,
        "actions",
        "The stored closure of a chain grows with the square of its members; longer chains keep only their links.",
    )
    keep_releases: int = _limit(
        5,
        "releases",
        "Old releases stay available for a while; each takes as much disk space as the newest. A proxy or another "
        "cache may answer from one for longer, since its answers never change.",
    )
    proxy_cache_s: float | None = _limit(
        None,
        "seconds",
        "A proxy such as nginx may repeat an answer for so long and to the end of that second, so a new release may "
        "be seen that much later; off unless the operator sets it.",
    )

    def __post_init__(self) -> None:
        check_base(self.base)
        for limit in self.limits():
            if limit.value is not None and not math.isfinite(limit.value):
                raise SettingsError(f"{limit.name} is {limit.value}, but it must be a finite number ({limit.unit}).")
            if limit.value is not None and limit.value <= 0:
                raise SettingsError(f"{limit.name} is {limit.value}, but it must be more than 0 ({limit.unit}).")
        if self.proxy_cache_s is not None and self.proxy_cache_s != int(self.proxy_cache_s):
            raise SettingsError(f"proxy_cache_s is {self.proxy_cache_s}, but proxies count whole seconds; give 1, say.")

    @property
    def endpoint(self) -> IRI:
        """The address of the endpoint, as clients reach it.

        Raises:
            SettingsError: `url` is not set, so nobody knows where clients find the server.
        """
        if self.url is None:
            raise SettingsError(
                "url is not set: give the address that clients reach the server at, such as http://127.0.0.1:8000/."
            )
        return IRI(self.url.rstrip("/") + "/sparql")

    @property
    def programme(self) -> Programme:
        """The programme of the data: the one that is `stated`, else that of the shipped data, else a nameless one."""
        return self.stated or (shipped_programme() if self.data is None else Programme())

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the programme, in the order in which names are shown."""
        return self.programme.languages

    @property
    def is_ours(self) -> bool:
        """Tell whether the data are of the programme that is shipped, be it in another folder."""
        return self.programme == shipped_programme()

    def metadata(self) -> dict[str, str]:
        """Return the metadata of the data that are known, by the name of the setting.

        `shipped` says that they are the data shipped with the program, whose licence is known.
        """
        shipped = "yes" if self.data is None else None
        known = {"publisher": self.publisher, "contact": self.contact, "license": self.license, "shipped": shipped}
        return {name: str(value) for name, value in known.items() if value}

    def limits(self) -> tuple[Limit, ...]:
        """Return every limit with its value, unit and reason, in the order they are declared."""
        return tuple(
            Limit(f.name, getattr(self, f.name), f.metadata["unit"], f.metadata["reason"])
            for f in fields(self)
            if "unit" in f.metadata
        )


def shipped(name: str) -> Path:
    """Return the folder `ontology`, `shapes` or `data`: inside an installed wheel, else at the root of the checkout.

    Raises:
        SettingsError: neither is there, so the installation is broken.
    """
    for folder in (_PACKAGE / "shipped" / name, _PACKAGE.parents[1] / name):
        if folder.is_dir():
            return folder
    raise SettingsError(f"The folder {name}/ that belongs to actiongraph is missing; install the package again.")


@cache
def shipped_programme() -> Programme:
    """Return the programme of the shipped data."""
    return read_programme(shipped("data")) or Programme()


def settings_stated(programme: Programme | None, path: Path) -> dict[str, Any]:
    """Return the values of `Settings` that `programme`, which `path` describes, states, by name.

    Raises:
        DataError: a value that cannot be one; the message names file and key.
    """
    if programme is None:
        return {}
    readers: tuple[tuple[str, str, Callable[[str], object]], ...] = (
        ("base", "base", check_base),
        ("publisher", "publisher", read_party),
        ("contact", "contact", read_party),
        ("licence", "license", check_license),
    )
    stated: dict[str, Any] = {"stated": programme}
    for key, name, read in readers:
        if value := getattr(programme, key):
            try:
                stated[name] = read(value)
            except SettingsError as error:
                raise DataError(f"{path}, key {key}: {error}", file=str(path)) from error
    return stated


def check_base(base: str) -> str:
    """Return `base` if things can be named under it: an absolute http(s) IRI ending in a slash.

    Raises:
        SettingsError: it is anything else.
    """
    if not re.fullmatch(r"https?://[^\s/?#<>\"{}|\\^`]+/([^\s?#<>\"{}|\\^`]*/)?", base):
        raise SettingsError(
            f"The base {base!r} is not valid: use an http or https address that ends in a slash, such as https://example.org/actions/."
        )
    return base


def check_url(url: str) -> str:
    """Return `url`, ended by a slash, if clients can be sent there: an http(s) address without query and fragment.

    Raises:
        SettingsError: it is anything else.
    """
    ended = url if url.endswith("/") else url + "/"
    if not re.fullmatch(r"https?://[^\s/?#<>\"{}|\\^`]+/[^\s?#<>\"{}|\\^`]*", ended):
        mended = mended_url(url)
        advice = (
            f"did you mean {mended}?" if mended else "use an http or https address such as https://example.org/graph/."
        )
        raise SettingsError(f"The url {url!r} is not valid: {advice}")
    return ended


def read_party(text: str) -> Party:
    """Return the party written as `NAME <ADDRESS>` or `NAME`; one without a name if nothing is written.

    Raises:
        SettingsError: there is no name, or the address is neither a web page nor `mailto:`.
    """
    if not text.strip():
        return Party("")
    found = re.fullmatch(rf"\s*([^<>]*[^<>\s])\s*(?:<({_ADDRESS})>\s*)?", text)
    if not found:
        raise SettingsError(
            f"{text!r} is not a name with an address: write a name and an address in angle brackets, such as "
            "'Ministry of Example <https://example.org/>' or 'Help desk <mailto:help@example.org>'."
        )
    return Party(found[1], found[2])


def check_license(license_: str) -> str:
    """Return `license_` if it can name a licence, an http(s) IRI, or if it is empty, which is none.

    Raises:
        SettingsError: it is anything else.
    """
    if license_ and not re.fullmatch(_PAGE, license_):
        raise SettingsError(
            f"The license {license_!r} is not a web address; use one such as https://creativecommons.org/licenses/by/4.0/."
        )
    return license_
