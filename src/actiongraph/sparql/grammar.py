"""The rules of SPARQL 1.1 queries, walked without recursion.

The grammar is LL(1): one token of lookahead decides. `RULES` holds it in the specification's names,
folded where a distinction does not matter here (NIL and ANON are an empty list and an empty property
list; sums and products are one rule). SERVICE is absent on purpose. `@name` is a mark: it tells
what has been met and reads nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from actiongraph.sparql.lexer import Kind, Token

RULES = """
Query: Prologue ( SelectQuery | ConstructQuery | DescribeQuery | AskQuery ) ValuesClause
Prologue: ( 'BASE' IRIREF | 'PREFIX' PNAME_NS IRIREF )*
SelectQuery: SelectClause DatasetClause* WhereClause SolutionModifier
SubSelect: SelectClause WhereClause SolutionModifier ValuesClause
SelectClause: 'SELECT' ( 'DISTINCT' | 'REDUCED' )? ( SelectItem+ | '*' )
SelectItem: VAR | '(' Expression 'AS' @pattern VAR ')'
ConstructQuery: 'CONSTRUCT' ConstructBody SolutionModifier
ConstructBody: ConstructTemplate DatasetClause* WhereClause | DatasetClause* 'WHERE' ConstructTemplate
ConstructTemplate: '{' TriplesTemplate? '}'
DescribeQuery: 'DESCRIBE' ( ( @pattern VarOrIri )+ | '*' ) DatasetClause* WhereClause? SolutionModifier
AskQuery: 'ASK' DatasetClause* WhereClause SolutionModifier
DatasetClause: 'FROM' 'NAMED'? iri
WhereClause: 'WHERE'? GroupGraphPattern
SolutionModifier: GroupClause? HavingClause? OrderClause? LimitOffsetClauses?
GroupClause: 'GROUP' 'BY' GroupCondition+
GroupCondition: BuiltInCall | FunctionCall | '(' Expression ( 'AS' @pattern VAR )? ')' | VAR
HavingClause: 'HAVING' Constraint+
OrderClause: 'ORDER' 'BY' OrderCondition+
OrderCondition: ( 'ASC' | 'DESC' ) BrackettedExpression | Constraint | VAR
LimitOffsetClauses: 'LIMIT' INTEGER ( 'OFFSET' INTEGER )? | 'OFFSET' INTEGER ( 'LIMIT' INTEGER )?
ValuesClause: ( 'VALUES' DataBlock )?

GroupGraphPattern: '{' ( SubSelect | GroupGraphPatternSub ) '}'
GroupGraphPatternSub: TriplesBlock? ( @pattern GraphPatternNotTriples '.'? TriplesBlock? )*
TriplesBlock: TriplesSameSubjectPath ( '.' TriplesBlock? )?
GraphPatternNotTriples: GroupOrUnion | Optional | Minus | Graph | Filter | Bind | InlineData
GroupOrUnion: GroupGraphPattern ( 'UNION' @pattern GroupGraphPattern )*
Optional: 'OPTIONAL' GroupGraphPattern
Minus: 'MINUS' GroupGraphPattern
Graph: 'GRAPH' VarOrIri GroupGraphPattern
Filter: 'FILTER' Constraint
Bind: 'BIND' '(' Expression 'AS' VAR ')'
InlineData: 'VALUES' DataBlock
DataBlock: VAR '{' DataBlockValue* '}' | '(' VAR* ')' '{' ( '(' DataBlockValue* ')' )* '}'
DataBlockValue: iri | RDFLiteral | NumericLiteral | BooleanLiteral | 'UNDEF'
Constraint: BrackettedExpression | BuiltInCall | FunctionCall

TriplesTemplate: TriplesSameSubject ( '.' TriplesTemplate? )?
TriplesSameSubject: VarOrTerm PropertyListNotEmpty
TriplesSameSubject: '(' ( ')' PropertyListNotEmpty | Object+ ')' PropertyListNotEmpty? )
TriplesSameSubject: '[' ( ']' PropertyListNotEmpty | PropertyListNotEmpty ']' PropertyListNotEmpty? )
PropertyListNotEmpty: Verb ObjectList ( ';' ( Verb ObjectList )? )*
Verb: VarOrIri | 'a'
ObjectList: Object ( ',' Object )*
Object: @pattern GraphNode
GraphNode: VarOrTerm | TriplesNode
TriplesNode: '(' Object* ')' | '[' PropertyListNotEmpty? ']'

TriplesSameSubjectPath: VarOrTerm PropertyListPathNotEmpty
TriplesSameSubjectPath: '(' ( ')' PropertyListPathNotEmpty | ObjectPath+ ')' PropertyListPathNotEmpty? )
TriplesSameSubjectPath: '[' ( ']' PropertyListPathNotEmpty | PropertyListPathNotEmpty ']' PropertyListPathNotEmpty? )
PropertyListPathNotEmpty: VerbPath ObjectListPath ( ';' ( VerbPath ObjectListPath )? )*
VerbPath: VAR | Path
ObjectListPath: ObjectPath ( ',' ObjectPath )*
ObjectPath: @pattern GraphNodePath
GraphNodePath: VarOrTerm | TriplesNodePath
TriplesNodePath: '(' ObjectPath* ')' | '[' PropertyListPathNotEmpty? ']'
Path: PathSequence ( '|' @operator PathSequence )*
PathSequence: PathEltOrInverse ( '/' @pattern PathEltOrInverse )*
PathEltOrInverse: '^'? PathPrimary ( '?' | '*' | '+' )?
PathPrimary: iri | 'a' | '!' PathNegatedPropertySet | '(' Path ')'
PathNegatedPropertySet: PathOneInPropertySet | '(' ( PathOneInPropertySet ( '|' PathOneInPropertySet )* )? ')'
PathOneInPropertySet: '^'? ( iri | 'a' )

VarOrTerm: VAR | iri | RDFLiteral | NumericLiteral | BooleanLiteral | BLANK_NODE_LABEL
VarOrIri: VAR | iri
Expression: RelationalExpression ( @operator ( '||' | '&&' ) RelationalExpression )*
RelationalExpression: NumericExpression ( @operator Comparison )?
Comparison: ( '=' | '!=' | '<' | '>' | '<=' | '>=' ) NumericExpression | 'NOT'? 'IN' ExpressionList
NumericExpression: UnaryExpression ( @operator ( ( '+' | '-' | '*' | '/' ) UnaryExpression | SIGNED ) )*
UnaryExpression: @operator ( '!' | '+' | '-' ) UnaryExpression | PrimaryExpression
PrimaryExpression: BrackettedExpression | BuiltInCall | iriOrFunction | VAR
PrimaryExpression: RDFLiteral | NumericLiteral | BooleanLiteral
BrackettedExpression: '(' Expression ')'
iriOrFunction: iri ArgList?
FunctionCall: iri ArgList
ArgList: '(' ( 'DISTINCT'? Expression ( ',' Expression )* )? ')'
ExpressionList: '(' ( Expression ( ',' Expression )* )? ')'
BuiltInCall: Aggregate | NoArgument '(' ')' | 'BNODE' '(' Expression? ')' | 'BOUND' '(' VAR ')'
BuiltInCall: OneArgument '(' Expression ')' | TwoArguments '(' Expression ',' Expression ')'
BuiltInCall: ( 'REGEX' | 'SUBSTR' ) '(' Expression ',' Expression ( ',' Expression )? ')'
BuiltInCall: 'REPLACE' '(' Expression ',' Expression ',' Expression ( ',' Expression )? ')'
BuiltInCall: 'IF' '(' Expression ',' Expression ',' Expression ')' | ( 'CONCAT' | 'COALESCE' ) ExpressionList
BuiltInCall: 'NOT'? 'EXISTS' GroupGraphPattern
NoArgument: 'RAND' | 'NOW' | 'UUID' | 'STRUUID'
OneArgument: 'STR' | 'LANG' | 'DATATYPE' | 'IRI' | 'URI' | 'ABS' | 'CEIL' | 'FLOOR' | 'ROUND'
OneArgument: 'STRLEN' | 'UCASE' | 'LCASE'
OneArgument: 'ENCODE_FOR_URI' | 'YEAR' | 'MONTH' | 'DAY' | 'HOURS'
OneArgument: 'MINUTES' | 'SECONDS' | 'TIMEZONE' | 'TZ'
OneArgument: 'MD5' | 'SHA1' | 'SHA256' | 'SHA384' | 'SHA512'
OneArgument: 'ISIRI' | 'ISURI' | 'ISBLANK' | 'ISLITERAL' | 'ISNUMERIC'
TwoArguments: 'LANGMATCHES' | 'CONTAINS' | 'STRSTARTS' | 'STRENDS'
TwoArguments: 'STRBEFORE' | 'STRAFTER' | 'STRLANG' | 'STRDT' | 'SAMETERM'
Aggregate: 'COUNT' '(' 'DISTINCT'? ( '*' | Expression ) ')'
Aggregate: ( 'SUM' | 'MIN' | 'MAX' | 'AVG' | 'SAMPLE' ) '(' 'DISTINCT'? Expression ')'
Aggregate: 'GROUP_CONCAT' '(' 'DISTINCT'? Expression ( ';' 'SEPARATOR' '=' STRING )? ')'
RDFLiteral: STRING ( LANGTAG | '^^' iri )?
NumericLiteral: INTEGER | DECIMAL | DOUBLE | SIGNED
BooleanLiteral: 'TRUE' | 'FALSE'
iri: IRIREF | PNAME_LN | PNAME_NS
"""

END = "the end"
Terminal = str
Symbols = tuple[str, ...]
KEYWORDS = frozenset(re.findall(r"'([A-Z_0-9]+)'", RULES))
MARKS = frozenset(re.findall(r"@\w+", RULES))

_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE})


class Unexpected(Exception):
    """The token at `index` (or the end of the text) cannot stand where it does; `expected` lists what can."""

    def __init__(self, index: int, expected: frozenset[Terminal]) -> None:
        super().__init__(index)
        self.index = index
        self.expected = expected


def terminal(token: Token) -> Terminal:
    """Return what `token` is to the grammar: a keyword in capitals (but `a`), a sign, or the name of its kind."""
    if token.kind is Kind.WORD:
        word = token.text.upper()
        return "a" if token.text == "a" else word if word in KEYWORDS else Kind.WORD.name
    if token.kind is Kind.OPERATOR:
        return token.text
    if token.kind in _NUMBERS and token.text[0] in "+-":
        return "SIGNED"
    return token.kind.name


def walk(read: Sequence[Token]) -> Iterator[tuple[str, int]]:
    """Yield each mark that the query passes, with the index of the token that comes next.

    Raises:
        Unexpected: the tokens are not a query.
    """
    table = _table()
    stack = [END, "Query"]
    for index, wanted in enumerate([*map(terminal, read), END]):
        while (top := stack.pop()) != wanted:
            if top in MARKS:
                yield top, index
                continue
            expansion = table[top].get(wanted) if top in table else None
            if expansion is None:
                raise Unexpected(index, _expected(read[:index]))
            stack.extend(expansion)


def starts_of(rule: str) -> frozenset[Terminal]:
    """Return every terminal that the rule `rule` can start with."""
    return frozenset(_table()[rule])


def _expected(read: Sequence[Token]) -> frozenset[Terminal]:
    """Return every terminal that can come after the tokens `read`."""
    table = _table()
    stack = [END, "Query"]
    for wanted in map(terminal, read):
        _advance(stack, wanted, table)
    return frozenset(candidate for candidate in _terminals() if _advance(stack.copy(), candidate, table))


def _advance(stack: list[str], wanted: Terminal, table: Mapping[str, Mapping[Terminal, Symbols]]) -> bool:
    """Move `stack` over one token and tell whether it fits."""
    while (top := stack.pop()) != wanted:
        if top in MARKS:
            continue
        expansion = table[top].get(wanted) if top in table else None
        if expansion is None:
            return False
        stack.extend(expansion)
    return True


# What follows turns the rules into the table: what each rule becomes when a certain terminal comes next.

_SYMBOL = re.compile(r"'[^']+'|@?\w+|[()|?*+]")


def _rules() -> dict[str, list[Symbols]]:
    """Return the rules without `?`, `*`, `+` and brackets: for each a rule of its own, named after its place."""
    rules: dict[str, list[Symbols]] = defaultdict(list)
    for line in filter(None, RULES.splitlines()):
        name, _, right = line.partition(": ")
        rules[name] += _alternatives(iter(_SYMBOL.findall(right)), rules)
    return rules


def _alternatives(symbols: Iterator[str], rules: dict[str, list[Symbols]]) -> list[Symbols]:
    """Read up to the closing bracket, or to the end."""
    found: list[list[str]] = [[]]
    for symbol in symbols:
        if symbol == ")":
            break
        if symbol == "|":
            found.append([])
        elif symbol == "(":
            found[-1].append(_named(_alternatives(symbols, rules), rules))
        elif symbol in {"?", "*", "+"}:
            found[-1].append(_repeated(found[-1].pop(), symbol, rules))
        else:
            found[-1].append(symbol.strip("'"))
    return [tuple(alternative) for alternative in found]


def _named(alternatives: Iterable[Symbols], rules: dict[str, list[Symbols]]) -> str:
    name = f"({len(rules)})"
    rules[name] = list(alternatives)
    return name


def _repeated(symbol: str, times: str, rules: dict[str, list[Symbols]]) -> str:
    name = _named([], rules)
    again = (symbol, name) if times != "?" else (symbol,)
    rules[name] = [again, ()]
    return _named([again], rules) if times == "+" else name


@cache
def _table() -> Mapping[str, Mapping[Terminal, Symbols]]:
    """Return, for each rule and next terminal, what to read, the last first."""
    rules = _rules()
    first = _first(rules)
    follow = _follow(rules, first)
    table: dict[str, dict[Terminal, Symbols]] = {name: {} for name in rules}
    for name, alternatives in rules.items():
        for symbols in alternatives:
            starts = _starts(symbols, first)
            for start in starts - {""} | (follow[name] if "" in starts else set()):
                if start in table[name]:
                    raise AssertionError(f"{start} does not decide between two ways to read {name}.")
                table[name][start] = symbols[::-1]
    return table


@cache
def _terminals() -> frozenset[Terminal]:
    return frozenset(start for row in _table().values() for start in row)


def _first(rules: Mapping[str, list[Symbols]]) -> dict[str, set[Terminal]]:
    """Return the terminals each rule can start with; the empty text stands for nothing at all."""
    first: dict[str, set[Terminal]] = {name: set() for name in rules}
    size = -1
    while size != (size := sum(map(len, first.values()))):
        for name, alternatives in rules.items():
            first[name].update(*(_starts(symbols, first) for symbols in alternatives))
    return first


def _starts(symbols: Symbols, first: Mapping[str, set[Terminal]]) -> set[Terminal]:
    starts: set[Terminal] = set()
    for symbol in symbols:
        if symbol in MARKS:
            continue
        found = first.get(symbol, {symbol})
        starts |= found - {""}
        if "" not in found:
            return starts
    return starts | {""}


def _follow(rules: Mapping[str, list[Symbols]], first: Mapping[str, set[Terminal]]) -> dict[str, set[Terminal]]:
    """Return the terminals that can come after each rule."""
    follow: dict[str, set[Terminal]] = {name: set() for name in rules}
    follow["Query"].add(END)
    size = -1
    while size != (size := sum(map(len, follow.values()))):
        for name, alternatives in rules.items():
            for symbols in alternatives:
                for place, symbol in enumerate(symbols):
                    if symbol in rules:
                        starts = _starts(symbols[place + 1 :], first)
                        follow[symbol] |= starts - {""} | (follow[name] if "" in starts else set())
    return follow
