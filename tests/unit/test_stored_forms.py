"""Literals that a store writes in another form; the expected forms are the canonical ones of XML Schema."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from actiongraph.engine.stored_forms import StoredForms

XSD = "http://www.w3.org/2001/XMLSchema#"


def literal(value: str, name: str) -> ox.Literal:
    return ox.Literal(value, datatype=ox.NamedNode(XSD + name))


def quad(value: ox.Literal) -> ox.Quad:
    return ox.Quad(ox.NamedNode("x:s"), ox.NamedNode("x:p"), value)


@pytest.mark.parametrize(
    ("value", "name", "stored"),
    [
        ("00501", "integer", '"501"^^<{}integer>'),
        ("+5", "integer", '"5"^^<{}integer>'),
        ("05", "nonNegativeInteger", '"5"^^<{}integer>'),
        ("24:00:00", "time", '"00:00:00"^^<{}time>'),
        ("P0Y12M", "yearMonthDuration", '"P1Y"^^<{}yearMonthDuration>'),
        ("1.50", "decimal", '"1.5"^^<{}decimal>'),
        ("1", "boolean", '"true"^^<{}boolean>'),
    ],
)
def test_another_form_of_the_same_value_is_told_as_read_and_as_stored(value, name, stored):
    forms = StoredForms()
    assert list(forms.watch([quad(literal(value, name))])) == [quad(literal(value, name))]
    [(read, written)] = forms.rewritten().examples
    assert (read, written) == (f'"{value}"^^<{XSD}{name}>', stored.format(XSD))


@pytest.mark.parametrize(
    ("value", "name"),
    [("501", "integer"), ("-7", "integer"), ("abc", "integer"), ("2011-02-30", "date"), ("05", "string")],
)
def test_what_stays_as_it_is_is_not_told(value, name):
    forms = StoredForms()
    list(forms.watch([quad(literal(value, name))]))
    assert forms.rewritten().count == 0
    assert not forms.rewritten().sentence()


def test_each_use_counts_and_one_example_stands_for_a_datatype():
    forms = StoredForms()
    quads = [quad(literal(f"0{number}", "integer")) for number in (1, 1, 2)] + [quad(literal("1.50", "decimal"))]
    list(forms.watch(quads))
    found = forms.rewritten()
    assert found.count == 4
    assert len(found.examples) == 2
    assert found.sentence().startswith("4 literals are stored in another form of the same value: ")
