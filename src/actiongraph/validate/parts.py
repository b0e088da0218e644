"""Data in parts, each of which can be validated by itself: what is found of its things is what all the data would give.

The shapes say how far they look from a focus node: along which properties, in which direction, and from there on. So a
part has all that is said of its own things, and of others what the shapes look at from there. Other things are
incomplete in it, and what is found of them there is left aside; each thing is one of the own of exactly one part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import rdflib
from rdflib import RDF, RDFS, SH
from rdflib.collection import Collection
from rdflib.term import Node

from actiongraph.engine.nquads import triples_of
from actiongraph.sorted_lines import LineSorter, SortedLines
from actiongraph.validate.shapes import TARGETS
from actiongraph.vocabulary import IRI

PART_BYTES = 12_000_000
"""N-Quads in one part; `shacl` holds four times as much, and takes no longer for many parts than for few."""
_TYPE = f"<{RDF.type}>".encode()
_SUPER = f"<{RDFS.subClassOf}>".encode()
_NESTED = (SH.property, SH.node, SH["not"], SH.qualifiedValueShape)
_LISTS = (SH["and"], SH["or"], SH.xone)
_PAIRS = (SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals)
_SAYS_NOTHING = {*TARGETS, RDF.type, SH.severity, SH.message, SH.description, SH.name}
_MADE = "urn:x-actiongraph:"
_BESIDE = f"{_MADE}beside:"
"""Put before the names of the classes of things that are not of a part, so that these are no targets in it."""
_CLASS = (f"<{_BESIDE}>".encode(), False)
"""The step to the classes of a node, where only these are asked for and not what is said with rdf:type."""
_MOST_HELD = 50_000
_WITNESS = f"<{_MADE}witness>".encode()
"""The subject of a triple that makes its object the target of a shape, whoever the true subjects are."""


@dataclass(slots=True)
class Reach:
    """The properties that shapes look at from a node, each with whether it is followed backwards, and the way on."""

    steps: dict[tuple[bytes, bool], Reach] = field(default_factory=dict)

    def step(self, predicate: Node, *, backwards: bool = False) -> Reach:
        """Return the reach from the nodes at the end of a property, which are looked at from now on."""
        return self.steps.setdefault((f"<{predicate}>".encode(), backwards), Reach())


@dataclass(frozen=True, slots=True)
class DataPart:
    """N-Quads with all that shapes look at from the things between `start` and `stop`, by the order of lines.

    In which graphs they are says nothing. `own_bytes` is the size of what is said of these things. `shapes` are those
    that were given, but that their target classes have no other instances than these.
    """

    lines: bytes
    own_bytes: int
    shapes: rdflib.Graph
    start: bytes = b""
    stop: bytes | None = None

    def has(self, thing: bytes) -> bool:
        """Tell whether the part has all that shapes look at from `thing`, given as in N-Triples."""
        return _is_between(thing, self.start, self.stop) and not thing.startswith(_MADE.encode(), 1)


def _is_between(thing: bytes, start: bytes, stop: bytes | None) -> bool:
    return start <= thing + b" " and (stop is None or thing + b" " < stop)


class UnlimitedReach(Exception):
    """Shapes that may look at any node from any other."""


def reach_of(shapes: rdflib.Graph) -> Reach:
    """Return the reach of `shapes` from their focus nodes, all of them taken together.

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
            end.steps.setdefault(_CLASS, Reach())
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
    texts = _together(lines)
    text, following = next(texts, b""), next(texts, None)
    if following is None:
        yield DataPart(text, len(text), shapes)
        return
    judging = _judging(shapes)
    try:
        context = _Context(lines, judging, reach_of(judging))
    except UnlimitedReach:
        yield DataPart(b"".join((text, following, *texts)), lines.size_bytes, shapes)
        return
    start = b""
    for each in chain([following], texts):
        stop = each[: each.index(b" ") + 1]
        yield context.part(text, start, stop)
        text, start = each, stop
    yield context.part(text, start, None)


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
    """Other things, of which parts need something."""

    def __init__(self, lines: SortedLines, shapes: rdflib.Graph, reach: Reach) -> None:
        self._lines = lines
        self._reach = reach
        self._backwards, classes = _turned(lines, shapes, reach)
        # Where rules are about classes themselves, nothing may be said of these: things beside a part are targets then.
        self._is_apart = RDFS.subClassOf not in set(shapes.objects())
        self._shapes, more = _with_classes_beside(shapes, classes) if self._is_apart else (shapes, b"")
        self._classes = classes + more

    def part(self, text: bytes, start: bytes, stop: bytes | None) -> DataPart:
        """Return the part with the things of `text`, which are those between `start` and `stop`."""
        found: dict[bytes, None] = {}
        asked: dict[bytes, None] = {}
        wanted: list[tuple[Reach, set[bytes]]] = []
        of_step: dict[tuple[bytes, bool], set[bytes]] = {}
        for step, then in self._reach.steps.items():
            if then.steps:
                of_step[step] = next((nodes for known, nodes in wanted if known == then), set())
                if not any(known == then for known, _ in wanted):
                    wanted.append((then, of_step[step]))
        for predicate, rest in _said(text, {predicate for predicate, is_backwards in of_step if not is_backwards}):
            of_step[predicate, False].add(rest[: rest.index(b" ")])
        for line in self._backwards.between(start, stop):
            term, predicate, subject = _parted(line)
            found[b" ".join((subject, predicate, term, b".\n"))] = None
            if (predicate, True) in of_step and subject != _WITNESS:
                of_step[predicate, True].add(subject)
        for then, nodes in wanted:
            beside = nodes if _goes_on(then) else {node for node in nodes if not _is_between(node, start, stop)}
            for node in sorted(beside):  # what stands side by side is read once
                self._look(node, then, found, asked)
        # Rules that look at what is said with rdf:type must not see what is not said.
        seen = {line.split(b" ", 1)[0] for line in found if line.startswith(_TYPE, line.index(b" ") + 1)}
        more = [self._types(node, node in seen) for node in asked if not _is_between(node, start, stop)]
        return DataPart(b"".join((text, self._classes, *found, *more)), len(text), self._shapes, start, stop)

    def _look(self, node: bytes, reach: Reach, found: dict[bytes, None], asked: dict[bytes, None]) -> None:
        """Add what is looked at from a node to `found`, and the nodes whose classes are asked for to `asked`."""
        for step, then in reach.steps.items():
            predicate, is_backwards = step
            if is_backwards:
                turned = self._backwards.beginning_with(node + b" " + predicate + b" ").splitlines()
                ends = [_parted(line)[2] for line in turned]
                found.update(dict.fromkeys(b" ".join((end, predicate, node, b".\n")) for end in ends))
            elif step == _CLASS:
                asked[node] = None
                continue
            else:
                ends = self._ends(node, predicate)
                found.update(dict.fromkeys(b" ".join((node, predicate, end, b".\n")) for end in ends))
            for end in ends if then.steps else ():
                if not end.startswith(b'"'):
                    self._look(end, then, found, asked)

    def _types(self, node: bytes, as_they_are: bool) -> bytes:
        """Return N-Triples with the classes of a node that is not of the part."""
        as_they_are = as_they_are or not self._is_apart
        classes = [class_ for class_ in self._ends(node, _TYPE) if class_.startswith(b"<")]
        named = classes if as_they_are else map(_beside, classes)
        return b"".join(b"%b %b %b .\n" % (node, _TYPE, class_) for class_ in named)

    def _ends(self, node: bytes, predicate: bytes) -> list[bytes]:
        own = node + b" " + predicate + b" "
        return [line[len(own) :].rsplit(b" ", 2)[0] for line in self._lines.beginning_with(own).splitlines()]


def _said(text: bytes, predicates: set[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield predicate and rest of the lines of `text` with one of `predicates` whose object is no literal."""
    for line in text.splitlines():
        _, predicate, rest = line.split(b" ", 2)
        if predicate in predicates and not rest.startswith(b'"'):
            yield predicate, rest


def _goes_on(reach: Reach) -> bool:
    """Tell whether more is looked at than what is said of a node itself."""
    return any(is_backwards or then.steps for (_, is_backwards), then in reach.steps.items())


def _with_classes_beside(shapes: rdflib.Graph, classes: bytes) -> tuple[rdflib.Graph, bytes]:
    """Return `shapes` that ask for a wider class in place of each, and N-Triples: it has the instances beside a part.

    These are no instances of the class itself. They would be targets, and would be judged by what they lack, for
    nothing.
    """
    changed = rdflib.Graph(bind_namespaces="none")
    asked = set()
    for shape, predicate, term in shapes:
        if predicate == SH["class"] and isinstance(term, IRI):
            asked.add(f"<{term}>".encode())
            changed.add((shape, predicate, IRI(_BESIDE + term)))
        else:
            changed.add((shape, predicate, term))
    pairs = [line.split(b" ")[:3:2] for line in classes.splitlines()]
    named = [(narrow, wide) for narrow, wide in pairs if narrow.startswith(b"<") and wide.startswith(b"<")]
    wider = [(_beside(narrow), _beside(wide)) for narrow, wide in named]
    wider += ((class_, _beside(class_)) for class_ in sorted(asked.union(*named)))
    return changed, b"".join(b"%b %b %b .\n" % (narrow, _SUPER, wide) for narrow, wide in wider)


def _beside(class_: bytes) -> bytes:
    """Return the class that things beside a part have in place of `class_`."""
    return f"<{_BESIDE}".encode() + class_[1:]


def _parted(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Return object, predicate and subject of a line that `_turned` wrote."""
    term, predicate, subject = line.rstrip(b"\n").rsplit(b" ", 2)
    return term, predicate, subject


def _turned(lines: SortedLines, shapes: rdflib.Graph, reach: Reach) -> tuple[SortedLines, bytes]:
    """Return two things that a pass over all lines finds.

    The first are the triples that shapes follow backwards, object first, sorted, and those that make objects targets;
    the second are the N-Triples that say which class is wider than which.
    """
    followed = _backwards(reach)
    targets = {f"<{each}>".encode() for each in shapes.objects(None, SH.targetObjectsOf)} - followed
    sorter = LineSorter(lines.path and lines.path.parent)
    turned: set[bytes] = set()
    classes: list[bytes] = []
    for line in lines.having(*(b" " + each + b" " for each in sorted({*followed, *targets, _SUPER}))):
        subject, predicate, rest = line.split(b" ", 2)
        if predicate == _SUPER:
            classes.append(triples_of(line))
            if _SUPER not in followed and _SUPER not in targets:
                continue
        term = rest.rsplit(b" ", 2)[0]
        turned.add(b"%b %b %b\n" % (term, predicate, _WITNESS if predicate in targets else subject))
        if len(turned) > _MOST_HELD:  # many have one class for their object, and so the same witness
            sorter.add(turned)
            turned.clear()
    sorter.add(turned)
    return sorter.sorted(), b"".join(classes)


def _backwards(reach: Reach) -> set[bytes]:
    found = {predicate for predicate, is_backwards in reach.steps if is_backwards}
    return found.union(*(_backwards(then) for then in reach.steps.values()))


def _judging(shapes: rdflib.Graph) -> rdflib.Graph:
    """Return `shapes` without the targets of those that say nothing of them, as what is said in SPARQL is left out."""
    idle = {shape for shape in shapes.subjects() if _SAYS_NOTHING.issuperset(shapes.predicates(shape))}
    left = rdflib.Graph(bind_namespaces="none")
    for triple in shapes:
        if triple[0] not in idle or triple[1] not in TARGETS:
            left.add(triple)
    return left
