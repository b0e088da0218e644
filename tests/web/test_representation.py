"""Entity tags and content codings by the tables and the grammar of RFC 9110."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.web.http.conditions import Condition, names_tag
from actiongraph.web.http.representation import (
    GZIP,
    Representation,
    coding_qualities,
    compress,
    gzip_tag,
    represent,
    select,
    wants_gzip,
)

JSON = "application/sparql-results+json"
LONG = represent(b'{"a": 1}\n' * 200, JSON)
SHORT = represent(b"{}", JSON)


class TestIfNoneMatch:
    # Section 8.8.3: two tags in one list, a weak one, one with a comma, the empty one.
    @pytest.mark.parametrize(
        ("field", "tag", "named"),
        [
            ('"xyzzy"', '"xyzzy"', True),
            ('W/"xyzzy"', '"xyzzy"', True),
            ('"xyzzy", "r2d2xxxx", "c3piozzzz"', '"c3piozzzz"', True),
            ('W/"xyzzy", W/"r2d2xxxx", W/"c3piozzzz"', '"r2d2xxxx"', True),
            ('"xyzzy","r2d2xxxx"', '"r2d2xxxx"', True),
            ('"xyzzy" , , "r2d2xxxx"', '"r2d2xxxx"', True),
            ("*", '"xyzzy"', True),
            (" * ", '"xyzzy"', True),
            ('"a,b"', '"a,b"', True),
            ('""', '""', True),
            ('"xyzzy"', '"XYZZY"', False),
            ('"xyzzy2"', '"xyzzy"', False),
            ('"x"', '"xyzzy"', False),
            ("xyzzy", '"xyzzy"', False),
            ('"*"', '"xyzzy"', False),
            ("", '"xyzzy"', False),
            (None, '"xyzzy"', False),
        ],
    )
    def test_table(self, field: str | None, tag: str, named: bool) -> None:
        assert names_tag(field, tag) is named

    def test_a_weak_tag_is_named_weakly_only(self) -> None:  # section 8.8.3.2
        for field in ('W/"1"', '"1"'):
            assert names_tag(field, 'W/"1"')
            assert not names_tag(field, 'W/"1"', strongly=True)
        assert not names_tag('W/"2"', 'W/"1"')

    @given(st.text())
    def test_anything_may_be_sent(self, field: str) -> None:
        assert names_tag(field, '"xyzzy"') in (True, False)

    @given(st.lists(st.from_regex(r'(W/)?"[a-z,]{0,4}"', fullmatch=True), min_size=1), st.data())
    def test_each_of_a_list_is_named(self, tags: list[str], data) -> None:
        chosen = data.draw(st.sampled_from(tags)).removeprefix("W/")
        assert names_tag(", ".join(tags), chosen)


class TestAcceptEncoding:
    # Section 12.5.3: the examples of the section, then what its rules say.
    @pytest.mark.parametrize(
        ("field", "in_gzip"),
        [
            ("compress, gzip", True),
            ("", False),
            ("*", True),
            ("compress;q=0.5, gzip;q=1.0", True),
            ("gzip;q=1.0, identity; q=0.5, *;q=0", True),
            (None, False),
            ("gzip", True),
            ("GZip", True),
            ("x-gzip", True),
            ("gzip, deflate, br, zstd", True),
            ("gzip;q=0.001", True),
            ("gzip;q=0", False),
            ("gzip;q=0.000, *", False),
            ("br", False),
            ("identity", False),
            ("gzip;q=0.5, identity", False),
            ("gzip, identity", True),
            ("gzip;q=0.5, *", False),
            ("*;q=0", False),
            ("*;q=0, gzip", True),
            ("identity;q=0, gzip;q=0.1", True),
            ("gzip;q=2", False),
            ("gzip;q=0.0001", False),
            ("gzip;level=9", False),
            ("gzip;q=", False),
        ],
    )
    def test_table(self, field: str | None, in_gzip: bool) -> None:
        assert wants_gzip(field, LONG) is in_gzip

    def test_what_is_short_stays_as_it_is_unless_only_gzip_will_do(self) -> None:
        assert not wants_gzip("gzip", SHORT)
        assert not wants_gzip("gzip", represent(b"x" * 1023, JSON))
        assert wants_gzip("gzip", represent(b"x" * 1024, JSON))
        assert wants_gzip("gzip, identity;q=0", SHORT)
        assert wants_gzip("gzip, *;q=0", SHORT)

    @pytest.mark.parametrize(
        ("content_type", "is_compressible"),
        [
            ("text/csv; charset=utf-8", True),
            ("application/sparql-results+xml", True),
            ("application/json", True),
            ("application/ld+json", True),
            ("application/n-quads", True),
            ("application/trig", True),
            ("image/svg+xml", True),
            ("image/png", False),
            ("application/zip", False),
        ],
    )
    def test_types(self, content_type: str, is_compressible: bool) -> None:
        assert wants_gzip("gzip", represent(b"x" * 2000, content_type)) is is_compressible

    @given(st.text())
    def test_anything_may_be_sent(self, field: str) -> None:
        assert all(0 <= quality <= 1 for quality in coding_qualities(field))

    @given(st.integers(0, 1000), st.integers(0, 1000))
    def test_the_higher_quality_wins(self, gzip_: int, identity: int) -> None:
        wanted = wants_gzip(f"identity;q={identity / 1000:.3f}, gzip;q={gzip_ / 1000:.3f}", LONG)
        assert wanted is (gzip_ > 0 and gzip_ >= identity)


class TestTags:
    def test_same_bytes_same_tag(self) -> None:
        assert represent(b"x", JSON) == represent(b"x", JSON)
        assert compress(LONG) == compress(LONG)

    def test_other_bytes_type_or_coding_other_tag(self) -> None:
        made = [represent(b"x", JSON), represent(b"y", JSON), represent(b"x", "text/csv"), compress(LONG), LONG]
        assert len({each.tag for each in made}) == len(made)
        assert compress(LONG).tag == gzip_tag(LONG)

    @given(st.binary())
    def test_a_tag_is_a_strong_one_of_the_grammar(self, body: bytes) -> None:
        for made in (represent(body, JSON), compress(represent(body, JSON))):
            assert made.tag[0] == made.tag[-1] == '"'
            assert all(33 <= ord(char) <= 126 and char != '"' for char in made.tag[1:-1])

    @given(st.binary())
    def test_gzip_gives_the_bytes_back(self, body: bytes) -> None:
        assert gzip.decompress(compress(represent(body, JSON)).body) == body


class TestSelect:
    def test_200(self) -> None:
        status, fields, body = select(SHORT, None, Condition())
        assert (status, body) == (200, b"{}")
        assert fields["Content-Length"] == "2"
        assert "Content-Encoding" not in fields

    def test_gzip(self) -> None:
        status, fields, body = select(LONG, "gzip", Condition())
        assert (status, fields["Content-Encoding"]) == (200, GZIP)
        assert fields["Content-Length"] == str(len(body))
        assert fields["ETag"] != LONG.tag
        assert gzip.decompress(body) == LONG.body

    @pytest.mark.parametrize("accept_encoding", [None, "gzip"])
    def test_304_bears_what_section_15_4_5_asks_for_and_no_content(self, accept_encoding: str | None) -> None:
        _, fields, _ = select(LONG, accept_encoding, Condition())
        status, again, body = select(LONG, accept_encoding, Condition(fields["ETag"]))
        assert (status, body) == (304, b"")
        assert again == {name: fields[name] for name in ("ETag", "Cache-Control", "Vary")}

    def test_304_compresses_nothing(self) -> None:
        def never(_: Representation) -> Representation:
            raise AssertionError

        assert select(LONG, "gzip", Condition(gzip_tag(LONG)), never)[0] == 304

    def test_the_tag_of_another_coding_is_another(self) -> None:
        assert select(LONG, "gzip", Condition(LONG.tag))[0] == 200
        assert select(LONG, None, Condition(gzip_tag(LONG)))[0] == 200
