"""Every example gives the answer that a reader of the source would give, on both engines.

An expected answer is a table (`expected/<name>.md`) or, for CONSTRUCT, a graph (`expected/<name>.ttl`). In a table an
empty cell is an unbound variable, and … is any literal: words or figures that are a curator's own and in no source.
Order counts where the query has ORDER BY, but not by variables that are ….
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import rdflib
from rdflib.compare import to_isomorphic
from rdflib.namespace import NamespaceManager
from rdflib.term import Node
from rdflib.util import from_n3

from actiongraph import formats
from actiongraph.examples import Example, find_example, load_examples
from actiongraph.sparql.guard import check_query
from actiongraph.vocabulary import PREFIXES

EXPECTED = Path(__file__).parent / "expected"
ANY = "…"
_ID = "https://w3id.org/actiongraph/id/"
_CONCEPT = "https://w3id.org/actiongraph/concept/"
_PREFIXES = (
    PREFIXES
    | {"act": _ID + "action/", "cty": _ID + "country/", "doc": _ID + "document/"}
    | {kind: f"{_ID}{kind}/" for kind in ("activity", "chain", "facility", "org", "outcome", "place", "team")}
    | {"ak": _CONCEPT + "activity-kind/", "group": _CONCEPT + "beneficiary/", "role": _CONCEPT + "team-role/"}
    | {"kind": _CONCEPT + "outcome-kind/", "status": _CONCEPT + "outcome-status/"}
    | {"th": _CONCEPT + "theme/", "type": _CONCEPT + "assistance/"}
    | {"cv": "http://data.europa.eu/m8g/", "w3org": "http://www.w3.org/ns/org#"}
    | {"eu": "http://publications.europa.eu/resource/authority/country/", "wd": "http://www.wikidata.org/entity/"}
)

Key = tuple[str, ...] | None
"""A term so that it can be compared: None for an unbound variable; numbers by value, whatever their datatype."""


class Answer:
    """A solution sequence as keys: `rows` hold one key for each of `variables`."""

    def __init__(self, variables: Sequence[str], rows: Sequence[Sequence[Key]]) -> None:
        self.variables = tuple(variables)
        self.rows = [tuple(row) for row in rows]

    @property
    def open_variables(self) -> set[str]:
        """The variables that are … somewhere."""
        return {name for row in self.rows for name, key in zip(self.variables, row, strict=True) if key == (ANY,)}

    def opened(self, names: set[str]) -> Answer:
        """Return the answer with every literal of the variables `names` as …."""
        return Answer(
            self.variables,
            [
                [
                    (ANY,) if name in names and key is not None and key[0] != "iri" else key
                    for name, key in zip(self.variables, row, strict=True)
                ]
                for row in self.rows
            ],
        )


def key_of(term: Node | None) -> Key:
    if term is None:
        return None
    if isinstance(term, rdflib.Literal):
        if isinstance(value := term.toPython(), int | float | Decimal) and not isinstance(value, bool):
            return ("number", str(Decimal(str(value)).normalize()))
        return ("literal", str(term), (term.language or "").lower(), str(term.datatype or rdflib.XSD.string))
    assert isinstance(term, rdflib.URIRef), f"a blank node in an answer: {term!r}"
    return ("iri", str(term))


@pytest.fixture(scope="session")
def names() -> NamespaceManager:
    manager = NamespaceManager(rdflib.Graph(bind_namespaces="none"), bind_namespaces="none")
    for prefix, namespace in _PREFIXES.items():
        manager.bind(prefix, namespace, override=True, replace=True)
    return manager


def read_table(path: Path, names: NamespaceManager) -> Answer:
    lines = [line for line in path.read_text("utf-8").splitlines() if line.startswith("|")]
    header, rule, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    assert all(set(cell) == {"-"} for cell in rule), f"{path.name} needs a rule under its header"
    return Answer(
        [name.removeprefix("?") for name in header], [[read_cell(cell, names) for cell in row] for row in rows]
    )


def read_cell(cell: str, names: NamespaceManager) -> Key:
    if not cell or cell == ANY:
        return (ANY,) if cell else None
    term = from_n3(cell, nsm=names)
    assert isinstance(term, Node), f"{cell!r} is not a term"
    return key_of(term)


@pytest.fixture(scope="session")
def union(release: Any) -> rdflib.Graph:
    """The default graph of the release as rdflib has it: the union of all graphs of the dump."""
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(data=gzip.decompress(release.dump.read_bytes()), format="nquads")
    return dataset


def ask_engine(release: Any, example: Example) -> Answer | rdflib.Graph:
    question = check_query(example.text, release.settings)
    if question.form.result is formats.Result.GRAPH:
        return rdflib.Graph().parse(data=release.engine.answer(question, formats.N_TRIPLES), format="nt")
    solutions = release.engine.select(question)
    return answer_of(solutions.variables, solutions)


def ask_rdflib(union: rdflib.Graph, example: Example) -> Answer | rdflib.Graph:
    result = union.query(example.text)
    if result.graph is not None:
        return result.graph
    variables = [str(variable) for variable in result.vars or ()]
    return answer_of(variables, [{str(name): term for name, term in row.items()} for row in result.bindings])


def answer_of(variables: Sequence[str], solutions: Sequence[Mapping[str, Node]]) -> Answer:
    return Answer(variables, [[key_of(solution.get(name)) for name in variables] for solution in solutions])


def order_of(example: Example) -> set[str]:
    """Return the variables that the outermost ORDER BY names."""
    return set(re.findall(r"\?(\w+)", example.text.rpartition("ORDER BY")[2])) if "ORDER BY" in example.text else set()


def check(answer: Answer | rdflib.Graph, example: Example, names: NamespaceManager) -> None:
    if isinstance(answer, rdflib.Graph):
        expected_graph = rdflib.Graph().parse(EXPECTED / f"{example.name}.ttl")
        assert to_isomorphic(answer) == to_isomorphic(expected_graph)
        return
    expected = read_table(EXPECTED / f"{example.name}.md", names)
    found = answer.opened(expected.open_variables)
    assert found.variables == expected.variables
    if order_of(example) and not order_of(example) & expected.open_variables:
        assert found.rows == expected.rows
    else:
        assert sorted(found.rows, key=repr) == sorted(expected.rows, key=repr)


EXAMPLES = MappingProxyType({example.name: example for example in load_examples()})
each_example = pytest.mark.parametrize("name", sorted(EXAMPLES))


def test_every_example_has_one_expected_answer_and_every_answer_an_example() -> None:
    assert sorted(path.stem for path in EXPECTED.iterdir()) == sorted(EXAMPLES)


@each_example
def test_example_gives_the_expected_answer_on_the_release(name: str, release: Any, names: NamespaceManager) -> None:
    check(ask_engine(release, EXAMPLES[name]), EXAMPLES[name], names)


@each_example
def test_example_gives_the_expected_answer_on_rdflib(name: str, union: rdflib.Graph, names: NamespaceManager) -> None:
    check(ask_rdflib(union, EXAMPLES[name]), EXAMPLES[name], names)


@each_example
def test_both_engines_agree_to_the_letter(name: str, release: Any, union: rdflib.Graph) -> None:
    ours, theirs = ask_engine(release, EXAMPLES[name]), ask_rdflib(union, EXAMPLES[name])
    if isinstance(ours, rdflib.Graph):
        assert isinstance(theirs, rdflib.Graph)
        assert to_isomorphic(ours) == to_isomorphic(theirs)
        return
    assert isinstance(theirs, Answer)
    assert ours.variables == theirs.variables
    ordered = bool(order_of(EXAMPLES[name]))
    assert (ours.rows if ordered else sorted(ours.rows, key=repr)) == (
        theirs.rows if ordered else sorted(theirs.rows, key=repr)
    )


def test_the_least_certain_conclusions_come_first(release: Any) -> None:
    question = check_query(find_example("harvest-which-facts-rest-on-a-conclusion").text, release.settings)
    sure = [row["confidence"].toPython() for row in release.engine.select(question)]
    assert sure == sorted(sure)
    assert all(0 < each <= 1 for each in sure)


@pytest.mark.parametrize("text", ["by-path", "by-derived-facts"])
def test_both_ways_to_ask_what_followed_name_the_same_action(text: str, release: Any) -> None:
    question = check_query(find_example(f"chains-what-came-after-2014-12-{text}").text, release.settings)
    [row] = release.engine.select(question)
    assert str(row["later"]) == _ID + "action/social-protection-coordination-ghana"
