"""OAI-PMH 2.0, section by section: every answer is held to the structure that the specification prescribes."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
import rdflib
from rdflib.compare import isomorphic

from actiongraph.settings import read_party
from actiongraph.vocabulary import CANONICAL_BASE

OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
OAI_DC = "{http://www.openarchives.org/OAI/2.0/oai_dc/}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
FIFTEEN = {
    "title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "format", "identifier",
    "source", "language", "relation", "coverage", "rights",
}  # fmt: skip
ORDER = {
    "Identify": [
        "repositoryName", "baseURL", "protocolVersion", "adminEmail", "earliestDatestamp", "deletedRecord",
        "granularity", "compression",
    ],
    "metadataFormat": ["metadataPrefix", "schema", "metadataNamespace"],
    "set": ["setSpec", "setName"],
    "header": ["identifier", "datestamp", "setSpec"],
}  # fmt: skip
LISTS = {
    "ListRecords": "record",
    "ListIdentifiers": "header",
    "ListSets": "set",
    "ListMetadataFormats": "metadataFormat",
    "GetRecord": "record",
}


def names(element: ET.Element) -> list[str]:
    return [child.tag.removeprefix(OAI) for child in element]


def checked(response) -> ET.Element:
    """Return the answer as a tree, after holding it to sections 2.5, 3.1.2, 3.2, 3.5 and 4."""
    assert (response.status_code, response.content_type) == (200, "text/xml; charset=utf-8"), response.text
    assert response.headers["Cache-Control"] == "no-cache"
    root = ET.fromstring(response.data)
    assert root.tag == OAI + "OAI-PMH"
    assert root.get(XSI + "schemaLocation").split() == [OAI[1:-1], "http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"]
    assert names(root)[:2] == ["responseDate", "request"]
    assert SECOND.fullmatch(root[0].text)
    answered = names(root)[2:]
    assert answered
    if "error" in answered:
        assert set(answered) == {"error"}
        assert all(error.text for error in root[2:])
        if root[2].get("code") in {"badVerb", "badArgument"}:
            assert root[1].attrib == {}
    else:
        assert answered == [root[1].get("verb")]
    for name, order in ORDER.items():
        for element in root.iter(OAI + name):
            assert names(element) == order, name
    for verb, item in LISTS.items():
        for element in root.iter(OAI + verb):
            listed = names(element)
            assert listed.count(item) >= 1
            assert listed in ([item] * len(listed), [item] * (len(listed) - 1) + ["resumptionToken"])
    for header in root.iter(OAI + "header"):
        assert SECOND.fullmatch(header.findtext(OAI + "datestamp"))
    for record in root.iter(OAI + "record"):
        deleted = record.find(OAI + "header").get("status") == "deleted"
        assert names(record) == ["header"] + ([] if deleted else ["metadata"])
    for dublin in root.iter(OAI_DC + "dc"):
        assert dublin.get(XSI + "schemaLocation").split()[0] == OAI_DC[1:-1]
        assert {child.tag for child in dublin} <= {DC + name for name in FIFTEEN}
    return root


def ask(site, **arguments: str) -> ET.Element:
    arguments = {name.rstrip("_"): value for name, value in arguments.items()}
    root = checked(site.client.get("/feeds/oai", query_string=arguments))
    assert root[1].text == f"{site.url}feeds/oai"
    return root


def code(root: ET.Element) -> str | None:
    error = root.find(OAI + "error")
    return None if error is None else error.get("code")


def harvest(site, **arguments: str) -> list[ET.Element]:
    """Return every answer to a list request, each begun with the token of the one before."""
    answers = [ask(site, **arguments)]
    while (token := answers[-1].findtext(f"*/{OAI}resumptionToken")) is not None and token:
        answers.append(ask(site, verb=arguments["verb"], resumptionToken=token))
    return answers


def identifiers(*answers: ET.Element) -> list[str]:
    return [header.findtext(OAI + "identifier") for answer in answers for header in answer.iter(OAI + "header")]


def at(version: str) -> datetime:
    return datetime.strptime(version[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def written(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def names_of(site, *answers: ET.Element) -> set[str]:
    return {identifier.removeprefix(site.iri("")) for identifier in identifiers(*answers)}


class TestIdentify:
    def test_it_says_what_holds(self, site):
        said = {element.tag.removeprefix(OAI): element.text for element in ask(site, verb="Identify").iter()}
        assert said["baseURL"] == f"{site.url}feeds/oai"
        assert said["protocolVersion"] == "2.0"
        assert said["deletedRecord"] == "persistent"
        assert said["granularity"] == "YYYY-MM-DDThh:mm:ssZ"
        assert said["earliestDatestamp"] == written(at(site.versions[0]))
        assert re.fullmatch(r"\S+@(\S+\.)+\S+", said["adminEmail"])  # the pattern of the schema
        assert said["adminEmail"].endswith(".invalid")  # nobody is named

    def test_who_is_named_is_named_then_and_later(self, make_site):
        named = make_site(contact=read_party("Ana <mailto:ana@a.example>"), license="https://a.example/terms")
        named.publish(*named.texts[0])
        for made in (named, make_site()):  # told now, or when the release was made
            assert ask(made, verb="Identify").findtext(f"*/{OAI}adminEmail") == "ana@a.example"
            record = ask(made, verb="GetRecord", metadataPrefix="oai_dc", identifier=made.iri("org/ministry"))
            assert record.find(f".//{DC}rights").text == "https://a.example/terms"


def test_formats_and_sets(site):
    formats = ask(site, verb="ListMetadataFormats")
    assert [found.text for found in formats.iter(OAI + "metadataPrefix")] == ["oai_dc", "rdf"]
    again = ask(site, verb="ListMetadataFormats", identifier=site.iri("org/ministry"))
    assert [found.text for found in again.iter(OAI + "metadataPrefix")] == ["oai_dc", "rdf"]
    sets = [found.text for found in ask(site, verb="ListSets").iter(OAI + "setSpec")]
    assert sets == ["action", "country", "org", "place", "source"]


class TestGetRecord:
    def test_dublin_core(self, site):
        root = ask(site, verb="GetRecord", metadataPrefix="oai_dc", identifier=site.iri("action/one"))
        [dublin] = root.iter(OAI_DC + "dc")
        said = [(element.tag.removeprefix(DC), element.get(LANG), element.text) for element in dublin]
        assert len(said) == len(set(said))
        assert set(said) == {
            ("title", "en", "First & <second>\r"),
            ("title", "es", "Primera"),
            ("description", "en", "A bell rings."),  # no XML can hold a bell
            ("type", None, "action"),
            ("type", None, f"{CANONICAL_BASE}ontology#Action"),
            ("type", None, f"{CANONICAL_BASE}ontology#DescribedAction"),
            ("date", None, "2015-03"),
            ("language", None, "en"),
            ("language", None, "es"),
            ("coverage", None, "Ghana"),
            ("contributor", None, "Ministry"),
            ("relation", None, site.iri("action/2014-12")),
            ("subject", None, f"{CANONICAL_BASE}concept/theme/pensions"),
            ("source", None, site.iri("source/page")),
            ("identifier", None, site.iri("action/one")),
            ("identifier", None, f"{site.url}doc/action/one"),
            ("identifier", None, "2015-01"),
            ("rights", None, "https://creativecommons.org/licenses/by/4.0/"),
        }

    def test_rdf(self, site):
        root = ask(site, verb="GetRecord", metadataPrefix="rdf", identifier=site.iri("action/one"))
        [element] = root.iter(RDF + "RDF")
        found = rdflib.Graph().parse(data=ET.tostring(element).replace(b"\r", b"&#13;"), format="xml")
        text = site.action.replace(r"\u0007", "")
        turtle = rdflib.Graph().parse(data=text).serialize(format="nt").replace(f"{CANONICAL_BASE}id/", site.iri(""))
        assert isomorphic(found, rdflib.Graph().parse(data=turtle, format="nt"))

    def test_a_thing_without_a_name_is_called_by_its_key(self, site):
        root = ask(site, verb="GetRecord", metadataPrefix="oai_dc", identifier=site.iri("action/2014-12"))
        assert root.find(f".//{DC}title").text == "2014-12"

    @pytest.mark.parametrize(("name", "release"), [("org/double", 1), ("place/p01", 1)])
    def test_what_was_deleted_is_told_for_ever(self, site, name, release):
        root = ask(site, verb="GetRecord", metadataPrefix="rdf", identifier=site.iri(name))
        [header] = root.iter(OAI + "header")
        assert header.get("status") == "deleted"
        assert header.findtext(OAI + "datestamp") == written(at(site.versions[release]))


class TestLists:
    @pytest.fixture(autouse=True)
    def short(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("actiongraph.feeds.oai.RECORDS_PER_LIST", 5)

    @pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
    @pytest.mark.parametrize("prefix", ["oai_dc", "rdf"])
    def test_every_thing_comes_once_in_parts(self, site, verb, prefix):
        answers = harvest(site, verb=verb, metadataPrefix=prefix)
        every = {name for changes in site.changes for name in changes}
        found = identifiers(*answers)
        assert {name.removeprefix(site.iri("")) for name in found} == every
        assert len(found) == len(every) == 27
        assert [len(identifiers(answer)) for answer in answers] == [5, 5, 5, 5, 5, 2]
        tokens = [answer.find(f"*/{OAI}resumptionToken") for answer in answers]
        assert [token.get("completeListSize") for token in tokens] == ["27"] * 6
        assert [token.get("cursor") for token in tokens] == ["0", "5", "10", "15", "20", "25"]
        assert tokens[-1].text is None

    def test_a_token_leads_on_as_often_as_it_is_sent(self, site):
        first, second, *_ = harvest(site, verb="ListIdentifiers", metadataPrefix="rdf")
        token = first.findtext(f"*/{OAI}resumptionToken")
        again = ask(site, verb="ListIdentifiers", resumptionToken=token)
        assert identifiers(again) == identifiers(second)

    def test_a_list_that_fits_has_no_token(self, site):
        root = ask(site, verb="ListRecords", metadataPrefix="rdf", set="org")
        assert len(identifiers(root)) == 2
        assert root.find(f"*/{OAI}resumptionToken") is None

    def test_of_a_set(self, site):
        answers = harvest(site, verb="ListIdentifiers", metadataPrefix="rdf", set="place")
        assert names_of(site, *answers) == {f"place/p{n:02}" for n in range(21)}

    @pytest.mark.parametrize(
        ("from_", "until", "releases"),
        [(1, None, {1, 2}), (None, 0, {0}), (1, 1, {1}), (2, None, {2}), (0, 2, {0, 1, 2})],
    )
    def test_from_and_until_are_included(self, site, from_, until, releases):
        span = {"from": from_, "until": until}
        asked = {name: written(at(site.versions[n])) for name, n in span.items() if n is not None}
        answers = harvest(site, verb="ListIdentifiers", metadataPrefix="oai_dc", **asked)
        last = {name: n for n, changes in enumerate(site.changes) for name in changes}
        assert names_of(site, *answers) == {name for name, n in last.items() if n in releases}

    def test_days_are_taken_whole(self, site):
        today = at(site.versions[0]).strftime("%Y-%m-%d")
        last = at(site.versions[2]).strftime("%Y-%m-%d")
        answers = harvest(site, verb="ListIdentifiers", metadataPrefix="rdf", from_=today, until=last)
        assert len(names_of(site, *answers)) == 27
        before = (at(site.versions[0]) - timedelta(days=1)).strftime("%Y-%m-%d")
        assert code(ask(site, verb="ListRecords", metadataPrefix="rdf", until=before)) == "noRecordsMatch"


ERRORS = [
    ("badVerb", ""),
    ("badVerb", "verb=Nonsense"),
    ("badVerb", "verb="),
    ("badVerb", "verb=Identify&verb=Identify"),
    ("badArgument", "verb=Identify&metadataPrefix=rdf"),
    ("badArgument", "verb=ListRecords"),
    ("badArgument", "verb=ListRecords&metadataPrefix=rdf&metadataPrefix=rdf"),
    ("badArgument", "verb=ListRecords&metadataPrefix=rdf&colour=red"),
    ("badArgument", "verb=ListRecords&metadataPrefix=rdf&resumptionToken=x"),
    ("badArgument", "verb=GetRecord&metadataPrefix=rdf"),
    ("badArgument", "verb=GetRecord&identifier=x"),
    ("badArgument", "verb=GetRecord&metadataPrefix=rdf&identifier="),
    ("badArgument", "verb=Identify&resumptionToken=x"),
    ("badArgument", "verb=ListRecords&metadataPrefix=rdf&from=yesterday"),
    ("badArgument", "verb=ListRecords&metadataPrefix=rdf&from="),
    ("badArgument", "verb=ListRecords&metadataPrefix=rdf&from=2026-13-01"),
    ("badArgument", "verb=ListRecords&metadataPrefix=rdf&from=2026-01-01T00:00:00"),
    ("badArgument", "verb=ListRecords&metadataPrefix=rdf&from=2026-01-01&until=2027-01-01T00:00:00Z"),
    ("badArgument", "verb=ListRecords&metadataPrefix=rdf&from=2026-01-02&until=2026-01-01"),
    ("cannotDisseminateFormat", "verb=ListRecords&metadataPrefix=marc"),
    ("cannotDisseminateFormat", "verb=GetRecord&metadataPrefix=marc&identifier={one}"),
    ("idDoesNotExist", "verb=GetRecord&metadataPrefix=rdf&identifier=oai:none:1"),
    ("idDoesNotExist", "verb=ListMetadataFormats&identifier=http://example.org/none"),
    ("noRecordsMatch", "verb=ListRecords&metadataPrefix=rdf&set=none"),
    ("noRecordsMatch", "verb=ListIdentifiers&metadataPrefix=rdf&from=2100-01-01"),
    ("badResumptionToken", "verb=ListRecords&resumptionToken=nonsense"),
    ("badResumptionToken", "verb=ListRecords&resumptionToken="),
    ("badResumptionToken", "verb=ListRecords&resumptionToken=W10"),
    ("badResumptionToken", "verb=ListRecords&resumptionToken=%00%C3%A9"),
    ("badResumptionToken", "verb=ListSets&resumptionToken=x"),
]


@pytest.mark.parametrize(("error", "asked"), ERRORS, ids=[f"{error}-{asked}" for error, asked in ERRORS])
def test_errors_are_told_as_the_protocol_has_them(site, error, asked):
    asked = asked.format(one=site.iri("action/one"))
    assert code(checked(site.client.get(f"/feeds/oai?{asked}"))) == error
    posted = site.client.post("/feeds/oai", data=asked, content_type="application/x-www-form-urlencoded")
    assert code(checked(posted)) == error


def test_a_form_asks_the_same_as_an_address(site):
    asked = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc", "set": "org"}
    root = checked(site.client.post("/feeds/oai", data=asked))
    assert names_of(site, root) == {"org/ministry", "org/double"}
    assert site.client.post("/feeds/oai", data="{}", content_type="application/json").status_code == 415


@pytest.mark.parametrize("asked", ["verb=Identify", "verb=ListRecords&metadataPrefix=rdf", "verb=Nonsense"])
def test_who_has_the_same_answer_is_told_so_whenever_it_was_sent(site, monkeypatch, asked):
    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=1)

    first = site.client.get(f"/feeds/oai?{asked}")
    monkeypatch.setattr("actiongraph.web.routes.feeds.datetime", Later)
    for fields in ({}, {"Accept-Encoding": "gzip"}):
        second = site.client.get(f"/feeds/oai?{asked}", headers=fields)
        assert second.data != first.data
        assert second.headers["ETag"].startswith('W/"')  # other bytes, the same said: RFC 9110, section 8.8.1
        tag = {"If-None-Match": second.headers["ETag"]}
        assert site.client.get(f"/feeds/oai?{asked}", headers=fields | tag).status_code == 304
    assert site.client.get(f"/feeds/oai?{asked}").headers["ETag"] == first.headers["ETag"]
    assert site.client.get(f"/feeds/oai?{asked}", headers={"If-None-Match": 'W/"other"'}).status_code == 200


def test_another_answer_has_another_tag(site):
    asked = ["verb=Identify", "verb=ListSets", "verb=ListRecords&metadataPrefix=rdf", "verb=Nonsense"]
    assert len({site.client.get(f"/feeds/oai?{each}").headers["ETag"] for each in asked}) == len(asked)


class TestListsAcrossReleases:
    @pytest.fixture
    def begun(self, make_site, monkeypatch):
        """A site with one release, and the token to go on with a list that was begun in it."""
        monkeypatch.setattr("actiongraph.feeds.oai.RECORDS_PER_LIST", 20)
        made = make_site()
        made.publish(*made.texts[0])
        first = ask(made, verb="ListRecords", metadataPrefix="rdf")
        return made, first, first.findtext(f"*/{OAI}resumptionToken")

    def test_a_list_goes_on_in_the_release_it_was_begun_in(self, begun):
        made, first, token = begun
        made.publish(*made.texts[1])
        rest = ask(made, verb="ListRecords", resumptionToken=token)
        assert names_of(made, first, rest) == set(made.changes[0])
        assert not [header for header in rest.iter(OAI + "header") if header.get("status")]

    def test_when_that_release_is_gone_it_says_so(self, begun):
        made, _, token = begun
        made.publish(*made.texts[1])
        made.publish(*made.texts[2])
        assert code(ask(made, verb="ListRecords", resumptionToken=token)) == "badResumptionToken"

    def test_a_token_is_of_its_verb(self, begun):
        made, _, token = begun
        assert code(ask(made, verb="ListIdentifiers", resumptionToken=token)) == "badResumptionToken"


def test_who_harvests_while_a_release_is_made_finds_it_the_next_time(make_site):
    """A release that took long to make is dated by when it could be read, then and in all releases after it."""
    made = make_site()
    made.publish(*made.texts[0])
    slow = made.publish(*made.texts[1])
    began, asked, published = (at(slow) + timedelta(seconds=seconds) for seconds in (0, 90, 180))
    took_place(made, published)
    for _ in range(2):
        since = ask(made, verb="ListIdentifiers", metadataPrefix="rdf", from_=written(asked), until=written(published))
        assert names_of(made, since) == set(made.changes[1])
        assert {stamp.text for stamp in since.iter(OAI + "datestamp")} == {written(published)}
        early = ask(made, verb="ListIdentifiers", metadataPrefix="rdf", from_=written(began), until=written(asked))
        assert code(early) == "noRecordsMatch"
        made.publish(*made.texts[2])
        took_place(made, published + timedelta(seconds=1))


def took_place(site, instant: datetime) -> None:
    """Let the newest release have been published at `instant`."""
    os.utime(site.releases.folder / "current", (instant.timestamp(),) * 2, follow_symlinks=False)
