"""Validation of data against shapes, with a report that a curator can act on.

`core` is the face: it has `fast` (the package `shacl`) or `reference` (pyshacl) validate SHACL Core, and `set_wise` the
rules in SPARQL. `reference` validates all of it alone, and says what a rule means.
"""
