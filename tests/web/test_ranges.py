"""Which part of a file is sent, by the words of RFC 9110."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.web.http.conditions import FileRange as Part
from actiongraph.web.http.conditions import PreconditionFailed, RangeNotSatisfiable
from actiongraph.web.http.conditions import choose_range as choose_part

TAG = '"abc"'
MADE_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DATE, LATER, EARLIER = (f"Fri, 02 Jan 2026 03:04:0{second} GMT" for second in (5, 6, 4))
SIZE = 10_000
WHOLE = Part(HTTPStatus.OK, 0, SIZE)


def choose(method: str = "GET", size_bytes: int = SIZE, **fields: str) -> Part:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return choose_part(named, method, TAG, MADE_AT, size_bytes)


@pytest.mark.parametrize(
    ("written", "start", "stop"),
    [
        # Section 14.1.2, examples for a representation of 10,000 bytes.
        ("bytes=0-499", 0, 500),
        ("bytes=500-999", 500, 1000),
        ("bytes=-500", 9500, 10_000),
        ("bytes=9500-", 9500, 10_000),
        ("bytes=0-", 0, 10_000),
        ("bytes=9999-20000", 9999, 10_000),
        ("bytes=-99999", 0, 10_000),
        ("BYTES= 1-1 ", 1, 2),
        ("bytes=,, 0-0 ,", 0, 1),
        ("bytes=0-" + "9" * 5_000, 0, 10_000),
        ("bytes=" + "0" * 5_000 + "7-8", 7, 9),
    ],
)
def test_one_range_is_sent(written: str, start: int, stop: int):
    assert choose(Range=written) == Part(HTTPStatus.PARTIAL_CONTENT, start, stop)


@pytest.mark.parametrize("written", ["bytes=10000-", "bytes=-0", "bytes=99999-99999", "bytes=" + "9" * 5_000 + "-"])
def test_a_range_beyond_the_end_is_refused(written: str):
    with pytest.raises(RangeNotSatisfiable) as refused:
        choose(Range=written)
    assert refused.value.size_bytes == SIZE


@pytest.mark.parametrize(
    "written",
    [
        "bytes=5-4",
        "bytes=a-b",
        "bytes=",
        "bytes=-",
        "lines=0-4",
        "bytes 0-4",
        "",
        "bytes=0-0,-1",
        "bytes=0x0-4",
        "bytes=\u0660-\u0664",
    ],
)
def test_what_is_no_range_or_several_is_ignored(written: str):
    assert choose(Range=written) == WHOLE


def test_ranges_are_defined_for_get_only():
    assert choose("HEAD", Range="bytes=0-4") == WHOLE


@pytest.mark.parametrize(
    ("if_range", "is_part"),
    [(TAG, True), (DATE, True), ('W/"abc"', False), ('"abd"', False), (LATER, False), (EARLIER, False), ("x", False)],
)
def test_a_part_only_of_the_file_that_the_client_has_begun(if_range: str, is_part: bool):
    assert (choose(Range="bytes=0-4", If_Range=if_range) != WHOLE) is is_part


@pytest.mark.parametrize(
    "fields",
    [
        {"If_None_Match": TAG},
        {"If_None_Match": '"x", W/"abc"'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": DATE},
        {"If_Modified_Since": LATER},
        {"If_None_Match": TAG, "If_Modified_Since": EARLIER, "Range": "bytes=99999-"},
    ],
)
def test_who_has_the_file_is_told_so(fields: dict[str, str]):
    assert choose(**fields).status is HTTPStatus.NOT_MODIFIED


@pytest.mark.parametrize(
    "fields", [{"If_None_Match": '"x"', "If_Modified_Since": LATER}, {"If_Modified_Since": EARLIER}]
)
def test_who_has_another_is_sent_the_file(fields: dict[str, str]):
    assert choose(**fields) == WHOLE


@pytest.mark.parametrize(
    ("fields", "holds"),
    [
        ({"If_Match": TAG}, True),
        ({"If_Match": '"x","abc"'}, True),
        ({"If_Match": "*"}, True),
        ({"If_Match": '"x"'}, False),
        ({"If_Match": 'W/"abc"'}, False),  # section 13.1.1: strong comparison
        ({"If_Match": 'W/"x","abc"'}, True),
        ({"If_Match": '"x"', "If_Unmodified_Since": LATER}, False),
        ({"If_Unmodified_Since": DATE}, True),
        ({"If_Unmodified_Since": EARLIER}, False),
        ({"If_Unmodified_Since": "no date"}, True),
        ({"If_Unmodified_Since": "Fri, 99999999999999999999 Jan 2026 03:04:05 GMT"}, True),
    ],
)
def test_a_file_that_is_not_meant_is_not_sent(fields: dict[str, str], holds: bool):
    if holds:
        assert choose(**fields) == WHOLE
    else:
        with pytest.raises(PreconditionFailed):
            choose(**fields)


@given(st.text(alphabet="bytes=0123456789-, ", max_size=24), st.integers(0, 50))
def test_whatever_is_asked_the_part_lies_in_the_file(written: str, size_bytes: int):
    try:
        part = choose(size_bytes=size_bytes, Range=written)
    except RangeNotSatisfiable:
        return
    assert 0 <= part.start <= part.stop <= size_bytes
    assert part.start < part.stop or part.status is HTTPStatus.OK
