"""The dataset in the terms of schema.org, for search engines that read JSON-LD inside pages."""

from __future__ import annotations

from typing import Any

from rdflib import DCTERMS

from actiongraph.catalogue.contents import Contents, File, Party
from actiongraph.things.schema_org import CONTEXT


def dataset_in_schema(contents: Contents, page: str) -> dict[str, Any]:
    """Return the dataset as JSON-LD; `page` is the address of the page about it. What is not known is absent."""
    told: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "Dataset",
        "@id": str(contents.names.dataset),
        "name": contents.text(DCTERMS.title),
        "description": contents.text(DCTERMS.description),
        "url": page,
        "identifier": str(contents.names.dataset),
        "version": contents.version,
        "dateModified": contents.text(DCTERMS.modified),
        "datePublished": contents.text(DCTERMS.issued),
        "license": contents.text(DCTERMS.license),
        "isAccessibleForFree": True,  # whoever reaches the server is answered; it knows no payment
        "keywords": list(contents.keywords),
        "temporalCoverage": _interval(*contents.period),
        "spatialCoverage": [
            {"@type": "Country", "name": name, "sameAs": str(iri)} for iri, name in contents.countries.items()
        ],
        "distribution": [_download(file) for file in contents.files],
        "publisher": _organization(contents.publisher),
    }
    return {name: value for name, value in told.items() if value not in (None, [])}


def _download(file: File) -> dict[str, Any]:
    told = {
        "@type": "DataDownload",
        "name": file.title,
        "description": file.description,
        "contentUrl": file.address,
        "encodingFormat": file.media_type,
        "contentSize": None if file.size_bytes is None else f"{file.size_bytes} B",
        "sha256": file.sha256,
    }
    return {name: value for name, value in told.items() if value is not None}


def _organization(party: Party | None) -> dict[str, Any] | None:
    if party is None:
        return None
    way = "email" if (party.address or "").startswith("mailto:") else "url"
    address = (party.address or "").removeprefix("mailto:")
    return {"@type": "Organization", "name": party.name} | ({way: address} if address else {})


def _interval(first: str | None, last: str | None) -> str | None:
    """Return a period as ISO 8601 writes intervals; an open end is two dots."""
    return f"{first or '..'}/{last or '..'}" if first or last else None
