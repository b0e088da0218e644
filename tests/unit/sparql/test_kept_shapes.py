"""A guard that remembers shapes says of every text what one without a memory says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.errors import QueryError, TooComplex
from actiongraph.settings import Settings
from actiongraph.sparql import guard
from actiongraph.sparql.grammar import terminal
from actiongraph.sparql.guard import LONGEST_SHAPE, Guard, check_query
from actiongraph.sparql.lexer import Kind, shape, tokens
from actiongraph.sparql.query import CheckedQuery

S = Settings()
BASE = "http://example.org/sparql"
LITERALS = (Kind.STRING, Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE)
STRINGS = ['""', "''", '"SERVICE <http://x/> {}"', "'''} { ( [ # '''", '"\\u0053ERVICE"', '"""NOW()"""', "'FROM <x>'"]
NUMBERS = ["0", "007", "1" * 300, "1.5", ".5", "1e9", "1.e-9", "+1", "-1", "+.5", "-1e0"]
VALUES = st.sampled_from([*STRINGS, *NUMBERS])


def verdict(check: Callable[[], CheckedQuery]) -> object:
    """Return all that is known of a query, or of the first fault."""
    try:
        found = check()
    except QueryError as error:
        return type(error), str(error), vars(error) | {"others": ()}
    return replace(found, base=None)


def both(memory: Guard, text: str, settings: Settings = S) -> tuple[object, object]:
    fresh = verdict(lambda: check_query(text, settings, all_faults=False))
    return verdict(lambda: memory.check(text, BASE)), fresh


@pytest.fixture
def read_by_the_rules(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were read by the rules."""
    read: list[str] = []
    judge = guard._judge
    monkeypatch.setattr(guard, "_judge", lambda text, settings: read.append(text) or judge(text, settings))
    return read


SAME = [
    ("ASK { ?s ?p 'a' }", 'ASK { ?s ?p """SERVICE <http://x/> { } LOAD <y>""" } # other words'),
    ("SELECT * { ?s ?p 1 } LIMIT 1 OFFSET 10", "SELECT *\n{?s ?p 99999999999999999999}LIMIT 1000000 OFFSET 0"),
    ("ASK { FILTER(?x > 1.5 && ?y = 1e3) }", "ASK { FILTER(?x > .25 && ?y = 2.E-7) }"),
    ("ASK { FILTER REGEX(?x, '^a', 'i') }", "ASK { FILTER REGEX(?x, '((((((((a*)*)*)*)*', '') }"),
    ("SELECT (GROUP_CONCAT(?x; SEPARATOR=',') AS ?y) {}", "SELECT (GROUP_CONCAT(?x; SEPARATOR='{{{{') AS ?y) {}"),
    ("ASK { VALUES ?x { 'a' 1 'c'@en } }", "ASK { VALUES ?x { 'RAND()' 2 '}'@en } }"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_other_literals_are_the_same_shape(read_by_the_rules: list[str], one: str, other: str) -> None:
    memory = Guard(S)
    for text in (one, other):
        assert memory.check(text, BASE) == replace(check_query(text, S), base=BASE)
    assert read_by_the_rules == [one, one, other]  # the last by `check_query` alone


OTHER = [
    ("ASK { ?s ?p 1 }", "ASK { ?s ?p 1.0 }"),
    ("ASK { ?s ?p 1 }", "ASK { ?s ?p +1 }"),
    ("ASK { ?s ?p +1 }", "ASK { ?s ?p -1 }"),
    ("ASK { ?s ?p 1 }", "ASK { ?s ?p '1' }"),
    ("ASK { ?s ?p '1' }", "ASK { ?s ?p '1'@en }"),
    ("ASK { ?s ?p '1'@en }", "ASK { ?s ?p '1'@fr }"),
    ("ASK { ?s ?p '1'^^<http://x/a> }", "ASK { ?s ?p '1'^^<http://x/b> }"),
    ("PREFIX a: <http://x/> ASK { ?s a:b 1 }", "PREFIX a: <http://y/> ASK { ?s a:b 1 }"),
    ("PREFIX a: <http://x/> ASK { ?s a:b 1 }", "PREFIX a: <http://x/> ASK { ?s a:c 1 }"),
    ("ASK { ?s ?p true }", "ASK { ?s ?p false }"),
    ("ASK { ?s ?p 1 }", "ASK { ?s ?q 1 }"),
    ("ASK { ?s ?p _:a }", "ASK { ?s ?p _:b }"),
    ("ASK { FILTER(?a -1 > 2) }", "ASK { FILTER(?a - 1 > 2) }"),
    ("ASK { ?s ?p 1 . }", "ASK { ?s ?p 1. }"),
    ("SELECT * { }", "select * { }"),
    ("BASE <http://x/> ASK { <a> <b> 1 }", "BASE <http://y/> ASK { <a> <b> 1 }"),
]


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_all_else_is_another_shape(one: str, other: str) -> None:
    same_tokens = [token[:2] for token in tokens(one)] == [token[:2] for token in tokens(other)]
    assert (shape(one) == shape(other)) is same_tokens  # `1 .` and `1.` are the same two tokens


PIECES = [
    "SELECT", "*", "ASK", "{", "}", "(", ")", "?s", "?p", "<http://x/>", "x:y", "PREFIX", "x:", "SERVICE", "SERVICE:x",
    "FROM", "FILTER", "NOW", "COUNT", "AS", "VALUES", "LIMIT", "OFFSET", ".", ";", ",", "@en", "^^", "+", "-", "=",
    "a", "_:b", "LOAD", "#", "\n", "'", '"', "\\", "@", "a-b", "true", *STRINGS, *NUMBERS,
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.lists(
    st.sampled_from(PIECES), max_size=12
).map(" ".join)
TEMPLATES = [
    "ASK {{ ?s ?p {} }}",
    "SELECT * {{ ?s ?p {} , {} }} LIMIT {}",
    "PREFIX x: <http://x/> SELECT (SUM(?a) AS ?b) FROM x:g {{ ?s x:y {}^^x:d FILTER(?a IN ({}, {})) }}",
    "ASK {{ BIND(NOW() AS ?n) ?s ?p {}SERVICE<http://x/>{{}} }}",
    "ASK {{ VALUES ?x {{ {} {} UNDEF }} {} }}",
    "CONSTRUCT {{ ?s ?p {} }} WHERE {{ ?s y:z {} }}",
    "ASK {{ GRAPH <http://x/> {{ ?s ?p {} }} }}",
    "ASK {{ SERVICE <http://x/> {{ ?s ?p {} }} }}",
    "PREFIX SERVICE: <http://x/> ASK {{ SERVICE:x ?p {} }}",
    "PREFIX SERVICED: <http://x/> ASK {{ SERVICE:x ?p {} }}",
    "SELECT (MAX({}) AS ?m) {{}}",
    "SELECT (ABS({}) AS ?m) {{}}",
    "SELECT (RAND() AS ?m) {{ ?s ?p {} }}",
    "SELECT (BNODE() AS ?m) {{ ?s ?p {} }}",
    "ASK FROM <http://x/> {{ ?s ?p {} }}",
    "PREFIX y: <http://x/> CONSTRUCT {{ ?s ?p {} }} WHERE {{ ?s y:z {} }}",
    "PREFIX y: <relative> CONSTRUCT {{ ?s ?p {} }} WHERE {{ ?s y:z {} }}",
]
WARM = Guard(S)
"""A memory that all examples below share."""


@given(st.sampled_from(TEMPLATES), st.lists(VALUES, min_size=4, max_size=4))
def test_a_warm_memory_says_what_a_cold_one_says(template: str, values: list[str]) -> None:
    warm, cold = both(WARM, template.format(*values))
    assert warm == cold


@given(TEXTS)
def test_of_any_text(text: str) -> None:
    warm, cold = both(WARM, text)
    assert warm == cold


@given(TEXTS, TEXTS)
def test_texts_of_one_shape_have_the_same_terminals_words_and_names(one: str, other: str) -> None:
    if shape(one) is None or shape(one) != shape(other):
        return

    def seen(text: str) -> list[tuple[str, str]]:
        return [(terminal(token), "" if token.kind in LITERALS else token.text) for token in tokens(text)]

    assert seen(one) == seen(other)


@given(TEXTS)
def test_the_shape_is_that_of_the_tokens(text: str) -> None:
    try:
        read = list(tokens(text))
    except QueryError:
        assert shape(text) is None
        return
    if (found := shape(text)) is not None:
        assert [token[:2] for token in tokens(found)] == [
            (token.kind, _masked(token.kind, token.text)) for token in read
        ]


def _masked(kind: Kind, text: str) -> str:
    masks = {Kind.STRING: '""', Kind.INTEGER: "1", Kind.DECIMAL: "1.0", Kind.DOUBLE: "1e0"}
    return text if text[0] in "+-" else masks.get(kind, text)


class TestLimits:
    def test_a_long_literal_in_a_known_shape_is_too_long(self) -> None:
        settings = Settings(max_query_bytes=100)
        memory = Guard(settings)
        memory.check("ASK { ?s ?p 'x' }")
        for literal in ("x" * 100, "é" * 45):
            with pytest.raises(TooComplex, match="max_query_bytes"):
                memory.check(f"ASK {{ ?s ?p '{literal}' }}")

    def test_half_a_character_in_a_known_shape_is_refused(self) -> None:
        memory = Guard(S)
        memory.check("ASK { ?s ?p 'x' }")
        with pytest.raises(QueryError, match="half of a character"):
            memory.check("ASK { ?s ?p '\ud800' }")

    @pytest.mark.parametrize("limit", ["max_nesting", "max_patterns", "max_operators"])
    def test_what_was_refused_is_refused_again(self, limit: str) -> None:
        settings = Settings(**{limit: 2})
        memory = Guard(settings)
        for literal in ("'a'", "'b'"):
            text = f"ASK {{ ?s ?p {literal} FILTER((({literal} = 1) = 2) = 3) ?s ?p 1, 2 }}"
            for _ in range(2):
                warm, cold = both(memory, text, settings)
                assert warm == cold
                assert cold[0] is TooComplex

    def test_no_more_shapes_are_kept_than_allowed(self, read_by_the_rules: list[str]) -> None:
        memory = Guard(Settings(max_kept_shapes=2))
        texts = [f"ASK {{ ?s ?p{number} 1 }}" for number in range(3)]
        for text in (*texts, texts[2], texts[0]):
            memory.check(text)
        assert read_by_the_rules == [*texts, texts[0]]

    def test_long_texts_have_none(self, read_by_the_rules: list[str]) -> None:
        memory = Guard(S)
        for length in (LONGEST_SHAPE, LONGEST_SHAPE, LONGEST_SHAPE + 1, LONGEST_SHAPE + 1):
            memory.check("ASK { ?s ?p 1 }".ljust(length))
        assert [len(text) for text in read_by_the_rules] == [LONGEST_SHAPE, LONGEST_SHAPE + 1, LONGEST_SHAPE + 1]
