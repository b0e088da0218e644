"""Prefixed names, and what can be an IRI at all."""

from __future__ import annotations

import re

import pytest

from actiongraph.iris import NOT_IN_IRIREF, begins_like_iri, prefixed_name

PREFIXES = {"e": "http://e/", "ex": "http://e/x#", "again": "http://e/x#", "": "http://empty/", "none": ""}


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        ("http://e/a", "e:a"),
        ("http://e/x#a", "ex:a"),
        ("http://e/x#1.a_b-c", "ex:1.a_b-c"),
        ("http://e/x", "e:x"),
        ("http://empty/a", ":a"),
        ("http://e/x#", None),
        ("http://e/x#a.", None),
        ("http://e/a/b", None),
        ("http://e/\u00e9", None),
        ("http://other/a", None),
    ],
)
def test_the_longest_namespace_that_leaves_a_plain_name_makes_the_prefixed_name(iri: str, name: str | None) -> None:
    assert prefixed_name(iri, PREFIXES) == name


def test_other_local_names_can_be_allowed() -> None:
    assert prefixed_name("http://e/a/b", PREFIXES, re.compile(".+")) == "e:a/b"


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("http://e/", True), ("URN:a:b", True), ("a+b.c-d://", True),
        ("2014-12", False), ("mailto:a@b", False), ("//e/", False), ("1a://b", False), ("", False),
    ],
)  # fmt: skip
def test_what_begins_like_an_iri(text: str, begins: bool) -> None:
    assert begins_like_iri(text) is begins


def test_characters_that_no_iri_holds() -> None:
    assert [sign for sign in map(chr, range(0x2000)) if NOT_IN_IRIREF.search(sign)] == sorted(
        [*map(chr, range(0x21)), *'<>"{}|^`\\']
    )
