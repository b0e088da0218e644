"""The rules of SPARQL 1.1 queries, walked without recursion.

The grammar is LL(1): one token of lookahead decides. `RULES` holds it in the specification's names,
folded where a distinction does not matter here (NIL and ANON are an empty list and an empty property
list; sums and products are one rule). SERVICE is absent on purpose. `@name` is a mark: it reads
nothing, and tells whoever walks what has been met; `@name_end` closes what `@name` opens. Turtle has
the same triples, and is read too; its `@prefix` and `@base` are language tags to the lexer.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain

from actiongraph.sparql.lexer import Kind, Token

RULES = """
Query: Prologue ( SelectQuery | ConstructQuery | DescribeQuery | AskQuery ) ValuesClause
Prologue: ( 'BASE' @base IRIREF | 'PREFIX' @label PNAME_NS @namespace IRIREF )*
SelectQuery: @select SelectClause @patterns DatasetClause* WhereClause @modifiers SolutionModifier @select_end
SubSelect: @select SelectClause @patterns WhereClause @modifiers SolutionModifier @select_end ValuesClause
SelectClause: 'SELECT' ( 'DISTINCT' | 'REDUCED' )? ( SelectItem+ | '*' )
SelectItem: @column VAR | '(' Expression 'AS' @pattern @column VAR ')'
ConstructQuery: 'CONSTRUCT' ConstructBody SolutionModifier
ConstructBody: @template ConstructTemplate @template_end DatasetClause* WhereClause
ConstructBody: DatasetClause* 'WHERE' ConstructTemplate
ConstructTemplate: '{' TriplesTemplate? '}'
DescribeQuery: 'DESCRIBE' ( ( @pattern @described VarOrIri )+ | '*' ) DatasetClause* WhereClause? SolutionModifier
AskQuery: 'ASK' DatasetClause* WhereClause SolutionModifier
DatasetClause: 'FROM' ( @default_graph iri | 'NAMED' @named_graph iri )
WhereClause: 'WHERE'? GroupGraphPattern
SolutionModifier: GroupClause? HavingClause? OrderClause? LimitOffsetClauses?
GroupClause: 'GROUP' 'BY' GroupCondition+
GroupCondition: BuiltInCall | FunctionCall | '(' Expression ( 'AS' @pattern @bound VAR )? ')' | VAR
HavingClause: 'HAVING' Constraint+
OrderClause: 'ORDER' 'BY' OrderCondition+
OrderCondition: ( 'ASC' | 'DESC' ) BrackettedExpression | Constraint | VAR
LimitOffsetClauses: 'LIMIT' INTEGER ( 'OFFSET' INTEGER )? | 'OFFSET' INTEGER ( 'LIMIT' INTEGER )?
ValuesClause: ( 'VALUES' @values DataBlock )?

GroupGraphPattern: '{' @group ( SubSelect | GroupGraphPatternSub ) @group_end '}'
GroupGraphPatternSub: TriplesBlock? ( @pattern @element GraphPatternNotTriples ( '.' @stop )? TriplesBlock? )*
TriplesBlock: TriplesSameSubjectPath ( '.' @stop TriplesBlock? )?
GraphPatternNotTriples: GroupOrUnion | Optional | Minus | Graph | Filter | Bind | InlineData
GroupOrUnion: GroupGraphPattern ( 'UNION' @pattern GroupGraphPattern )*
Optional: 'OPTIONAL' GroupGraphPattern
Minus: 'MINUS' GroupGraphPattern
Graph: 'GRAPH' @graph VarOrIri GroupGraphPattern
Filter: 'FILTER' Constraint
Bind: 'BIND' '(' Expression 'AS' @bound VAR ')'
InlineData: 'VALUES' @values DataBlock
DataBlock: @listed VAR '{' ( @row @cell DataBlockValue @row_end )* '}'
DataBlock: '(' ( @listed VAR )* ')' '{' ( @row '(' ( @cell DataBlockValue )* ')' @row_end )* '}'
DataBlockValue: iri | RDFLiteral | NumericLiteral | BooleanLiteral | 'UNDEF'
Constraint: BrackettedExpression | BuiltInCall | FunctionCall

TriplesTemplate: TriplesSameSubject ( '.' @stop TriplesTemplate? )?
TriplesSameSubject: @subject VarOrTerm PropertyListNotEmpty
TriplesSameSubject: @subject '(' ( ')' PropertyListNotEmpty | ( @item Object )+ ')' PropertyListNotEmpty? )
TriplesSameSubject: @subject '[' ( ']' PropertyListNotEmpty | Properties ']' PropertyListNotEmpty? )
PropertyListNotEmpty: VerbObjects ( ';' @stop VerbObjects? )*
VerbObjects: @verb Verb @objects ObjectList
Properties: @properties PropertyListNotEmpty @properties_end
Verb: @step VarOrIri | @step 'a'
ObjectList: @object Object ( ',' @object Object )*
Object: @pattern GraphNode
GraphNode: VarOrTerm | TriplesNode
TriplesNode: '(' ( @item Object )* ')' | '[' Properties? ']'

TriplesSameSubjectPath: @subject VarOrTerm PropertyListPathNotEmpty
TriplesSameSubjectPath: @subject '(' ( ')' PropertyListPathNotEmpty | ListPath PropertyListPathNotEmpty? )
ListPath: ( @item ObjectPath )+ ')'
TriplesSameSubjectPath: @subject '[' ( ']' PropertyListPathNotEmpty | PropertiesPath ']' PropertyListPathNotEmpty? )
PropertyListPathNotEmpty: VerbObjectsPath ( ';' @stop VerbObjectsPath? )*
VerbObjectsPath: @verb VerbPath @objects ObjectListPath
PropertiesPath: @properties PropertyListPathNotEmpty @properties_end
VerbPath: @step VAR | Path
ObjectListPath: @object ObjectPath ( ',' @object ObjectPath )*
ObjectPath: @pattern GraphNodePath
GraphNodePath: VarOrTerm | TriplesNodePath
TriplesNodePath: '(' ( @item ObjectPath )* ')' | '[' PropertiesPath? ']'
Path: PathSequence ( '|' @operator PathSequence )*
PathSequence: PathEltOrInverse ( '/' @pattern @then PathEltOrInverse )*
PathEltOrInverse: ( '^' @inverse )? PathPrimary ( '?' | '*' | '+' )?
PathPrimary: @step iri | @step 'a' | '!' @negated PathNegatedPropertySet | '(' @path Path @path_end ')'
PathNegatedPropertySet: PathOneInPropertySet | '(' ( PathOneInPropertySet ( '|' PathOneInPropertySet )* )? ')'
PathOneInPropertySet: '^'? ( iri | 'a' )

VarOrTerm: VAR | iri | RDFLiteral | NumericLiteral | BooleanLiteral | BLANK_NODE_LABEL
VarOrIri: VAR | iri
Expression: RelationalExpression ( @operator ( '||' | '&&' ) RelationalExpression )*
RelationalExpression: NumericExpression ( @operator @comparison Comparison )?
Comparison: ( '=' | '!=' | '<' | '>' | '<=' | '>=' ) NumericExpression | 'NOT'? 'IN' ExpressionList
NumericExpression: UnaryExpression ( @operator ( ( '+' | '-' | '*' | '/' ) UnaryExpression | @value SIGNED ) )*
UnaryExpression: @operator ( '!' | '+' | '-' ) UnaryExpression | PrimaryExpression
PrimaryExpression: BrackettedExpression | BuiltInCall | @value @function iriOrFunction | @value VAR
PrimaryExpression: @value RDFLiteral | @value NumericLiteral | @value BooleanLiteral
BrackettedExpression: '(' Expression ')'
iriOrFunction: iri ArgList?
FunctionCall: @function iri ArgList
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

Turtle: ( Directive | @statement TriplesSameSubject '.' )*
Directive: 'BASE' @base IRIREF | 'PREFIX' @label PNAME_NS @namespace IRIREF
Directive: LANGTAG ( @base IRIREF | @label PNAME_NS @namespace IRIREF ) '.'
"""

END = "the end"
Terminal = str
Symbols = tuple[str, ...]
KEYWORDS = frozenset(re.findall(r"'([A-Z_0-9]+)'", RULES))
MARKS = frozenset(re.findall(r"@\w+", RULES))


class Unexpected(Exception):
    """The token at `index` (or the end of the text) cannot stand where it does; `expected_after` lists what can."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


def terminal(token: Token) -> Terminal:
    """Return the terminal that `token` is: a keyword in capitals (but `a`), a sign, or the name of its kind."""
    if token.kind is Kind.WORD:
        word = token.text.upper()
        return "a" if token.text == "a" else word if word in KEYWORDS else Kind.WORD.name
    if token.kind is Kind.OPERATOR:
        return token.text
    return "SIGNED" if token.text[0] in "+-" else token.kind.name


def walk(read: Iterable[Token], marks: frozenset[str] = frozenset(), start: str = "Query") -> Iterator[tuple[str, int]]:
    """Yield each of `marks` that a query, or what the rule `start` says, passes, with the index of the next token.

    No token beyond that one has been taken from `read` yet.

    Raises:
        Unexpected: the tokens do not keep the rules.
    """
    steps = _steps(marks)
    stack = [END, start]
    for index, wanted in enumerate(chain(map(terminal, read), [END])):
        while (top := stack.pop()) != wanted:
            if top not in steps:
                raise Unexpected(index)
            passed, left, is_read = steps[top][wanted]
            for mark in passed:
                yield mark, index
            if is_read:
                stack += left
                break
            if is_read is None:
                raise Unexpected(index)


def starts_of(rule: str) -> frozenset[Terminal]:
    """Return every terminal that the rule `rule` can start with."""
    return frozenset(_table()[rule])


def expected_after(read: Iterable[Token]) -> frozenset[Terminal]:
    """Return every terminal that can come after the tokens `read`, with which a query can begin."""
    stack = [END, "Query"]
    for wanted in map(terminal, read):
        _advance(stack, wanted)
    every = {start for row in _table().values() for start in row}
    return frozenset(candidate for candidate in every if _advance(stack.copy(), candidate))


def _advance(stack: list[str], wanted: Terminal) -> bool:
    """Move `stack` over one token and tell whether it fits."""
    table = _table()
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
    """Return the rules without `?`, `*`, `+` and brackets: for each a rule of its own, named after its number."""
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


class _Steps(dict[Terminal, tuple[Symbols, Symbols, bool | None]]):
    """For a rule or mark and each next terminal: marks to pass, what is left to read, and whether the terminal is read.

    A terminal that cannot stand there is None instead. A step holds all that one terminal decides, for most
    rules of expressions only lead to the next; it is found when it is first needed.
    """

    def __init__(self, name: str, marks: frozenset[str]) -> None:
        self._name = name
        self._marks = marks

    def __missing__(self, wanted: Terminal) -> tuple[Symbols, Symbols, bool | None]:
        table, stack, passed = _table(), [self._name], list[str]()
        is_read: bool | None = False
        while stack and not is_read:
            top = stack.pop()
            if top == wanted:
                is_read = True
            elif top in MARKS:
                passed += {top} & self._marks
            elif wanted in table.get(top, {}):
                stack += table[top][wanted]
            else:
                stack, is_read = [], None
        left = tuple(symbol for symbol in stack if symbol not in MARKS - self._marks)
        self[wanted] = step = (tuple(passed), left, is_read)
        return step


@cache
def _steps(marks: frozenset[str]) -> Mapping[str, _Steps]:
    return {name: _Steps(name, marks) for name in (*_table(), *marks)}


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


def _first(rules: Mapping[str, list[Symbols]]) -> dict[str, set[Terminal]]:
    """Return the terminals each rule can start with; the empty text is for nothing at all."""
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
    follow["Query"] = follow["Turtle"] = {END}
    size = -1
    while size != (size := sum(map(len, follow.values()))):
        for name, alternatives in rules.items():
            for symbols in alternatives:
                for index, symbol in enumerate(symbols, 1):
                    if symbol in rules:
                        starts = _starts(symbols[index:], first)
                        follow[symbol] |= starts - {""} | (follow[name] if "" in starts else set())
    return follow
