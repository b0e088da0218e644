"""The query operation of the SPARQL 1.1 Protocol. Each expectation is the specification's; its section is named."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient

ASK = "ASK { ?s ?p ?o }"
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
G1, G2 = "http://example.org/g1", "http://example.org/g2"
IN_G1 = 'ASK { <http://example.org/a> <http://example.org/label> "Ghana"@en }'
G2_NAMED = "ASK { GRAPH <http://example.org/g2> { ?s ?p ?o } }"


def found(response) -> bool:
    assert response.status_code == 200, response.text
    return response.json["boolean"]


class TestThreeWaysToAsk:
    def test_get(self, client: FlaskClient) -> None:  # 2.1.1
        assert found(client.get("/sparql", query_string={"query": ASK}))

    def test_form(self, client: FlaskClient) -> None:  # 2.1.2
        assert found(client.post("/sparql", data={"query": ASK}))

    def test_form_with_a_charset(self, client: FlaskClient) -> None:
        assert found(client.post("/sparql", data=urlencode({"query": ASK}), content_type=f"{FORM}; charset=UTF-8"))

    @pytest.mark.parametrize(
        "content_type", [DIRECT, f"{DIRECT}; charset=utf-8", f'{DIRECT};charset="UTF-8"', DIRECT.upper()]
    )
    def test_direct(self, client: FlaskClient, content_type: str) -> None:  # 2.1.3
        assert found(client.post("/sparql", data=ASK, content_type=content_type))

    def test_direct_in_utf_8(self, client: FlaskClient) -> None:
        query = 'ASK { ?s ?p "crème brûlée 🌍" }'
        assert found(client.post("/sparql", data=query.encode(), content_type=DIRECT))

    def test_percent_encoded_utf_8(self, client: FlaskClient) -> None:
        assert found(client.get("/sparql?query=" + quote('ASK { ?s ?p "crème brûlée 🌍" }')))

    def test_a_plus_is_a_space_in_a_form(self, client: FlaskClient) -> None:
        assert found(client.post("/sparql", data="query=ASK+%7B+%3Fs+%3Fp+%3Fo+%7D", content_type=FORM))

    def test_a_trailing_slash(self, client: FlaskClient) -> None:
        assert found(client.get("/sparql/", query_string={"query": ASK}))


class TestDataset:  # 2.1.4
    @pytest.mark.parametrize(
        ("query", "dataset", "expected"),
        [
            (IN_G1, [], True),
            (IN_G1, [("default-graph-uri", G1)], True),
            (IN_G1, [("default-graph-uri", G2)], False),
            (IN_G1, [("default-graph-uri", G2), ("default-graph-uri", G1)], True),
            (IN_G1, [("named-graph-uri", G1)], False),
            (G2_NAMED, [("named-graph-uri", G2)], True),
            (G2_NAMED, [("named-graph-uri", G1)], False),
            (G2_NAMED, [("default-graph-uri", G2)], False),
            (G2_NAMED, [("default-graph-uri", G1), ("named-graph-uri", G2)], True),
            (IN_G1, [("default-graph-uri", "http://example.org/unknown")], False),
        ],
    )
    @pytest.mark.parametrize("way", ["get", "form", "form with graphs in the address", "direct"])
    def test_what_the_protocol_names_is_what_is_asked(self, client: FlaskClient, way, query, dataset, expected) -> None:
        assert found(ask(client, way, query, dataset)) is expected

    @pytest.mark.parametrize("way", ["get", "form", "direct"])
    def test_it_overrides_from(self, client: FlaskClient, way: str) -> None:
        from_g1 = IN_G1.replace("ASK", f"ASK FROM <{G1}>")
        assert found(ask(client, way, from_g1, [])) is True
        assert found(ask(client, way, from_g1, [("default-graph-uri", G2)])) is False
        assert found(ask(client, way, from_g1, [("named-graph-uri", G1)])) is False

    @pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri"])
    @pytest.mark.parametrize(
        "iri",
        [
            "",
            "g1",
            "/g1",
            "//example.org/g1",
            "http://example.org/a b",
            "http://e/<>",
            "http://[:]/",
            "http://e/%zz",
            "1:a",
        ],
    )
    @pytest.mark.parametrize("way", ["get", "form", "direct"])
    def test_what_is_no_absolute_iri_is_refused(self, client: FlaskClient, way, name, iri) -> None:
        response = ask(client, way, ASK, [(name, iri)])
        assert response.status_code == 400
        assert name in response.text

    @pytest.mark.parametrize(
        "iri", ["urn:x", "http://example.org/é", "http://[::1]:8/", "file:///etc/passwd", "a:", "http://e/%C3%A9#f"]
    )
    def test_an_absolute_iri_is_taken_and_never_fetched(self, client: FlaskClient, iri: str) -> None:
        assert found(ask(client, "get", ASK, [("default-graph-uri", iri)])) is False


def ask(client: FlaskClient, way: str, query: str, dataset):
    if way == "get":
        return client.get("/sparql", query_string=[("query", query), *dataset])
    if way == "form":
        return client.post("/sparql", data=urlencode([("query", query), *dataset]), content_type=FORM)
    if way == "direct":
        return client.post("/sparql", query_string=dataset, data=query, content_type=DIRECT)
    return client.post("/sparql", query_string=dataset, data={"query": query})


class TestRefusals:
    @pytest.mark.parametrize(
        "address",
        ["/sparql?query=ASK{}&query=ASK{}", "/sparql?default-graph-uri=http://e/", "/sparql?query=ASK{}&query="],
    )
    def test_exactly_one_query_by_get(self, client: FlaskClient, address: str) -> None:  # 2.1.1
        response = client.get(address)
        assert response.status_code == 400
        assert "exactly one query" in response.text

    @pytest.mark.parametrize("body", ["", "query=ASK{}&query=ASK{}", "x=y"])
    def test_exactly_one_query_by_form(self, client: FlaskClient, body: str) -> None:  # 2.1.2
        assert client.post("/sparql", data=body, content_type=FORM).status_code == 400

    def test_exactly_one_query_by_direct_post(self, client: FlaskClient) -> None:  # 2.1.3
        assert client.post("/sparql?query=ASK{}", data=ASK, content_type=DIRECT).status_code == 400

    @pytest.mark.parametrize("query", ["", "SELCT * {}", "ASK {", "INSERT DATA { <a:b> <a:c> 1 }", "CLEAR ALL"])
    @pytest.mark.parametrize("way", ["get", "form", "direct"])
    def test_what_is_no_query(self, client: FlaskClient, way: str, query: str) -> None:  # 2.1.6
        assert ask(client, way, query, []).status_code == 400

    @pytest.mark.parametrize(
        "sent",
        [
            {"query_string": {"update": "CLEAR ALL"}},
            {"query_string": {"update": "CLEAR ALL", "query": ASK}},
            {"method": "POST", "data": {"update": "CLEAR ALL"}},
            {"method": "POST", "data": {"update": ["CLEAR ALL", "CLEAR NAMED"]}},
            {"method": "POST", "data": "CLEAR ALL", "content_type": "application/sparql-update"},
            {
                "method": "POST",
                "data": "CLEAR ALL".encode("utf-16"),
                "content_type": "application/sparql-update; charset=UTF-16",
            },
        ],
    )
    def test_updates(self, client: FlaskClient, sent) -> None:
        response = client.open("/sparql", headers={"Accept": "application/problem+json"}, **sent)
        assert (response.status_code, response.json["code"]) == (400, "refused-feature")
        assert "is read-only" in response.json["detail"]

    @pytest.mark.parametrize(
        "content_type", ["text/plain", "application/json", "multipart/form-data; boundary=x", "nonsense", None]
    )
    def test_other_bodies(self, client: FlaskClient, content_type: str | None) -> None:
        headers = {"Accept": "application/problem+json"}
        response = client.post("/sparql", data="query=ASK%20%7B%7D", content_type=content_type, headers=headers)
        assert response.status_code == 415
        assert response.json["available"] == [FORM, DIRECT]

    @pytest.mark.parametrize("media_type", [FORM, DIRECT])
    @pytest.mark.parametrize("charset", ["UTF-16", "iso-8859-1", "x"])
    def test_other_charsets(self, client: FlaskClient, media_type: str, charset: str) -> None:
        sent = urlencode({"query": ASK}).encode() if media_type == FORM else ASK.encode()
        assert client.post("/sparql", data=sent, content_type=f"{media_type}; charset={charset}").status_code == 415

    @pytest.mark.parametrize("body", [b'ASK { ?s ?p "\xe9" }', ASK.encode("utf-16"), b'ASK { ?s ?p "\xed\xa0\x80" }'])
    def test_a_body_that_is_not_utf_8(self, client: FlaskClient, body: bytes) -> None:  # 2.1.3
        response = client.post("/sparql", data=body, content_type=DIRECT)
        assert response.status_code == 400
        assert "UTF-8" in response.text

    @pytest.mark.parametrize("text", ["query=%E9", "query=ASK{}&x=%ED%A0%80", "query=ASK%7", "query=%zz", "query=100%"])
    def test_percent_encoding_faults(self, client: FlaskClient, text: str) -> None:
        assert client.get(f"/sparql?{text}").status_code == 400
        assert client.post("/sparql", data=text, content_type=FORM).status_code == 400

    def test_bytes_that_nobody_encoded(self, client: FlaskClient) -> None:
        response = client.get("/sparql", environ_overrides={"QUERY_STRING": "query=\xe9"})
        assert response.status_code == 400

    def test_very_many_parameters(self, client: FlaskClient) -> None:
        assert client.post("/sparql", data="query=ASK{}" + "&a=b" * 1_000, content_type=FORM).status_code == 400
        assert found(client.post("/sparql", data="query=ASK{}" + "&a=b" * 999, content_type=FORM))

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
    def test_other_methods(self, client: FlaskClient, method: str) -> None:  # 2.1
        response = client.open("/sparql?query=ASK{}", method=method)
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


class TestParametersOfOthers:
    @pytest.mark.parametrize(
        "extra",
        [
            "format=json&format=json&output=json&results=json",
            "format=&output=&results=",
            "timeout=&debug=on&x=%20&y",
            "using-graph-uri=nothing",
            "FORMAT=csv",
        ],
    )
    def test_they_are_let_be(self, client: FlaskClient, extra: str) -> None:
        assert found(client.get(f"/sparql?query=ASK{{}}&{extra}")) is True
        assert found(client.post("/sparql", data=f"query=ASK{{}}&{extra}", content_type=FORM)) is True


class TestSize:
    @pytest.fixture
    def small(self, make_app, snapshots) -> FlaskClient:
        return make_app(snapshots, max_query_bytes=100).test_client()

    @pytest.mark.parametrize("media_type", [DIRECT, FORM])
    def test_a_body_over_the_limit(self, small: FlaskClient, media_type: str) -> None:
        body = "query=" + "%20" * 100 + "&x=" + "y" * 17_000 if media_type == FORM else ASK + " " * 100
        response = small.post("/sparql", data=body, content_type=media_type, headers={"Accept": "application/json"})
        assert response.status_code == 413
        assert (response.json["limit"], response.json["value"]) == ("max_query_bytes", 100)

    def test_a_body_without_a_length(self, small: FlaskClient) -> None:
        class Endless:
            given = 0

            def read(self, size: int = -1) -> bytes:
                assert size > 0
                self.given += size
                return b" " * size

        endless = Endless()
        environ = {
            "wsgi.input": endless,
            "wsgi.input_terminated": True,
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": DIRECT,
        }
        response = small.get("/sparql", environ_overrides=environ)
        assert response.status_code == 413
        assert endless.given < 1_000_000

    def test_a_length_that_is_a_lie_is_not_waited_for(self, small: FlaskClient) -> None:
        response = small.post(
            "/sparql", data="x", content_type=DIRECT, environ_overrides={"CONTENT_LENGTH": "99999999999"}
        )
        assert response.status_code == 413

    def test_a_body_that_ends_early(self, client: FlaskClient) -> None:
        response = client.post("/sparql", data=ASK, content_type=DIRECT, environ_overrides={"CONTENT_LENGTH": "1000"})
        assert response.status_code == 400

    @pytest.mark.parametrize("length", ["-1", "x", "1e3"])
    def test_a_length_that_is_no_length(self, client: FlaskClient, length: str) -> None:
        response = client.post("/sparql", data=ASK, content_type=DIRECT, environ_overrides={"CONTENT_LENGTH": length})
        assert response.status_code == 400

    def test_a_query_at_the_limit(self, small: FlaskClient) -> None:
        assert found(small.post("/sparql", data=ASK.ljust(100), content_type=DIRECT))
        assert found(small.post("/sparql", data={"query": ASK.ljust(100)}))
        assert found(small.get("/sparql", query_string={"query": ASK.ljust(100)}))

    def test_a_query_at_the_limit_may_be_percent_encoded_throughout(self, make_app, snapshots) -> None:
        encoded = "".join(f"%{byte:02X}" for byte in ASK.ljust(20_000).encode())
        client = make_app(snapshots, max_query_bytes=20_000).test_client()
        assert found(client.post("/sparql", data=f"query={encoded}", content_type=FORM))
        assert found(client.get(f"/sparql?query={encoded}"))

    def test_a_query_over_the_limit_in_a_form_or_an_address(self, small: FlaskClient) -> None:
        headers = {"Accept": "application/json"}
        for response in (
            small.post("/sparql", data={"query": ASK.ljust(101)}, headers=headers),
            small.get("/sparql", query_string={"query": ASK.ljust(101)}, headers=headers),
        ):
            assert (response.status_code, response.json["code"]) == (400, "too-complex")

    def test_an_address_over_the_limit(self, small: FlaskClient) -> None:
        for route in ("/sparql", "/limits"):
            assert small.get(f"{route}?x=" + "y" * 17_000).status_code == 414
