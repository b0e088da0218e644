"""Write the DAC's purpose codes, as IATI publishes them, as a SKOS list: `ontology/dac-sectors.ttl`.

    python -m bench.dac_sectors FOLDER > ontology/dac-sectors.ttl

FOLDER has `Sector.xml` and `SectorCategory.xml` of IATI-Codelists-NonEmbedded, which are under CC BY 4.0. Codes that
IATI has withdrawn are left out.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from rdflib import Literal

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_TITLE = '"DAC sectors"@en, "Secteurs du CAD"@fr'
_HEAD = f"""\
@base <https://w3id.org/actiongraph/concept/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dcterms: <http://purl.org/dc/terms/> .

# Written by bench/dac_sectors.py from the code lists of IATI; do not edit.

<dac-sector> a skos:ConceptScheme ;
  dcterms:title {_TITLE} ;
  skos:prefLabel {_TITLE} ;
  dcterms:description "The purpose codes of the Development Assistance Committee of the OECD (CRS), five digits, \
under its sector categories, three digits, as IATI lists them. A release has those that something in it \
is matched with."@en ;
  dcterms:creator "OECD Development Assistance Committee" ;
  dcterms:publisher "International Aid Transparency Initiative (IATI)" ;
  dcterms:source <https://iatistandard.org/en/iati-standard/203/codelists/sector/>,
    <https://iatistandard.org/en/iati-standard/203/codelists/sectorcategory/> ;
  dcterms:license <https://creativecommons.org/licenses/by/4.0/> ;
  dcterms:rights "Names and codes from the IATI code lists Sector and SectorCategory, as of 22 June 2026, under \
CC BY 4.0. Turned into SKOS; descriptions and withdrawn codes are left out."@en ;
  skos:hasTopConcept {{tops}} .
"""


class Code(NamedTuple):
    """One code with its names by language; a sector has a category."""

    code: str
    names: tuple[tuple[str, str], ...]
    category: str | None


def read_codes(path: Path) -> list[Code]:
    """Return the codes in a code list of IATI that are in use, in order."""
    items = ET.parse(path).iterfind("codelist-items/codelist-item")  # noqa: S314 - a file of one's own
    return sorted(_code(item) for item in items if item.get("status", "active") == "active")


def _code(item: ET.Element) -> Code:
    names = tuple(
        (name.get(_LANGUAGE, "en"), " ".join((name.text or "").split())) for name in item.iterfind("name/narrative")
    )
    return Code(item.findtext("code", ""), tuple(name for name in names if name[1]), item.findtext("category"))


def as_turtle(categories: Iterable[Code], sectors: Iterable[Code]) -> Iterator[str]:
    """Yield the list in Turtle: the scheme, then its categories, then the sectors, each under its category."""
    tops = list(categories)
    yield _HEAD.format(tops=", ".join(f"<dac-sector/{top.code}>" for top in tops))
    for each in (*tops, *sectors):
        place = f"skos:broader <dac-sector/{each.category}>" if each.category else "skos:topConceptOf <dac-sector>"
        names = ", ".join(Literal(name, lang=language).n3() for language, name in each.names)
        yield (
            f"<dac-sector/{each.code}> a skos:Concept ; skos:inScheme <dac-sector> ; {place} ;\n"
            f'  skos:notation "{each.code}" ; skos:prefLabel {names} .\n'
        )


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write("\n".join(as_turtle(read_codes(folder / "SectorCategory.xml"), read_codes(folder / "Sector.xml"))))
