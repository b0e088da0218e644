"""Answers from a release that is asked by its version, and when what comes from a release was made."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from actiongraph.release.build import build
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.web.app import create_app

URL = "https://graph.example.org/"
TITLE = "SELECT ?title { <https://w3id.org/actiongraph/id/source/one> <http://purl.org/dc/terms/title> ?title }"
CSV = {"Accept": "text/csv"}
SOURCE = """@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix schema: <https://schema.org/> .
<id/source/one> a ag:Source ; dcterms:title "%s"@en ; schema:url <https://example.org/one> .
"""
GRAPH = "https://w3id.org/actiongraph/graph/one"


class Deployment:
    """Releases of one small source, each with another title, and the app that answers from them."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.data.mkdir()
        self.settings = Settings(url=URL, data=self.data, store=folder / "store", keep_releases=2)
        self.releases = ReleaseStore(folder / "store")
        self.client: FlaskClient = create_app(self.settings, ReleaseSnapshots(self.releases)).test_client()

    def publish(self, title: str) -> str:
        (self.data / "one.ttl").write_text(SOURCE % title, "utf-8")
        return build(self.settings, self.releases).record.version


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Deployment, list[str]]:
    made = Deployment(tmp_path_factory.mktemp("pinned"))
    return made, [made.publish(title) for title in ("First", "Second", "Third")]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_query_is_answered_by_the_release_it_names(published, method: str) -> None:
    made, versions = published
    found = []
    for version in (None, versions[1], versions[2]):
        sent = {"query": TITLE} | ({"version": version} if version else {})
        where = {"query_string": sent} if method == "GET" else {"data": sent}
        found.append(made.client.open("/sparql", method=method, headers=CSV, **where).text.split())
    assert found == [["title", "Third"], ["title", "Second"], ["title", "Third"]]


def test_a_pinned_answer_never_changes_and_the_newest_may(published) -> None:
    made, versions = published
    for version, said in ((None, "no-cache"), (versions[2], "public, max-age=31536000, immutable"), (None, "no-cache")):
        asked = {"query": TITLE} | ({"version": version} if version else {})
        for _ in range(2):
            assert made.client.get("/sparql", query_string=asked, headers=CSV).headers["Cache-Control"] == said


def test_graphs_are_pinned_too(published) -> None:
    made, versions = published
    assert '"Second"' in made.client.get("/graph/one", query_string={"version": versions[1]}).text
    assert '"Third"' in made.client.get("/graph-store", query_string={"graph": GRAPH}).text


def test_a_release_that_is_no_longer_kept_is_gone_and_the_nearest_is_named(published) -> None:
    made, versions = published
    response = made.client.get("/sparql", query_string={"query": TITLE, "version": versions[0]})
    assert response.status_code == 410
    assert versions[1] in response.text
    assert made.releases.record(versions[0]).version == versions[0]


@pytest.mark.parametrize("version", ["20200101T000000Z-0123456789ab", "nonsense", "../releases", "é"])
def test_a_release_that_never_was_is_unknown(published, version: str) -> None:
    made, versions = published
    response = made.client.get("/sparql", query_string={"query": TITLE, "version": version})
    assert response.status_code == 404
    assert versions[2] in response.text


def test_two_versions_are_refused(published) -> None:
    made, versions = published
    asked = f"query=ASK%20%7B%7D&version={versions[1]}&version={versions[2]}"
    assert made.client.get(f"/sparql?{asked}").status_code == 400


def test_links_from_a_pinned_page_stay_in_its_release(published) -> None:
    made, versions = published
    asked = {"query": TITLE, "version": versions[1], "format": "html"}
    assert f"version={versions[1]}&amp;format=csv" in made.client.get("/sparql", query_string=asked).text


def test_files_have_no_versions(files_client: FlaskClient) -> None:
    response = files_client.get("/sparql", query_string={"query": "ASK {}", "version": "x"})
    assert (response.status_code, "leave out version" in response.text) == (404, True)


class TestLastModified:
    def test_it_is_not_before_the_release_was_published(self, tmp_path: Path) -> None:
        # Who asked while the second was being made was answered from the first, and must not be told "not modified".
        made = Deployment(tmp_path)
        made.publish("First")
        assert '"First"' in made.client.get("/graph/one").text
        second = made.publish("Second")
        late = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
        os.utime(made.releases.folder / "current", (late.timestamp(), late.timestamp()), follow_symlinks=False)
        response = made.client.get("/graph/one")
        assert ('"Second"' in response.text, response.last_modified) == (True, late)
        assert made.client.get("/graph/one", query_string={"version": second}).last_modified == late
        before = {"If-Modified-Since": format_datetime(late - timedelta(seconds=1), usegmt=True)}
        assert made.client.get("/graph/one", headers=before).status_code == 200

    def test_it_is_not_before_the_program_started_for_its_settings_may_be_others(self, tmp_path: Path) -> None:
        made = Deployment(tmp_path)
        version = made.publish("First")
        past = datetime(2020, 1, 1, tzinfo=UTC)
        os.utime(made.releases.folder / "current", (past.timestamp(), past.timestamp()), follow_symlinks=False)
        record = made.releases.path(version) / "release.json"
        told = record.read_text("utf-8").replace(made.releases.record(version).created_at, past.isoformat())
        record.write_text(told, "utf-8")
        started = datetime.now(UTC).replace(microsecond=0)
        client = create_app(made.settings, ReleaseSnapshots(made.releases)).test_client()
        for query in ({}, {"version": version}):
            assert client.get("/graph/one", query_string=query).last_modified >= started

    @pytest.mark.parametrize("path", ["/graph/one", "/sparql?query=ASK%20%7B%7D"])
    def test_who_has_it_is_told_so(self, published, path: str) -> None:
        made, _ = published
        for _ in range(2):  # from the app, then from what is kept
            stamp = made.client.get(path).headers["Last-Modified"]
            assert made.client.get(path, headers={"If-Modified-Since": stamp}).status_code == 304
        older = {"If-Modified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}
        assert made.client.get(path, headers=older).status_code == 200

    def test_a_tag_goes_before_a_date(self, published) -> None:
        # RFC 9110, section 13.1.3: the date is ignored where If-None-Match is there.
        made, _ = published
        first = made.client.get("/graph/one")
        fields = {"If-Modified-Since": first.headers["Last-Modified"], "If-None-Match": '"another"'}
        assert made.client.get("/graph/one", headers=fields).status_code == 200

    @pytest.mark.parametrize("written", ["yesterday", "", "Thu, 99 Foo 2015 00:00:00 GMT", "1234567890"])
    def test_what_is_no_date_is_no_condition(self, published, written: str) -> None:
        made, _ = published
        assert made.client.get("/graph/one", headers={"If-Modified-Since": written}).status_code == 200


def test_the_newest_by_its_version_says_the_same(published) -> None:
    made, versions = published
    before = made.client.get("/graph/one").headers
    pinned = made.client.get("/graph/one", query_string={"version": versions[2]}).headers
    assert (before["ETag"], before["Last-Modified"]) == (pinned["ETag"], pinned["Last-Modified"])


GZIP = {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize("address", ["/ontology.ttl", "/graph/vocabulary"])
def test_in_gzip_too_the_fields_are_those_of_the_address(published, address: str) -> None:
    made, versions = published
    plain = made.client.get(address)
    pinned = made.client.get(address, query_string={"version": versions[2]}, headers=GZIP)
    assert (pinned.headers["Content-Encoding"], "immutable" in pinned.headers["Cache-Control"]) == ("gzip", True)
    packed = made.client.get(address, headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    for field in ("Cache-Control", "Last-Modified", "Link"):
        assert packed.headers.get(field) == plain.headers.get(field)


class TestPagesAboutTheWhole:
    """What is about a release as a whole is asked by its version too."""

    def test_the_files_are_those_of_the_release_asked(self, published) -> None:
        made, versions = published
        told = made.client.get("/dumps/", query_string={"version": versions[1]}).json
        assert (told["version"], told["current"]) == (versions[1], False)
        to = made.client.get("/dumps/actiongraph.nq.gz", query_string={"version": versions[1]})
        assert (to.status_code, to.location) == (302, f"{URL}dumps/{versions[1]}/actiongraph.nq.gz")

    def test_the_pages_are_those_of_the_release_asked(self, published) -> None:
        made, versions = published
        for path in ("/", "/about"):
            told = made.client.get(path, query_string={"version": versions[1], "format": "json"}).json
            assert told["release"] == versions[1], path
            page = made.client.get(path, query_string={"version": versions[1], "format": "html"}).text
            assert (versions[1] in page, versions[2] in page) == (True, False), path

    @pytest.mark.parametrize("path", ["/dumps/", "/dumps/actiongraph.nq.gz", "/", "/about", "/examples", "/shapes"])
    def test_what_is_no_release_is_refused(self, published, path: str) -> None:
        made, versions = published
        for version, status in ((versions[0], 410), ("20200101T000000Z-0123456789ab", 404), (versions[1], None)):
            response = made.client.get(path, query_string={"version": version})
            assert response.status_code == (status or response.status_code), (path, version)
            assert status or response.status_code in (200, 302)
