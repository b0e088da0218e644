"""What another server says went wrong: one short line, whatever it sends."""

from __future__ import annotations

import json

import pytest

from actiongraph.text import complaint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"type": "about:blank", "detail": "Nothing is\\n here; look at /."}', "Nothing is here; look at /."),
        (json.dumps({"detail": "x" * 500}).encode(), "x" * 399 + "…"),
        (b'{"detail": 7}', '{"detail": 7}'),
        (b"[1]", "[1]"),
        (b"[" * 100_000, "[" * 119 + "…"),
        (
            b"<!DOCTYPE html><html><head><title>405</title><style>p{}</style></head>\n<h1>No &amp; no</h1>",
            "No & no",
        ),
        (b"<p>" + b"word " * 100, "word " * 23 + "word…"),
        (b"\x1b[31mred\x00\xff", "[31mred �"),
        (b"", ""),
    ],
)
def test_a_complaint_is_one_short_line(content: bytes, said: str):
    assert complaint(content) == said
