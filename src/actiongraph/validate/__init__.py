"""Validation of data against shapes, with a report that a curator can act on.

Each validator is a module with the same `validate(data, shapes) -> Report`: `reference` is pyshacl, `set_wise` finds
the same faster.
"""
