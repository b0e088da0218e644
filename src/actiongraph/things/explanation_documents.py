"""Why a row is in a result, as JSON for programs and as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from rdflib.term import Node

from actiongraph.chains.model import Evidence, Passage
from actiongraph.text import counted, drift_note, one_line
from actiongraph.things.explanation import ExplainedTriple, Explanation, QueryPiece
from actiongraph.things.provenance import Provenance, ProvenanceKind
from actiongraph.things.result_row import written_row, written_term

_WIDTH = 100
PLAIN = {
    ProvenanceKind.ON_RECORD: "on record without a source statement",
    ProvenanceKind.SET_BY_CURATORS: "set by curators",
    ProvenanceKind.VOCABULARY: "defined in the vocabulary",
    ProvenanceKind.CATALOGUE: "written into the catalogue when the release was made",
    ProvenanceKind.COMPUTED: "computed",
    ProvenanceKind.NOT_KNOWN: "its origin is not known",
}
"""Words for what has no evidence of its own."""


def as_document(found: Explanation, version: str | None = None) -> dict[str, object]:
    """Return an explanation for JSON; terms stand as in SPARQL results in JSON, each with its `label`."""
    return {
        "version": version,
        "row": written_row({variable: term for variable, term, _ in found.row}),
        "solutions": found.solutions,
        "complete": found.is_whole,
        "triples": [_triple(each) for each in found.triples],
        "conditions": [_piece(piece) for piece in found.conditions],
        "rests_also_on": [_piece(piece) for piece in found.rests_on],
        "notes": [*found.notes],
    }


def _triple(explained: ExplainedTriple) -> dict[str, object]:
    provenance = explained.provenance
    written: dict[str, object] = _terms(explained.triple, explained.names)
    written |= {"graphs": [str(graph) for graph in provenance.graphs], "provenance": str(provenance.kind)}
    if provenance.rule:
        written["rule"] = provenance.rule
    if provenance.computed_from and explained.origin_names:
        written["computed_from"] = _terms(provenance.computed_from, explained.origin_names)
    return written | {"evidence": [_evidence(each) for each in provenance.evidence]}


def _terms(triple: Iterable[Node], names: Iterable[str]) -> dict[str, object]:
    parts = zip(("subject", "predicate", "object"), triple, names, strict=True)
    return {part: {**written_term(term), "label": str(name)} for part, term, name in parts}


def _evidence(evidence: Evidence) -> dict[str, object]:
    return {
        "statement": evidence.statement,
        "basis": evidence.basis,
        "confidence": None if evidence.confidence is None else float(evidence.confidence),
        "reason": evidence.reason,
        "passages": [
            {
                "quote": passage.quote,
                "start": passage.start,
                "end": passage.end,
                "passage": passage.iri,
                "source": passage.source and {"iri": passage.source.iri, "label": str(passage.source.name)},
                **({} if passage.now is None else {"words_now": passage.now}),
            }
            for passage in evidence.passages
        ],
    }


def _piece(piece: QueryPiece) -> dict[str, str]:
    return {"says": piece.says, "query": piece.spelling}


def as_text(found: Explanation) -> str:
    """Return an explanation in lines of about a hundred columns; what could command a terminal is left out."""
    blocks = [list(_row(found))]
    grounds = found.has_provenance
    blocks += [list(_block(number, each, with_grounds=grounds)) for number, each in enumerate(found.triples, 1)]
    for title, pieces in (("Conditions of the query:", found.conditions), ("It rests also on:", found.rests_on)):
        if pieces:
            blocks.append([title, *(line for piece in pieces for line in _lines(_told(piece), "  "))])
    blocks += [[*_lines(note, "")] for note in found.notes]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _row(found: Explanation) -> Iterator[str]:
    made = counted(len(found.triples), "triple")
    yield f"Why this row is there: {made}" if found.is_row else f"Why the answer is true: {made}"
    for variable, _, name in found.row:
        yield from _lines(f"{variable}: {name}", "  ")


def _told(piece: QueryPiece) -> str:
    return f"{piece.says}: {piece.spelling}"


def _block(number: int, explained: ExplainedTriple, *, with_grounds: bool) -> Iterator[str]:
    lead = f"{number}. "
    yield from _lines(_sentence(explained.names), lead, " " * len(lead))
    for line in _grounds(explained.provenance, explained.origin_names) if with_grounds else ():
        yield from _lines(line, " " * len(lead))


def _sentence(names: tuple[str, str, str]) -> str:
    subject, predicate, object_ = names
    return f"{subject}: {predicate} {object_}"


def _grounds(provenance: Provenance, origin: tuple[str, str, str] | None) -> Iterator[str]:
    if provenance.rule:
        yield f"computed: {provenance.rule}"
    if origin:
        yield f"from: {_sentence(origin)}"
    if not provenance.evidence and not provenance.rule:
        yield PLAIN[provenance.kind]
    for evidence in provenance.evidence:
        basis = evidence.basis or "on record"
        firmness = "" if evidence.confidence is None else f", confidence {evidence.confidence}"
        yield f"{basis}{firmness}" + (f": {evidence.reason}" if evidence.reason else "")
        yield from (_quoted(passage) for passage in evidence.passages)


def _quoted(passage: Passage) -> str:
    words = f"“{passage.quote}”" if passage.quote else "no words quoted"
    source = passage.source.name if passage.source else "source unknown"
    where = f", characters {passage.start} to {passage.end}" if passage.start is not None else ""
    note = "" if passage.now is None else f" {drift_note(passage.now)}."
    return f"{words} ({source}{where}){note}"


def _lines(text: str, lead: str, further: str | None = None) -> list[str]:
    indent = lead + "  " if further is None else further
    return wrap(one_line(text), _WIDTH, initial_indent=lead, subsequent_indent=indent, break_long_words=False)
