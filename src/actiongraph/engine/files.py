"""RDF files read from disk, as quads. Nothing is fetched, whatever a file says."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

from actiongraph.engine.oxigraph import GRAPH_SYNTAXES
from actiongraph.errors import DataError, DataSyntaxError
from actiongraph.formats import RDF_SUFFIXES, RDF_XML

_PACKED = ".gz"
_DECLARATION = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_SAFE_ENCODINGS = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["'](?!utf-8["']|us-ascii["'])""", re.IGNORECASE)
_LOCATION = re.compile(r"^Parser error [^:]*: ")
_REMOTE_CONTEXT = "No LoadDocumentCallback"


def read_file(path: Path, *, to_graph: ox.NamedNode | None = None, base: str | None = None) -> Iterator[ox.Quad]:
    """Yield the quads of the RDF file at `path`, whose suffix tells the syntax; one more, `.gz`, that it is packed.

    Named graphs stay named; triples go to `to_graph`, or to the default graph. Blank nodes get
    labels of their own, so that two files never share one by accident. Relative IRIs are resolved
    against `base`, or the file's own address.

    Raises:
        DataError: no such file, not a file, not readable, or a suffix that says nothing.
        DataSyntaxError: the file is not what its suffix says; `line` tells where.
    """
    graph = to_graph or ox.DefaultGraph()
    for quad in read_as_written(path, base=base):
        is_named = quad.graph_name != ox.DefaultGraph()
        yield quad if is_named else ox.Quad(quad.subject, quad.predicate, quad.object, graph)


def read_as_written(path: Path, *, base: str | None = None) -> Iterator[ox.Quad]:
    """Yield the quads of the RDF file at `path` as `read_file` does, its triples in the default graph."""
    content, unpacked = read_bytes(path), path
    if path.suffix.lower() == _PACKED:
        content, unpacked = _unpacked(content, path), path.with_suffix("")
    found = RDF_SUFFIXES.get(unpacked.suffix.lower())
    if found is None:
        raise DataError(
            f"{path}: the suffix does not say which RDF format this is; use one of {', '.join(RDF_SUFFIXES)}, "
            f"optionally followed by {_PACKED}.",
            file=str(path),
        )
    syntax = GRAPH_SYNTAXES[found]
    if found is RDF_XML:
        _refuse_declarations(content, path)
    try:
        yield from ox.parse(content, format=syntax, base_iri=base or path.resolve().as_uri(), rename_blank_nodes=True)
    except (SyntaxError, ValueError) as error:
        raise _syntax_error(error, path) from error


def _unpacked(content: bytes, path: Path) -> bytes:
    try:
        return gzip.decompress(content).removeprefix(codecs.BOM_UTF8)
    except (OSError, EOFError, zlib.error) as error:
        raise DataSyntaxError(
            f"{path}: this is not a complete gzip file ({error}); copy it again.", file=str(path)
        ) from error


def read_bytes(path: Path) -> bytes:
    """Return the content of the file at `path`, without the byte-order mark that some editors put before UTF-8.

    Raises:
        DataError: it cannot be read; the message says why.
    """
    try:
        return path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file; check the path.", file=str(path)) from error
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder; name the RDF files in it.", file=str(path)) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", file=str(path)) from error


def _refuse_declarations(content: bytes, path: Path) -> None:
    """Refuse what lets a few bytes of XML grow without bound: entities, and encodings that could hide them."""
    found = _DECLARATION.search(content)
    if found:
        line = content.count(b"\n", 0, found.start()) + 1
        raise DataSyntaxError(
            f"{path}, line {line}: RDF/XML with a DOCTYPE or ENTITY is refused, because entities can grow without "
            "bound; write the file without them.",
            file=str(path),
            line=line,
        )
    if (
        content.startswith((b"\xff\xfe", b"\xfe\xff"))
        or b"\x00" in content[:100]
        or _SAFE_ENCODINGS.search(content[:200])
    ):
        raise DataSyntaxError(f"{path}: RDF/XML is read in UTF-8 only; save the file as UTF-8.", file=str(path), line=1)


def _syntax_error(error: SyntaxError | ValueError, path: Path) -> DataSyntaxError:
    text, line, column = str(error), None, None
    if isinstance(error, SyntaxError):
        text, line, column = error.msg, error.lineno, error.offset
    location = f", line {line}, column {column}" if line else ""
    reason = _LOCATION.sub("", text).rstrip(".")
    if _REMOTE_CONTEXT in reason:
        reason = "the file refers to a remote JSON-LD context, which is not fetched; put the context into the file"
    return DataSyntaxError(f"{path}{location}: {reason}.", file=str(path), line=line)
