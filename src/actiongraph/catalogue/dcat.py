"""The catalogue of a release, from live facts and from what somebody has told; what is not known is absent.

It has no blank nodes: parts have fragments of what they belong to. Where things are found depends on the address of
the server and is added when the catalogue is served, by `locations`.

Source: DCAT 3; DCAT-AP 3.0.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rdflib import DCTERMS, FOAF, RDF, XSD, Graph, Literal
from rdflib.term import Node

from actiongraph.catalogue.identifiers import (
    ATTRIBUTION,
    CC_BY,
    DATA_THEMES,
    DUMPS,
    LANGUAGE,
    LANGUAGES,
    SERVICES,
    SOCIETY,
    DumpFormat,
    Names,
    Service,
    license_of,
)
from actiongraph.catalogue.statistics import Statistics
from actiongraph.catalogue.void import add_void
from actiongraph.settings import Party, Settings
from actiongraph.text import counted
from actiongraph.vocabulary import DCAT, IRI, SPDX, VCARD

_ABOUT = (
    "Technical-assistance actions: who was helped, in which country, by which expert teams, what followed what, and on "
    "what evidence."
)
_TITLE = "Graph of technical-assistance actions"
_KEYWORD = "technical assistance"


@dataclass(frozen=True, slots=True)
class Published:
    """What a catalogue tells of a release as such; `dumps` and `sizes` map file names to SHA-256 and bytes.

    `previous` is the release before, and `first_at` when the first one was made; None where that is not known.
    """

    version: str
    created_at: datetime
    dumps: Mapping[str, str]
    sizes: Mapping[str, int]
    previous: str | None
    first_at: datetime | None


def catalogue(settings: Settings, published: Published, statistics: Statistics) -> Graph:
    """Return the catalogue of a release, the same for the same facts, without blank nodes and locations."""
    made = _Catalogue(settings, published, statistics)
    made.add_catalog()
    made.add_dataset()
    made.add_release()
    for service in SERVICES:
        made.add_service(service)
    for dump in made.dumps:
        made.add_distribution(dump)
    made.add_parties()
    made.add_code_lists()
    add_void(made.graph, Names(settings.base), statistics)
    return made.graph


class _Catalogue:
    """The graph as it is put together."""

    def __init__(self, settings: Settings, published: Published, statistics: Statistics) -> None:
        self.graph = Graph(bind_namespaces="none")
        self.names = Names(settings.base)
        self.settings = settings
        self.published = published
        self.statistics = statistics
        self.license = license_of(settings)
        self.languages = tuple(LANGUAGE[LANGUAGES[tag]] for tag in statistics.languages if tag in LANGUAGES)
        self.dumps = tuple(dump for dump in DUMPS if dump.file in published.dumps)

    def add(self, subject: IRI, *facts: tuple[IRI, Node | None]) -> None:
        """Add what is known of `subject`; a fact without value is not known."""
        for predicate, value in facts:
            if value is not None:
                self.graph.add((subject, predicate, value))

    def add_catalog(self) -> None:
        names, first_at = self.names, self.published.first_at
        self.add(
            names.catalog,
            (RDF.type, DCAT.Catalog),
            (DCTERMS.title, _english("Catalogue of technical-assistance actions")),
            (
                DCTERMS.description,
                _english("One dataset, its newest release as files, and its services."),
            ),
            (DCTERMS.language, LANGUAGE.ENG),
            (DCTERMS.issued, _instant(first_at) if first_at else None),
            (DCTERMS.modified, _instant(self.published.created_at)),
            (DCAT.themeTaxonomy, DATA_THEMES if self.statistics.themes else None),
            (DCAT.dataset, names.dataset),
        )
        self._add_rights(names.catalog)
        self._add_places(names.catalog)

    def add_dataset(self) -> None:
        names, told, first_at = self.names, self.statistics, self.published.first_at
        covered = (
            f"The counts are those of release {self.published.version} without the graph of its catalogue: "
            f"{counted(told.triples, 'triple')} in {counted(len(told.graphs), 'named graph')}, each in one of them."
        )
        self.add(
            names.dataset,
            (DCTERMS.title, _english(_TITLE)),
            (DCTERMS.description, _english(f"{_ABOUT} {covered}")),
            (DCTERMS.identifier, Literal(names.dataset)),
            (DCTERMS.issued, _instant(first_at) if first_at else None),
            (DCTERMS.modified, _instant(self.published.created_at)),
            (DCAT.version, Literal(self.published.version)),
            (DCAT.hasVersion, names.release(self.published.version)),
        )
        self._add_contents(names.dataset)

    def add_release(self) -> None:
        names, version, previous = self.names, self.published.version, self.published.previous
        self.add(
            names.release(version),
            (DCTERMS.title, _english(f"{_TITLE}, release {version}")),
            (DCTERMS.description, _english(f"{_ABOUT} This release never changes.")),
            (DCTERMS.identifier, Literal(names.release(version))),
            (DCTERMS.issued, _instant(self.published.created_at)),
            (DCAT.version, Literal(version)),
            (DCAT.isVersionOf, names.dataset),
            (DCAT.previousVersion, names.release(previous) if previous else None),
        )
        self._add_contents(names.release(version))

    def _add_contents(self, dataset: IRI) -> None:
        """Say of a dataset what holds of its contents, whichever name they go by."""
        self.add(dataset, (RDF.type, DCAT.Dataset))
        self._add_rights(dataset)
        self._add_contact(dataset)
        self._add_subjects(dataset)
        self._add_places(dataset)
        self.add(dataset, *((DCTERMS.language, language) for language in self.languages))
        self.add(dataset, (DCTERMS.temporal, self.names.part("period") if any(self.statistics.period) else None))
        distributions = (self.names.distribution(self.published.version, dump) for dump in self.dumps)
        self.add(dataset, *((DCAT.distribution, distribution) for distribution in distributions))

    def add_service(self, service: Service) -> None:
        name = self.names.part(service.key)
        self.add(
            name,
            (RDF.type, DCAT.DataService),
            (DCTERMS.title, _english(service.title)),
            (DCTERMS.description, _english(service.description)),
            (DCTERMS.conformsTo, service.standard),
            (DCAT.servesDataset, self.names.dataset),
            (DCAT.keyword, _english(service.keyword)),
        )
        self.add(service.standard, (RDF.type, DCTERMS.Standard))
        self.add(self.names.catalog, (DCAT.service, name))
        self._add_rights(name)
        self._add_contact(name)
        self._add_subjects(name)

    def add_distribution(self, dump: DumpFormat) -> None:
        distribution = self.names.distribution(self.published.version, dump)
        checksum, size_bytes = distribution + "-checksum", self.published.sizes.get(dump.file)
        self.add(
            distribution,
            (RDF.type, DCAT.Distribution),
            (DCTERMS.title, _english(dump.title)),
            (DCTERMS.description, _english(dump.description)),
            (DCTERMS.issued, _instant(self.published.created_at)),
            (DCTERMS.license, self.license),
            (DCTERMS["format"], dump.file_type),
            (DCAT.mediaType, dump.media_type),
            (DCAT.compressFormat, dump.compression),
            (DCAT.packageFormat, dump.package),
            (DCAT.byteSize, Literal(size_bytes) if size_bytes is not None else None),
            (SPDX.checksum, checksum),
        )
        sha256 = Literal(self.published.dumps[dump.file], datatype=XSD.hexBinary)
        self.add(checksum, (RDF.type, SPDX.Checksum), (SPDX.algorithm, SPDX.checksumAlgorithm_sha256))
        self.add(checksum, (SPDX.checksumValue, sha256))
        self.add(dump.file_type, (RDF.type, DCTERMS.MediaTypeOrExtent))
        for media_type in filter(None, (dump.media_type, dump.compression, dump.package)):
            self.add(media_type, (RDF.type, DCTERMS.MediaType))

    def add_parties(self) -> None:
        publisher, contact = self.settings.publisher, self.settings.contact
        if publisher:
            address = IRI(publisher.address) if publisher.address else None
            way = FOAF.mbox if _is_mail(publisher) else FOAF.homepage
            self.add(self.names.publisher, (RDF.type, FOAF.Agent), (FOAF.name, Literal(publisher.name)), (way, address))
        if contact:
            address = IRI(contact.address) if contact.address else None
            way = VCARD.hasEmail if _is_mail(contact) else VCARD.hasURL
            self.add(self.names.contact, (RDF.type, VCARD.Kind), (VCARD.fn, Literal(contact.name)), (way, address))

    def add_code_lists(self) -> None:
        """Say what the things are that others have named, but for concepts: who asks for those means ours."""
        for country in self.statistics.countries:
            self.add(country, (RDF.type, DCTERMS.Location))
        for language in {*self.languages, LANGUAGE.ENG}:
            self.add(language, (RDF.type, DCTERMS.LinguisticSystem))
        if self.license:
            self.add(self.license, (RDF.type, DCTERMS.LicenseDocument))
            self.add(self.license, (DCTERMS.type, ATTRIBUTION if self.license == CC_BY else None))
        if any(self.statistics.period):
            earliest, latest = self.statistics.period
            period = self.names.part("period")
            self.add(period, (RDF.type, DCTERMS.PeriodOfTime), (DCAT.startDate, earliest), (DCAT.endDate, latest))

    def _add_rights(self, resource: IRI) -> None:
        self.add(
            resource,
            (DCTERMS.license, self.license),
            (DCTERMS.publisher, self.names.publisher if self.settings.publisher else None),
        )

    def _add_contact(self, resource: IRI) -> None:
        self.add(resource, (DCAT.contactPoint, self.names.contact if self.settings.contact else None))

    def _add_subjects(self, resource: IRI) -> None:
        """Say what it is about: every theme of our scheme is one of social protection."""
        themes = self.statistics.themes
        self.add(resource, *((DCAT.keyword, _english(word)) for word in (_KEYWORD, *themes)))
        self.add(resource, (DCAT.theme, SOCIETY if themes else None))

    def _add_places(self, resource: IRI) -> None:
        self.add(resource, *((DCTERMS.spatial, country) for country in self.statistics.countries))


def _english(text: str) -> Literal:
    return Literal(text, lang="en")


def _instant(at: datetime) -> Literal:
    return Literal(at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), datatype=XSD.dateTime, normalize=False)


def _is_mail(party: Party) -> bool:
    return (party.address or "").startswith("mailto:")
