"""Which records speak of one action: by number, by title with partner and country, or as a person decided."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identification:
    """How identity sees one record: it stands by itself, or it was merged into `into`, by which rule and why.

    `key`, `line` and `row` are those of the record. `into` is the IRI, below the canonical base, of the action that
    has what the record says; `file` names the file of the data folder that describes it, if that is another one. A
    record that stands by itself has its own action in `into` and neither rule nor reason. `has_conflict` tells whether
    it says something that another record of the same action contradicts.
    """

    key: str
    line: int
    row: int | None
    into: str
    file: str = ""
    rule: str = ""
    reason: str = ""
    has_conflict: bool = False

    @property
    def is_merged(self) -> bool:
        """Whether the record has no action of its own."""
        return bool(self.rule)
