"""The inputs of a release: curated Turtle and the vocabulary, as quads in their graphs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import eq
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox

from actiongraph import __version__
from actiongraph.catalogue.identifiers import CATALOG
from actiongraph.engine.files import read_as_written, read_bytes, read_file
from actiongraph.engine.nquads import as_lines, read_quads
from actiongraph.errors import DataError
from actiongraph.ingest.decisions import DECISIONS_FILE
from actiongraph.programme import EXAMPLES_FOLDER, PROGRAMME_FILE
from actiongraph.release.code_lists import TYPED, CodeUses, own_concepts, used_lists, without_unused_codes
from actiongraph.release.evidence import expand
from actiongraph.release.ledger_completion import READ_FOR_LEDGER, complete_ledger
from actiongraph.settings import Settings, shipped
from actiongraph.sorted_lines import LineSorter, Lists, Progress, silent
from actiongraph.validate.locations import blank_node_line
from actiongraph.validate.unknown_terms import has_mistaken_namespace
from actiongraph.vocabulary import AG, CANONICAL_BASE, DRIFT_SUFFIX, LEDGER_SUFFIX

KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_Term = TypeVar("_Term")
_SHARED = "reference.ttl"
LEDGER = "ledger"
"""The key of the graph with what became of the records of all sources, and of words that these no longer have."""
_BESIDE = (LEDGER_SUFFIX, DRIFT_SUFFIX)
_STATED = f" <{AG.stated}> ".encode()
_DEPENDS = re.compile(rb"^_:| _:[^ \"\n]* \.$|%b" % re.escape(_STATED), re.MULTILINE)
"""A blank node, or an entry of evidence: what it means depends on other lines."""
RESERVED = frozenset({"vocabulary", "derived", LEDGER, CATALOG, "marker"})
"""Graph keys that are computed, or written when a release is moved; no file of data may claim them."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files a release is made from, each in sorted order."""

    data: tuple[Path, ...]
    ontology: tuple[Path, ...]
    shapes: tuple[Path, ...]
    texts: tuple[Path, ...] = ()
    ledgers: tuple[Path, ...] = ()

    def fingerprint(self, settings: Settings) -> str:
        """Return the SHA-256, in hexadecimal, of everything that the content of the release depends on.

        Raises:
            DataError: a file cannot be read.
        """
        programme = settings.programme.record()
        decided = [__version__, settings.base, settings.chain_closure_max, settings.metadata(), programme]
        digest = hashlib.sha256(json.dumps(decided, sort_keys=True).encode())
        folders = {"data": self.data, "ontology": self.ontology, "shapes": self.shapes, "texts": self.texts}
        folders["ledgers"] = self.ledgers
        for room, paths in folders.items():
            for path in paths:
                content = read_bytes(path)
                digest.update(f"{room}/{path.name} {len(content)}\n".encode())
                digest.update(content)
        return digest.hexdigest()


def find_inputs(data: Path | None, texts: Sequence[Path] = ()) -> Inputs:
    """Return the files in the folder `data` (the shipped data if None) and in the shipped ontology and shapes.

    Texts of sources are `texts` and those that lie beside the data and end in `.txt`.

    Raises:
        DataError: the folder has no Turtle, or a file whose name cannot name a graph.
    """
    folder = data or shipped("data")
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; --data takes the folder with the Turtle files.", file=str(folder))
    paths = turtle_files(folder)
    if not paths:
        raise DataError(f"{folder} has no Turtle files; put the data into files that end in .ttl.", file=str(folder))
    for path in paths:
        if not KEY.fullmatch(path.stem) or path.stem in RESERVED:
            raise DataError(
                f"{path}: the name of a data file becomes the key of its graph; use lower-case letters, digits and "
                f"single hyphens, but none of {', '.join(sorted(RESERVED))}.",
                file=str(path),
            )
    vocabulary = turtle_files(shipped("ontology")), turtle_files(shipped("shapes"))
    return Inputs(paths, *vocabulary, (*texts, *_texts(folder)), _ledgers(folder))


def inputs_of_files(files: Sequence[Path], settings: Settings, texts: Sequence[Path] = ()) -> Inputs:
    """Return the inputs for `files` that are validated by name: these, and the `reference.ttl` that they lean on.

    The latter is the one in the data folder of `settings`; where none is set, the one beside the files, or else the
    shipped one.

    Raises:
        DataError: the data folder of `settings` cannot be used.
    """
    named = {path.resolve() for path in files}
    own = [path.parent for path in files if (path.parent / _SHARED).is_file()]
    if settings.data is None and own:
        folders = tuple(dict.fromkeys(own))
        shared = [folder / _SHARED for folder in folders]
        found = replace(find_inputs(None, texts), texts=(*texts, *chain.from_iterable(map(_texts, folders))))
    else:
        found = find_inputs(settings.data, texts)
        shared = [path for path in found.data if path.name == _SHARED]
    beside = tuple(path for path in shared if path.resolve() not in named)
    return replace(found, data=(*files, *beside), ledgers=())


def left_out(folder: Path) -> list[str]:
    """Return the names of files and folders in the data folder that are not read, without hidden ones."""
    read = {
        *turtle_files(folder),
        *_ledgers(folder),
        *_texts(folder),
        folder / PROGRAMME_FILE,
        folder / DECISIONS_FILE,
        folder / EXAMPLES_FOLDER,
    }
    names = (path.name for path in folder.iterdir() if path not in read) if folder.is_dir() else ()
    return sorted(name for name in names if not name.startswith("."))


def turtle_files(folder: Path) -> tuple[Path, ...]:
    """Return the files of a data folder that describe things, in the order of their names, and no ledgers."""
    return tuple(path for path in sorted(folder.glob("*.ttl")) if not path.name.endswith(_BESIDE))


def _ledgers(folder: Path) -> tuple[Path, ...]:
    return tuple(path for path in sorted(folder.glob("*.ttl")) if path.name.endswith(_BESIDE))


def _texts(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(folder.glob("*.txt")))


def graph_name(settings: Settings, key: str) -> ox.NamedNode:
    """Return the name of the graph with `key`, such as `reference` or `derived`."""
    return ox.NamedNode(f"{settings.base}graph/{key}")


def read_data(inputs: Inputs, settings: Settings) -> list[ox.Quad]:
    """Return the quads that `read_lines` takes, in a list.

    Raises:
        DataError, DataSyntaxError: as `read_lines`, and a triple that is in two files.
    """
    lines = read_lines(inputs, settings, LineSorter(None))
    return list(read_quads(lines.sorted(lambda found: each_once(found, inputs, settings))))


def read_lines(inputs: Inputs, settings: Settings, lines: LineSorter, progress: Progress = silent) -> LineSorter:
    """Return `lines`, which are none, with those of all data files and the vocabulary, under `settings.base`.

    Each file is in its own graph; the files of ledgers are in one, that of the ledger, with the records that no file
    has. A file is read as a stream, unless one of them has evidence to expand or blank nodes.

    Raises:
        DataError: a blank node, or an entry of evidence that cannot be read.
        DataSyntaxError: a file that is not Turtle.
    """
    vocabulary = read_vocabulary(inputs, settings)
    uses = CodeUses(vocabulary)
    read = lines if settings.base == CANONICAL_BASE else lines.another()
    try:
        _collect(_as_streams(inputs, settings, progress), read, uses)
    except _IsNoStreamError:
        read.clear()
        uses = CodeUses(vocabulary)
        _collect(as_lines(_expanded(inputs, settings)), read, uses)
    if read is not lines:
        own = own_concepts(read_quads(read.having(TYPED)))
        uses = CodeUses(vocabulary)
        _collect((_rebased_text(text, settings.base, own) for text in read.texts()), lines, uses)
        read.clear()
    ledger = list(read_quads(lines.having(*READ_FOR_LEDGER)))
    _collect(as_lines(complete_ledger(ledger, settings.base, graph_name(settings, LEDGER))), lines, uses)
    used = uses.quads()
    kept = without_unused_codes(vocabulary if settings.is_ours else used_lists(vocabulary, used), used)
    _collect(as_lines(kept), lines, uses)
    return lines


class _IsNoStreamError(Exception):
    """A file that cannot be read as a stream."""


def _collect(texts: Iterable[bytes], lines: LineSorter, uses: CodeUses) -> None:
    for text in texts:
        found = text.splitlines(keepends=True)
        uses.note(found)
        lines.add(found)


def _as_streams(inputs: Inputs, settings: Settings, progress: Progress) -> Iterator[bytes]:
    """Yield the lines of all data files and ledgers, some thousands in a text.

    Raises:
        _IsNoStreamError: that is not possible, because one part of a file depends on another.
    """
    graphs = {path: graph_name(settings, path.stem) for path in inputs.data}
    graphs |= dict.fromkeys(inputs.ledgers, graph_name(settings, LEDGER))  # which rebasing leaves as they are
    sizes = {path: path.stat().st_size for path in graphs}
    done = 0
    for path, graph in graphs.items():
        progress("reading data", done, sum(sizes.values()))
        done += sizes[path]
        named = f" {graph} .\n".encode()
        for text in as_lines(read_as_written(path, base=CANONICAL_BASE)):
            if (b"_:" in text or _STATED in text) and _DEPENDS.search(text):
                raise _IsNoStreamError
            yield text.replace(b" .\n", named)


def _rebased_text(text: bytes, base: str, own: frozenset[str]) -> bytes:
    """Return N-Quads as `rebased_quads` changes their quads."""
    old, new = f"<{CANONICAL_BASE}".encode(), f"<{base}".encode()
    moved = tuple(old + each for each in (b"id/", b"graph/", b"ledger/"))
    own_terms = {f"<{term}>".encode() for term in own}

    def rebased(term: bytes) -> bytes:
        return new + term[len(old) :] if term.startswith(moved) or term in own_terms else term

    lines = []
    for line in text.splitlines():
        subject, predicate, rest = line.split(b" ", 2)
        object_, graph, _ = rest.rsplit(b" ", 2)
        lines.append(b" ".join((*map(rebased, (subject, predicate, object_, graph)), b".\n")))
    return b"".join(lines)


def _expanded(inputs: Inputs, settings: Settings) -> list[ox.Quad]:
    """Return the quads of all data files, with evidence expanded, and of ledgers."""
    files = {
        path: list(read_file(path, base=CANONICAL_BASE, to_graph=graph_name(settings, path.stem)))
        for path in inputs.data
    }
    quads: list[ox.Quad] = []
    for path, expanded in expand(files).items():
        # Evidence in a mistaken namespace is not expanded: the mistake is told, and nothing is published.
        quads += expanded if has_mistaken_namespace(expanded) else _without_blank_nodes(path, expanded)
    ledger = graph_name(settings, LEDGER)
    for path in inputs.ledgers:
        quads += _without_blank_nodes(path, list(read_file(path, base=CANONICAL_BASE, to_graph=ledger)))
    return quads


def read_vocabulary(inputs: Inputs, settings: Settings) -> list[ox.Quad]:
    """Return the quads of the ontology and its concept schemes, in `graph/vocabulary`."""
    graph = graph_name(settings, "vocabulary")
    files = ((path, list(read_file(path, to_graph=graph))) for path in inputs.ontology)
    return [quad for path, quads in files for quad in _without_blank_nodes(path, quads)]


def _without_blank_nodes(path: Path, quads: Sequence[ox.Quad]) -> Sequence[ox.Quad]:
    """Return `quads`, none of which has a blank node."""
    if any(isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode) for quad in quads):
        line = blank_node_line(path)
        location = f"{path}, line {line}" if line else str(path)
        raise DataError(
            f"{location}: blank nodes cannot be published; give this resource an IRI.", file=str(path), line=line
        )
    return quads


def rebased_quads(quads: Iterable[ox.Quad], settings: Settings, own: frozenset[str] = frozenset()) -> Iterator[ox.Quad]:
    """Return `quads` with the things and graphs of the canonical base, and concepts `own`, under `settings.base`."""
    base = settings.base
    if base == CANONICAL_BASE:
        return iter(quads)
    return (ox.Quad(*(_rebased(term, base, own) for term in (*quad.triple, quad.graph_name))) for quad in quads)


def _rebased(term: _Term, base: str, own: frozenset[str]) -> _Term:
    """Return `term` under `base` if it is a thing, a graph or one of the concepts `own`; the vocabulary stays."""
    if isinstance(term, ox.NamedNode):
        rest = term.value.removeprefix(CANONICAL_BASE)
        if rest != term.value and (rest.startswith(("id/", "graph/", "ledger/")) or term.value in own):
            return ox.NamedNode(base + rest)  # type: ignore[return-value]
    return term


def each_once(lists: Lists, inputs: Inputs, settings: Settings) -> Lists:
    """Yield sorted N-Quads, given in lists of whole subjects, but for derived ones whose triple stands elsewhere too.

    Raises:
        DataError: a triple stands in two graphs.
    """
    derived = f"{graph_name(settings, 'derived')} .\n".encode()
    for lines in lists:
        triples = [line[: line.rindex(b" <") + 1] for line in lines]
        again = [number for number, is_same in enumerate(map(eq, triples, triples[1:])) if is_same]
        dropped = set()
        for number in again:
            first = next(each for each in range(number, -1, -1) if each not in dropped)
            is_derived = [lines[each].endswith(derived) for each in (first, number + 1)]
            if not any(is_derived):
                raise _repeated(triples[first], (lines[first], lines[number + 1]), inputs, settings)
            dropped.add(number + 1 if is_derived[1] else first)
        yield [line for number, line in enumerate(lines) if number not in dropped] if dropped else lines


def _repeated(triple: bytes, lines: Sequence[bytes], inputs: Inputs, settings: Settings) -> DataError:
    order = [graph_name(settings, key).value for key in (*(path.stem for path in inputs.data), LEDGER)]
    graphs = [line[line.rindex(b" <") + 2 : -4].decode() for line in lines]
    first, second = sorted(graphs, key=lambda graph: order.index(graph) if graph in order else len(order))
    return DataError(
        f"The triple {triple.decode().strip()} is in <{first}> and again in <{second}>; "
        "keep it in one file, or counts would be doubled."
    )
