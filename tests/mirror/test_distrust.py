"""A server that lies, wanders off, floods or dawdles: one sentence, and the copy that was there is as it was."""

from __future__ import annotations

import gzip
import resource
import socket
import time
import zlib
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest

from actiongraph.errors import EndpointError, SettingsError
from actiongraph.mirror.source import Patience, Source

OLD = b'<http://e.org/a> <http://e.org/p> "old" .\n'
NEW = b'<http://e.org/a> <http://e.org/p> "new" .\n'


@pytest.fixture
def refuses(liar, copy):
    """Check that the server as it now is cannot be copied, and return why; a copy made before stays as it was."""
    answers = liar.answers
    liar.offer(OLD)
    copy(liar.url)
    before = copy.files
    answers.clear()
    liar.asked.clear()

    def refuses(max_bytes: int = 10_000_000) -> str:
        with pytest.raises(EndpointError) as refused:
            copy(liar.url, max_bytes)
        assert copy.files == before
        assert "\n" not in str(refused.value)
        return str(refused.value)

    return refuses


# --- what is sent is not what was told of


def test_a_dump_with_another_content_is_refused(liar, refuses):
    liar.offer(NEW)
    liar.file(liar.dump["address"].removeprefix(liar.url), gzip.compress(OLD, mtime=0))
    assert "does not match its SHA-256" in refuses()
    liar.offer(NEW, gzip.compress(OLD, mtime=0))
    assert "is not the release" in refuses()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (NEW + OLD[:-2], "the last line is incomplete"),
        (NEW + OLD + NEW, "line 3 is not in order"),
        (NEW + NEW, "line 2 is not in order"),
        (b"<http://e.org/a> <http://e.org/p> new .\n", "line 1 is not N-Quads"),
        (b"<a b> <http://e.org/p> <c> .\n", "line 1 is not N-Quads"),
        (b"", ""),
        (b"\xff\n", "line 1 is not UTF-8"),
    ],
)
def test_what_is_not_sorted_n_quads_is_refused(liar, copy, content: bytes, why: str):
    liar.offer(content)
    if not why:
        assert copy(liar.url).quads == 0
        return
    with pytest.raises(EndpointError, match=why):
        copy(liar.url)
    assert copy.files == {}


@pytest.mark.parametrize(
    ("packed", "why"),
    [
        (gzip.compress(NEW, mtime=0)[:-4], "it is truncated"),
        (gzip.compress(NEW, mtime=0) + b"more", "there is data after its end"),
        (NEW, "it cannot be unpacked"),
        (b"", "it is truncated"),
    ],
)
def test_what_is_no_gzip_file_is_refused(liar, refuses, packed: bytes, why: str):
    liar.offer(NEW, packed)
    assert why in refuses()


@pytest.mark.parametrize(
    "changed",
    [
        {"version": "../../../../tmp/x"},
        {"version": "20260101T000000Z-000000000000"},
        {"content_sha256": "x"},
        {"content_sha256": None},
        {"dumps": "none"},
        {"dumps": [{"name": "actiongraph.nq.gz"}]},
        {"dumps": [{"name": "actiongraph.nq.gz", "address": "http://a/", "sha256": "0" * 64, "size_bytes": -1}]},
        {"changes": {"added": 7}},
        {"changes": []},
        {"current": "yes"},
        {"dumps": []},
    ],
)
def test_a_list_of_releases_that_is_none_is_refused(liar, refuses, changed: dict[str, object]):
    liar.offer(NEW, **changed)
    refuses()
    assert liar.asked == ["/releases"]


@pytest.mark.parametrize("body", [b"[]", b"{}", b"<html>", b"\xff", b'{"releases": {}}', b"[" * 100_000, b"1e999999"])
def test_an_answer_that_is_no_list_of_releases_is_refused(liar, refuses, body: bytes):
    liar.answers["/releases"] = (200, {}, body)
    assert "/releases is not a list of releases" in refuses()


def test_names_that_the_server_gives_name_no_files(liar, copy):
    liar.offer(NEW)
    liar.dump["address"] = liar.url + "..%2f..%2f..%2fetc/passwd?name=../../x"
    liar.answers["/..%2f..%2f..%2fetc/passwd?name=../../x"] = (200, {}, gzip.compress(NEW, mtime=0))
    liar.retell()
    copy(liar.url)
    assert set(copy.files) == {"actiongraph.nq.gz", "mirror.json"}
    assert {path.name for path in copy.folder.parent.iterdir()} == {"copy"}


# --- elsewhere


@pytest.mark.parametrize(
    "elsewhere",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "https://127.0.0.1:{port}/x",
        "http://localhost:{port}/x",
        "http://127.0.0.1:{other}/x",
        "http://127.0.0.1/x",
        "http://127.0.0.1:{port}@127.0.0.1:{other}/x",
        "http://user:word@127.0.0.1:{port}/x",
        "http://127.0.0.1:{other}\\@127.0.0.1:{port}/x",
        "//127.0.0.1:{other}/x",
        "/x",
        "http://[::1",
        "http://127.0.0.1:{port}/x\r\nHost: y",
        "http://127.0.0.1:99999/x",
        "",
    ],
)
def test_an_address_elsewhere_is_refused_and_not_asked(liar, make_liar, refuses, elsewhere: str):
    other = make_liar()
    port, other_port = (url.rpartition(":")[2].strip("/") for url in (liar.url, other.url))
    address = elsewhere.format(port=port, other=other_port)
    liar.offer(NEW)
    liar.dump["address"] = address
    liar.retell()
    assert "which is not on that server" in refuses()
    assert (liar.asked, other.asked) == (["/releases"], [])
    liar.tell({"releases": [], "next": address})
    assert "which is not on that server" in refuses()
    assert other.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_on_the_server_and_not_elsewhere(liar, make_liar, refuses, copy, status: int):
    other = make_liar()
    liar.offer(NEW)
    path = "/" + liar.dump["address"].removeprefix(liar.url)
    body = liar.answers.pop(path)
    for location in (other.url + "x", "file:///etc/passwd", f"//{other.url.partition('//')[2]}x"):
        liar.answers[path] = (status, {"Location": location}, b"")
        assert "which is not on that server" in refuses()
    liar.answers[path] = (status, {"Location": path}, b"")
    assert "too many times" in refuses()
    liar.answers[path] = (status, {"Location": "/moved"}, b"")
    liar.answers["/moved"] = body
    copy(liar.url)
    assert copy.content == NEW
    assert other.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://e.org/",
        "e.org",
        "http://",
        "http://a:b@e.org/",
        "http://e.org/?q",
        "http://e.org:x/",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(url: str):
    with pytest.raises(SettingsError, match="is not the address of a server"):
        Source(url)


# --- too much


def test_more_than_was_announced_is_refused(liar, refuses):
    liar.offer(NEW)
    liar.dump["size_bytes"] -= 1
    liar.retell()
    assert "is longer than the" in refuses()


def test_what_unpacks_to_too_much_is_refused_before_it_fills_memory_or_disk(liar, refuses):
    liar.offer(b"".join(b'<http://e.org/a> <http://e.org/p> "%06d" .\n' % number for number in range(30_000)))
    assert liar.dump["size_bytes"] < 100_000
    assert "would fetch, unpack and write more than 1,000,000 bytes" in refuses(1_000_000)
    packer = zlib.compressobj(wbits=31)
    liar.offer(NEW, b"".join(packer.compress(b"x" * 1_000_000) for _ in range(40)) + packer.flush())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "a line is longer than" in refuses(10**10)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


def test_an_answer_without_end_is_cut_off(liar, refuses):
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b" " * 65_536)
        except OSError:
            pass

    liar.answers["/releases"] = endless
    assert "is longer than" in refuses()
    liar.offer(NEW)
    liar.dump["size_bytes"] = None
    liar.retell()
    liar.answers["/" + liar.dump["address"].removeprefix(liar.url)] = endless
    assert "is longer than" in refuses()


# --- too slow, or not to the end


def test_an_answer_that_is_cut_off_is_refused(liar, refuses):
    liar.offer(NEW)
    path = "/" + liar.dump["address"].removeprefix(liar.url)
    liar.answers[path] = (200, {"Content-Length": "9999"}, b"short")
    liar.dump["size_bytes"] = None
    liar.retell()
    assert "cut off" in refuses()


NO_MORE = b'{"releases": [], "next": null}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKS = CHUNKED + b"%x\r\n%s\r\n" % (len(NO_MORE), NO_MORE)
DRIPS = {
    "a line": (b"", b"H", b"TTP/1.1 200 OK"),
    "fields": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", b"\r\n" + NO_MORE),
    "a body": (b"HTTP/1.1 200 OK\r\n\r\n", b" ", NO_MORE),
    "chunks": (CHUNKED, b"1\r\n \r\n", CHUNKS.removeprefix(CHUNKED) + b"0\r\n\r\n"),
    "an extension of a chunk": (CHUNKS + b"0;a=", b"b", b"\r\n\r\n"),
    "trailers": (CHUNKS + b"0\r\n", b"A: b\r\n", b"\r\n"),
    "a trailer": (CHUNKS + b"0\r\nA: ", b"b", b"\r\n\r\n"),
}
"""What stands first, what comes over and over, and what would be the end."""


@pytest.mark.parametrize("where", DRIPS)
def test_a_server_that_dawdles_is_given_up(liar, refuses, copy, where: str):
    first, drip, last = DRIPS[where]

    def dawdle(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            handler.connection.sendall(first)
            for _ in range(200):
                time.sleep(0.05)
                handler.connection.sendall(drip)
            handler.connection.sendall(last)

    liar.answers["/releases"] = dawdle
    copy.patience = Patience(begin_s=0.3)
    assert "/releases arrived too slowly" in refuses()


def test_a_server_that_says_nothing_is_given_up(liar, refuses, copy):
    liar.answers["/releases"] = lambda handler: handler.connection.recv(1)
    copy.patience = Patience(silence_s=0.3)
    assert "/releases does not answer" in refuses()


@pytest.mark.long("load")
def test_an_answer_may_take_long_only_if_it_is_long(liar, refuses, copy):
    def drip(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            handler.connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for _ in range(4):
                time.sleep(0.5)
                handler.connection.sendall(b" " * 1_000)
            handler.connection.sendall(NO_MORE)

    liar.answers["/releases"] = drip
    copy.patience = Patience(begin_s=1.5, least_bytes=1_000, answer_s=1.5, least_bytes_per_s=1_000)
    assert "lists no newest release" in refuses()  # it was read to its end, which came after 2 s
    copy.patience = Patience(begin_s=1.5, least_bytes=1_000, answer_s=0.7, least_bytes_per_s=100_000)
    assert "/releases arrived too slowly" in refuses()


def test_many_answers_may_not_take_long_together(liar, refuses, copy):
    def late(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.1)
        handler.connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + page)

    page = NO_MORE.replace(b"null", b'"%sreleases"' % liar.url.encode())
    liar.answers["/releases"] = late
    copy.patience = Patience(run_s=0.35)
    assert "in all, so it was stopped" in refuses()
    assert 1 < len(liar.asked) <= 4


def test_a_server_that_is_not_there_is_told(liar, refuses, copy):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    copy.folder = copy.folder.with_name("other")
    with pytest.raises(EndpointError, match=r"does not answer .*; check the address"):
        copy(f"http://127.0.0.1:{port}/")


def test_what_a_server_says_against_it_is_told_in_one_line(liar, refuses):
    liar.answers["/releases"] = (404, {"Content-Type": "application/problem+json"}, b'{"detail": "Look\\nelsewhere."}')
    assert refuses() == f"{liar.url}releases answered with 404: Look elsewhere."
    liar.answers["/releases"] = (500, {"Content-Type": "text/html"}, b"<html><p>Broken</p>" + b" <p>x</p>" * 999)
    assert len(refuses()) < 220
