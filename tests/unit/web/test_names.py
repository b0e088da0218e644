"""Which address says something of an IRI, and which IRI an address is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.settings import Settings
from actiongraph.vocabulary import CANONICAL_BASE, IRI
from actiongraph.web.http.addresses import data_of, iri_of, link_of, locate, name_of, page_of

MAPPED = Settings(url="https://graph.example.org/data/")
SAME = Settings(base="https://actions.example.org/", url="https://actions.example.org/")
V = "20260101T000000Z-0123456789ab"


@pytest.mark.parametrize("settings", [MAPPED, SAME])
@pytest.mark.parametrize(
    ("tail", "page"),
    [
        ("id/action/2014-12", "doc/action/2014-12"),
        ("id/chain/2014-12", "chain/2014-12"),
        ("id/statement/x#passage-1", "doc/statement/x#passage-1"),
        (f"release/{V}", f"doc/release/{V}"),
        (f"release/{V}#nquads", f"doc/release/{V}#nquads"),
        ("graph/derived", "graph/derived"),
        ("dataset", "catalog"),
        ("catalog", "catalog"),
        ("dataset#sparql", "catalog#sparql"),
        ("", ""),
    ],
)
def test_what_is_named_under_the_base_has_a_page(settings: Settings, tail: str, page: str) -> None:
    assert page_of(settings.base + tail, settings) == page


@pytest.mark.parametrize("settings", [MAPPED, SAME])
@pytest.mark.parametrize(
    ("tail", "page"),
    [
        ("ontology#followUpOf", "ontology#followUpOf"),
        ("shapes#Chain", "shapes#Chain"),
        ("concept/theme/pensions", "doc/concept/theme/pensions"),
        ("concept/theme", "doc/concept/theme"),
    ],
)
def test_the_vocabulary_opens_in_every_deployment(settings: Settings, tail: str, page: str) -> None:
    assert page_of(CANONICAL_BASE + tail, settings) == page


@pytest.mark.parametrize(
    "iri", ["http://www.wikidata.org/entity/Q117", "urn:x", "https://actions.example.org.evil/id/a/b"]
)
def test_what_others_name_has_none(iri: str) -> None:
    assert page_of(iri, SAME) is None


def test_things_of_the_canonical_base_are_not_ours_under_another() -> None:
    assert page_of(CANONICAL_BASE + "id/action/2014-12", SAME) is None


def test_a_pinned_page_leads_to_pinned_pages() -> None:
    assert page_of(f"{MAPPED.base}id/statement/x#p", MAPPED, V) == f"doc/statement/x?version={V}#p"
    assert page_of(f"{MAPPED.base}release/{V}", MAPPED, V) == f"doc/release/{V}"


@pytest.mark.parametrize(
    ("term", "link"),
    [
        (IRI(f"{MAPPED.base}id/action/2014-12"), f"/data/doc/action/2014-12?version={V}"),
        (IRI(f"{MAPPED.base}graph/a b"), f"/data/graph/a%20b?version={V}"),
        (IRI(f"{MAPPED.base}id/action/crème"), f"/data/doc/action/cr%C3%A8me?version={V}"),
        (IRI("https://www.wikidata.org/entity/Q117"), "https://www.wikidata.org/entity/Q117"),
        (IRI("javascript:alert(1)"), ""),
        (IRI("urn:x"), ""),
        ("https://www.wikidata.org/entity/Q117", ""),
        (None, ""),
    ],
)
def test_a_page_links_what_is_ours_to_its_page_and_the_rest_of_the_web_to_itself(term: object, link: str) -> None:
    assert link_of(term, MAPPED, V, root="/data") == link


def test_data_has_a_suffix_and_parameters() -> None:
    assert data_of("action/2014-12", "ttl", references="", version=None) == "data/action/2014-12.ttl?references="
    assert locate(data_of("action/2014-12"), MAPPED) == "https://graph.example.org/data/data/action/2014-12"


@pytest.mark.parametrize("name", ["", "action", "/action", "action//x", "action/", "a b/c", "a/<", "a/b\n"])
def test_what_no_iri_can_be_is_none(name: str) -> None:
    assert iri_of(name, MAPPED) is None


@given(
    st.sampled_from(["action", "org", "concept", "release", "chain"]),
    st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True),
)
def test_names_and_iris_lead_back_to_each_other(kind: str, key: str) -> None:
    for settings in (MAPPED, SAME):
        iri = iri_of(f"{kind}/{key}", settings)
        assert iri is not None
        assert name_of(iri, settings) == f"{kind}/{key}"
