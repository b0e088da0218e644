"""Terms as queries write them and as the term index keeps them: plain text, without a library's classes."""

from __future__ import annotations

from typing import NamedTuple

XSD = "http://www.w3.org/2001/XMLSchema#"
STRING = XSD + "string"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"


class Term(NamedTuple):
    """An IRI, or a literal with its datatype; a language tag is in lower case, as the store keeps it."""

    text: str
    language: str = ""
    datatype: str = ""

    @property
    def is_literal(self) -> bool:
        """Whether it is a literal, for every literal has a datatype (RDF 1.1 Concepts, section 3.3)."""
        return bool(self.datatype)
