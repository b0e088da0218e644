"""What is sent to an engine goes to it alone, in time; and a password is in no address, message, log or other place."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path
from urllib.request import parse_http_list, parse_keqv_list

import pytest
from graph_store import GraphStore, Mover, basic

from actiongraph.engine.credentials import VARIABLE, Credentials, read_credentials
from actiongraph.engine.exchange import Exchange
from actiongraph.errors import AnswerTooLarge, EndpointError, SettingsError

SECRET = "s3cret:é"
WHO = Credentials("mover", SECRET)


def send(exchange: Exchange, *request: object, **how: object) -> tuple[int, str]:
    """Return the status of an answer, and what an error says."""
    with exchange.send(*request, **how) as reply:
        return reply.status, exchange.told(reply)


def asks_basic(handler, asked) -> bool:
    if asked.authorization == basic(WHO):
        return False
    handler.answer(401, "text/plain", b"who?", WWW_Authenticate='Basic realm="engine"')
    return True


class AsksDigest:
    """Asks for a digest, as RFC 7616 has it, and now and then for another nonce."""

    def __init__(self, stale_after: int = 1_000, *, tells: bool = True) -> None:
        self._stale_after, self._tells = stale_after, tells
        self._nonce, self._used = "n-0", 0
        self.counts: list[str] = []

    def __call__(self, handler, asked) -> bool:
        kind, _, rest = (asked.authorization or "").partition(" ")
        said = parse_keqv_list(parse_http_list(rest)) if kind == "Digest" else {}
        stale = bool(said) and self._used >= self._stale_after
        if said and not stale and said["response"] == self._expected(said, asked.method, handler.path):
            self._used += 1
            self.counts.append(said["nc"])
            return False
        self._nonce, self._used = f"n-{len(self.counts)}-{stale}", 0
        challenge = f'Digest realm="SPARQL", nonce="{self._nonce}", opaque="o", qop="auth", algorithm=MD5'
        handler.answer(
            401, "text/plain", b"who?", WWW_Authenticate=challenge + (", stale=true" if stale and self._tells else "")
        )
        return True

    def _expected(self, said: dict[str, str], method: str, target: str) -> str:
        """Source: RFC 7616, section 3.4.1."""
        if said["nonce"] != self._nonce or said["uri"] != target:
            return ""
        first = md5(f"{WHO.user}:SPARQL:{WHO.password}")
        return md5(f"{first}:{said['nonce']}:{said['nc']}:{said['cnonce']}:auth:{md5(f'{method}:{target}')}")


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "asks",
    [asks_basic, AsksDigest(), AsksDigest(stale_after=3), AsksDigest(stale_after=3, tells=False)],
    ids=["basic", "digest", "stale", "stale, untold"],
)
def test_a_password_is_sent_where_the_engine_asks_for_it(mover: Mover, store: GraphStore, asks):
    store.before = asks
    move = mover.to(store, credentials=WHO)
    move.load()
    move.finish()
    assert store.marker()["releaseVersion"] == mover.versions[1]
    assert store.requests[0].authorization is None
    assert SECRET.encode() not in b"".join(each.body for each in store.requests)
    if isinstance(asks, AsksDigest):
        assert not any(each.authorization and "Basic" in each.authorization for each in store.requests)
        assert asks.counts[:2] == ["00000001", "00000002"]


def test_a_password_goes_to_no_other_place_whatever_the_engine_says(store: GraphStore, start):
    other = start()

    def leads(handler, asked) -> bool:
        handler.answer(307, "text/plain", b"", Location=other.at("/data"), WWW_Authenticate="Basic")
        return True

    store.before = lambda handler, asked: leads(handler, asked) if asked.authorization else asks_basic(handler, asked)
    exchange = Exchange(store.url, WHO)
    with pytest.raises(EndpointError, match=r"redirects \(307\), which is not followed") as raised:
        send(exchange, "POST", store.at("/data"), b"x")
    assert str(other.port) not in str(raised.value)
    assert other.requests == []
    for address in (other.at("/data"), f"http://localhost:{store.port}/data", f"https://127.0.0.1:{store.port}/data"):
        with pytest.raises(SettingsError, match="on another server than the engine"):
            exchange.locate(address)
    assert len(store.requests) == 2


def test_a_proxy_of_the_environment_sees_nothing(store: GraphStore, start, monkeypatch: pytest.MonkeyPatch):
    proxy = start()
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.at(""))
    assert send(Exchange(store.url, WHO), "DELETE", store.at("/data?graph=urn:x"))[0] == 404
    assert (len(store.requests), proxy.requests) == (1, [])


@pytest.mark.parametrize(
    "url",
    [
        "http://user:hidden@127.0.0.1:1/sparql",
        "http://hidden@127.0.0.1:1/sparql",
        "http://user:hid/den@127.0.0.1:1/sparql",
        "user:hidden@127.0.0.1:1/sparql",
        "http:/user:hidden@127.0.0.1:1/sparql",
        "http://user:hidden\\@127.0.0.1:1/sparql",
    ],
)
def test_an_address_with_a_password_is_refused_without_showing_it(url: str):
    with pytest.raises(SettingsError, match="has an @") as raised:
        Exchange(url)
    assert "hid" not in str(raised.value)
    assert str(raised.value).count(". ") == 0


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/x", "127.0.0.1:1/x", "http://", "http://h:0/", "http://h/#f", "http://h/ x"]
)
def test_what_is_no_address_is_refused(url: str):
    with pytest.raises(SettingsError, match="is not the address of an engine"):
        Exchange(url)


@pytest.mark.parametrize("credentials", [None, Credentials("mover", "wrong")])
def test_a_missing_or_wrong_password_is_told(store: GraphStore, credentials: Credentials | None):
    store.before = asks_basic
    wanted = "does not accept the user" if credentials else "asks for a user and a password"
    with pytest.raises(EndpointError, match=wanted) as raised:
        send(Exchange(store.url, credentials), "DELETE", store.at("/data"))
    assert "wrong" not in str(raised.value)
    assert len(store.requests) == (2 if credentials else 1)


@pytest.mark.parametrize("challenge", ['Digest realm="r", nonce="n", algorithm=SHA-512-256', "Digest", "Negotiate", ""])
def test_a_kind_of_password_that_is_not_known_is_told(store: GraphStore, challenge: str):
    store.before = lambda handler, _: handler.answer(401, "text/plain", b"", WWW_Authenticate=challenge) or True
    with pytest.raises(EndpointError, match="in a way that is not known here"):
        send(Exchange(store.url, WHO), "DELETE", store.at("/data"))


def test_an_engine_that_repeats_what_it_was_sent_shows_no_password(store: GraphStore):
    said = [b"no: " + SECRET.encode(), b"no: " + basic(WHO).encode(), b'{"detail": "%s"}' % basic(WHO).encode(), b"no!"]

    def refuses(handler, asked) -> bool:
        if not asks_basic(handler, asked):
            handler.answer(403, "text/plain", said[(len(store.requests) - 2) % len(said)])
        return True

    store.before = refuses
    exchange = Exchange(store.url, WHO)
    texts = [send(exchange, "DELETE", store.at("/data"))[1] for _ in said]
    assert texts == ["nothing"] * 3 + ["no!"]
    assert SECRET not in repr(WHO)


def test_only_the_first_line_of_an_error_is_shown(store: GraphStore):
    said = b"Virtuoso 37000 Error\nSPARQL query:\nhere"
    store.before = lambda handler, _: handler.answer(500, "text/plain", said) or True
    exchange = Exchange(store.url)
    assert send(exchange, "DELETE", store.at("/data")) == (500, "Virtuoso 37000 Error")


def dribbles(handler, _) -> bool:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b"x")
        time.sleep(0.05)
    return True


def hangs(handler, _) -> bool:
    handler.rfile.read(1)  # until the client has gone
    return True


@pytest.mark.parametrize("fault", [dribbles, hangs])
def test_every_request_has_a_deadline(store: GraphStore, fault):
    store.before = fault
    with pytest.raises(EndpointError, match="did not answer in time"):
        send(Exchange(store.url, timeout_s=0.3), "DELETE", store.at("/data"))


def cut_off(handler, _) -> bool:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"half")
    handler.close_connection = True
    return True


def chunks_cut_off(handler, _) -> bool:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"4\r\nhalf\r\n")
    handler.close_connection = True
    return True


@pytest.mark.parametrize("fault", [cut_off, chunks_cut_off])
def test_half_an_answer_is_none(store: GraphStore, fault):
    store.before = fault
    with pytest.raises(EndpointError, match="cut its answer off"):
        send(Exchange(store.url), "DELETE", store.at("/data"))


def test_an_answer_that_is_too_long_is_not_read_to_its_end(store: GraphStore):
    store.before = lambda handler, _: handler.answer(200, "text/plain", b"x" * 5_000_000) or True
    with pytest.raises(AnswerTooLarge, match="1000 bytes"):
        send(Exchange(store.url), "DELETE", store.at("/data"), max_bytes=1_000)


def test_an_engine_that_refuses_before_it_has_read_all_is_understood(store: GraphStore):
    def refuses(handler, _) -> bool:
        handler.answer(413, "text/plain", b"too large")
        return True

    store.before = refuses
    assert send(Exchange(store.url), "POST", store.at("/data"), b"x" * 3_000_000)[0] == 413


# --- where credentials come from


def test_credentials_come_from_a_file_or_the_environment(tmp_path: Path):
    (tmp_path / "file").write_text(f"mover:{SECRET}\n", "utf-8")
    assert read_credentials(tmp_path / "file", {VARIABLE: "other:one"}) == WHO
    assert read_credentials(None, {VARIABLE: f"mover:{SECRET}"}) == WHO
    assert read_credentials(None, {}) is None


@pytest.mark.parametrize(
    "content", [b"hidden", b":hidden", b"user:", b"user:hid\x01den", b"user:hidden\nmore", b"\xffhidden:x"]
)
def test_what_are_no_credentials_is_refused_without_showing_it(tmp_path: Path, content: bytes):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(SettingsError, match="user:password") as raised:
        read_credentials(tmp_path / "file", {})
    assert not re.search("hid", str(raised.value))
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_credentials(tmp_path / "none", {})
