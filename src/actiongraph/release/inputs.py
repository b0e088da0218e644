"""The inputs of a release: curated Turtle and the vocabulary, as quads in their graphs."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox

from actiongraph import __version__
from actiongraph.catalogue.identifiers import CATALOG
from actiongraph.engine.files import read_bytes, read_file
from actiongraph.errors import DataError
from actiongraph.ingest.decisions import DECISIONS_FILE
from actiongraph.programme import EXAMPLES_FOLDER, PROGRAMME_FILE
from actiongraph.release.code_lists import own_concepts, used_lists, without_unused_codes
from actiongraph.release.evidence import expand
from actiongraph.release.ledger_completion import complete_ledger
from actiongraph.settings import Settings, shipped
from actiongraph.validate.locations import blank_node_line
from actiongraph.validate.unknown_terms import has_mistaken_namespace
from actiongraph.vocabulary import CANONICAL_BASE, DRIFT_SUFFIX, LEDGER_SUFFIX

KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_Term = TypeVar("_Term")
_SHARED = "reference.ttl"
LEDGER = "ledger"
"""The key of the graph with what became of the records of all sources, and of words that these no longer have."""
_BESIDE = (LEDGER_SUFFIX, DRIFT_SUFFIX)
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


def by_file(quads: Iterable[ox.Quad], inputs: Inputs, settings: Settings) -> dict[Path, list[ox.Quad]]:
    """Return those of `quads` that are in the graph of a data file, by that file."""
    found: dict[Path, list[ox.Quad]] = {path: [] for path in inputs.data}
    graphs = {graph_name(settings, path.stem): found[path] for path in inputs.data}
    for quad in quads:
        if isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name in graphs:
            graphs[quad.graph_name].append(quad)
    return found


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
    """Return the quads of all data files and the vocabulary, each file in its own graph, under `settings.base`.

    The files of ledgers are in one graph, that of the ledger, with the records that no file has.

    Raises:
        DataError: a blank node, an entry of evidence that cannot be read, or a triple that is in two files.
        DataSyntaxError: a file that is not Turtle.
    """
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
    if settings.base != CANONICAL_BASE:
        quads = list(rebased_quads(quads, settings, own_concepts(quads)))
    quads += complete_ledger(quads, settings.base, graph_name(settings, LEDGER))
    vocabulary = read_vocabulary(inputs, settings)
    quads += without_unused_codes(vocabulary if settings.is_ours else used_lists(vocabulary, quads), quads)
    _check_once(quads)
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


def _check_once(quads: Sequence[ox.Quad]) -> None:
    graphs = Counter(subject for subject, _ in {(quad.subject, quad.graph_name) for quad in quads})
    seen: dict[ox.Triple, ox.NamedNode | ox.BlankNode | ox.DefaultGraph] = {}
    for quad in quads:
        if graphs[quad.subject] == 1:
            continue  # which spares most triples
        first = seen.setdefault(quad.triple, quad.graph_name)
        if first != quad.graph_name:
            raise DataError(
                f"The triple {quad.triple} is in {first} and again in {quad.graph_name}; "
                "keep it in one file, or counts would be doubled."
            )
