"""RDF files: read as their suffix says, refused with a place, and nothing fetched."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyoxigraph as ox
import pytest

from actiongraph.engine.files import read_file
from actiongraph.errors import DataError, DataSyntaxError
from actiongraph.formats import RDF_SUFFIXES

QUAD = ox.Quad(ox.NamedNode("http://x/s"), ox.NamedNode("http://x/p"), ox.Literal("o"), ox.DefaultGraph())
WRITTEN = {
    ".ttl": '@prefix x: <http://x/> . x:s x:p "o" .',
    ".nt": '<http://x/s> <http://x/p> "o" .',
    ".nq": '<http://x/s> <http://x/p> "o" .',
    ".trig": '{ <http://x/s> <http://x/p> "o" }',
    ".jsonld": '{"@id": "http://x/s", "http://x/p": "o"}',
    ".json": '{"@id": "http://x/s", "http://x/p": "o"}',
}
XML = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://x/">'
    '<rdf:Description rdf:about="http://x/s"><x:p>o</x:p></rdf:Description></rdf:RDF>'
)


@pytest.mark.parametrize("suffix", RDF_SUFFIXES)
def test_every_suffix_is_read(tmp_path: Path, suffix: str):
    path = tmp_path / f"file{suffix.upper()}"
    path.write_text(WRITTEN.get(suffix, XML), "utf-8")
    assert list(read_file(path)) == [QUAD]


@pytest.mark.parametrize("suffix", RDF_SUFFIXES)
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path, suffix: str):  # Unicode 15.0, section 23.8
    written = b"\xef\xbb\xbf" + WRITTEN.get(suffix, XML).encode()
    (tmp_path / f"a{suffix}").write_bytes(written)
    (tmp_path / f"a{suffix}.gz").write_bytes(gzip.compress(written))
    for name in (f"a{suffix}", f"a{suffix}.gz"):
        assert list(read_file(tmp_path / name)) == [QUAD]


def test_a_packed_file_is_read_by_the_suffix_within(tmp_path: Path):
    path = tmp_path / "a.nq.gz"
    path.write_bytes(gzip.compress(WRITTEN[".nq"].encode()))
    assert list(read_file(path)) == [QUAD]


@pytest.mark.parametrize("content", [b"", b"no gzip at all", gzip.compress(b"<http://x/s>" * 99, mtime=0)[:30]])
def test_a_packed_file_that_is_not_whole_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "a.nq.gz").write_bytes(content)
    if content:
        with pytest.raises(DataSyntaxError, match=r"a\.nq\.gz: this is not a complete gzip file"):
            list(read_file(tmp_path / "a.nq.gz"))
    else:
        assert list(read_file(tmp_path / "a.nq.gz")) == []


def test_named_graphs_stay_named_and_triples_go_where_they_are_told(tmp_path: Path):
    path = tmp_path / "file.trig"
    path.write_text('{ <http://x/s> <http://x/p> "o" } <http://x/g> { <http://x/s> <http://x/p> "o" }', "utf-8")
    there = ox.NamedNode("http://x/there")
    assert {quad.graph_name for quad in read_file(path, to_graph=there)} == {there, ox.NamedNode("http://x/g")}


def test_blank_nodes_of_two_files_stay_apart(tmp_path: Path):
    for name in ("one.ttl", "two.ttl"):
        (tmp_path / name).write_text("_:a <http://x/p> 1 .", "utf-8")
    subjects = {quad.subject for name in ("one.ttl", "two.ttl") for quad in read_file(tmp_path / name)}
    assert len(subjects) == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.ttl", b"@prefix : <http://x/> .\n:a :p oops .", r"a\.ttl, line 2, column 7: "),
        ("a.ttl", b":a :p :b .", r"line 1, column 1: The prefix : has not been declared"),
        ("a.ttl", b'<http://x/s> <http://x/p> "\xff" .', r"line 1, column 28: Invalid UTF-8"),
        ("a.nt", b'<http://x/s> <http://x/p> "o"', r"line 1"),
        ("a.rdf", b"<rdf:RDF", r"a\.rdf: "),
        ("a.jsonld", b'{"@id": }', r"line 1"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, name: str, content: bytes, said: str):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataSyntaxError, match=said):
        list(read_file(tmp_path / name))


@pytest.mark.parametrize(
    "content",
    [
        b'<?xml version="1.0"?>\n<!DOCTYPE rdf:RDF [<!ENTITY a "aaaa">]>' + XML.encode(),
        b"<! DOCTYPE x>" + XML.encode(),
        b"<!doctype x>" + XML.encode(),
    ],
)
def test_entities_are_refused_before_they_can_grow(tmp_path: Path, content: bytes):
    (tmp_path / "a.rdf").write_bytes(content)
    with pytest.raises(DataSyntaxError, match=r"line \d: .*DOCTYPE"):
        list(read_file(tmp_path / "a.rdf"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_entities_cannot_hide_in_another_encoding(tmp_path: Path, encoding: str):
    text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [<!ENTITY a "b">]>{XML}'
    (tmp_path / "a.rdf").write_bytes(text.encode(encoding))
    with pytest.raises(DataSyntaxError, match="UTF-8 only"):
        list(read_file(tmp_path / "a.rdf"))


def test_a_context_elsewhere_is_never_fetched(tmp_path: Path):
    (tmp_path / "a.jsonld").write_text('{"@context": "http://127.0.0.1:9/c", "name": "x"}', "utf-8")
    with pytest.raises(DataSyntaxError, match="is not fetched"):
        list(read_file(tmp_path / "a.jsonld"))


def test_what_is_no_readable_file_is_refused_in_one_sentence(tmp_path: Path):
    (tmp_path / "a.txt").write_text("{}", "utf-8")
    (tmp_path / "folder.ttl").mkdir()
    for name, said in (("a.txt", "suffix"), ("folder.ttl", "is a folder"), ("none.ttl", "no such file")):
        with pytest.raises(DataError, match=said):
            list(read_file(tmp_path / name))
