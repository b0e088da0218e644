"""Objects as documents to be stored, and back, exactly as they were: compressed JSON with the names of fields.

A `Text` is a list of its text, language and datatype, to differ from a plain `str`, and so is a literal where there may
be an IRI instead.
"""

from __future__ import annotations

import zlib
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar

import msgspec
from rdflib import Literal
from rdflib.term import Node

from actiongraph.chains.model import Text, Words
from actiongraph.vocabulary import IRI

T = TypeVar("T")
_iri = lru_cache(10_000)(partial(str.__new__, IRI))
_text = lru_cache(10_000)(Text)
"""Making an IRI takes rdflib longer than the decoder takes for what is around it, for it looks at each letter; these
were made before. Few texts are met only once."""


class DamagedDocument(ValueError):
    """Bytes that are no such document."""


class DocumentCodec(Generic[T]):
    """Writes and reads the documents of one dataclass."""

    def __init__(self, kind: type[T]) -> None:
        """Name the dataclass; what it is made of follows from its annotations."""
        self._encoder = msgspec.json.Encoder(enc_hook=_as_json)
        self._decoder = msgspec.json.Decoder(kind, dec_hook=_from_json)

    def encode(self, thing: T) -> bytes:
        """Return `thing` as a document."""
        return zlib.compress(self._encoder.encode(thing))

    def decode(self, document: bytes) -> T:
        """Return the thing that `document` is of.

        Raises:
            DamagedDocument: it is of none.
        """
        try:
            return self._decoder.decode(zlib.decompress(document))
        except (zlib.error, msgspec.DecodeError) as error:
            raise DamagedDocument(str(error)) from error


def _as_json(thing: Any) -> Any:  # noqa: ANN401 - what JSON can hold
    if isinstance(thing, Text):
        return [str(thing), thing.language, thing.datatype] if thing.datatype else [str(thing), thing.language]
    if isinstance(thing, Literal):
        return [str(thing), thing.language, thing.datatype]
    return str(thing)


def _from_json(kind: type, value: Any) -> Any:  # noqa: ANN401 - what JSON can hold
    if kind is Words and isinstance(value, list):
        text, language, *datatype = value
        return _text(text, language, *map(_iri, datatype))
    if kind is Node and isinstance(value, list):
        lexical, tag, of_type = value
        return Literal(lexical, lang=tag, datatype=of_type and _iri(of_type), normalize=False)
    return _iri(value) if kind in (IRI, Node) else value
