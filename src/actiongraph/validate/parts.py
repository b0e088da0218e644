"""Data in parts, each of which can be validated by itself: what is found of its things is what all the data would give.

The shapes say how far they look from a focus node: along which properties, in which direction, and from there on. So a
part has all that is said of its own things, and of others what the shapes look at from there. Other things are
incomplete in it, and what is found of them there is left aside; each thing is one of the own of exactly one part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import rdflib
from rdflib import RDF, RDFS, SH
from rdflib.collection import Collection
from rdflib.term import Node

from actiongraph.engine.nquads import triples_of
from actiongraph.sorted_lines import LineSorter, SortedLines
from actiongraph.vocabulary import IRI

PART_BYTES = 48_000_000
"""N-Quads in one part; `shacl` holds eight times as much."""
_TYPE = f"<{RDF.type}>".encode()
_SUPER = f" <{RDFS.subClassOf}> ".encode()
_NESTED = (SH.property, SH.node, SH["not"], SH.qualifiedValueShape)
_LISTS = (SH["and"], SH["or"], SH.xone)
_PAIRS = (SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals)
_OWN = "urn:x-actiongraph:own:"
_MOST_HELD = 50_000
_WITNESS = b"<urn:x-actiongraph:witness>"
"""The subject of a triple that makes its object the target of a shape, whoever the true subjects are."""


@dataclass(slots=True)
class Reach:
    """What shapes look at from a node: the properties, each with whether it is followed backwards, and the way on."""

    steps: dict[tuple[bytes, bool], Reach] = field(default_factory=dict)

    def step(self, predicate: Node, *, backwards: bool = False) -> Reach:
        """Return what is looked at from the nodes at the end of a property, which are looked at from now on."""
        return self.steps.setdefault((f"<{predicate}>".encode(), backwards), Reach())


@dataclass(frozen=True, slots=True)
class DataPart:
    """N-Triples with all that shapes look at from the things between `start` and `stop`, by the order of lines.

    `own_bytes` is the size of what is said of these, as N-Quads. `shapes` are those that were given, but that their
    target classes have no other instances than these.
    """

    triples: bytes
    own_bytes: int
    shapes: rdflib.Graph
    start: bytes = b""
    stop: bytes | None = None

    def has(self, thing: bytes) -> bool:
        """Tell whether the part has all that shapes look at from `thing`, given as in N-Triples."""
        word = thing + b" "
        return self.start <= word and (self.stop is None or word < self.stop) and thing != _WITNESS


class UnlimitedReach(Exception):
    """Shapes that may look at any node from any other."""


def reach_of(shapes: rdflib.Graph) -> Reach:
    """Return how far `shapes` look from their focus nodes, all of them taken together.

    Raises:
        UnlimitedReach: they follow a property any number of times, name each other in a circle, or close a shape.
    """
    found = Reach()
    found.step(RDF.type)
    for predicate in shapes.objects(None, SH.targetSubjectsOf):
        found.step(predicate)
    roots = {*shapes.subjects(SH.property), *shapes.objects(None, SH.property)}
    for kind in (SH.NodeShape, SH.PropertyShape):
        roots |= set(shapes.subjects(RDF.type, kind))
    for target in (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode):
        roots |= set(shapes.subjects(target))
    for shape in roots:
        _follow(shapes, shape, found, (shape,))
    return found


def _follow(shapes: rdflib.Graph, shape: Node, at: Reach, within: tuple[Node, ...]) -> None:
    """Add to `at` what `shape` looks at from its focus nodes."""
    if (shape, SH.closed, None) in shapes:
        raise UnlimitedReach
    for pair in _PAIRS:
        for predicate in shapes.objects(shape, pair):
            at.step(predicate)
    path = shapes.value(shape, SH.path)
    parts = [part for nested in _NESTED for part in shapes.objects(shape, nested)]
    parts += (part for kind in _LISTS for each in shapes.objects(shape, kind) for part in Collection(shapes, each))
    for end in [at] if path is None else _walk(shapes, path, [at]):
        if (shape, SH["class"], None) in shapes:
            end.step(RDF.type)
        for part in parts:
            if part in within:
                raise UnlimitedReach
            _follow(shapes, part, end, (*within, part))


def _walk(shapes: rdflib.Graph, path: Node, starts: list[Reach], *, backwards: bool = False) -> list[Reach]:
    """Return where `path` leads to from `starts` (SHACL, section 2.3.1)."""
    if isinstance(path, IRI):
        return [start.step(path, backwards=backwards) for start in starts]
    if inverse := shapes.value(path, SH.inversePath):
        return _walk(shapes, inverse, starts, backwards=not backwards)
    if alternatives := shapes.value(path, SH.alternativePath):
        ways = Collection(shapes, alternatives)
        return [end for way in ways for end in _walk(shapes, way, starts, backwards=backwards)]
    if (path, RDF.first, None) in shapes:
        steps = list(Collection(shapes, path))
        for step in reversed(steps) if backwards else steps:
            starts = _walk(shapes, step, starts, backwards=backwards)
        return starts
    if once := shapes.value(path, SH.zeroOrOnePath):
        return [*starts, *_walk(shapes, once, starts, backwards=backwards)]
    raise UnlimitedReach


def parts_of(lines: SortedLines, shapes: rdflib.Graph) -> Iterator[DataPart]:
    """Yield `lines`, N-Quads each in a named graph, in parts that can be validated by `shapes` one by one.

    Lines that fit into one part, and shapes that may look anywhere, give one part.
    """
    try:
        reach = reach_of(shapes)
    except UnlimitedReach:
        yield DataPart(b"".join(map(triples_of, lines.texts())), lines.size_bytes, shapes)
        return
    texts = _together(lines)
    text = next(texts, b"")
    start = b""
    context: _Context | None = None
    for following in texts:
        stop = following[: following.index(b" ") + 1]
        context = context or _Context(lines, shapes, reach)
        yield context.part(text, start, stop)
        text, start = following, stop
    yield context.part(text, start, None) if context else DataPart(triples_of(text), len(text), shapes)


def _together(lines: SortedLines) -> Iterator[bytes]:
    """Yield the text of all lines in pieces of so many bytes, with all that is said of a thing in one."""
    held: list[bytes] = []
    size = 0
    for text in lines.whole_texts():
        if held and size + len(text) > PART_BYTES:
            yield b"".join(held)
            held, size = [], 0
        held.append(text)
        size += len(text)
    if held:
        yield b"".join(held)


class _Context:
    """What parts need of other things."""

    def __init__(self, lines: SortedLines, shapes: rdflib.Graph, reach: Reach) -> None:
        self._lines = lines
        self._reach = reach
        self._backwards = _turned(lines, shapes, reach)
        self._classes = triples_of(b"".join(lines.having(_SUPER)))
        self._shapes = _with_own_targets(shapes)
        self._targeted = _targeted(shapes, self._classes)

    def part(self, text: bytes, start: bytes, stop: bytes | None) -> DataPart:
        found: dict[bytes, None] = {}
        wanted: dict[int, tuple[Reach, set[bytes]]] = {}
        for (_, is_backwards), then in self._reach.steps.items():
            if then.steps and not is_backwards:
                wanted[id(then)] = (then, set())
        of_step = {
            predicate: wanted[id(then)][1]
            for (predicate, is_backwards), then in self._reach.steps.items()
            if then.steps and not is_backwards
        }
        for line in text.splitlines():
            subject, predicate, rest = line.split(b" ", 2)
            if predicate == _TYPE:
                found.update(dict.fromkeys(subject + mark for mark in self._targeted.get(rest.split(b" ", 1)[0], ())))
            if predicate in of_step and not rest.startswith(b'"'):
                of_step[predicate].add(rest.rsplit(b" ", 2)[0])
        for line in self._backwards.between(start, stop):
            term, predicate, subject = _parted(line)
            found[b" ".join((subject, predicate, term, b".\n"))] = None
            beyond = self._reach.steps.get((predicate, True))
            if beyond and beyond.steps and subject != _WITNESS:
                wanted.setdefault(id(beyond), (beyond, set()))[1].add(subject)
        for then, nodes in wanted.values():
            for node in sorted(nodes):  # what stands side by side is read once
                self._look(node, then, found)
        return DataPart(b"".join((triples_of(text), self._classes, *found)), len(text), self._shapes, start, stop)

    def _look(self, node: bytes, reach: Reach, found: dict[bytes, None]) -> None:
        """Add what is looked at from a node to `found`."""
        own = self._lines.beginning_with(node + b" ").splitlines(keepends=True)
        for (predicate, is_backwards), then in reach.steps.items():
            if is_backwards:
                turned = map(_parted, self._backwards.beginning_with(node + b" " + predicate + b" ").splitlines(True))
                ends = [subject for _, _, subject in turned]
                found.update(dict.fromkeys(b" ".join((end, predicate, node, b".\n")) for end in ends))
            else:
                lines = [line for line in own if line.startswith(b" " + predicate + b" ", len(node))]
                ends = [line.split(b" ", 2)[2].rsplit(b" ", 2)[0] for line in lines]
                found.update(dict.fromkeys(map(triples_of, lines)))
            for end in ends if then.steps else ():
                if not end.startswith(b'"'):
                    self._look(end, then, found)


def _with_own_targets(shapes: rdflib.Graph) -> rdflib.Graph:
    """Return `shapes` with a mark in place of each target class, which only the own things of a part bear.

    Others are of the class there too, and would be judged by what they lack, for nothing.
    """
    changed = rdflib.Graph(bind_namespaces="none")
    for shape, predicate, term in shapes:
        if predicate == SH.targetClass and isinstance(term, IRI):
            changed.add((shape, SH.targetSubjectsOf, IRI(_OWN + term)))
        else:
            changed.add((shape, predicate, term))
    return changed


def _targeted(shapes: rdflib.Graph, classes: bytes) -> dict[bytes, list[bytes]]:
    """Return, for each class, how the marks of its instances go on, as N-Triples, after the instance."""
    known = rdflib.Graph(bind_namespaces="none").parse(data=classes, format="nt")
    found: dict[bytes, list[bytes]] = {}
    for target in set(shapes.objects(None, SH.targetClass)):
        mark = f' <{_OWN}{target}> "" .\n'.encode()
        for class_ in known.transitive_subjects(RDFS.subClassOf, target):
            found.setdefault(f"<{class_}>".encode(), []).append(mark)
    return found


def _parted(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Return object, predicate and subject of a line that `_turned` wrote."""
    term, predicate, subject = line.rstrip(b"\n").rsplit(b" ", 2)
    return term, predicate, subject


def _turned(lines: SortedLines, shapes: rdflib.Graph, reach: Reach) -> SortedLines:
    """Return the triples that shapes follow backwards, object first, sorted, and those that make objects targets."""
    followed = _backwards(reach)
    targets = {f"<{each}>".encode() for each in shapes.objects(None, SH.targetObjectsOf)} - followed
    sorter = LineSorter(lines.path and lines.path.parent)
    read = followed | targets
    turned: set[bytes] = set()
    for line in lines if read else ():
        subject, predicate, rest = line.split(b" ", 2)
        if predicate not in read:
            continue
        term = rest.rsplit(b" ", 2)[0]
        turned.add(b"%b %b %b\n" % (term, predicate, _WITNESS if predicate in targets else subject))
        if len(turned) > _MOST_HELD:  # many have one class for their object, and so the same witness
            sorter.add(turned)
            turned.clear()
    sorter.add(turned)
    return sorter.sorted()


def _backwards(reach: Reach) -> set[bytes]:
    found = {predicate for predicate, is_backwards in reach.steps if is_backwards}
    return found.union(*(_backwards(then) for then in reach.steps.values()))
