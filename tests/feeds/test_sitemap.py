"""The sitemap in pages, and robots.txt."""

from __future__ import annotations

from urllib import robotparser
from xml.etree import ElementTree as ET

import pytest

NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


FEEDS = ("feeds/ldes", "feeds/oai?verb=ListRecords&metadataPrefix=oai_dc")


def entries(response, root: str, item: str) -> dict[str, str]:
    """Return the date of each address in a page of a sitemap."""
    assert (response.status_code, response.content_type) == (200, "text/xml; charset=utf-8"), response.text
    tree = ET.fromstring(response.data)
    assert tree.tag == NAMESPACE + root
    assert {child.tag for child in tree} == {NAMESPACE + item}
    return {child.findtext(NAMESPACE + "loc"): child.findtext(NAMESPACE + "lastmod") for child in tree}


def stamp(version: str) -> str:
    day, time = version[:8], version[9:15]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}Z"


def test_the_index_leads_to_every_thing_there_is_with_its_date(site):
    found = {}
    for address, changed in entries(site.get(f"{site.url}sitemap.xml"), "sitemapindex", "sitemap").items():
        page = entries(site.get(address), "urlset", "url")
        assert len(page) <= 5_000
        assert max(page.values()) <= changed
        found |= page
    last = {name: (n, change) for n, changes in enumerate(site.changes) for name, change in changes.items()}
    things = {
        f"{site.url}doc/{name}": stamp(site.versions[n]) for name, (n, change) in last.items() if change != "Delete"
    }
    assert things.items() <= found.items()
    others = found.keys() - things.keys()
    assert {site.url, f"{site.url}examples", f"{site.url}ontology", f"{site.url}validation"} <= others
    releases = {f"{site.url}doc/release/{version}": stamp(version) for version in site.releases.versions()}
    assert {address: found[address] for address in others if "/doc/" in address} == releases


def test_the_pages_about_the_dataset_open(site):
    for address in entries(site.get(f"{site.url}sitemap-site.xml"), "urlset", "url"):
        assert site.get(address, Accept="text/html").status_code == 200, address


def test_a_thing_stays_on_its_page_and_only_pages_that_changed_have_another_date(make_site, monkeypatch):
    for module in ("resource_history", "resource_history_writer"):
        monkeypatch.setattr(f"actiongraph.index.{module}.PER_PAGE", 10)
    made, history = make_site(), []
    for text in made.texts[:2]:
        version = made.publish(*text)
        pages = entries(made.get(f"{made.url}sitemap.xml"), "sitemapindex", "sitemap")
        things = {page: set(entries(made.get(page), "urlset", "url")) for page in pages if "site" not in page[-8:]}
        history.append((version, pages, things))
    (first, _, before), (second, pages, after) = history
    changed = {f"{made.url}doc/{name}" for name in made.changes[1]}
    for page, things in after.items():
        assert things - before.get(page, set()) <= changed
        touched = changed & (things | before.get(page, set()))
        assert pages[page] == stamp(second if touched else first), page


def test_it_is_kept_by_who_has_it(site):
    for name in ("sitemap.xml", "sitemap-site.xml", "sitemap-1.xml"):
        response = site.get(site.url + name)
        assert site.get(site.url + name, **{"If-None-Match": response.headers["ETag"]}).status_code == 304
        since = {"If-Modified-Since": response.headers["Last-Modified"]}
        assert site.get(site.url + name, **since).status_code == 304


@pytest.mark.parametrize(
    "name", ["sitemap-0.xml", "sitemap-2.xml", "sitemap-x.xml", "sitemap-99999999999999999999.xml"]
)
def test_what_is_no_page_is_unknown(site, name):
    assert site.get(site.url + name).status_code == 404


def test_an_address_is_written_as_an_address(make_site):
    made = make_site()
    made.publish("<id/place/a&b> a ag:Place . <id/place/é> a ag:Place . <id/chain/one> a ag:Chain .")
    found = set(entries(made.get(f"{made.url}sitemap-1.xml"), "urlset", "url"))
    assert found == {f"{made.url}doc/place/a&b", f"{made.url}doc/place/%C3%A9", f"{made.url}chain/one"}


class TestRobots:
    def test_it_keeps_robots_from_queries_and_shows_them_the_sitemap(self, site):
        response = site.get(f"{site.url}robots.txt")
        assert response.content_type == "text/plain; charset=utf-8"
        parser = robotparser.RobotFileParser()
        parser.parse(response.text.splitlines())
        assert parser.site_maps() == [f"{site.url}sitemap.xml"]
        for path in ("sparql?query=ASK%7B%7D", "graph-store?default", "sparql/check?query=ASK", "sparql/why?query=ASK"):
            assert not parser.can_fetch("robot", site.url + path), path
        for path in (
            "",
            "sparql",
            "doc/action/one",
            "data/action/one.ttl",
            "examples",
            "sitemap.xml",
            "graph/one",
            *FEEDS,
        ):
            assert parser.can_fetch("robot", site.url + path), path

    def test_files_as_they_stand_have_robots_txt_but_no_sitemap(self, files_site):
        assert "Sitemap" not in files_site.get("/robots.txt").text
        for name in ("sitemap.xml", "sitemap-site.xml", "sitemap-1.xml"):
            response = files_site.get(f"/{name}")
            assert (response.status_code, "files as they are" in response.text) == (404, True)


def test_who_asks_for_what_there_is_not_is_told_of_the_feeds_that_there_are(site, files_site):
    for client, has in ((site.client, True), (files_site, False)):
        told = client.get("/nothing").text
        assert [feed in told for feed in ("/feeds/ldes", "/feeds/oai", "/sitemap.xml")] == [has] * 3
