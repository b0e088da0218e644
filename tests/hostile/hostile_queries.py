"""Queries that nobody sends who means well, each with the statuses that fit it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from actiongraph.errors import QueryError
from actiongraph.sparql.lexer import Kind, Token, tokens

OK = (200,)
BAD = (400,)
LATE = (504,)
FULL = (422, 504)
ANY = (200, 400, 422, 504)
DEEP = 5_000
MANY = 20_000


@dataclass(frozen=True)
class Case:
    name: str
    query: str
    statuses: tuple[int, ...]

    @property
    def timeout_s(self) -> float:
        """What will never be done is waited for only so long."""
        return 0.4 if self.statuses == LATE else 2


def where(pattern: str) -> str:
    return f"SELECT * WHERE {{ {pattern} }}"


def given(expression: str) -> str:
    return f"SELECT (({expression}) AS ?x) WHERE {{ }}"


def _nested(before: str, inner: str, after: str, depth: int = DEEP) -> str:
    return before * depth + inner + after * depth


def _joined(glue: str, part: str, times: int = MANY) -> str:
    return glue.join([part] * times)


def numbered(pattern: str, times: int) -> str:
    """Return `pattern` so often, with the number and the one after it where it has # and @."""
    return " ".join(pattern.replace("#", str(n)).replace("@", str(n + 1)) for n in range(times))


_FEW = 200
_SHORT_LITERALS = {Kind.STRING: "'{'", Kind.INTEGER: "7", Kind.DECIMAL: ".5", Kind.DOUBLE: "2e2"}
_LONG_LITERALS = {
    Kind.STRING: "'} SERVICE <http://127.0.0.1:1/> { ?s ?p \\u0022 ((([[[{{{ LOAD <file:///etc/passwd> NOW() # '",
    Kind.INTEGER: "9" * 40,
    Kind.DECIMAL: "0." + "1" * 40,
    Kind.DOUBLE: "1e-300",
}


def with_other_literals(query: str) -> str:
    """Return `query` in the same shape: with other strings and numbers, long ones if they are few."""
    read: list[Token] = []
    with suppress(QueryError):
        read += tokens(query)
    others = _LONG_LITERALS if len(read) < _FEW else _SHORT_LITERALS
    parts, end = [], 0
    for token in read:
        parts += [query[end : token.start], token.text if token.text[0] in "+-" else others.get(token.kind, token.text)]
        end = token.end
    return "".join(parts) + query[end:]


NESTING = [
    Case("groups", f"SELECT * WHERE {_nested('{', '?s ?p ?o', '}')}", BAD),
    Case("groups as deep as allowed", f"SELECT * WHERE {_nested('{', '?s ?p 1', '}', 100)}", OK),
    Case("groups one deeper", f"SELECT * WHERE {_nested('{', '?s ?p 1', '}', 101)}", BAD),
    Case("groups that never close", "SELECT * WHERE " + "{" * 190_000, BAD),
    Case("groups that never opened", "SELECT * WHERE " + "}" * 190_000, BAD),
    Case("EXISTS", where(_nested("FILTER EXISTS { ", "?s ?p ?o", " }")), BAD),
    Case("NOT EXISTS", where(_nested("FILTER NOT EXISTS { ", "?s ?p ?o", " }")), BAD),
    Case("EXISTS as deep as allowed", where(_nested("FILTER EXISTS { ", "?s ?p 1", " }", 98)), (200, 504)),
    Case("STR", given(_nested("STR(", "1", ")")), BAD),
    Case("STR as deep as allowed", given(_nested("STR(", "1", ")", 97)), OK),
    Case("IF", given(_nested("IF(true, ", "1", ", 2)")), BAD),
    Case("COALESCE", given(_nested("COALESCE(", "1", ")")), BAD),
    Case("custom functions", given(_nested("<http://x/f>(", "1", ")")), BAD),
    Case("brackets", given(_nested("(", "1", ")")), BAD),
    Case("IN", given(_nested("1 IN (", "1", ")")), BAD),
    Case("subselects", where(_nested("{ SELECT * WHERE { ", "?s ?p ?o", " } }")), BAD),
    Case("subselects as deep as allowed", where(_nested("{ SELECT * WHERE { ", "?s ?p 1", " } }", 49)), OK),
    Case("OPTIONAL", where(_nested("OPTIONAL { ", "?s ?p ?o", " }")), BAD),
    Case("OPTIONAL as deep as allowed", where(_nested("OPTIONAL { ", "?s ?p 1", " }", 99)), (200, 504)),
    Case("MINUS", where(_nested("MINUS { ?s ?p ?o ", "", " }")), BAD),
    Case("GRAPH", where(_nested("GRAPH ?g { ", "?s ?p ?o", " }")), BAD),
    Case("UNION in groups", where(_nested("{ {} UNION ", "{}", " }")), BAD),
    Case("paths in brackets", where(f"?s {_nested('(', '<http://x/k>', ')')} ?o"), BAD),
    Case("paths in brackets with stars", where(f"?s {_nested('(', '<http://x/k>', ')*')} ?o"), BAD),
    Case("stars as deep as allowed", where(f"<http://x/1> {_nested('(', '<http://x/k>', ')*', 99)} ?o"), ANY),
    Case("inverse paths", where(f"?s {_nested('^(', '<http://x/k>', ')')} ?o"), BAD),
    Case("negated sets", where(f"?s {'!(' * DEEP}<http://x/k>{')' * DEEP} ?o"), BAD),
    Case("lists", where(f"?s ?p {_nested('(', '1', ')')}"), BAD),
    Case("lists as deep as allowed", where(f"?s ?p {_nested('(', '1', ')', 99)}"), (200, 504)),
    Case("property lists", where(f"?s ?p {_nested('[ ?p ', '1', ' ]')}"), BAD),
    Case("property lists as deep as allowed", where(f"?s ?p {_nested('[ <http://x/n> ', '1', ' ]', 99)}"), (200, 504)),
    Case("property lists in a template", f"CONSTRUCT {{ ?s ?p {_nested('[ ?p ', '1', ' ]')} }} WHERE {{}}", BAD),
    Case("aggregates", f"SELECT ({_nested('SUM(', '?o', ')')} AS ?n) WHERE {{ ?s ?p ?o }}", BAD),
    Case("CONCAT", given(_nested("CONCAT('a', ", "'b'", ")")), BAD),
    Case("mixed brackets", where("{[(" * DEEP), BAD),
    Case("triple terms", where(f"{_nested('<< ', '?s ?p ?o', ' >>')} ?p ?o"), BAD),
]
LENGTH = [
    Case("exclamation marks", given("!" * 190_000 + "true"), BAD),
    Case("exclamation marks as many as allowed", given("!" * 900 + "true"), ANY),
    Case("minus signs", given("- " * 90_000 + "1"), BAD),
    Case("minus signs as many as allowed", given("- " * 900 + "1"), ANY),
    Case("plus signs", given(_joined("+", "1")), BAD),
    Case("times as many as allowed", given(_joined("*", "1.1", 990)), ANY),
    Case("ors", where(f"FILTER({_joined('||', 'true')})"), BAD),
    Case("ands", where(f"FILTER({_joined('&&', 'true')})"), BAD),
    Case("ors as many as allowed", where(f"FILTER({_joined('||', 'false', 990)})"), OK),
    Case("comparisons", given(_joined("=", "1")), BAD),
    Case("filters", where(_joined(" ", "FILTER(true)", 10_000)), BAD),
    Case("binds", where(numbered("BIND(1 AS ?x#)", 5_000)), BAD),
    Case("binds as many as allowed", where(numbered("BIND(1 AS ?x#)", 299)), ANY),
    Case("triple patterns", where(numbered("?a# ?b# ?c# .", 8_000)), BAD),
    Case("objects", where(f"?s ?p {_joined(',', '1')}"), BAD),
    Case("predicates", where(f"?s {_joined(';', '?p 1')}"), BAD),
    Case("semicolons", where("?s ?p 1 " + ";" * 190_000), OK),
    Case("unions", where(_joined(" UNION ", "{}", 10_000)), BAD),
    Case("unions as many as allowed", where(_joined(" UNION ", "{ ?s ?p 1 }", 299)), ANY),
    Case("path sequence", where(f"?s {_joined('/', '<a>')} ?o"), BAD),
    Case("path sequence as long as allowed", where(f"?s {_joined('/', '<http://x/k>', 299)} ?o"), ANY),
    Case("path alternatives", where(f"?s {_joined('|', '<a>')} ?o"), BAD),
    Case("path alternatives as many as allowed", where(f"?s {_joined('|', '<http://x/k>', 999)} ?o"), ANY),
    Case("negated set", where(f"?s !({_joined('|', '<a>')}) ?o"), (200, 504)),
    Case("list items", where(f"?s ?p ({_joined(' ', '1')})"), BAD),
    Case("rows of VALUES", where(f"VALUES ?x {{ {_joined(' ', '1', 80_000)} }}"), (200, 504)),
    Case("columns of VALUES", where(f"VALUES ({numbered('?x#', 9_000)}) {{ ({_joined(' ', '1', 9_000)}) }}"), ANY),
    Case("empty rows of VALUES", where(f"VALUES () {{ {_joined(' ', '()', 60_000)} }}"), (200, 422, 504)),
    Case("arguments of CONCAT", given(f"CONCAT({_joined(',', '1', 60_000)})"), ANY),
    Case("arguments of IN", given(f"1 IN ({_joined(',', '2', 60_000)})"), ANY),
    Case("projected variables", f"SELECT {numbered('?x#', 20_000)} WHERE {{}}", ANY),
    Case("order conditions", f"SELECT * WHERE {{ ?s ?p 1 }} ORDER BY {numbered('?x#', 20_000)}", ANY),
    Case("group conditions", f"SELECT (1 AS ?n) WHERE {{}} GROUP BY {numbered('?x#', 20_000)}", ANY),
    Case("having conditions", f"SELECT (1 AS ?n) WHERE {{}} GROUP BY ?x HAVING {_joined(' ', '(true)')}", ANY),
    Case("described things", f"DESCRIBE {_joined(' ', '<a>', 30_000)}", BAD),
    Case("prefixes", numbered("PREFIX p#: <http://x/>", 6_000) + " ASK {}", OK),
    Case("bases", "BASE <http://x/> " * 11_000 + "ASK {}", OK),
    Case("datasets", f"SELECT * {numbered('FROM <http://x/#>', 8_000)} WHERE {{ ?s ?p ?o }}", ANY),
    Case("a long name", f"ASK {{ ?{'x' * 190_000} ?p 1 }}", OK),
    Case("a long IRI", f"ASK {{ <http://x/{'x' * 190_000}> ?p 1 }}", OK),
    Case("a long number", given("1" * 190_000), ANY),
    Case("a long decimal", given("1." + "1" * 190_000), ANY),
    Case("a great exponent", given("1e" + "9" * 10_000), ANY),
    Case("a long string", given(f"'{'x' * 190_000}'"), OK),
    Case("brackets in a string", given(f"'{'{([' * 60_000}'"), OK),
    Case("brackets in a comment", "ASK {} # " + "{([" * 60_000, OK),
    Case("brackets in an escaped string", given('"' + '\\"{(' * 40_000 + '"'), OK),
    Case("a string that never ends", "ASK { ?s ?p '''" + "''a" * 60_000, BAD),
    Case("quotation marks", "'" * 190_001, BAD),
    Case("backslashes", "ASK { ?s ?p '" + "\\" * 190_001, BAD),
    Case("hyphens and dots", where("a-." * 60_000), BAD),
    Case("at signs", where("@" * 190_000), BAD),
    Case("line feeds", "\n" * 190_000 + "ASK {}", OK),
    Case("line feeds before a fault", "\n" * 190_000 + "ASKK {}", BAD),
    Case("one byte too many", "ASK {} #" + "x" * 200_000, (413,)),
    Case("null bytes", "ASK {}" + "\0" * 1000, BAD),
    Case("no characters", "", BAD),
    Case("half a character", "ASK {} # \ud800", BAD),
    Case("a byte order mark", "\ufeffASK {}", OK),
    Case("right-to-left marks", "ASK {} \u202e", BAD),
    Case(
        "prefixes that are all alike",
        "".join(f"PREFIX {'ab' * (n % 90)}a{'ba' * (99 - n % 90)}: <>" for n in range(850))
        + f"ASK {{ ?s {'ba' * 99}:a 1 }}",
        (400, 504),
    ),
]
BOMBS = [
    Case("OPTIONAL 300 times", where(numbered("OPTIONAL { ?s <http://x/p#> ?o# }", 299)), (400, 200, 504)),
    Case("OPTIONAL 140 times", where(numbered("OPTIONAL { ?s <http://x/p#> ?o# }", 140)), (200, 504)),
    Case("300 patterns with nothing in common", where(numbered("?a# ?b# ?c# .", 300)), LATE),
    Case("500 patterns in a chain", where(numbered("?x# <http://x/k> ?x@ .", 500)), BAD),
    Case("290 patterns in a chain", where(numbered("?x# <http://x/k> ?x@ .", 290)), LATE),
    Case("290 patterns in a star", where(numbered("?x <http://x/k> ?x# .", 290)), LATE),
    Case("20 patterns in a clique", where("".join(f"?x{a} ?p ?x{b} ." for a in range(20) for b in range(a))), LATE),
    Case("cross product counted", "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", LATE),
    Case(
        "cross product by subselects",
        where("{ SELECT * { ?a ?b ?c } } { SELECT * { ?d ?e ?f } } ?g ?h ?i FILTER(?c = ?i)"),
        FULL,
    ),
    Case("cross product that never fits", where("?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(false && ?c = ?f)"), (200, 504)),
    Case("cross product asked", "ASK { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c = ?f + ?i) }", LATE),
    Case("cross product with MINUS", where("?a ?b ?c . ?d ?e ?f MINUS { ?g ?h ?i . ?j ?k ?l }"), FULL),
    Case(
        "cross product with EXISTS",
        where("?a ?b ?c FILTER NOT EXISTS { ?d ?e ?f . ?g ?h ?i FILTER(?f = ?a + ?i) }"),
        LATE,
    ),
    Case(
        "cross product with OFFSET",
        "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } OFFSET 999999999999 LIMIT 1",
        LATE,
    ),
    Case("cross product whole", where("?a ?b ?c . ?d ?e ?f"), FULL),
    Case("cross product whole in XML", where("?a ?b ?c . ?d ?e ?f "), FULL),
    Case("GROUP_CONCAT of a cross product", "SELECT (GROUP_CONCAT(?c) AS ?x) WHERE { ?a ?b ?c . ?d ?e ?f }", FULL),
    Case(
        "GROUP BY all of a cross product",
        "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f } GROUP BY ?a ?c ?d ?f",
        FULL,
    ),
    Case("ORDER BY of a cross product", "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c", FULL),
    Case("ORDER BY RAND", "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f } ORDER BY RAND() LIMIT 1", FULL),
    Case("DISTINCT of a cross product", "SELECT DISTINCT * WHERE { ?a ?b ?c . ?d ?e ?f }", FULL),
    Case("COUNT DISTINCT of a cross product", "SELECT (COUNT(DISTINCT *) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f }", FULL),
    Case("CONSTRUCT of a cross product", "CONSTRUCT { ?a ?e ?f . ?d ?b ?c } WHERE { ?a ?b ?c . ?d ?e ?f }", FULL),
    Case("CONSTRUCT of blank nodes", "CONSTRUCT { [] ?b [ ?e [] ] } WHERE { ?a ?b ?c . ?d ?e ?f }", FULL),
    Case("DESCRIBE of everything", "DESCRIBE ?a ?d WHERE { ?a ?b ?c . ?d ?e ?f }", FULL),
    Case("UUID for each of a cross product", "SELECT (UUID() AS ?u) WHERE { ?a ?b ?c . ?d ?e ?f }", FULL),
    Case(
        "strings doubled by CONCAT",
        where("BIND('xxxxxxxx' AS ?x0) " + numbered("BIND(CONCAT(?x#, ?x#) AS ?x@)", 60)),
        FULL,
    ),
    Case(
        "strings squared by REPLACE",
        where("BIND('xxxxxxxxxxxxxxxx' AS ?x0) " + numbered("BIND(REPLACE(?x#, 'x', ?x#) AS ?x@)", 10)),
        FULL,
    ),
    Case(
        "strings grown by ENCODE_FOR_URI",
        where("BIND('%' AS ?x0) " + numbered("BIND(ENCODE_FOR_URI(CONCAT(?x#, '%', ?x#)) AS ?x@)", 60)),
        FULL,
    ),
    Case("numbers squared", where("BIND(9.9 AS ?x0) " + numbered("BIND(?x# * ?x# AS ?x@)", 200)), ANY),
    Case("regex with nested stars", given("REGEX('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', '^(a*)*$')"), (200,)),
    Case("regex with alternatives", given("REGEX('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', '^(a|aa)+$')"), (200,)),
    Case("regex with great counts", given("REGEX('a', '((a{1,1000}){1,1000}){1,1000}')"), (200, 400, 422, 504)),
    Case("regex with many classes", given("REGEX('a', '" + "[a-z]{1,999}" * 1000 + "')"), (200, 400, 422, 504)),
    Case("regex from the data", where("?a ?b ?c . ?d ?e ?f FILTER REGEX(STR(?c), CONCAT(STR(?f), '.*.*.*x$'))"), LATE),
    Case(
        "path star from everywhere", "SELECT (COUNT(*) AS ?n) WHERE { ?a <http://x/k>* ?b . ?c <http://x/k>* ?d }", FULL
    ),
    Case(
        "path stars in stars",
        "SELECT (COUNT(*) AS ?n) WHERE { ?a ((<http://x/k>*)*/(<http://x/k>+)*)* ?b . ?c (<http://x/k>|!<a>)+ ?d }",
        FULL,
    ),
    Case("negated path plus", "SELECT (COUNT(*) AS ?n) WHERE { ?a !<a>+ ?b . ?c !<b>+ ?d . ?e !(<c>|^<c>)* ?f }", FULL),
    Case(
        "paths of every length",
        "SELECT (COUNT(*) AS ?n) WHERE { ?a " + _joined("/", "<http://x/k>", 12) + " ?b }",
        (200, 422, 504),
    ),
    Case(
        "VALUES crossed with VALUES",
        where(" ".join(f"VALUES ?x{n} {{ {' '.join(map(str, range(200)))} }}" for n in range(6))),
        FULL,
    ),
]
ALL = [*NESTING, *LENGTH, *BOMBS]
