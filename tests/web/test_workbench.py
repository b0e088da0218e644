"""The workbench as it is sent: the editor's script and its policy, and the page with and without it."""

from __future__ import annotations

import gzip
import hashlib
from importlib.resources.abc import Traversable

import pytest
from flask.testing import FlaskClient

from actiongraph.web import workbench
from actiongraph.web.responses import COMMON

BROWSER = {"Accept": "text/html"}
STRICT = COMMON["Content-Security-Policy"]
MOST_BYTES = 160_000
"""What the editor may weigh when it is sent (issue 11)."""


@pytest.fixture
def editor(missing) -> Traversable:
    """The editor's script."""
    found = workbench.find_editor()
    if found is None:
        missing("the query editor", "python editor/bundle.py makes it, with Node.js and npm")
    return found


@pytest.fixture
def plain(make_app, snapshots, monkeypatch) -> FlaskClient:
    """A client of an application that was installed without the editor."""
    monkeypatch.setattr(workbench, "find_editor", lambda: None)
    return make_app(snapshots).test_client()


@pytest.fixture
def client(app) -> FlaskClient:
    return app.test_client()


class TestScript:
    def test_it_is_sent_packed_for_ever_and_under_a_name_of_its_content(self, client, editor) -> None:
        response = client.get(f"/static/{editor.name}", headers={"Accept-Encoding": "gzip"})
        assert response.status_code == 200
        assert response.content_type == "text/javascript; charset=utf-8"
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert len(response.data) <= MOST_BYTES
        script = gzip.decompress(response.data)
        assert editor.name == f"editor-{hashlib.sha256(script).hexdigest()[:16]}.js"
        assert client.get(f"/static/{editor.name}").data == script

    def test_its_entity_tag_is_heeded(self, client, editor) -> None:
        packed = {"Accept-Encoding": "gzip"}
        tag = client.get(f"/static/{editor.name}", headers=packed).headers["ETag"]
        again = client.get(f"/static/{editor.name}", headers=packed | {"If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")
        assert client.head(f"/static/{editor.name}", headers=packed).headers["ETag"] == tag

    def test_its_licences_stand_beside_it(self, client, editor) -> None:
        assert "@codemirror/view" in client.get("/static/editor-licences.txt").text
        assert b"editor-licences.txt" in client.get(f"/static/{editor.name}").data[:200]


class TestPolicy:
    @pytest.mark.parametrize(
        "path", ["/sparql", "/sparql?query=SELCT", "/sparql?query=ASK{}", "/sparql/check?query=ASK{}"]
    )
    def test_pages_with_the_editor_may_run_our_own_script_only(self, client, editor, path: str) -> None:
        response = client.get(path, headers=BROWSER)
        assert response.headers["Content-Security-Policy"] == f"{STRICT}; script-src 'self'; connect-src 'self'"
        assert f'<script type="module" src="/static/{editor.name}"></script>' in response.text

    @pytest.mark.parametrize("path", ["/", "/limits", "/nowhere", "/static/style.css"])
    def test_all_else_may_run_none(self, client, editor, path: str) -> None:
        assert client.get(path, headers=BROWSER).headers["Content-Security-Policy"] == STRICT

    @pytest.mark.parametrize("fields", [{}, {"If-None-Match": "*"}])
    def test_results_may_run_none(self, client, editor, fields) -> None:
        for _ in range(2):  # the second is from the cache
            response = client.get("/sparql?query=ASK{}", headers={"Accept": "application/json"} | fields)
            assert response.headers["Content-Security-Policy"] == STRICT

    def test_a_page_that_did_not_change_may_run_it_still(self, client, editor) -> None:
        first = client.get("/sparql", headers=BROWSER)
        again = client.get("/sparql", headers=BROWSER | {"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


def test_without_the_editor_there_is_the_form_and_no_script(plain) -> None:
    response = plain.get("/sparql", headers=BROWSER)
    assert response.headers["Content-Security-Policy"] == STRICT
    assert '<textarea id="query"' in response.text
    assert "<script" not in response.text
    assert plain.get("/static/editor-licences.txt").status_code == 404
