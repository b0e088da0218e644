"""The catalogue of a release, from its statistics and from the settings; what is not known is absent.

It has no blank nodes: a part is a fragment of what it belongs to. Addresses depend on the server, and
`contents` adds them when the catalogue is served.

Source: DCAT 3; DCAT-AP 3.0.1.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from rdflib import DCTERMS, FOAF, RDF, RDFS, XSD, Graph, Literal, Namespace

from actiongraph.catalogue.identifiers import CC_BY, DUMPS, SERVICES, DumpFormat, Identifiers, Service, license_of
from actiongraph.catalogue.statistics import Statistics
from actiongraph.catalogue.void import Facts, add_facts, add_void
from actiongraph.publication import ReleaseRecord
from actiongraph.settings import Settings
from actiongraph.text import counted
from actiongraph.vocabulary import DCAT, IRI, SPDX, VCARD

_ATTRIBUTION = IRI("http://purl.org/adms/licencetype/Attribution")
_LANGUAGE = Namespace("http://publications.europa.eu/resource/authority/language/")
_DATA_THEMES = IRI("http://publications.europa.eu/resource/authority/data-theme")
_LANGUAGES = {
    "ar": "ARA", "bg": "BUL", "cs": "CES", "da": "DAN", "de": "DEU", "el": "ELL", "en": "ENG", "es": "SPA", "et": "EST",
    "fi": "FIN", "fr": "FRA", "ga": "GLE", "hr": "HRV", "hu": "HUN", "hy": "HYE", "it": "ITA", "ka": "KAT", "km": "KHM",
    "lt": "LIT", "lv": "LAV", "mt": "MLT", "nl": "NLD", "pl": "POL", "pt": "POR", "ro": "RON", "ru": "RUS", "sk": "SLK",
    "sl": "SLV", "sv": "SWE", "sw": "SWA", "tr": "TUR", "uk": "UKR", "vi": "VIE", "zh": "ZHO",
}  # fmt: skip
"""Language tags (RFC 5646) and the codes of the EU's list, which are those of ISO 639-3."""


def catalogue(settings: Settings, record: ReleaseRecord, statistics: Statistics, first_issued: str | None) -> Graph:
    """Return the catalogue of the release of `record`, the same for the same facts, without blank nodes and locations.

    `first_issued` is when the first release was made, as records have it; None if that is not known.
    """
    made = _Catalogue(settings, record, statistics, first_issued)
    made.add_catalog()
    made.add_dataset()
    made.add_release()
    for service in SERVICES:
        made.add_service(service)
    for dump in made.dumps:
        made.add_distribution(dump)
    made.add_parties()
    made.add_code_lists()
    add_void(made.graph, made.names, statistics)
    return made.graph


class _Catalogue:
    """The graph while it is put together, and the facts that several resources share."""

    def __init__(
        self, settings: Settings, record: ReleaseRecord, statistics: Statistics, first_issued: str | None
    ) -> None:
        self.graph = Graph(bind_namespaces="none")
        self.add = partial(add_facts, self.graph)
        self.names = Identifiers(settings.base)
        self.settings = settings
        self.record = record
        self.statistics = statistics
        self.license = license_of(settings)
        self.programme = settings.programme
        self.languages = tuple(_LANGUAGE[_LANGUAGES[tag]] for tag in statistics.languages if tag in _LANGUAGES)
        self.dumps = tuple(dump for dump in DUMPS if dump.file in record.dumps)
        self.dates: Facts = (
            (DCTERMS.issued, _instant(first_issued) if first_issued else None),
            (DCTERMS.modified, _instant(record.created_at)),
        )
        self.rights: Facts = (
            (DCTERMS.license, self.license),
            (DCTERMS.publisher, self.names.publisher if settings.publisher else None),
            (DCTERMS.rights, self.names.part("rights") if self.programme.rights else None),
        )
        self.contact: Facts = ((DCAT.contactPoint, self.names.contact if settings.contact else None),)
        self.places: Facts = tuple((DCTERMS.spatial, country) for country in statistics.countries)
        # The themes of the shipped data are all of social protection; where it has none, no theme is claimed.
        themes = self.programme.data_themes if statistics.themes or not settings.is_ours else ()
        self.data_themes = tuple(_DATA_THEMES + f"/{code}" for code in themes)
        self.subjects: Facts = (
            *((DCAT.keyword, Literal(word, lang=self.programme.language)) for word in self.programme.keywords),
            *((DCAT.keyword, theme) for theme in statistics.themes),
            *((DCAT.theme, theme) for theme in self.data_themes),
        )
        self.contents: Facts = (
            (RDF.type, DCAT.Dataset),
            *(*self.rights, *self.contact, *self.subjects, *self.places),
            *((DCTERMS.language, language) for language in self.languages),
            (DCTERMS.temporal, self.names.part("period") if any(statistics.period) else None),
            *((DCAT.distribution, self.names.distribution(record.version, dump)) for dump in self.dumps),
        )
        """The facts about the contents of a dataset, whichever IRI it goes by."""

    def add_catalog(self) -> None:
        self.add(
            self.names.catalog,
            (RDF.type, DCAT.Catalog),
            *self.titles("catalogue"),
            (DCTERMS.description, _english("One dataset, its newest release as files, and its services.")),
            (DCTERMS.language, _LANGUAGE.ENG),
            (DCAT.themeTaxonomy, _DATA_THEMES if self.data_themes else None),
            (DCAT.dataset, self.names.dataset),
            *(*self.dates, *self.rights, *self.places),
        )

    def titles(self, own: str = "", suffix: str = "") -> Facts:
        """Return the title, in each language: the one for the page or service `own`, if there is one for it."""
        if own and (title := getattr(self.programme.titles, own)):
            return ((DCTERMS.title, Literal(title + suffix, lang=self.programme.language)),)
        texts = self.programme.texts("title")
        return tuple((DCTERMS.title, Literal(text + suffix, lang=tag)) for tag, text in texts.items())

    def descriptions(self, more: str) -> Facts:
        """Return the description, in each language; `more` is English, and follows the English one if there is one."""
        texts = {tag: text for tag, text in self.programme.texts("description").items() if tag != "en"}
        english = self.programme.texts("description").get("en")
        facts = [(DCTERMS.description, Literal(text, lang=tag)) for tag, text in texts.items()]
        return (*facts, (DCTERMS.description, _english(f"{english} {more}" if english else more)))

    def add_dataset(self) -> None:
        names, version, statistics = self.names, self.record.version, self.statistics
        covered = (
            f"The counts are those of release {version} without the graph of its catalogue: "
            f"{counted(statistics.triples, 'triple')} in {counted(len(statistics.graphs), 'named graph')}, each in one "
            "of them."
        )
        self.add(
            names.dataset,
            *self.titles(),
            *self.descriptions(covered),
            (DCTERMS.identifier, Literal(names.dataset)),
            (DCAT.version, Literal(version)),
            (DCAT.hasVersion, names.release(version)),
            *(*self.dates, *self.contents),
        )

    def add_release(self) -> None:
        names, version, previous = self.names, self.record.version, self.record.previous
        self.add(
            names.release(version),
            *self.titles(suffix=f", release {version}"),
            *self.descriptions("This release never changes."),
            (DCTERMS.identifier, Literal(names.release(version))),
            (DCTERMS.issued, _instant(self.record.created_at)),
            (DCAT.version, Literal(version)),
            (DCAT.isVersionOf, names.dataset),
            (DCAT.previousVersion, names.release(previous) if previous else None),
            *self.contents,
        )

    def add_service(self, service: Service) -> None:
        name = self.names.part(service.key)
        self.add(self.names.catalog, (DCAT.service, name))
        self.add(
            name,
            (RDF.type, DCAT.DataService),
            (DCTERMS.title, _english(service.title)),
            (DCTERMS.description, _english(service.description)),
            (DCTERMS.conformsTo, service.standard),
            (DCAT.servesDataset, self.names.dataset),
            (DCAT.keyword, _english(service.keyword)),
            *(*self.rights, *self.contact, *self.subjects),
        )
        self.add(service.standard, (RDF.type, DCTERMS.Standard))

    def add_distribution(self, dump: DumpFormat) -> None:
        distribution = self.names.distribution(self.record.version, dump)
        checksum, size_bytes = distribution + "-checksum", self.record.sizes.get(dump.file)
        self.add(
            distribution,
            (RDF.type, DCAT.Distribution),
            (DCTERMS.title, _english(dump.title)),
            (DCTERMS.description, _english(dump.description)),
            (DCTERMS.issued, _instant(self.record.created_at)),
            (DCTERMS.license, self.license),
            (DCTERMS["format"], dump.file_type),
            (DCAT.mediaType, dump.media_type),
            (DCAT.compressFormat, dump.compression),
            (DCAT.packageFormat, dump.package),
            (DCAT.byteSize, Literal(size_bytes) if size_bytes is not None else None),
            (SPDX.checksum, checksum),
        )
        self.add(
            checksum,
            (RDF.type, SPDX.Checksum),
            (SPDX.algorithm, SPDX.checksumAlgorithm_sha256),
            (SPDX.checksumValue, Literal(self.record.dumps[dump.file], datatype=XSD.hexBinary)),
        )
        self.add(dump.file_type, (RDF.type, DCTERMS.MediaTypeOrExtent))
        for media_type in filter(None, (dump.media_type, dump.compression, dump.package)):
            self.add(media_type, (RDF.type, DCTERMS.MediaType))

    def add_parties(self) -> None:
        for party, iri, kind, name, by_mail, by_page in (
            (self.settings.publisher, self.names.publisher, FOAF.Agent, FOAF.name, FOAF.mbox, FOAF.homepage),
            (self.settings.contact, self.names.contact, VCARD.Kind, VCARD.fn, VCARD.hasEmail, VCARD.hasURL),
        ):
            if party:
                way = by_mail if (party.address or "").startswith("mailto:") else by_page
                address = IRI(party.address) if party.address else None
                self.add(iri, (RDF.type, kind), (name, Literal(party.name)), (way, address))

    def add_code_lists(self) -> None:
        """Add what the terms of others are, but for concepts: who asks for those means ours."""
        for country in self.statistics.countries:
            self.add(country, (RDF.type, DCTERMS.Location))
        for tag, text in self.programme.texts("rights").items():
            rights = self.names.part("rights")
            self.add(rights, (RDF.type, DCTERMS.RightsStatement), (RDFS.label, Literal(text, lang=tag)))
        for language in {*self.languages, _LANGUAGE.ENG}:
            self.add(language, (RDF.type, DCTERMS.LinguisticSystem))
        if self.license:
            self.add(self.license, (RDF.type, DCTERMS.LicenseDocument))
            self.add(self.license, (DCTERMS.type, _ATTRIBUTION if self.license == CC_BY else None))
        if any(self.statistics.period):
            earliest, latest = self.statistics.period
            period = self.names.part("period")
            self.add(period, (RDF.type, DCTERMS.PeriodOfTime), (DCAT.startDate, earliest), (DCAT.endDate, latest))


def _english(text: str) -> Literal:
    return Literal(text, lang="en")


def _instant(at: str) -> Literal:
    written = datetime.fromisoformat(at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Literal(written, datatype=XSD.dateTime, normalize=False)
