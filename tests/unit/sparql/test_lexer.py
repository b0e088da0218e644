"""Tokens and their places: expected values come from SPARQL 1.1 Query, sections 19.2 to 19.8."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.errors import QuerySyntaxError
from actiongraph.sparql.lexer import Kind, position, statements, tokens

K = Kind


def read(text: str) -> list[tuple[Kind, str]]:
    return [(token.kind, token.text) for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<http://example.org/a#b>", K.IRIREF),
        ("<>", K.IRIREF),
        (r"<http://example.org/\u00E9\U0001F600>", K.IRIREF),
        ("ex:", K.PNAME_NS),
        (":", K.PNAME_NS),
        ("a.b-c:", K.PNAME_NS),
        ("ex:a", K.PNAME_LN),
        (":a:b", K.PNAME_LN),
        ("ex:1.5-x", K.PNAME_LN),
        ("ex:%C3%A9", K.PNAME_LN),
        (r"ex:\,\(\)\~\%", K.PNAME_LN),
        ("été:où", K.PNAME_LN),
        ("og:audio:title", K.PNAME_LN),
        ("_:b0", K.BLANK_NODE_LABEL),
        ("_:1.a", K.BLANK_NODE_LABEL),
        ("?x", K.VAR),
        ("$1_é", K.VAR),
        ("@en", K.LANGTAG),
        ("@pt-BR-1997", K.LANGTAG),
        ("12", K.INTEGER),
        ("-12", K.INTEGER),
        (".5", K.DECIMAL),
        ("+1.5", K.DECIMAL),
        ("1.e5", K.DOUBLE),
        (".5E-3", K.DOUBLE),
        ("-1e+3", K.DOUBLE),
        ("''", K.STRING),
        ('""', K.STRING),
        (r"'it\'s'", K.STRING),
        (r'"\t\b\n\r\f\\\"\'"', K.STRING),
        (r'"\u00E9"', K.STRING),
        ("'''it's\n''two'''", K.STRING),
        ('"""a""b"\n"""', K.STRING),
        ('""""""', K.STRING),
        ("SELECT", K.WORD),
        ("a", K.WORD),
        ("ENCODE_FOR_URI", K.WORD),
        ("SHA256", K.WORD),
        *[(sign, K.OPERATOR) for sign in (*"{}()[].,;=<>!+-*/|^?", "^^", "||", "&&", "!=", "<=", ">=")],
    ],
)
def test_one_terminal_is_one_token(text: str, kind: Kind) -> None:
    assert read(text) == [(kind, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ex:a.", ["ex:a", "."]),
        ("ex:a..b.", ["ex:a..b", "."]),
        ("_:b.", ["_:b", "."]),
        ("_:a.b.?x", ["_:a.b", ".", "?x"]),
        ("?s?p?o", ["?s", "?p", "?o"]),
        (":p?", [":p", "?"]),
        ("?x-1", ["?x", "-1"]),
        ("1.", ["1", "."]),
        ("1.a", ["1", ".", "a"]),
        ("true.FILTER", ["true", ".", "FILTER"]),
        ("a-b", ["a", "-", "b"]),
        ("a.b:c", ["a.b:c"]),
        ("?a< ?b", ["?a", "<", "?b"]),
        ('?a<"b"', ["?a", "<", '"b"']),
        ("?a<3&&4>?b", ["?a", "<3&&4>", "?b"]),
        ('"x"@en-GB.', ['"x"', "@en-GB", "."]),
        ('"x"^^xsd:date', ['"x"', "^^", "xsd:date"]),
        ("1SERVICE<", ["1", "SERVICE", "<"]),
        ("()[]", ["(", ")", "[", "]"]),
        ("a#b\nc # d", ["a", "c"]),
        ("<#>#x\r?y", ["<#>", "?y"]),
        ("@prefix ex: <x> .", ["@prefix", "ex:", "<x>", "."]),
    ],
)
def test_the_longest_terminal_wins(text: str, expected: list[str]) -> None:
    assert [token.text for token in tokens(text)] == expected


@pytest.mark.parametrize(
    ("text", "line", "column", "advice"),
    [
        ("ASK { ?s ?p 'open }", 1, 13, "end it with '"),
        ('ASK {\n ?s ?p "open\n" }', 2, 8, 'end it with "'),
        ("'é' '''open", 1, 5, "end it with '''"),
        (r"'a\qb'", 1, 1, r"does not know, \q"),
        (r"'\uD800'", 1, 1, r"does not know, \u"),
        (r"'\U00110000'", 1, 1, r"does not know, \U"),
        ("\u201cx\u201d", 1, 1, "typographic"),
        ("a \u00a0", 1, 3, "U+00A0"),
        ("\x00", 1, 1, "U+0000"),
        ("'\U0001f600'\r\n\r ~", 3, 2, "~"),
        (r"\u0053ERVICE", 1, 1, "write the character itself"),
        ("ex:a%zz", 1, 5, "%"),
        ("&", 1, 1, "&"),
    ],
)
def test_what_is_no_token_is_a_syntax_error_with_its_place(text: str, line: int, column: int, advice: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        list(tokens(text))
    assert (caught.value.line, caught.value.column) == (line, column)
    assert advice in str(caught.value)
    assert f"Line {line}, column {column}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("", 0, (1, 1)),
        ("abc", 2, (1, 3)),
        ("a\nb", 2, (2, 1)),
        ("a\r\nb", 3, (2, 1)),
        ("a\rb", 2, (2, 1)),
        ("a\n\r\n\rb", 5, (4, 1)),
        ("\U0001f600éb", 2, (1, 3)),
        ("a\u2028b", 2, (1, 3)),
        ("a\n", 2, (2, 1)),
    ],
)
def test_places_count_code_points_and_the_three_line_ends(text: str, offset: int, place: tuple[int, int]) -> None:
    assert position(text, offset) == place


def test_turtle_is_read_by_the_same_tokens() -> None:
    turtle = "@prefix ex: <http://example.org/> .\nex:a a ex:B ; ex:p 'x'@en, 1.5 .\n"
    found = [token for token in tokens(turtle) if token.text == "ex:p"]
    assert [position(turtle, token.start) for token in found] == [(2, 15)]


TIRING = [
    "a-",
    "a.",
    "a..",
    "é-",
    "?x<a",
    "<",
    "<a",
    ":a..",
    "_:a..",
    "1e",
    "%20",
    "'",
    '"""a',
    "@a-",
    "#",
    "\\u",
    "a.:",
]


@pytest.mark.long("load")
@pytest.mark.parametrize("part", TIRING)
def test_reading_takes_time_proportional_to_the_text(part: str) -> None:
    """With n² steps the second text would take 144 times as long as the first."""

    def seconds(times: int) -> float:
        start = time.perf_counter()
        with contextlib.suppress(QuerySyntaxError):
            for _ in tokens(part * times):
                pass
        return time.perf_counter() - start

    short = min(seconds(4_000) for _ in range(3))
    assert seconds(48_000) < max(60 * short, 0.5)


@given(st.text(alphabet="aZ_0.:-<>?'\"\\#@%{}()é\n\r ^|&\u00b7", max_size=60))
def test_tokens_cover_the_text_in_order(text: str) -> None:
    """Nothing is lost between two tokens but white space and comments."""
    end = 0
    try:
        for token in tokens(text):
            assert text[token.start : token.end] == token.text
            gap = text[end : token.start]
            assert not gap.strip(" \t\r\n") or "#" in gap
            end = token.end
    except QuerySyntaxError as error:
        assert error.line is not None
        assert error.column is not None


TURTLE = {
    "@prefix ex: <http://example.org/> .": None,
    "\nPREFIX a.b: <http://example.org/b#>\n# . no end\na.b:1.5 a ex:A .": None,
    ' ex:a.b ex:n 1.5, 1, -.5e1 ; ex:t \'. no end\', """.\n\'\\"."""@en-x .': "ex:a.b",
    '<http://example.org/.> ex:t true, ex:c\\., ""^^ex:d .': "<http://example.org/.>",
    "ex: a ( [ ex:p _:b.c ] ) .": "ex:",
    "_:b.c a ex:A .": None,
    "[ a ex:A ] .": None,
}
"""Statements of a document (Turtle, sections 2 and 6.5), each with its subject if that is an IRI."""


@pytest.mark.parametrize("rest", ["", "\n# the end .", "ex:a ex:t 'not closed .\nex:b a ex:A .", "ex:a ex:b ex:c"])
def test_a_document_is_cut_where_its_statements_end(rest: str):
    text = "".join(TURTLE) + rest
    cut = [(named and named.text, text[start:end]) for named, start, end in statements(text)]
    assert cut == [*((named, statement) for statement, named in TURTLE.items()), (None, rest)]


def test_lines_of_one_subject_come_together():
    same = ["<x:a> <x:p> <x:b> .\n", '<x:a> <x:p> "b. <x:c> <x:d> ."@en-GB .\n', '<x:a>\t<x:p> "1"^^<x:t> . \n']
    others = [
        "<x:a> <x:p> 'x' .\n",
        "<x:b> <x:p> <x:c> .\n",
        '<x:b> <x:p> "" .\n',
        "<x:b> <x:p> <x:c> . <x:d> a x:c .\n",
    ]
    cut = ["".join(same), *others[:3], "<x:b> <x:p> <x:c> .", " <x:d> a x:c .", "\n"]
    text = "".join([*same, *others])
    assert [text[start:end].strip() for _, start, end in statements(text)] == [each.strip() for each in cut]
    assert [named and named.text for named, _, _ in statements(text)] == ["<x:a>"] * 2 + ["<x:b>"] * 3 + ["<x:d>", None]


def test_the_subject_of_a_statement_is_a_token_with_its_offset():
    [(named, _, _), _] = statements("# first\n <http://example.org/a> a <http://example.org/A> .")
    assert named == (K.IRIREF, "<http://example.org/a>", 9)
