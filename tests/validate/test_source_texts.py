"""Passages and printed names, held against the text of their source."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyoxigraph as ox
import pytest

from actiongraph.errors import DataError
from actiongraph.validate.source_texts import compare, read_texts

TEXT = "Première page.\n\nMinistry of Trees (MoT) asked for help, and so did the Ministry of Rivers."
SHA_256 = hashlib.sha256(TEXT.encode()).hexdigest()
DATA = """
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix spdx: <http://spdx.org/rdf/terms#> .
<x:source> CHECKSUM .
<x:action> dcterms:source <x:source> ; ag:partnerNameAsPrinted "PARTNER" .
<x:passage> oa:hasSource <x:source> ; oa:hasSelector <x:position>, <x:quote> .
<x:position> oa:start START ; oa:end END .
<x:quote> oa:exact "QUOTE" .
"""
START = TEXT.index("Ministry of Trees")


def quads(start: int = START, quote: str = "Ministry of Trees", partner: str = "Ministry of Trees (MoT)", **more: str):
    filled = {
        "CHECKSUM": f'ag:sha256 "{SHA_256.upper()}"', "START": str(start), "END": str(start + len(quote)),
        "QUOTE": quote, "PARTNER": partner, **more,
    }  # fmt: skip
    text = DATA
    for name, value in filled.items():
        text = text.replace(name, value)
    return list(ox.parse(text, format=ox.RdfFormat.TURTLE))


@pytest.fixture
def texts(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "page.txt"
    path.write_bytes(TEXT.encode())
    return read_texts([path])


def test_what_the_text_says_is_found_there(texts):
    found = compare(quads(), texts)
    assert (found.results, found.compared, found.not_compared) == ((), 1, 0)


@pytest.mark.parametrize(
    "checksum",
    [f'ag:sha256 "{SHA_256}"', f'spdx:checksum <x:sum> . <x:sum> spdx:checksumValue "{SHA_256}"'],
)
def test_a_text_belongs_to_the_source_that_has_its_checksum(texts, checksum):
    assert compare(quads(CHECKSUM=checksum), texts).compared == 1


def test_without_its_text_a_passage_is_counted_as_not_compared(texts):
    assert compare(quads(start=0), {}).not_compared == 1
    other = compare(quads(start=0, CHECKSUM='ag:sha256 "00"'), texts)
    assert (other.results, other.compared, other.not_compared) == ((), 0, 1)


def test_a_passage_that_is_shifted_by_five_is_told_where_its_words_are(texts):
    [result] = compare(quads(start=START + 5), texts).results
    assert str(result.focus) == "x:passage"
    assert f"It has them from {START}: correct the position." in result.message


def test_of_several_places_the_nearest_is_told(texts):
    second = TEXT.index("Ministry", START + 1)
    [result] = compare(quads(start=second - 2, quote="Ministry of"), texts).results
    assert f"It has them from {second}:" in result.message


def test_a_passage_beyond_the_text_is_told_where_that_ends(texts):
    [result] = compare(quads(start=10_000, quote="Ministry of Air"), texts).results
    assert f"It ends at {len(TEXT)}" in result.message


def test_words_that_the_text_does_not_have_are_told_with_what_it_has(texts):
    [result] = compare(quads(quote="Ministry of Threes"), texts).results
    assert "does not have 'Ministry of Threes'" in result.message
    assert "It has 'Ministry of Trees " in result.message


def test_a_partner_that_the_source_does_not_print_is_told(texts):
    [result] = compare(quads(partner="Ministry of Air"), texts).results
    assert str(result.focus) == "x:action"
    assert "does not print 'Ministry of Air'" in result.message


def test_a_text_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "page.txt"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="save it as UTF-8"):
        read_texts([path])
