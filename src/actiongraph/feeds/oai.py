"""OAI-PMH 2.0: what a data provider answers to a request, whatever it is.

Source: https://www.openarchives.org/OAI/openarchivesprotocol.html, sections 3.1.2, 3.2 and 3.6.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from actiongraph.feeds.oai_request import Asked, OaiError, read_request, write_date
from actiongraph.feeds.oai_verbs import OpenRelease, Provider, Repository
from actiongraph.feeds.xml import XSI, child, clean, document, element

NAMESPACE = "http://www.openarchives.org/OAI/2.0/"
_SCHEMA = "http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
_DATE = re.compile(rb"<responseDate>[^<]*</responseDate>")


def answer(pairs: Sequence[tuple[str, str]], repository: Repository, open_release: OpenRelease, now: datetime) -> bytes:
    """Return the answer to a request with the parameters `pairs`, an error of the protocol among them.

    `open_release` gives the register of a release that is kept, by its version, or None for the newest.

    Raises:
        UnknownResource: there is no register at all.
        StoreError: a register cannot be read.
    """
    root = element("OAI-PMH", {"xmlns": NAMESPACE, "xmlns:xsi": XSI, "xsi:schemaLocation": f"{NAMESPACE} {_SCHEMA}"})
    child(root, "responseDate", text=write_date(now))
    said = child(root, "request", text=repository.address)
    asked: Asked | None = None
    with open_release(None) as newest:
        try:
            asked = read_request(pairs)
            root.append(Provider(repository, newest, open_release).answer(asked))
        except OaiError as error:
            asked = None if error.forgets else asked
            child(root, "error", {"code": error.condition}, text=str(error))
    if asked:
        said.attrib.update({"verb": asked.verb} | {name: clean(value) for name, value in asked.arguments.items()})
    return document(root)


def without_date(written: bytes) -> bytes:
    """Return an answer without the time at which it was sent, the one thing that asking again would change."""
    return _DATE.sub(b"", written, count=1)
