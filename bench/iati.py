"""IATI activity files of any size that are made up, the same for the same seed, and how fast they are taken in.

    python -m bench.iati write FILE --megabytes 1000
    python -m bench.iati read FILE
    python -m bench.iati ingest FILE --into FOLDER

Each activity knows what is true of it, whatever the reader makes of the file. People, addresses and numbers in
`contact-info` and in transactions begin with `PERSONAL`, so that nobody can miss one that got through.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

import click

from actiongraph.cli.ingest import iati
from actiongraph.ingest.iati import read_activities

VERSIONS = ("1.01", "1.03", "2.01", "2.03")
PERSONAL = "Zzyzx"
_WRITTEN_ON = date(2020, 6, 30)
_COUNTRIES = {"CD": "COD", "GH": "GHA", "CO": "COL", "PE": "PER", "VN": "VNM", "AM": "ARM", "XK": "XKX", "SN": "SEN"}
_SECTORS = {
    "11220": ("Primary education", "Éducation primaire"),
    "14020": ("Water supply & sanitation", "Eau & assainissement"),
    "15111": ("Public finance management", "Gestion des finances publiques"),
    "16010": ("Social protection", "Protection sociale"),
}
_CATEGORIES = {"112": ("Basic education", "Éducation de base"), "311": ("Agriculture", "Agriculture")}
_ORGANIZATIONS = {
    "XM-DAC-41114": ("United Nations Development Programme", "Programme des Nations unies pour le développement", "40"),
    "GB-COH-0123456": ("Wells & Pumps <Ltd>", "Puits & Pompes", "70"),
    "": ("Farmers' union", "Union des paysans", "22"),
}
_ROLE_NAMES = {"1": "Funding", "2": "Accountable", "3": "Extending", "4": "Implementing"}
_DATE_NAMES = {"1": "start-planned", "2": "start-actual", "3": "end-planned", "4": "end-actual"}
_TEXTS = ("Clean water for", "Advice on budgets in", "Schools & teachers in", "Bêche, “sow” and reap in")


@dataclass(frozen=True, slots=True)
class MadeOrganization:
    """An organization in an activity: the code of its role in 2.0x, and what IATI has of it."""

    role: str
    reference: str
    type_code: str
    names: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class MadeActivity:
    """What is true of an activity that was made up; `line` is known once it is written.

    Codes are those of 2.0x, countries are alpha-3, names are pairs of text and language. `start` and `end` are what
    really was, or was planned if the activity is not there yet, as `is_start_planned` and `is_end_planned` say.
    """

    identifier: str
    language: str
    titles: tuple[tuple[str, str], ...]
    descriptions: tuple[tuple[str, str], ...]
    organizations: tuple[MadeOrganization, ...]
    partner: str
    countries: Mapping[str, str]
    sectors: Mapping[tuple[str, str], str]
    start: str
    end: str
    is_start_planned: bool
    is_end_planned: bool
    planned: tuple[str, str]
    related: tuple[tuple[str, str], ...]
    transactions: int
    line: int = 0


def make_activities(seed: int = 1) -> Iterator[MadeActivity]:
    """Yield activities without end, the same for the same seed; each tenth is related to others by all five codes."""
    random = Random(seed)  # noqa: S311 - the same each time is the point
    for number in count():
        yield _made(number, random)


def _made(number: int, random: Random) -> MadeActivity:
    alpha2 = random.sample(sorted(_COUNTRIES), random.choice((1, 1, 1, 2)))
    text = f"{random.choice(_TEXTS)} {number}"
    both = (("en", 0), ("fr", 1))
    shares = ("100",) if len(alpha2) == 1 else ("62.5", "37.5")
    codes = random.sample(sorted(_SECTORS), 2)
    sectors = {("1", codes[0]): "75", ("1", codes[1]): "25", ("2", random.choice(sorted(_CATEGORIES))): ""}
    organizations = [
        MadeOrganization(
            random.choice("1234"),
            reference,
            kind,
            tuple((names[place], tag) for tag, place in both[: random.choice((1, 2))]),
        )
        for reference, (*names, kind) in _ORGANIZATIONS.items()
    ]
    has_partner = random.random() < 0.3
    if has_partner:
        ministry = f"Ministry of Works of {alpha2[0]}"
        organizations.append(MadeOrganization("4", f"{alpha2[0]}-GOV-{number % 7}", "10", ((ministry, "en"),)))
    begun = date(2012, 1, 1) + timedelta(days=random.randrange(3_400))
    ended = begun + timedelta(days=random.randrange(30, 900))
    late = timedelta(days=random.randrange(1, 60))
    siblings = [(code, f"XX-1-{number + int(code)}") for code in "12345"] if number % 10 == 0 else []
    return MadeActivity(
        identifier=f"XX-1-{number}",
        language="en",
        titles=((text, "en"), (f"{text}, en français", "fr"))[: random.choice((1, 2))],
        descriptions=(((f"{text}: what is done, and “why”. " * random.randrange(1, 9)).strip(), "en"),),
        organizations=tuple(organizations),
        partner=organizations[-1].names[0][0] if has_partner else "",
        countries=dict(zip((_COUNTRIES[code] for code in alpha2), shares, strict=True)),
        sectors=sectors,
        start=begun.isoformat(),
        end=ended.isoformat(),
        is_start_planned=begun > _WRITTEN_ON,
        is_end_planned=ended > _WRITTEN_ON,
        planned=((begun - late).isoformat(), (ended - late).isoformat()),
        related=tuple(siblings),
        transactions=random.randrange(12),
    )


class IATIWriter:
    """Writes activities as one version of IATI spells them, and notes the line that each begins on."""

    def __init__(self, file: BinaryIO, version: str) -> None:
        """Begin the file."""
        self._file = file
        self._is_old = version.startswith("1")
        self._line = 1
        self.size_bytes = 0
        self._write('<?xml version="1.0" encoding="UTF-8"?>\n')
        self._write(f'<iati-activities version="{version}" generated-datetime="{_WRITTEN_ON}T08:00:00Z">\n')
        self._write("  <!-- <iati-activity> is not one here -->\n")

    def write(self, activity: MadeActivity) -> None:
        """Write an activity."""
        activity.line = self._line
        self._write("\n".join(self._lines(activity)) + "\n")

    def end(self) -> None:
        """End the file, which stays open."""
        self._write("</iati-activities>\n")

    def _write(self, text: str) -> None:
        data = text.encode()
        self._file.write(data)
        self._line += data.count(b"\n")
        self.size_bytes += len(data)

    def _lines(self, activity: MadeActivity) -> Iterator[str]:
        yield f'<iati-activity xml:lang="{activity.language}" default-currency="EUR" hierarchy="1">'
        yield f"  <iati-identifier>{escape(activity.identifier)}</iati-identifier>"
        yield from self._texts("reporting-org", {"ref": "XX-1", "type": "21"}, (("Reporters", "en"),))
        yield from self._texts("title", {}, activity.titles)
        yield from self._texts("description", {"type": "1"}, activity.descriptions)
        for organization in activity.organizations:
            role = _ROLE_NAMES[organization.role] if self._is_old else organization.role
            told = {"ref": organization.reference, "type": organization.type_code, "role": role}
            # In 1.0x an organization has one name.
            names = organization.names[:1] if self._is_old else organization.names
            yield from self._texts("participating-org", told, names)
        yield from self._dates(activity)
        yield from self._contact()
        by_alpha3 = {alpha3: alpha2 for alpha2, alpha3 in _COUNTRIES.items()}
        for alpha3, share in activity.countries.items():
            yield f'  <recipient-country code="{by_alpha3[alpha3]}" percentage="{share}"/>'
        for (vocabulary, code), share in activity.sectors.items():
            written = {"1": "DAC", "2": "DAC-3"}[vocabulary] if self._is_old else vocabulary
            name = (_SECTORS | _CATEGORIES)[code][0]
            told = {"vocabulary": written, "code": code} | ({"percentage": share} if share else {})
            yield from self._texts("sector", told, ((name, "en"),))
        yield from self._ballast(activity)
        for code, other in activity.related:
            yield f'  <related-activity ref="{other}" type="{code}"/>'
        yield "</iati-activity>"

    def _texts(self, name: str, told: Mapping[str, str], texts: tuple[tuple[str, str], ...]) -> Iterator[str]:
        attributes = "".join(f" {key}={quoteattr(value)}" for key, value in told.items())
        if self._is_old:
            for text, tag in texts:
                language = "" if tag == "en" else f' xml:lang="{tag}"'
                yield f"  <{name}{attributes}{language}>{escape(text)}</{name}>"
            return
        narratives = "".join(
            f"<narrative{'' if tag == 'en' else f' xml:lang={quoteattr(tag)}'}>{escape(text)}</narrative>"
            for text, tag in texts
        )
        yield f"  <{name}{attributes}>{narratives}</{name}>"

    def _dates(self, activity: MadeActivity) -> Iterator[str]:
        pairs = ((activity.start, activity.is_start_planned), (activity.end, activity.is_end_planned))
        for place, (day, is_planned) in enumerate(pairs):
            planned, actual = "13"[place], "24"[place]
            # What is not there yet is published as planned only.
            days = {planned: day if is_planned else activity.planned[place]} | ({} if is_planned else {actual: day})
            for code, written in days.items():
                kind = _DATE_NAMES[code] if self._is_old else code
                yield f'  <activity-date type="{kind}" iso-date="{written}"/>'

    def _contact(self) -> Iterator[str]:
        name = f"Ms {PERSONAL} {PERSONAL}son"
        yield "  <contact-info>"
        yield from self._texts("person-name", {}, ((name, "en"),))
        yield f"    <telephone>+99 123 {PERSONAL}</telephone><email>{PERSONAL}@example.org</email>"
        yield "  </contact-info>"

    def _ballast(self, activity: MadeActivity) -> Iterator[str]:
        for number in range(activity.transactions):
            yield "  <transaction>"
            yield f'    <transaction-type code="{"D" if self._is_old else 3}"/>'
            yield f'    <value value-date="{activity.start}" currency="EUR">{1_000 * number}</value>'
            yield from self._texts("description", {}, ((f"Paid by {PERSONAL}", "en"),))
            yield from self._texts("receiver-org", {}, ((PERSONAL, "en"),))
            yield "  </transaction>"
        yield '  <policy-marker vocabulary="1" code="2" significance="1"/>'


def write_activities(path: Path, number: int, version: str, seed: int = 1) -> list[MadeActivity]:
    """Write a file of so many activities, and return them."""
    made = [activity for activity, _ in zip(make_activities(seed), range(number), strict=False)]
    with path.open("wb") as file:
        writer = IATIWriter(file, version)
        for activity in made:
            writer.write(activity)
        writer.end()
    return made


def write_megabytes(path: Path, megabytes: float, version: str, seed: int = 1) -> int:
    """Write a file of about so many MB, and return the number of its activities; memory holds one."""
    number, activities = 0, make_activities(seed)
    with path.open("wb") as file:
        writer = IATIWriter(file, version)
        while writer.size_bytes < megabytes * 1e6:
            writer.write(next(activities))
            number += 1
        writer.end()
    return number


@click.group()
def main() -> None:
    """Make IATI files up, and measure how they are taken in."""


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--megabytes", type=float, default=20.0, show_default=True)
@click.option("--version", type=click.Choice(VERSIONS), default="2.03", show_default=True)
def write(file: Path, megabytes: float, version: str) -> None:
    """Write FILE."""
    print(f"{write_megabytes(file, megabytes, version):,} activities")  # noqa: T201


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
def read(file: Path) -> None:
    """Read FILE, and print as JSON how many records and claims there were, how long it took and the most memory."""
    started = time.perf_counter()
    records = claims = 0
    for record in read_activities(file):
        records += 1
        claims += len(record.claims)
    _tell(file, time.perf_counter() - started, {"records": records, "claims": claims})


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--into", "folder", type=click.Path(path_type=Path), required=True)
def ingest(file: Path, folder: Path) -> None:
    """Run `actiongraph ingest iati` on FILE, and print as JSON how long it took and the most memory."""
    started = time.perf_counter()
    with redirect_stdout(sys.stderr):
        iati.main([str(file), "--into", str(folder)], standalone_mode=False)
    written = sum(each.stat().st_size for each in folder.iterdir())
    _tell(file, time.perf_counter() - started, {"written_mb": round(written / 1e6, 1)})


def _tell(file: Path, seconds: float, numbers: Mapping[str, float]) -> None:
    told = {
        **numbers,
        "seconds": round(seconds, 2),
        "processor_s": round(time.process_time(), 2),
        "mb_per_s": round(file.stat().st_size / 1e6 / seconds, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6, 1),
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
