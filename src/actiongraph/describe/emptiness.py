"""Whether an answer holds anything, told from its bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from actiongraph import formats
from actiongraph.formats import Format, Result


def finds_nothing(written: bytes, chosen: Format, result: Result) -> bool:
    """Tell whether an answer has no solutions or no triples; one to ASK always has something to say.

    Only the ends of the answer are looked at, so it costs the same for every answer. They are as the engine
    (pyoxigraph 0.5) writes them; of an answer that somebody else laid out otherwise, False is said.
    """
    return result is not Result.BOOLEAN and _EMPTY[chosen](written)


def _has_no_second_line(written: bytes) -> bool:
    """Tell whether the line with the names of the variables is the last; in names there are no line ends."""
    return written.find(b"\n") in {-1, len(written) - 1}


def _is_blank(written: bytes) -> bool:
    return not written[:1024].strip()


def _ends(end: bytes) -> Callable[[bytes], bool]:
    return lambda written: written.endswith(end)


_EMPTY: Mapping[Format, Callable[[bytes], bool]] = MappingProxyType(
    {
        # Inside of a JSON string a quotation mark is escaped, and inside of an XML text there is no <.
        formats.RESULTS_JSON: _ends(b'"bindings":[]}}'),
        formats.RESULTS_XML: _ends(b"<results></results></sparql>"),
        formats.RESULTS_CSV: _has_no_second_line,
        formats.RESULTS_TSV: _has_no_second_line,
        formats.TURTLE: _is_blank,
        formats.N_TRIPLES: _is_blank,
        formats.N_QUADS: _is_blank,
        formats.TRIG: _is_blank,
        formats.RDF_XML: _ends(b'">\n</rdf:RDF>'),
        formats.JSON_LD: b"[]".__eq__,
    }
)
